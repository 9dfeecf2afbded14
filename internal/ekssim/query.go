package ekssim

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"net/http"
	"net/url"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
	"github.com/eksaccess/eksaccess/internal/ekssim/iam"
)

// queryOperations of STS and IAM are found by the parameter Action.
var queryOperations = func() (list []*operation) {
	for _, o := range iam.Operations {
		list = append(list, &operation{
			service: o.Service, name: o.Name, mutating: o.Mutating,
			resource: func(c *call) string { return o.Resource(c.iamRequest()) },
			do:       func(c *call) (any, *awsapi.Error) { return o.Do(c.iamRequest()) },
		})
	}
	return list
}()

func (c *call) iamRequest() *iam.Request {
	return &iam.Request{
		Directory: c.st.Directory, Operation: c.Operation, Form: c.form, Caller: c.caller, Region: c.Region,
		Time: c.Time, PageSize: c.st.settings.IAMPageSize, World: iamWorld{c},
	}
}

// iamWorld is what operations of IAM and STS change.
type iamWorld struct{ *call }

func (w iamWorld) NewAccessKeyID() string {
	return arns.UniqueID("ASIA", "session", w.st.settings.Seed, w.st.next())[:20]
}

func (w iamWorld) CreateRole(arn string, trust iam.TrustPolicy) error {
	return w.server.edit(Edit{RecreatePrincipal: arn, Trust: trust})
}

func (w iamWorld) DeleteRole(arn string) error { return w.server.edit(Edit{DeletePrincipal: arn}) }

func (w iamWorld) MarkChanged() { w.server.isChanged = true }

// Versions of the two APIs, which name their XML namespaces.
const (
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
	iamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/"
)

// routeQuery reads the query protocol: parameters in a form-encoded body, or
// in the query of a GET.
func (c *call) routeQuery() *awsapi.Error {
	c.form = c.r.URL.Query()
	if c.r.Method == http.MethodPost {
		form, err := url.ParseQuery(c.Body)
		if err != nil {
			return &awsapi.Error{Code: "MalformedQueryString", Status: 404,
				Message: "ekssim: the body is not form-encoded"}
		}
		c.form = form
	} else {
		c.Query = queryWithoutSignature(c.r.URL.Query())
	}
	c.Operation = c.form.Get("Action")
	for _, op := range queryOperations {
		if op.service == c.Service && op.name == c.Operation {
			c.op, c.Mutating = op, op.mutating
			c.Principal = cmp.Or(c.form.Get("RoleArn"), c.form.Get("RoleName"), c.form.Get("UserName"))
			return nil
		}
	}
	return &awsapi.Error{Code: "InvalidAction", Status: 400,
		Message: "Could not find operation " + c.Operation + " for version " + c.form.Get("Version")}
}

// queryCodes are the spellings of common errors in the query protocol. AWS
// "Common errors" of STS and IAM.
var queryCodes = map[string]string{
	"MissingAuthenticationTokenException": "MissingAuthenticationToken",
	"IncompleteSignatureException":        "IncompleteSignature",
	"UnrecognizedClientException":         "InvalidClientTokenId",
	"ExpiredTokenException":               "ExpiredToken",
	"AccessDeniedException":               "AccessDenied",
	"ThrottlingException":                 "Throttling",
	"ServerException":                     "InternalFailure",
	"ServiceUnavailableException":         "ServiceUnavailable",
}

// wireCode is the code as this call's protocol spells it.
func (c *call) wireCode(e *awsapi.Error) string {
	if c.Service == "eks" {
		return e.Code
	}
	return cmp.Or(queryCodes[e.Code], e.Code)
}

type xmlError struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Namespace string   `xml:"xmlns,attr"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

// xmlAnswer is <ActionResponse><ActionResult>…</ActionResult>….
type xmlAnswer struct {
	XMLName   xml.Name
	Namespace string `xml:"xmlns,attr"`
	Result    any    // names its element itself
	RequestID string `xml:"ResponseMetadata>RequestId"`
}

func (c *call) answerXML(w http.ResponseWriter, out any, refusal *awsapi.Error) {
	ns := stsNamespace
	if c.Service == "iam" {
		ns = iamNamespace
	}
	status := http.StatusOK
	var doc any
	if refusal != nil {
		status = refusal.Status
		kind := "Sender"
		if status >= 500 {
			kind = "Receiver"
		}
		doc = xmlError{
			Namespace: ns,
			Type:      kind,
			Code:      c.wireCode(refusal),
			Message:   refusal.Message,
			RequestID: c.RequestID,
		}
	} else {
		doc = xmlAnswer{
			XMLName:   xml.Name{Local: c.Operation + "Response"},
			Namespace: ns,
			Result:    out,
			RequestID: c.RequestID,
		}
	}
	var b bytes.Buffer
	if err := xml.NewEncoder(&b).Encode(doc); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	c.send(w, "text/xml", status, b.Bytes())
}
