package spec

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePrincipalFlag(t *testing.T) {
	for _, test := range []struct {
		name, in string
		want     PrincipalRef
		err      string
		hint     string
		reason   string
	}{
		{name: "role ARN", in: "arn:aws:iam::111122223333:role/team/x",
			want: PrincipalRef{ARN: "arn:aws:iam::111122223333:role/team/x"}},
		{name: "permission set", in: "permissionSet=Dev_Ops", want: PrincipalRef{PermissionSet: "Dev_Ops"}},
		{name: "role", in: "role=x=y", want: PrincipalRef{Role: "x=y"}, reason: `IAM names may hold "="`},
		{name: "user", in: "user=me@example.com", want: PrincipalRef{User: "me@example.com"}},
		{name: "root", in: "arn:aws:iam::111122223333:root", want: PrincipalRef{ARN: "arn:aws:iam::111122223333:root"},
			reason: "who and doctor may be asked about it"},
		{name: "a service's role", in: "arn:aws:iam::111122223333:role/aws-service-role/x/y",
			want: PrincipalRef{ARN: "arn:aws:iam::111122223333:role/aws-service-role/x/y"}, reason: "likewise"},
		{
			name: "session", in: "arn:aws:sts::111122223333:assumed-role/x/me",
			err:    `principal "arn:aws:sts::111122223333:assumed-role/x/me" is a session, not a role`,
			hint:   "write role=x, without a path",
			reason: "it is what GetCallerIdentity shows",
		},
		{
			name: "session of a permission set",
			in:   "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/me",
			err:  `principal "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/me" is a session, not a role`, hint: "write permissionSet=Dev",
		},
		{name: "nothing", in: "", err: `"" is not a principal`, hint: "write an ARN, permissionSet=NAME, role=NAME or " +
			"user=NAME"},
		{name: "a name alone", in: "dev", err: `"dev" is not a principal`, hint: "write an ARN, permissionSet=NAME, " +
			"role=NAME or user=NAME"},
		{name: "other case", in: "permissionset=Dev", err: `"permissionset=Dev" is not a principal`,
			hint: `did you mean "permissionSet=Dev"?`},
		{name: "no name", in: "role=",
			err: `role "" is not a valid name in IAM: letters, digits and _ + = , . @ -, at most 64`},
		{name: "a path", in: "role=team/x", err: `role "team/x" has a path; write a name without its path`, hint: "write only " +
			"the name, x"},
		{name: "glob", in: "arn:aws:iam::111122223333:role/*",
			err: `principal "arn:aws:iam::111122223333:role/*" holds a "*" or a "${"`, hint: "write one role or user"},
		{name: "a cluster", in: clusterProd, err: `"` + clusterProd + `" is not the ARN of an IAM role or user`,
			hint: "write the IAM role or user itself"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParsePrincipalFlag(test.in)
			var message, hint string
			if err != nil {
				p := err.(Problems).Errors[0]
				message, hint = p.Summary, p.Hint
			}
			if diff := cmp.Diff([]any{test.want, test.err, test.hint}, []any{got, message, hint}); diff != "" {
				t.Errorf("(-want +got):\n%s%s", diff, test.reason)
			}
			if err == nil {
				if again, err := ParsePrincipalFlag(got.String()); err != nil || again != got {
					t.Errorf("%q does not read back: %v, %v", got, again, err)
				}
			}
		})
	}
}

func TestParseShare(t *testing.T) {
	for _, test := range []struct {
		in   string
		want Share
		ok   bool
	}{
		{"25%", Share{true, true, 25}, true},
		{"0", Share{true, false, 0}, true},
		{"100%", Share{true, true, 100}, true},
		{"3", Share{true, false, 3}, true},
		{"", Share{}, false},
		{"%", Share{}, false},
		{"101%", Share{}, false},
		{"-1", Share{}, false},
		{"1.5%", Share{}, false},
		{"007", Share{}, false},
		{"9999999", Share{}, false},
	} {
		got, err := ParseShare(test.in)
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("ParseShare(%q) = %v, %v", test.in, got, err)
		}
		if err == nil && got.String() != test.in {
			t.Errorf("%q is written as %q", test.in, got)
		}
	}
	if (Share{}).String() != "" {
		t.Error("a share that is not set is written as something")
	}
}

func TestParsePolicyFlag(t *testing.T) {
	for _, test := range []struct {
		written    string
		namespaces []string
		want       Policy
		warning    string
		err        string
	}{
		{written: "AmazonEKSViewPolicy", want: Policy{"arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
			"cluster", []string{}}},
		{written: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", namespaces: []string{"b", "a-*", "b"},
			want: Policy{"arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", "namespace",
				[]string{"a-*", "b"}}},
		{written: "AmazonEKSEditorPolicy", warning: `unknown access policy "AmazonEKSEditorPolicy"`,
			want: Policy{"arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSEditorPolicy", "cluster", []string{}}},
		{written: "AmazonEKSViewPolicy", namespaces: []string{"Shop"}, warning: `"Shop" is not a valid namespace`,
			want: Policy{"arn:aws-cn:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", "namespace",
				[]string{"Shop"}}},
		{written: "AmazonEKSViewPolicy", namespaces: []string{""}, err: "a namespace is empty"},
		{written: "AmazonEKSViewPolicy", namespaces: []string{"a,b"}, err: `namespace "a,b" has a comma or a space`},
		{written: "arn:aws:iam::aws:policy/AdministratorAccess",
			err: `"arn:aws:iam::aws:policy/AdministratorAccess" is not the ARN of an access policy`},
		{written: "arn:${partition}:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
			err: `policy "arn:${partition}:eks::aws:cluster-access-policy/AmazonEKSViewPolicy" has a placeholder; placeholders are for files`},
		{written: "", err: `"" is not the name of an access policy`},
	} {
		got, warnings, err := ParsePolicyFlag(test.written, test.namespaces, "aws-cn")
		var message, warning string
		if err != nil {
			message = err.(Problems).Errors[0].Summary
		}
		if len(warnings.Warnings) > 0 {
			warning = warnings.Warnings[0].Summary
		}
		if diff := cmp.Diff([]any{test.want, test.warning, test.err}, []any{got, warning, message}); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.written, diff)
		}
	}
}
