// Package trust reads the trust policies of IAM roles: who can assume a role.
//
// It is pure. What it does not understand is never taken for "no one": a
// statement that cannot be read has a kind of its own, see [Unknown].
//
// Sources: the IAM user guide, "AWS JSON policy elements: Principal" and
// "Policy grammar"; the STS API reference, AssumeRole.
package trust

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// A Kind says what kind of principal a statement allows to assume the role.
type Kind string

const (
	Anyone         Kind = "anyone"          // "*", or everyone but some
	Account        Kind = "account"         // the principals of an account that its IAM allows
	Principal      Kind = "principal"       // a role, a user or a session
	IdentityCenter Kind = "identity-center" // people, through account access manager
	SAML           Kind = "saml"
	OIDC           Kind = "oidc"
	ServiceAccount Kind = "service-account" // pods: IRSA or EKS Pod Identity
	Service        Kind = "service"         // an AWS service
	Unknown        Kind = "unknown"         // a form that this package does not know
)

// A Condition limits a statement. The package lists conditions and does not
// evaluate them.
type Condition struct {
	Operator string   `json:"operator"`
	Key      string   `json:"key"`
	Values   []string `json:"values"`
}

// A Statement allows one principal to assume the role.
type Statement struct {
	Kind       Kind        `json:"kind"`
	Who        string      `json:"who"` // as in the document
	Conditions []Condition `json:"conditions"`
}

// A Policy is what a trust policy allows, in the order of the document. A
// statement with several principals is listed once for each.
type Policy struct {
	Statements []Statement `json:"statements"`
	Denies     bool        `json:"denies"` // it has Deny statements, which are not evaluated
}

// Parse reads a trust policy as IAM returns it: JSON text, percent-encoded or
// plain (IAM service model 2010-05-08, Role.AssumeRolePolicyDocument).
func Parse(document string) (Policy, error) {
	text := document
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		decoded, err := url.PathUnescape(text) // QueryUnescape would turn the "+" of a role name into a space
		if err != nil {
			return Policy{}, fmt.Errorf("the trust policy is not percent-encoded text: %w", err)
		}
		text = decoded
	}
	var raw struct{ Statement many[statement] }
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return Policy{}, fmt.Errorf("the trust policy is not valid JSON: %w", err)
	}
	if len(raw.Statement) == 0 {
		return Policy{}, errors.New("the trust policy has no statement")
	}
	p := Policy{Statements: []Statement{}}
	for _, s := range raw.Statement {
		if s.Effect != "Allow" {
			p.Denies = true
			continue
		}
		p.Statements = append(p.Statements, s.principalsAllowed()...)
	}
	return p, nil
}

// A statement as the document has it.
type statement struct {
	Effect       string
	Principal    principals
	NotPrincipal principals
	Action       many[string]
	NotAction    many[string]
	Condition    map[string]map[string]many[any]
}

// principalsAllowed lists whom an Allow statement lets assume the role. Of the actions,
// only that which fits the kind of principal allows it: AssumeRole for AWS
// principals and services, AssumeRoleWithSAML and AssumeRoleWithWebIdentity for
// the two kinds of federation (STS API reference).
func (s statement) principalsAllowed() []Statement {
	if s.NotPrincipal.isSet() {
		return []Statement{{Kind: Anyone, Who: "NotPrincipal", Conditions: s.conditions()}}
	}
	var out []Statement
	add := func(kind Kind, who, action string) {
		if kind == Unknown || s.permits(action) {
			out = append(out, Statement{Kind: kind, Who: who, Conditions: s.conditions()})
		}
	}
	for _, who := range s.Principal.AWS {
		if isUniqueID(who) {
			continue // a deleted role or user: no one
		}
		add(kindOfAWS(who), who, "sts:AssumeRole")
	}
	for _, who := range s.Principal.Service {
		kind := Service
		switch service, _, _ := strings.Cut(who, ".amazonaws."); service {
		case "pods.eks":
			kind = ServiceAccount
		case "account-access":
			kind = IdentityCenter
		}
		add(kind, who, "sts:AssumeRole")
	}
	for _, who := range s.Principal.Federated {
		switch {
		case strings.Contains(who, ":saml-provider/"):
			add(SAML, who, "sts:AssumeRoleWithSAML")
		case strings.Contains(who, ":oidc-provider/oidc.eks.") || strings.Contains(who, ":oidc-provider/oidc-eks."):
			add(ServiceAccount, who, "sts:AssumeRoleWithWebIdentity")
		default:
			add(OIDC, who, "sts:AssumeRoleWithWebIdentity")
		}
	}
	for _, who := range s.Principal.other {
		add(Unknown, who, "")
	}
	return out
}

// isUniqueID tells the ids that IAM puts in the place of a deleted role
// (AROA…) or user (AIDA…).
func isUniqueID(who string) bool {
	return strings.HasPrefix(who, "AROA") || strings.HasPrefix(who, "AIDA")
}

func kindOfAWS(who string) Kind {
	switch {
	case who == "*":
		return Anyone
	case len(who) == 12 && strings.Trim(who, "0123456789") == "",
		strings.HasPrefix(who, "arn:") && strings.HasSuffix(who, ":root"):
		return Account
	case strings.HasPrefix(who, "arn:") && !strings.Contains(who, "*"):
		return Principal
	}
	return Unknown
}

// permits reports whether the statement covers an action; names are compared
// without case and may have the wildcards * and ?.
func (s statement) permits(action string) bool {
	matches := func(pattern string) bool { return wildcard(strings.ToLower(pattern), strings.ToLower(action)) }
	if len(s.NotAction) > 0 {
		return !slices.ContainsFunc(s.NotAction, matches)
	}
	return slices.ContainsFunc(s.Action, matches)
}

func (s statement) conditions() []Condition {
	out := []Condition{}
	for operator, keys := range s.Condition {
		for key, values := range keys {
			c := Condition{Operator: operator, Key: key, Values: []string{}}
			for _, v := range values {
				c.Values = append(c.Values, fmt.Sprint(v))
			}
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Condition) int { return strings.Compare(a.Operator+a.Key, b.Operator+b.Key) })
	return out
}

// wildcard matches s against a pattern with * and ?.
func wildcard(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p, i = p+1, i+1
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// principals are the values of a Principal element.
type principals struct {
	AWS, Service, Federated []string
	other                   []string
}

func (p principals) isSet() bool {
	return len(p.AWS)+len(p.Service)+len(p.Federated)+len(p.other) > 0
}

// UnmarshalJSON reads "*" and the map form.
func (p *principals) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		if text == "*" {
			p.AWS = []string{text}
		} else {
			p.other = []string{text}
		}
		return nil
	}
	var forms map[string]many[string]
	if err := json.Unmarshal(data, &forms); err != nil {
		return err
	}
	for kind, values := range forms {
		switch kind {
		case "AWS":
			p.AWS = values
		case "Service":
			p.Service = values
		case "Federated":
			p.Federated = values
		default:
			p.other = append(p.other, values...)
		}
	}
	slices.Sort(p.other)
	return nil
}

// many is a list that may be written as one value.
type many[T any] []T

func (m *many[T]) UnmarshalJSON(data []byte) error {
	if strings.HasPrefix(strings.TrimSpace(string(data)), "[") {
		var list []T
		if err := json.Unmarshal(data, &list); err != nil {
			return err
		}
		*m = list
		return nil
	}
	var one T
	if err := json.Unmarshal(data, &one); err != nil {
		return err
	}
	*m = []T{one}
	return nil
}
