package iampolicy

import (
	"encoding/json"
	"slices"
	"strings"
)

// A Document is an IAM policy (IAM user guide, reference_policies_grammar).
type Document struct {
	Version   string      `json:"Version"`
	Statement []Statement `json:"Statement"`
}

// A Statement allows or denies actions on resources.
type Statement struct {
	Sid       string                         `json:"Sid"` // letters and digits, one of its kind in a document
	Effect    string                         `json:"Effect"`
	Action    []string                       `json:"Action"`
	Resource  []string                       `json:"Resource"`
	Condition map[string]map[string][]string `json:"Condition,omitempty"` // operator → key → values
}

const version = "2012-10-17" // of the policy language, the newest there is

// Limits of a document's size. White space does not count in a managed policy
// and does in a service control policy, which is written without
// (IAM user guide, reference_iam-quotas; Organizations, orgs_reference_limits).
const (
	MaxManaged = 6144
	MaxSCP     = 5120
)

// size counts the characters of a document as IAM does.
func size(d Document) int {
	b, err := json.Marshal(d)
	if err != nil {
		panic(err) // lists of text
	}
	n := 0
	for _, r := range string(b) {
		if !strings.ContainsRune(" \t\r\n", r) {
			n++
		}
	}
	return n
}

// pack spreads statements over as few documents as the limit allows, in their
// order. A statement that is too large for one is parted along its longest
// list.
func pack(statements []Statement, limit int) []Document {
	var docs []Document
	last := Document{Version: version}
	for _, s := range splitStatements(statements, limit) {
		next := Document{version, append(slices.Clone(last.Statement), s)}
		if size(next) > limit {
			docs = append(docs, last)
			next = Document{version, []Statement{s}}
		}
		last = next
	}
	if len(last.Statement) > 0 {
		docs = append(docs, last)
	}
	return docs
}

func splitStatements(statements []Statement, limit int) []Statement {
	var out []Statement
	for _, s := range statements {
		a, b, parted := s.halves()
		if size(Document{version, []Statement{s}}) <= limit || !parted {
			out = append(out, s)
			continue
		}
		out = append(out, splitStatements([]Statement{a, b}, limit)...)
	}
	return out
}

// forAll is true of a call whose values are all in the list, so that such a list
// cannot be parted.
const forAll = "ForAllValues:StringEquals"

// halves parts the longest list of a statement; what the two allow together is
// what the one did.
func (s Statement) halves() (a, b Statement, parted bool) {
	longest := s.Resource
	var operator, key string
	for op, on := range s.Condition {
		if op == forAll {
			continue
		}
		for k, values := range on {
			if len(values) > len(longest) || len(values) == len(longest) && operator != "" && op+k < operator+key {
				longest, operator, key = values, op, k
			}
		}
	}
	if len(longest) < 2 {
		return s, s, false
	}
	with := func(list []string, suffix string) Statement {
		t := s
		t.Sid += suffix
		if operator == "" {
			t.Resource = list
			return t
		}
		t.Condition = map[string]map[string][]string{}
		for op, on := range s.Condition {
			t.Condition[op] = map[string][]string{}
			for k, values := range on {
				if op == operator && k == key {
					values = list
				}
				t.Condition[op][k] = values
			}
		}
		return t
	}
	half := len(longest) / 2
	return with(longest[:half], "A"), with(longest[half:], "B"), true
}
