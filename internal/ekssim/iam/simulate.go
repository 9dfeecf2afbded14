package iam

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// simulatePrincipalPolicy says of each action and resource what IAM's policies
// make of it: here, what is denied to the principal everywhere, or to the
// access key that asks. IAM API reference, SimulatePrincipalPolicy.
func simulatePrincipalPolicy(r *Request) (any, *awsapi.Error) {
	source := r.Form.Get("PolicySourceArn")
	if a, ok := arns.Parse(source); !ok || a.Account != r.Caller.Account.ID {
		return nil, &awsapi.Error{Code: "InvalidInput", Status: 400, Message: "ekssim: Invalid Entity Arn: " + source}
	}
	p, _ := r.Principal(source)
	if p == nil {
		return nil, &awsapi.Error{Code: "NoSuchEntity", Status: 404, Message: "ekssim: there is no " + source}
	}
	denied, policies := slices.Clone(p.Denied), slices.Clone(p.Policies)
	if r.Caller.Base == source {
		denied, policies = append(denied, r.Caller.denied...), append(policies, r.Caller.policies...)
	}
	given := r.contextKeys()
	type result struct {
		Action   string `xml:"EvalActionName"`
		Resource string `xml:"EvalResourceName"`
		Decision string `xml:"EvalDecision"`
	}
	out := struct {
		XMLName     xml.Name `xml:"SimulatePrincipalPolicyResult"`
		Results     []result `xml:"EvaluationResults>member"`
		IsTruncated bool     `xml:"IsTruncated"`
	}{}
	resources := r.members("ResourceArns")
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	for _, action := range r.members("ActionNames") {
		for _, resource := range resources {
			decision := "allowed"
			if len(policies) > 0 {
				allowed, explicit := decide(
					policies,
					action,
					resource,
					func(key string) []string { return given[strings.ToLower(key)] },
				)
				if explicit {
					decision = "explicitDeny"
				} else if !allowed {
					decision = "implicitDeny"
				}
			}
			for _, d := range denied {
				if arns.Match(d.Action, action) && arns.Match(d.Resource, resource) {
					decision = "implicitDeny"
					if d.Explicit {
						decision = "explicitDeny"
					}
					break
				}
			}
			out.Results = append(out.Results, result{action, resource, decision})
		}
	}
	return out, nil
}

// contextKeys are the condition keys that were sent along, in lower case: IAM
// compares their names without regard to it.
func (r *Request) contextKeys() map[string][]string {
	keys := map[string][]string{}
	for i := 1; r.Form.Has(fmt.Sprintf("ContextEntries.member.%d.ContextKeyName", i)); i++ {
		entry := fmt.Sprintf("ContextEntries.member.%d.", i)
		keys[strings.ToLower(r.Form.Get(entry+"ContextKeyName"))] = r.members(entry + "ContextKeyValues")
	}
	return keys
}

// members are a list as the query protocol sends it.
func (r *Request) members(name string) (list []string) {
	for i := 1; r.Form.Has(fmt.Sprintf("%s.member.%d", name, i)); i++ {
		list = append(list, r.Form.Get(fmt.Sprintf("%s.member.%d", name, i)))
	}
	return list
}
