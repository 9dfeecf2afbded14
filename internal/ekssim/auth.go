package ekssim

import (
	"net/http"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// A scope is what a SigV4 signature says about a request besides proving it.
type scope struct {
	accessKey, region, service string
}

// parseScope reads the credential scope, AKID/DATE/REGION/SERVICE/aws4_request,
// from the Authorization header or, for presigned requests, from the query.
func parseScope(r *http.Request) (sc scope, present bool) {
	text := r.URL.Query().Get("X-Amz-Credential")
	if h := r.Header.Get("Authorization"); h != "" {
		present = true
		_, text, _ = strings.Cut(h, "Credential=")
		text, _, _ = strings.Cut(text, ",")
	}
	p := strings.Split(strings.TrimSpace(text), "/")
	if len(p) != 5 {
		return scope{}, present || text != ""
	}
	return scope{accessKey: p[0], region: p[2], service: p[3]}, true
}

// authenticate is the front end's first check. Codes: AWS "Common errors";
// STS and IAM use their own spellings, see queryCode.
func (st *state) authenticate(c *call) *awsapi.Error {
	sc, present := parseScope(c.r)
	c.Region, c.AccessKeyID = sc.region, sc.accessKey
	switch {
	case !present:
		return &awsapi.Error{
			Code:    "MissingAuthenticationTokenException",
			Status:  403,
			Message: "Missing Authentication Token",
		}
	case sc.accessKey == "":
		return &awsapi.Error{Code: "IncompleteSignatureException", Status: 403,
			Message: "Authorization header requires 'Credential' parameter."}
	}
	cred := st.Credentials[sc.accessKey]
	if cred == nil {
		return &awsapi.Error{Code: "UnrecognizedClientException", Status: 403,
			Message: "The security token included in the request is invalid."}
	}
	c.caller = st.CallerOf(cred)
	c.Account, c.Caller = c.caller.Account.ID, c.caller.ARN
	if cred.Expired || !cred.ExpiresAt.IsZero() && !c.Time.Before(cred.ExpiresAt) {
		return &awsapi.Error{Code: "ExpiredTokenException", Status: 403,
			Message: "The security token included in the request is expired"}
	}
	return nil
}

// authorize is IAM's decision: table row 25.
func (c *call) authorize(action, resource string) *awsapi.Error {
	return c.caller.Authorize(action, resource, c.conditionKeys)
}
