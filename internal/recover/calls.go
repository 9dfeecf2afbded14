package recover

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// callsOf are the writing calls of a recovery, for a simulation by IAM. If nothing
// is to be changed, they are those of a new entry, so that a drill also shows
// whether a later recovery would be allowed.
func callsOf(id arn.Cluster, principal string, policy spec.Policy, p plan.Cluster) []eksfacts.Call {
	operations := []string{plan.CreateAccessEntry, plan.TagResource, plan.AssociateAccessPolicy}
	for _, c := range p.Changes {
		if c.Action == plan.Replace {
			operations = append(operations, plan.DeleteAccessEntry)
		}
	}
	if p.AuthenticationMode.Moves() {
		operations = append(operations, plan.UpdateClusterConfig, "DescribeUpdate")
	}
	name := "role/" + id.Account + "/name"
	if p, err := arn.ParsePrincipal(principal); err == nil {
		name = string(p.Kind) + "/" + p.Account + "/" + p.Name
	}
	// The last part is an id that EKS generates, which no policy can contain.
	entry := strings.TrimSuffix(id.EntryARNs(), "*") + name + "/00000000-0000-0000-0000-000000000000"
	var calls []eksfacts.Call
	for _, o := range operations {
		c := eksfacts.Call{Action: "eks:" + o, Resource: entry, Keys: map[string]string{"eks:principalArn": principal,
			"eks:accessEntryType": eksfacts.Standard, "eks:clusterName": id.Name}}
		switch o {
		case plan.CreateAccessEntry:
			c.Resource = id.ARN()
		case plan.AssociateAccessPolicy:
			c.Keys["eks:policyArn"], c.Keys["eks:accessScope"] = policy.ARN, policy.Scope
		case plan.UpdateClusterConfig, "DescribeUpdate":
			c.Resource, c.Keys = id.ARN(), map[string]string{"eks:authenticationMode": eksfacts.ModeAPIAndConfigMap}
		}
		calls = append(calls, c)
	}
	return calls
}

// actionNames lists the actions of calls: "eks:CreateAccessEntry, eks:TagResource".
func actionNames(calls []eksfacts.Call) string {
	var names []string
	for _, c := range calls {
		if !slices.Contains(names, c.Action) {
			names = append(names, c.Action)
		}
	}
	return strings.Join(names, ", ")
}

// denial is the error of calls that IAM would deny, with the statements that allow
// them.
func denial(principal string, denied []eksfacts.Call) plan.Error {
	first := denied[0]
	var statements []string
	for _, c := range denied {
		resource := c.Resource
		if i := strings.Index(resource, ":access-entry/"); i >= 0 {
			cluster, _, _ := strings.Cut(resource[i+len(":access-entry/"):], "/")
			resource = resource[:i] + ":access-entry/" + cluster + "/*"
		}
		if c.Action == first.Action {
			first.Resource = resource
		}
		statements = append(
			statements,
			fmt.Sprintf(`{"Effect": "Allow", "Action": %q, "Resource": %q}`, c.Action, resource),
		)
	}
	return plan.Error{
		Code:      fault.AccessDenied,
		Operation: strings.TrimPrefix(first.Action, "eks:"),
		Action:    first.Action,
		Resource:  first.Resource,
		Message:   "the policies of " + principal + " do not allow it",
		Hint:      "allow " + principal + ": " + strings.Join(statements, ", "),
	}
}
