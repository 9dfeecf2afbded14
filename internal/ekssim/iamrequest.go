package ekssim

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A World carries out what operations of IAM and STS change.
type World0 interface {
	NewAccessKeyID() string // of a session
	CreateRole(arn string, trust TrustPolicy) error
	DeleteRole(arn string) error
	Changed() // is called after a change that is none of the above
}

// A request is one authenticated call of IAM or STS.
type iamRequest struct {
	*directory
	Operation string
	Form      url.Values
	Caller    caller
	Region    string
	Time      time.Time
	PageSize  int // at most this many items in a page; 0 for no limit
	World     World0
}

// An operation of IAM or STS.
type iamOperation struct {
	Service, Name string
	Mutating      bool
	// Resource is what IAM decides on, or "role NAME" and "user NAME".
	Resource func(*iamRequest) string
	// Do returns what is written as XML.
	Do func(*iamRequest) (any, *apiError)
}

// Operations are those that the simulator knows.
var iamOperations = []iamOperation{
	{Service: "sts", Name: "GetCallerIdentity", Do: getCallerIdentity,
		Resource: func(*iamRequest) string { return "*" }},
	{Service: "sts", Name: "AssumeRole", Do: assumeRole,
		Resource: func(r *iamRequest) string { return r.Form.Get("RoleArn") }},
	{Service: "iam", Name: "GetRole", Do: getRole,
		Resource: func(r *iamRequest) string { return "role " + r.Form.Get("RoleName") }},
	{Service: "iam", Name: "CreateRole", Mutating: true, Do: createRole, Resource: onRole},
	{Service: "iam", Name: "DeleteRole", Mutating: true, Do: deleteRole, Resource: onRole},
	{Service: "iam", Name: "GetUser", Do: getUser,
		Resource: func(r *iamRequest) string { return "user " + r.Form.Get("UserName") }},
	{Service: "iam", Name: "ListRoles", Do: listRoles, Resource: func(r *iamRequest) string {
		return "arn:" + r.Caller.account.partition + ":iam::" + r.Caller.account.id + ":role" +
			cmp.Or(r.Form.Get("PathPrefix"), "/")
	}},
	{Service: "iam", Name: "SimulatePrincipalPolicy", Do: simulatePrincipalPolicy,
		Resource: func(r *iamRequest) string { return r.Form.Get("PolicySourceArn") }},
}

// validation is how STS and IAM refuse malformed parameters. [U] the texts.
func validation(message string) *apiError {
	return &apiError{Code: "ValidationError", Status: 400, Message: "ekssim: " + message}
}

// formPage cuts a list for the query protocol: Marker, MaxItems.
func (r *iamRequest) formPage(keys []string, filter string) (page []string, marker string, _ *apiError) {
	size := 100 // the default of IAM lists. IAM API reference, ListRoles.
	if r.Form.Has("MaxItems") {
		n, err := parseCount(r.Form.Get("MaxItems"), 1, 1000)
		if err != nil {
			return nil, "", validation("MaxItems must be between 1 and 1000")
		}
		size = n
	}
	if limit := r.PageSize; limit > 0 {
		size = min(size, limit)
	}
	bound := r.Operation + "\n" + r.Caller.account.id + "\n" + filter + "\n"
	if r.Form.Has("Marker") {
		last, ok := strings.CutPrefix(openToken(r.Form.Get("Marker")), bound)
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
