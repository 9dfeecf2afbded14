package iam

import (
	"encoding/json"
	"testing"

	"sigs.k8s.io/yaml"
)

func TestDecide(t *testing.T) {
	const entry = "arn:aws:eks:eu-west-1:111122223333:access-entry/prod/role/111122223333/x/1"
	there := map[string][]string{
		"eks:policyArn":        {"arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"},
		"eks:accessEntryType":  {"STANDARD"},
		"eks:kubernetesGroups": {"a", "b"},
	}
	for _, tt := range []struct {
		name, statements  string
		allowed, explicit bool
	}{
		{"nothing said", `[]`, false, false},
		{"allowed", `[{Effect: Allow, Action: "eks:AssociateAccessPolicy", Resource: "*"}]`, true, false},
		{"case of an action does not matter", `[{Effect: Allow, Action: "EKS:associate*", Resource: "*"}]`, true, false},
		{"case of a resource does", `[{Effect: Allow, Action: "eks:*", Resource: "arn:aws:eks:eu-west-1:111122223333:access-entry/PROD/*"}]`, false, false},
		{"one of several", `[{Effect: Allow, Action: ["eks:List*", "eks:Associate*"], Resource: ["x", "arn:aws:eks:*:111122223333:access-entry/prod/*"]}]`, true, false},
		{"a cluster is no entry", `[{Effect: Allow, Action: "eks:*", Resource: "arn:aws:eks:eu-west-1:111122223333:cluster/prod"}]`, false, false},
		{"denied whatever allows", `[{Effect: Allow, Action: "*", Resource: "*"}, {Effect: Deny, Action: "eks:Associate*", Resource: "*"}]`, false, true},
		{"condition holds", `[{Effect: Allow, Action: "*", Resource: "*", Condition: {ArnLike: {"eks:policyArn": "*/AmazonEKSViewPolicy"}}}]`, true, false},
		{"condition fails", `[{Effect: Allow, Action: "*", Resource: "*", Condition: {ArnEquals: {"eks:policyArn": "*/AmazonEKSEditPolicy"}}}]`, false, false},
		{"all conditions must hold", `[{Effect: Allow, Action: "*", Resource: "*", Condition: {StringEquals: {"eks:accessEntryType": STANDARD, "eks:username": x}}}]`, false, false},
		{"a missing key, if exists", `[{Effect: Allow, Action: "*", Resource: "*", Condition: {StringEqualsIfExists: {"eks:username": x}}}]`, true, false},
		{"a missing key, negated", `[{Effect: Deny, Action: "*", Resource: "*", Condition: {StringNotEquals: {"eks:username": x}}}]`, false, true},
		{"any of several values", `[{Effect: Allow, Action: "*", Resource: "*", Condition: {"ForAnyValue:StringEquals": {"eks:kubernetesGroups": [b, c]}}}]`, true, false},
		{"all of several values", `[{Effect: Allow, Action: "*", Resource: "*", Condition: {"ForAllValues:StringEquals": {"eks:kubernetesGroups": [b, c]}}}]`, false, false},
		{"one character", `[{Effect: Allow, Action: "*", Resource: "arn:aws:eks:eu-west-?:*"}]`, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var d PolicyDocument
			if err := yaml.UnmarshalStrict([]byte(`{Statement: `+tt.statements+`}`), &d); err != nil {
				t.Fatal(err)
			}
			if err := d.Check(); err != nil {
				t.Fatal(err)
			}
			allowed, explicit := decide(
				[]PolicyDocument{d},
				"eks:AssociateAccessPolicy",
				entry,
				func(k string) []string { return there[k] },
			)
			if allowed != tt.allowed || explicit != tt.explicit {
				t.Errorf("allowed %v, explicit %v", allowed, explicit)
			}
		})
	}
}

func TestPoliciesThatCannotBeJudged(t *testing.T) {
	for _, text := range []string{
		`{"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}`,
		`{"Statement": [{"Effect": "Allow", "NotAction": "*", "Resource": "*"}]}`,
		`{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"NumericLessThan": {"x": "1"}}}]}`,
	} {
		var d PolicyDocument
		if err := json.Unmarshal([]byte(text), &d); err == nil && d.Check() == nil {
			t.Errorf("taken: %s", text)
		}
	}
}
