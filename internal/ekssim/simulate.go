package ekssim

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
)

// simulatePrincipalPolicy says of each action and resource what IAM's policies
// make of it: here, what is denied to the principal everywhere, or to the
// access key that asks. IAM API reference, SimulatePrincipalPolicy.
func simulatePrincipalPolicy(c *call) (any, *apiError) {
	source := c.form.Get("PolicySourceArn")
	if a, ok := arns.Parse(source); !ok || a.Account != c.Account {
		return nil, &apiError{Code: "InvalidInput", Status: 400, Message: "ekssim: Invalid Entity Arn: " + source}
	}
	p, _ := c.st.principal(source)
	if p == nil {
		return nil, &apiError{Code: "NoSuchEntity", Status: 404, Message: "ekssim: there is no " + source}
	}
	denied, policies := slices.Clone(p.Denied), slices.Clone(p.Policies)
	if c.caller.base == source {
		denied, policies = append(denied, c.caller.denied...), append(policies, c.caller.policies...)
	}
	given := c.contextKeys()
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
	resources := c.members("ResourceArns")
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	for _, action := range c.members("ActionNames") {
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
func (c *call) contextKeys() map[string][]string {
	keys := map[string][]string{}
	for i := 1; c.form.Has(fmt.Sprintf("ContextEntries.member.%d.ContextKeyName", i)); i++ {
		entry := fmt.Sprintf("ContextEntries.member.%d.", i)
		keys[strings.ToLower(c.form.Get(entry+"ContextKeyName"))] = c.members(entry + "ContextKeyValues")
	}
	return keys
}

// members are a list as the query protocol sends it.
func (c *call) members(name string) (list []string) {
	for i := 1; c.form.Has(fmt.Sprintf("%s.member.%d", name, i)); i++ {
		list = append(list, c.form.Get(fmt.Sprintf("%s.member.%d", name, i)))
	}
	return list
}
