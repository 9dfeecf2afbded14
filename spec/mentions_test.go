package spec

import (
	"testing"

	"github.com/eksaccess/eksaccess/internal/arn"
)

func TestMentions(t *testing.T) {
	const account = "arn:aws:iam::111122223333:"
	c := Cluster{ID: arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "prod"},
		Items: []Item{
			{Principal: PrincipalRef{ARN: account + "role/payments"}},
			{Principal: PrincipalRef{ARN: account + "role/nodes"}, Type: "EC2_LINUX"},
			{Principal: PrincipalRef{Role: "ops"}, Type: "STANDARD"},
			{Principal: PrincipalRef{Role: "fargate"}, Type: "FARGATE_LINUX"},
			{Principal: PrincipalRef{User: "alice"}},
			{Principal: PrincipalRef{PermissionSet: "Dev"}},
		},
		Absent: []Absent{
			{Principal: PrincipalRef{ARN: account + "role/vendor-*"}},
			{Principal: PrincipalRef{Role: "former"}},
		}}
	mentions, standard := c.Mentions(), c.Standard()
	for _, test := range []struct {
		principal           string
		mentioned, standard bool
	}{
		{account + "role/payments", true, true},
		{account + "role/team/payments", false, false}, // another role
		{account + "role/nodes", true, false},
		{account + "role/team/ops", true, true}, // a name, whatever its path
		{"arn:aws:iam::999900001111:role/ops", false, false},
		{account + "role/fargate", true, false},
		{account + "user/alice", true, false}, // a user's entry can have no other type, which is not asked here
		{account + "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef", true, false},
		{account + "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0123456789abcdef", false, false},
		{account + "role/vendor-a/x", true, false},
		{account + "role/former", true, false},
		{account + "role/nobody", false, false},
		{"junk", false, false},
	} {
		if got := mentions(test.principal); got != test.mentioned {
			t.Errorf("%s is mentioned: %v", test.principal, got)
		}
		if got := standard(test.principal); got != test.standard {
			t.Errorf("%s is declared STANDARD: %v", test.principal, got)
		}
	}
}
