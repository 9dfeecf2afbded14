package ekssim

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// queryOperations of STS and IAM are found by the parameter Action.
var queryOperations = []*operation{
	{service: "sts", name: "GetCallerIdentity", do: getCallerIdentity, resource: onAnything},
	{
		service:  "sts",
		name:     "AssumeRole",
		do:       assumeRole,
		resource: func(c *call) string { return c.form.Get("RoleArn") },
	},
	{
		service:  "iam",
		name:     "GetRole",
		do:       getRole,
		resource: func(c *call) string { return "role " + c.form.Get("RoleName") },
	},
	{service: "iam", name: "CreateRole", mutating: true, do: createRole, resource: onRole},
	{service: "iam", name: "DeleteRole", mutating: true, do: deleteRole, resource: onRole},
	{
		service:  "iam",
		name:     "GetUser",
		do:       getUser,
		resource: func(c *call) string { return "user " + c.form.Get("UserName") },
	},
	{service: "iam", name: "ListRoles", do: listRoles, resource: func(c *call) string {
		return "arn:" + c.caller.account.partition + ":iam::" + c.Account + ":role" + cmp.Or(
			c.form.Get("PathPrefix"),
			"/",
		)
	}},
	{
		service:  "iam",
		name:     "SimulatePrincipalPolicy",
		do:       simulatePrincipalPolicy,
		resource: func(c *call) string { return c.form.Get("PolicySourceArn") },
	},
}

// Versions of the two APIs, which name their XML namespaces.
const (
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
	iamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/"
)

// routeQuery reads the query protocol: parameters in a form-encoded body, or
// in the query of a GET.
func (c *call) routeQuery() *apiError {
	c.form = c.r.URL.Query()
	if c.r.Method == http.MethodPost {
		form, err := url.ParseQuery(c.Body)
		if err != nil {
			return &apiError{Code: "MalformedQueryString", Status: 404, Message: "ekssim: the body is not form-encoded"}
		}
		c.form = form
	} else {
		c.Query = withoutSignature(c.r.URL.Query())
	}
	c.Operation = c.form.Get("Action")
	for _, op := range queryOperations {
		if op.service == c.Service && op.name == c.Operation {
			c.op, c.Mutating = op, op.mutating
			c.Principal = cmp.Or(c.form.Get("RoleArn"), c.form.Get("RoleName"), c.form.Get("UserName"))
			return nil
		}
	}
	return &apiError{Code: "InvalidAction", Status: 400,
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
func (c *call) wireCode(e *apiError) string {
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

func (c *call) answerXML(w http.ResponseWriter, out any, refusal *apiError) {
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
		doc = xmlAnswer{XMLName: xml.Name{Local: c.Operation + "Response"}, Namespace: ns, Result: out, RequestID: c.RequestID}
	}
	var b bytes.Buffer
	if err := xml.NewEncoder(&b).Encode(doc); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	c.send(w, "text/xml", status, b.Bytes())
}

// validation is how STS and IAM refuse malformed parameters. [U] the texts.
func validation(message string) *apiError {
	return &apiError{Code: "ValidationError", Status: 400, Message: "ekssim: " + message}
}

// formPage cuts a list for the query protocol: Marker, MaxItems.
func (c *call) formPage(keys []string, filter string) (page []string, marker string, _ *apiError) {
	size := 100 // the default of IAM lists. IAM API reference, ListRoles.
	if c.form.Has("MaxItems") {
		n, err := parseCount(c.form.Get("MaxItems"), 1, 1000)
		if err != nil {
			return nil, "", validation("MaxItems must be between 1 and 1000")
		}
		size = n
	}
	if limit := c.st.settings.IAMPageSize; limit > 0 {
		size = min(size, limit)
	}
	bound := c.op.name + "\n" + c.Account + "\n" + filter + "\n"
	if c.form.Has("Marker") {
		last, ok := strings.CutPrefix(openToken(c.form.Get("Marker")), bound)
		if !ok {
			return nil, "", validation("Marker is not valid")
		}
		i, found := slices.BinarySearch(keys, last)
		if found {
			i++
		}
		keys = keys[i:]
	}
	if len(keys) <= size {
		return keys, "", nil
	}
	return keys[:size], sealToken(bound + keys[size-1]), nil
}
