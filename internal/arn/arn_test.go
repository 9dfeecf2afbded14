package arn

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name, in string
		want     ARN
		ok       bool
		reason   string
	}{
		{"role", "arn:aws:iam::111122223333:role/x", ARN{"aws", "iam", "", "111122223333", "role/x"}, true, ""},
		{"policy", "arn:aws-cn:eks::aws:cluster-access-policy/P",
			ARN{"aws-cn", "eks", "", "aws", "cluster-access-policy/P"}, true, "an account may be a word"},
		{"colons in the resource", "arn:aws:logs:eu-west-1:111122223333:log-group:x:*",
			ARN{"aws", "logs", "eu-west-1", "111122223333", "log-group:x:*"}, true,
			"five colons part it, the rest is the resource's"},
		{"empty", "", ARN{}, false, ""},
		{"too few parts", "arn:aws:iam::111122223333", ARN{}, false, ""},
		{"no resource", "arn:aws:iam::111122223333:", ARN{}, false, ""},
		{"no partition", "arn::iam::111122223333:role/x", ARN{}, false, ""},
		{"other scheme", "urn:aws:iam::111122223333:role/x", ARN{}, false, ""},
		{"space", "arn:aws:iam::111122223333:role/x ", ARN{}, false, "pasted with the blank behind it"},
		{"escape", "arn:aws:iam::111122223333:role/\x1b[31m", ARN{}, false, "it would drive a terminal"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Parse(test.in)
			if got != test.want || (err == nil) != test.ok {
				t.Errorf("got %+v, %v; want %+v, ok %t (%s)", got, err, test.want, test.ok, test.reason)
			}
		})
	}
}

func TestParsePrincipal(t *testing.T) {
	const account = "arn:aws:iam::111122223333:"
	for _, test := range []struct {
		name, in            string
		kind                Kind
		path, role, session string
		set, suffix         string
		reason              string
	}{
		{name: "role", in: account + "role/x", kind: Role, path: "/", role: "x"},
		{name: "role with path", in: account + "role/a/b/x", kind: Role, path: "/a/b/", role: "x"},
		{name: "user", in: account + "user/x", kind: User, path: "/", role: "x"},
		{name: "group", in: account + "group/x", kind: Group, path: "/", role: "x"},
		{name: "root", in: account + "root", kind: Root},
		{name: "no name", in: account + "role/", kind: Other},
		{name: "path without a name", in: account + "role/a/", kind: Role, path: "/a/", reason: "whoever judges " +
			"names sees that it is empty"},
		{name: "instance profile", in: account + "instance-profile/x", kind: Other},
		{name: "session", in: "arn:aws:sts::111122223333:assumed-role/x/me@example.com", kind: AssumedRole, role: "x",
			session: "me@example.com"},
		{name: "session without a session", in: "arn:aws:sts::111122223333:assumed-role/x", kind: Other},
		{name: "federated", in: "arn:aws:sts::111122223333:federated-user/me", kind: FederatedUser, role: "me"},
		{name: "role of another service", in: "arn:aws:s3:::role/x", kind: Other},
		{
			name: "permission set", in: account +
				"role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Dev_0123456789abcdef",
			kind: Role, path: "/aws-reserved/sso.amazonaws.com/eu-west-1/", role: "AWSReservedSSO_Dev_0123456789abcdef",
			set: "Dev", suffix: "0123456789abcdef",
		},
		{
			name: "permission set of us-east-1", in: account +
				"role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef",
			kind: Role, path: "/aws-reserved/sso.amazonaws.com/", role: "AWSReservedSSO_Dev_0123456789abcdef",
			set: "Dev", suffix: "0123456789abcdef",
			reason: "the region is left out there",
		},
		{
			name: "permission set with underscores", in: account +
				"role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_b_0123456789abcdef_0123456789abcdef",
			kind: Role, path: "/aws-reserved/sso.amazonaws.com/",
			role: "AWSReservedSSO_A_b_0123456789abcdef_0123456789abcdef", set: "A_b_0123456789abcdef",
			suffix: "0123456789abcdef",
			reason: "the last one is the suffix",
		},
		{name: "permission set without its path", in: account + "role/AWSReservedSSO_Dev_0123456789abcdef", kind: Role,
			path: "/", role: "AWSReservedSSO_Dev_0123456789abcdef",
			reason: "somebody's own role, as far as the ARN tells"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := ParsePrincipal(test.in)
			if err != nil {
				t.Fatal(err)
			}
			set, suffix, _ := p.PermissionSet()
			want := []string{string(test.kind), test.path, test.role, test.session, test.set, test.suffix}
			got := []string{string(p.Kind), p.Path, p.Name, p.Session, set, suffix}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s%s", diff, test.reason)
			}
			if p.String() != test.in {
				t.Errorf("%q is written as %q", test.in, p)
			}
		})
	}
	if _, err := ParsePrincipal("x"); err == nil {
		t.Error("a word is no ARN")
	}
	p, _ := ParsePrincipal("arn:aws-cn:sts::111122223333:assumed-role/x/me")
	if got := p.RoleOf(); got != "arn:aws-cn:iam::111122223333:role/x" {
		t.Errorf("the role of a session is %q", got)
	}
	if !IsServiceLinked(account+"role/aws-service-role/eks.amazonaws.com/X") || IsServiceLinked(account+"role/x") {
		t.Error("service-linked roles are told by their path")
	}
}

