package iam

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/seed"
)

// A TrustPolicy is the text of a role's AssumeRolePolicyDocument. A seed may
// write it as JSON text or as a mapping. It need not be a policy, so that what
// clients make of others can be tested.
//
// It is what IAM returns. Who can assume a role here depends on
// [Principal.AssumableBy] alone.
type TrustPolicy string

// UnmarshalJSON reads text, or the policy itself.
func (t *TrustPolicy) UnmarshalJSON(data []byte) error {
	if text, ok := seed.Text(data); ok {
		*t = TrustPolicy(text)
		return nil
	}
	var b bytes.Buffer
	if err := json.Compact(&b, data); err != nil {
		return err
	}
	*t = TrustPolicy(b.String())
	return nil
}

// percentEncoded returns the policy as IAM does: percent-encoded, RFC 3986. IAM
// API reference, Role.
func (t TrustPolicy) percentEncoded() string {
	return strings.ReplaceAll(url.QueryEscape(string(t)), "+", "%20")
}

type trustStatement struct {
	Effect    string                    `json:"Effect"`
	Principal any                       `json:"Principal"`
	Action    any                       `json:"Action"`
	Condition map[string]map[string]any `json:"Condition,omitempty"`
}

func trustPolicy(statements ...trustStatement) TrustPolicy {
	b, _ := json.Marshal(struct { // of text, lists and maps: cannot fail
		Version   string
		Statement []trustStatement
	}{"2012-10-17", statements})
	return TrustPolicy(b)
}

func serviceTrust(service string) TrustPolicy {
	return trustPolicy(trustStatement{Effect: "Allow", Action: "sts:AssumeRole",
		Principal: map[string]any{"Service": service}})
}

// DefaultTrust returns the trust policy of a role whose seed has none: of Identity
// Center's and service-linked roles by their path, else of those who may
// assume it, else of the service that uses it, else of its account.
func (a *Account) DefaultTrust(p *Principal, service string) TrustPolicy {
	if strings.HasPrefix(p.Path, "/aws-reserved/sso.amazonaws.com/") {
		sum := arns.Digest("sso", a.ID)
		provider := fmt.Sprintf("arn:%s:iam::%s:saml-provider/AWSSSO_%x_DO_NOT_DELETE", a.Partition, a.ID, sum[:8])
		return trustPolicy(trustStatement{Effect: "Allow", Principal: map[string]any{"Federated": provider},
			Action:    []string{"sts:AssumeRoleWithSAML", "sts:TagSession"},
			Condition: map[string]map[string]any{"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}})
	}
	if rest, ok := strings.CutPrefix(p.Path, "/aws-service-role/"); ok {
		name, _, _ := strings.Cut(rest, "/")
		return serviceTrust(name)
	}
	if service != "" && len(p.AssumableBy) == 0 {
		if service == "ec2.amazonaws.com" && a.Partition == "aws-cn" {
			service += ".cn"
		}
		return serviceTrust(service)
	}
	s := trustStatement{Effect: "Allow", Action: "sts:AssumeRole", Condition: map[string]map[string]any{}}
	s.Principal = map[string]any{"AWS": a.trustedPrincipals(p, s.Condition)}
	if p.ExternalID != "" {
		s.Condition["StringEquals"] = map[string]any{"sts:ExternalId": p.ExternalID}
	}
	return trustPolicy(s)
}

// trustedPrincipals are the principals of a trust statement. A policy has no globs: they
// become a condition.
func (a *Account) trustedPrincipals(p *Principal, conditions map[string]map[string]any) any {
	root := func(id string) string { return "arn:" + a.Partition + ":iam::" + id + ":root" }
	var names []string
	globs := false
	for _, who := range p.AssumableBy {
		globs = globs || strings.Contains(who, "*")
		if arns.IsAccountID(who) {
			who = root(who)
		}
		names = append(names, who)
	}
	switch {
	case len(names) == 0:
		return root(a.ID)
	case globs:
		conditions["ArnLike"] = map[string]any{"aws:PrincipalArn": names}
		return "*"
	}
	return names
}

// peopleServices are service principals behind which there are people. AWS IAM
// user guide: account access manager.
var peopleServices = []string{"account-access.amazonaws.com"}

// isServiceOnly reports whether a trust policy lets only AWS services
// assume the role. What cannot be read does not.
func (t TrustPolicy) isServiceOnly() bool {
	var policy struct{ Statement json.RawMessage }
	if json.Unmarshal([]byte(t), &policy) != nil {
		return false
	}
	type statement struct {
		Effect       string
		Principal    json.RawMessage // "*", or by kind
		NotPrincipal json.RawMessage
	}
	var list []statement
	if json.Unmarshal(policy.Statement, &list) != nil {
		var one statement
		if json.Unmarshal(policy.Statement, &one) != nil {
			return false
		}
		list = []statement{one}
	}
	for _, s := range list {
		if s.Effect != "Allow" {
			continue
		}
		var kinds map[string]Words
		services := Words(nil)
		if json.Unmarshal(s.Principal, &kinds) == nil {
			services = kinds["Service"]
		}
		if len(kinds) != 1 || len(services) == 0 || s.NotPrincipal != nil ||
			slices.ContainsFunc(services, func(n string) bool { return slices.Contains(peopleServices, n) }) {
			return false
		}
	}
	return len(list) > 0
}
