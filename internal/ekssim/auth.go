package ekssim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
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

// A caller is who a call comes from.
type caller struct {
	account   *account
	accessKey string
	arn       string // as sts:GetCallerIdentity says it
	base      string // the role behind a session; else the same as arn
	kind      string // role, user or root
	userID    string
	denied    []Denial
	policies  []PolicyDocument
}

// callerOf builds the identity a credential stands for.
func (st *state) callerOf(c *Credential) caller {
	a, _ := arns.Parse(c.Principal)
	out := caller{
		account: st.accounts[a.Account], accessKey: c.AccessKeyID,
		arn: c.Principal, base: c.Principal, kind: a.Kind, userID: c.BoundTo, denied: slices.Clone(c.Denied), policies: slices.Clone(c.Policies),
	}
	if a.Kind == "role" {
		// A session's ARN has no path. IAM user guide: reference_identifiers.
		out.arn = "arn:" + a.Partition + ":sts::" + a.Account + ":assumed-role/" + a.Name + "/" + c.Session
		out.userID += ":" + c.Session
	}
	if p, _ := st.principal(c.Principal); p != nil {
		out.denied = append(out.denied, p.Denied...)
		out.policies = append(out.policies, p.Policies...)
	}
	return out
}

// authenticate is the front end's first check. Codes: AWS "Common errors";
// STS and IAM use their own spellings, see queryCode.
func (st *state) authenticate(c *call) *apiError {
	sc, present := parseScope(c.r)
	c.Region, c.AccessKeyID = sc.region, sc.accessKey
	switch {
	case !present:
		return &apiError{
			Code:    "MissingAuthenticationTokenException",
			Status:  403,
			Message: "Missing Authentication Token",
		}
	case sc.accessKey == "":
		return &apiError{Code: "IncompleteSignatureException", Status: 403,
			Message: "Authorization header requires 'Credential' parameter."}
	}
	cred := st.credentials[sc.accessKey]
	if cred == nil {
		return &apiError{Code: "UnrecognizedClientException", Status: 403,
			Message: "The security token included in the request is invalid."}
	}
	c.caller = st.callerOf(cred)
	c.Account, c.Caller = c.caller.account.id, c.caller.arn
	if cred.Expired || !cred.ExpiresAt.IsZero() && !c.Time.Before(cred.ExpiresAt) {
		return &apiError{Code: "ExpiredTokenException", Status: 403,
			Message: "The security token included in the request is expired"}
	}
	return nil
}

// authorize is IAM's say: table row 25.
func (c *call) authorize(action, resource string) *apiError {
	for _, d := range c.caller.denied {
		if arns.Match(d.Action, action) && arns.Match(d.Resource, resource) {
			return accessDenied(c.Caller, action, resource, d.Explicit)
		}
	}
	if len(c.caller.policies) > 0 {
		if allowed, explicit := decide(c.caller.policies, action, c.judgedOn(resource), c.conditionKeys); !allowed {
			return accessDenied(c.Caller, action, resource, explicit)
		}
	}
	return nil
}

// judgedOn is the ARN a policy must name for a resource that IAM calls by kind
// and name when it refuses: "role NAME".
func (c *call) judgedOn(resource string) string {
	kind, name, named := strings.Cut(resource, " ")
	if !named {
		return resource
	}
	known := c.caller.account.roles
	if kind == "user" {
		known = c.caller.account.users
	}
	if p := known[name]; p != nil {
		return c.caller.account.arn(kind, p)
	}
	return c.caller.account.arn(kind, &Principal{Path: "/", Name: name})
}