func TestParseCluster(t *testing.T) {
	for _, test := range []struct {
		name, in string
		want     Cluster
	}{
		{"cluster", "arn:aws:eks:eu-west-1:111122223333:cluster/prod",
			Cluster{"aws", "111122223333", "eu-west-1", "prod"}},
		{"gov", "arn:aws-us-gov:eks:us-gov-west-1:111122223333:cluster/p_1-2",
			Cluster{"aws-us-gov", "111122223333", "us-gov-west-1", "p_1-2"}},
		{"longest name", "arn:aws:eks:eu-west-1:111122223333:cluster/" + strings.Repeat("a", 100),
			Cluster{"aws", "111122223333", "eu-west-1", strings.Repeat("a", 100)}},
		{"name too long", "arn:aws:eks:eu-west-1:111122223333:cluster/" + strings.Repeat("a", 101), Cluster{}},
		{"name begins with a dash", "arn:aws:eks:eu-west-1:111122223333:cluster/-a", Cluster{}},
		{"no name", "arn:aws:eks:eu-west-1:111122223333:cluster/", Cluster{}},
		{"node group", "arn:aws:eks:eu-west-1:111122223333:nodegroup/a/b/c", Cluster{}},
		{"other service", "arn:aws:ecs:eu-west-1:111122223333:cluster/a", Cluster{}},
		{"no region", "arn:aws:eks::111122223333:cluster/a", Cluster{}},
		{"short account", "arn:aws:eks:eu-west-1:11112222333:cluster/a", Cluster{}},
		{"glob", "arn:aws:eks:eu-west-1:111122223333:cluster/*", Cluster{}},
		{"word", "prod", Cluster{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseCluster(test.in)
			if got != test.want || (err == nil) != (test.want != Cluster{}) {
				t.Errorf("got %+v, %v; want %+v", got, err, test.want)
			}
			if err == nil && got.ARN() != test.in {
				t.Errorf("%q is written as %q", test.in, got.ARN())
			}
		})
	}
	c := Cluster{"aws", "111122223333", "eu-west-1", "prod"}
	if got := c.EntryARNs(); got != "arn:aws:eks:eu-west-1:111122223333:access-entry/prod/*" {
		t.Errorf("entries are %q", got)
	}
	if c.Path() != "111122223333/eu-west-1/prod" || c.String() != c.Path() {
		t.Errorf("the path is %q", c.Path())
	}
	for _, d := range []Cluster{{"aws", "111122223334", "a", "a"}, {"aws", "111122223333", "eu-west-2", "a"},
		{"aws", "111122223333", "eu-west-1", "prod2"}, {"aws-cn", "111122223333", "eu-west-1", "prod"}} {
		if c.Compare(d) >= 0 || d.Compare(c) <= 0 || c.Compare(c) != 0 {
			t.Errorf("%v does not come before %v", c, d)
		}
	}
}

