package inventory

import (
	"errors"
	"slices"
	"testing"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/spec"
)

func TestMatch(t *testing.T) {
	const (
		role   = "arn:aws:iam::111122223333:role/team/payments"
		nested = "arn:aws:iam::444455556666:role/payments"
		user   = "arn:aws:iam::111122223333:user/ops/payments"
		set    = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Payments_Dev_0123456789abcdef"
	)
	all := []string{role, nested, user, set}
	tests := []struct {
		match string
		want  []string // nil: refused
	}{
		{role, []string{role}},
		{"*payments", []string{role, nested, user}},
		{"arn:aws:iam::111122223333:*", []string{role, user, set}},
		{"role=payments", []string{role, nested}}, // in any account, under any path
		{"user=payments", []string{user}},
		{"user=*", []string{user}},
		{"permissionSet=Payments_Dev", []string{set}},
		{"permissionSet=Payments*", []string{set}},
		{"permissionSet=Dev", []string{}},
		{"*", all},
		{"payments", nil},
		{"rôle=payments", nil},
		{"roles=payments", nil},
		{"arn:aws:sts::111122223333:assumed-role/payments/me", nil}, // no entry has a session as principal
		{"", nil},
	}
	for _, tt := range tests {
		m, err := ParseMatch(tt.match)
		if tt.want == nil {
			var problems spec.Problems
			if !errors.As(err, &problems) {
				t.Errorf("%q is taken (%v), want a problem", tt.match, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", tt.match, err)
			continue
		}
		got := []string{}
		for _, s := range all {
			p, err := arn.ParsePrincipal(s)
			if err != nil {
				t.Fatal(err)
			}
			if m.Matches(p) {
				got = append(got, s)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q is about %q, want %q", tt.match, got, tt.want)
		}
	}
}

func TestFilter(t *testing.T) {
	admin := []string{"AmazonEKSClusterAdminPolicy"}
	tests := []struct {
		name string
		q    Question
		kube bool
		want []string
	}{
		{name: "everything"},
		{name: "admins", q: Question{AdminsOnly: true}, want: admin},
		{name: "admins, and what groups are bound to is read", q: Question{AdminsOnly: true}, kube: true},
		{
			name: "a policy",
			q:    Question{Policies: []string{"AmazonEKSEditPolicy"}},
			want: []string{"AmazonEKSEditPolicy"},
		},
		{
			name: "a policy by ARN",
			q:    Question{Policies: []string{"arn:aws:eks::aws:cluster-access-policy/X"}},
			kube: true,
			want: []string{"X"},
		},
		{name: "a glob", q: Question{Policies: []string{"*Edit*"}}},
		{
			name: "a policy, and only admins with it",
			q:    Question{AdminsOnly: true, Policies: []string{"AmazonEKSViewPolicy"}},
			want: []string{"AmazonEKSViewPolicy"},
		},
		{name: "principals", q: Question{Principals: []Match{{}}}},
	}
	for _, tt := range tests {
		if got := tt.q.Filter(tt.kube); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
