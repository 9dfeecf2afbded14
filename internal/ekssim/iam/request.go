package iam

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// A World carries out what operations of IAM and STS change.
type World interface {
	NewAccessKeyID() string // of a session
	CreateRole(arn string, trust TrustPolicy) error
	DeleteRole(arn string) error
	MarkChanged() // called after any other change
}

// A Request is one authenticated call of IAM or STS.
type Request struct {
	*Directory
	Operation string
	Form      url.Values
	Caller    Caller
	Region    string
	Time      time.Time
	PageSize  int // at most this many items in a page; 0 for no limit
	World     World
}

// An Operation is one of IAM or STS.
type Operation struct {
	Service, Name string
	Mutating      bool
	// Resource returns the resource that IAM decides about: an ARN, "role NAME" or
	// "user NAME".
	Resource func(*Request) string
	// Do carries out the operation and returns what is written as XML.
	Do func(*Request) (any, *awsapi.Error)
}

// Operations are the operations that the simulator knows.
var Operations = []Operation{
	{Service: "sts", Name: "GetCallerIdentity", Do: getCallerIdentity,
		Resource: func(*Request) string { return "*" }},
	{Service: "sts", Name: "AssumeRole", Do: assumeRole,
		Resource: func(r *Request) string { return r.Form.Get("RoleArn") }},
	{Service: "iam", Name: "GetRole", Do: getRole,
		Resource: func(r *Request) string { return "role " + r.Form.Get("RoleName") }},
	{Service: "iam", Name: "CreateRole", Mutating: true, Do: createRole, Resource: roleResource},
	{Service: "iam", Name: "DeleteRole", Mutating: true, Do: deleteRole, Resource: roleResource},
	{Service: "iam", Name: "GetUser", Do: getUser,
		Resource: func(r *Request) string { return "user " + r.Form.Get("UserName") }},
	{Service: "iam", Name: "ListRoles", Do: listRoles, Resource: func(r *Request) string {
		return "arn:" + r.Caller.Account.Partition + ":iam::" + r.Caller.Account.ID + ":role" +
			cmp.Or(r.Form.Get("PathPrefix"), "/")
	}},
	{Service: "iam", Name: "SimulatePrincipalPolicy", Do: simulatePrincipalPolicy,
		Resource: func(r *Request) string { return r.Form.Get("PolicySourceArn") }},
}

// validationError returns the error for malformed parameters. [U] the texts.
func validationError(message string) *awsapi.Error {
	return &awsapi.Error{Code: "ValidationError", Status: 400, Message: "ekssim: " + message}
}

// formPage cuts a list for the query protocol: Marker, MaxItems.
func (r *Request) formPage(keys []string, filter string) (page []string, marker string, _ *awsapi.Error) {
	size := 100 // the default of IAM lists. IAM API reference, ListRoles.
	if r.Form.Has("MaxItems") {
		n, err := awsapi.ParseCount(r.Form.Get("MaxItems"), 1, 1000)
		if err != nil {
			return nil, "", validationError("MaxItems must be between 1 and 1000")
		}
		size = n
	}
	if limit := r.PageSize; limit > 0 {
		size = min(size, limit)
	}
	bound := r.Operation + "\n" + r.Caller.Account.ID + "\n" + filter + "\n"
	if r.Form.Has("Marker") {
		last, ok := strings.CutPrefix(awsapi.OpenToken(r.Form.Get("Marker")), bound)
		if !ok {
			return nil, "", validationError("Marker is not valid")
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
	return keys[:size], awsapi.SealToken(bound + keys[size-1]), nil
}
