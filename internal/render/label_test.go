package render

import "testing"

func TestLabels(t *testing.T) {
	const (
		home = "111122223333"
		iam  = "arn:aws:iam::111122223333:"
		sso  = iam + "role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_"
	)
	for _, test := range []struct {
		why, principal, want string
		beside               []string
	}{
		{why: "permission set", principal: sso + "Payments_Dev_0123456789abcdef", want: "permission set Payments_Dev"},
		{why: "role", principal: iam + "role/ops", want: "role ops"},
		{why: "role with a path", principal: iam + "role/team/ops", want: "role team/ops"},
		{why: "user", principal: iam + "user/alice", want: "user alice"},
		{why: "user with a path", principal: iam + "user/people/alice", want: "user people/alice"},
		{why: "account root", principal: iam + "root", want: "account root"},
		{why: "service-linked role", want: "service-linked role AWSServiceRoleForAmazonEKS",
			principal: iam + "role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"},
		{why: "another account", principal: "arn:aws:iam::999900001111:role/ops",
			want: "role ops of account 999900001111"},
		{why: "root of another account", principal: "arn:aws:iam::999900001111:root",
			want: "account root of account 999900001111"},
		{why: "looks like a permission set, and has not its path",
			principal: iam + "role/AWSReservedSSO_A_0123456789abcdef",
			want:      "role AWSReservedSSO_A_0123456789abcdef"},
		{why: "no principal", principal: "role/ops", want: "role/ops"},
		{why: "a session", principal: "arn:aws:sts::111122223333:assumed-role/ops/x",
			want: "arn:aws:sts::111122223333:assumed-role/ops/x"},
		{why: "two roles of a permission set", principal: sso + "Dev_0123456789abcdef",
			beside: []string{sso + "Dev_fedcba9876543210"}, want: "permission set Dev (suffix 0123456789abcdef)"},
		{why: "the same principal twice", principal: sso + "Dev_0123456789abcdef",
			beside: []string{sso + "Dev_0123456789abcdef"}, want: "permission set Dev"},
		{why: "one label in two partitions", principal: iam + "role/ops",
			beside: []string{"arn:aws-cn:iam::111122223333:role/ops"}, want: iam + "role/ops"},
	} {
		t.Run(test.why, func(t *testing.T) {
			l := NewLabels(home, append([]string{test.principal}, test.beside...))
			if got := l.Of(test.principal); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Labels replace the ARNs of principals in a text, also if one is the beginning of
// another, unless full ARNs are wanted.
func TestLabelsInText(t *testing.T) {
	const (
		team  = "arn:aws:iam::111122223333:role/team"
		alone = "arn:aws:iam::111122223333:role/team-x"
		set   = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef"
	)
	l := NewLabels("111122223333", []string{team, alone, set, ""})
	text := "kubectl uses " + alone + ", not " + team + "; " + set + " has none"
	const want = "kubectl uses role team-x, not role team; permission set Dev has none"
	if got := l.In(text); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (Labels{}).In(text); got != text {
		t.Errorf("without labels: got %q", got)
	}
}
