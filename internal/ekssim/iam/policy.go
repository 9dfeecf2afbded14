package iam

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A PolicyDocument is an identity-based IAM policy, as far as EKS access needs
// one: actions, resources and the condition operators in conditionOperators.
// A principal that has any may do only what they allow. IAM user guide,
// reference_policies_elements and reference_policies_evaluation-logic.
type PolicyDocument struct {
	Version   string      `json:"Version,omitempty"`
	Statement []Statement `json:"Statement"`
}

// A Statement of a policy. Single values may be written without a list.
type Statement struct {
	Sid       string                      `json:"Sid,omitempty"`
	Effect    string                      `json:"Effect"`
	Action    Words                       `json:"Action"`
	Resource  Words                       `json:"Resource"`
	Condition map[string]map[string]Words `json:"Condition,omitempty"`
}

// Words is a list of text, or one.
type Words []string

func (w *Words) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*w = Words{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(w))
}

// Check refuses what the simulator would judge wrongly.
func (d PolicyDocument) Check() error {
	for i, s := range d.Statement {
		if s.Effect != "Allow" && s.Effect != "Deny" || len(s.Action) == 0 || len(s.Resource) == 0 {
			return fmt.Errorf("statement %d: wants Effect Allow or Deny, Action and Resource", i+1)
		}
		for op := range s.Condition {
			if _, _, _, ok := operator(op); !ok {
				return fmt.Errorf("statement %d: condition operator %q is not known here", i+1, op)
			}
		}
	}
	return nil
}

// decide says what policies make of an action: explicitly denied, allowed, or
// neither, which is a denial too.
func decide(policies []PolicyDocument, action, resource string, keys func(string) []string) (allowed, explicit bool) {
	for _, d := range policies {
		for _, s := range d.Statement {
			if !s.covers(action, resource, keys) {
				continue
			}
			if s.Effect == "Deny" {
				return false, true
			}
			allowed = true
		}
	}
	return allowed, false
}

func (s Statement) covers(action, resource string, keys func(string) []string) bool {
	matches := func(patterns Words, text string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return wildcard(p, text) })
	}
	// Actions are compared without regard to case, resources with it.
	lower := make(Words, len(s.Action))
	for i, a := range s.Action {
		lower[i] = strings.ToLower(a)
	}
	if !matches(lower, strings.ToLower(action)) || !matches(s.Resource, resource) {
		return false
	}
	for op, on := range s.Condition {
		for key, wanted := range on {
			if !conditionHolds(op, wanted, keys(key)) {
				return false
			}
		}
	}
	return true
}

// operator takes a condition operator apart: the set it is about, its name,
// and whether a key that is missing will do.
func operator(text string) (set, name string, ifExists, ok bool) {
	name, ifExists = strings.CutSuffix(text, "IfExists")
	if before, after, found := strings.Cut(name, ":"); found {
		set, name = before, after
	}
	_, known := conditionOperators[name]
	return set, name, ifExists, known && (set == "" || set == "ForAnyValue" || set == "ForAllValues")
}

// conditionOperators compare one wanted value with one that is there. ARNs are
// compared with wildcards by both of their operators.
var conditionOperators = map[string]func(wanted, got string) bool{
	"StringEquals":    func(w, g string) bool { return w == g },
	"StringNotEquals": func(w, g string) bool { return w == g },
	"StringLike":      wildcard, "StringNotLike": wildcard,
	"StringEqualsIgnoreCase": strings.EqualFold, "StringNotEqualsIgnoreCase": strings.EqualFold,
	"Bool":      strings.EqualFold,
	"ArnEquals": wildcard, "ArnLike": wildcard, "ArnNotEquals": wildcard, "ArnNotLike": wildcard,
}

// conditionHolds judges one operator on one key. A negated operator is true of a key
// that is missing; for all values of none anything is true.
func conditionHolds(op string, wanted Words, got []string) bool {
	set, name, ifExists, _ := operator(op)
	if ifExists && len(got) == 0 {
		return true
	}
	any := func(g string) bool {
		return slices.ContainsFunc(wanted, func(w string) bool { return conditionOperators[name](w, g) })
	}
	if strings.Contains(name, "Not") {
		return !slices.ContainsFunc(got, any)
	}
	if set == "ForAllValues" {
		return !slices.ContainsFunc(got, func(g string) bool { return !any(g) })
	}
	return slices.ContainsFunc(got, any)
}

// wildcard is IAM's: * for any text, ? for one character. No pattern of a
// policy is empty, which glob takes for everything.
func wildcard(pattern, s string) bool {
	var match func(p, s string) bool
	match = func(p, s string) bool {
		for p != "" {
			switch p[0] {
			case '*':
				for i := 0; i <= len(s); i++ {
					if match(p[1:], s[i:]) {
						return true
					}
				}
				return false
			case '?':
				if s == "" {
					return false
				}
			default:
				if s == "" || s[0] != p[0] {
					return false
				}
			}
			p, s = p[1:], s[1:]
		}
		return s == ""
	}
	return match(pattern, s)
}