func TestNames(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1": "aws", "us-east-1": "aws", "cn-north-1": "aws-cn", "us-gov-east-1": "aws-us-gov",
		"us-iso-east-1":  "aws-iso",
		"us-isob-east-1": "aws-iso-b", "us-isof-south-1": "aws-iso-f", "eu-isoe-west-1": "aws-iso-e",
		"eusc-de-east-1": "aws-eusc",
	} {
		if got := PartitionOf(region); got != want || !IsPartition(got) || !IsRegion(region) {
			t.Errorf("region %q is of partition %q, want %q", region, got, want)
		}
	}
	for _, s := range []string{"", "europe", "eu-west", "EU-WEST-1", "eu-west-1a", "eu_west_1"} {
		if IsRegion(s) {
			t.Errorf("%q counts as a region", s)
		}
	}
	for s, want := range map[string]bool{"012345670123": true, "111122223333": true, "11112222333": false,
		"1111222233334": false, "": false, "11112222333a": false} {
		if IsAccount(s) != want {
			t.Errorf("IsAccount(%q) is not %t", s, want)
		}
	}
	if got := AccessPolicy("aws-cn", "P"); got != "arn:aws-cn:eks::aws:cluster-access-policy/P" ||
		PolicyName(got) != "P" ||
		PolicyName("P") != "P" {
		t.Errorf("the policy is %q", got)
	}
}

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		pattern, s string
		want       bool
		reason     string
	}{
		{"", "", true, ""},
		{"", "a", false, ""},
		{"*", "", true, ""},
		{"*", "a/b:c", true, "* crosses / and :"},
		{"a*", "a", true, "* may be nothing"},
		{"a*a", "a", false, "the two ends are two letters"},
		{"a*a", "aa", true, ""},
		{"*a*b*", "xxaxxbxx", true, ""},
		{"*a*b*", "xxbxxaxx", false, "in that order"},
		{"**", "x", true, ""},
		{"a.c", "abc", false, "a point is a point"},
		{"[a]*", "[a]b", true, "brackets are brackets"},
		{"a?", "ab", false, "so is a question mark"},
		{"ab*bc", "abc", false, "the ends must not share a letter"},
		{"arn:aws:iam::*:role/vendor-*", "arn:aws:iam::111122223333:role/vendor-x/y", true, ""},
		{"arn:aws:iam::*:role/vendor-*", "arn:aws:iam::111122223333:role/x/vendor-y", false, ""},
		{"Prod", "prod", false, "case counts, as in ARNs"},
	} {
		if got := Match(test.pattern, test.s); got != test.want {
			t.Errorf("Match(%q, %q) = %t (%s)", test.pattern, test.s, got, test.reason)
		}
	}
	if !HasGlob("a*") || HasGlob("a") {
		t.Error("a glob is what holds *")
	}
}

// Match is the regular expression one would write for it.
func FuzzMatch(f *testing.F) {
	for _, s := range []string{"", "*", "a*b", "**a**", "arn:aws:iam::*:role/vendor-*", "a*a*a", "[(*"} {
		f.Add(s, "aab")
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		var re strings.Builder
		for i, part := range strings.Split(pattern, "*") {
			if i > 0 {
				re.WriteString(`(?s:.*)`)
			}
			re.WriteString(regexp.QuoteMeta(part))
		}
		want, err := regexp.Compile(`\A` + re.String() + `\z`)
		if err != nil {
			t.Skip("no regular expression holds broken UTF-8")
		}
		if got := Match(pattern, s); got != want.MatchString(s) {
			t.Errorf("Match(%q, %q) = %t", pattern, s, got)
		}
	})
}

// What is taken apart can be put together again, and nothing panics.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "arn:aws:iam::111122223333:role/a/b", "arn:aws:sts::111122223333:assumed-role/a/b",
		"arn:aws:iam::111122223333:user/", "arn:::::",
		"arn:aws:eks:eu-west-1:111122223333:cluster/prod",
		"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_a_0123456789abcdef",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err != nil {
			if (a != ARN{}) {
				t.Errorf("%q gives %+v with the error %v", s, a, err)
			}
			return
		}
		if a.String() != s {
			t.Errorf("%q is written as %q", s, a)
		}
		p, err := ParsePrincipal(s)
		if err != nil || p.ARN != a {
			t.Errorf("%q is an ARN, but gives %+v, %v", s, p, err)
		}
		if (p.Kind == Role || p.Kind == User) && p.Resource != string(p.Kind)+p.Path+p.Name {
			t.Errorf("%q loses something: path %q, name %q", s, p.Path, p.Name)
		}
		if name, suffix, ok := p.PermissionSet(); ok && p.Name != "AWSReservedSSO_"+name+"_"+suffix {
			t.Errorf("%q loses something: permission set %q, suffix %q", s, name, suffix)
		}
		if c, err := ParseCluster(s); err == nil && c.ARN() != s {
			t.Errorf("%q is written as %q", s, c.ARN())
		}
	})
}
