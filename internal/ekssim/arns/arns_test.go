package arns

import (
	"regexp"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"", "anything", true},
		{"dev", "dev", true},
		{"dev", "dev2", false},
		{"dev", "Dev", false},
		{"*", "", true},
		{"*", "a/b", true},
		{"dev-*", "dev-", true},
		{"dev-*", "dev-1", true},
		{"dev-*", "a-dev-1", false},
		{"*-dev", "a-dev", true},
		{"*-dev", "a-dev-1", false},
		{"role/*/x", "role/a/b/x", true},
		{"role/*/x", "role/x", false},
		{"a*a", "a", false}, // the two ends must not overlap
		{"a*a", "aa", true},
		{"a*b*c", "a1b2c", true},
		{"a*b*c", "a1c2b", false},
		{"*b*", "abc", true},
		{"**", "", true},
		{"a**b", "ab", true},
		{"*ab*ab", "ab", false},
		{"*ab*ab", "xabab", true},
		{"de?", "dev", false}, // only * is special
		{"[a]", "a", false},
	} {
		if got := Match(tt.pattern, tt.text); got != tt.want {
			t.Errorf("Match(%q, %q) = %v, want %v", tt.pattern, tt.text, got, tt.want)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]IAM{
		"arn:aws:iam::111122223333:root":             {"aws", "111122223333", "root", "", ""},
		"arn:aws:iam::111122223333:role/admin":       {"aws", "111122223333", "role", "/", "admin"},
		"arn:aws-cn:iam::111122223333:role/a/b/c":    {"aws-cn", "111122223333", "role", "/a/b/", "c"},
		"arn:aws-us-gov:iam::111122223333:user/a.b@": {"aws-us-gov", "111122223333", "user", "/", "a.b@"},
	} {
		got, ok := Parse(text)
		if !ok || got != want {
			t.Errorf("Parse(%q) = %+v, %v, want %+v", text, got, ok, want)
		}
		if got.String() != text {
			t.Errorf("the parts of %q become %q", text, got)
		}
	}
	for _, text := range []string{
		"",
		"role/admin",
		"arn:aws:iam::111122223333",
		"arn:azure:iam::111122223333:role/a",
		"urn:aws:iam::111122223333:role/a",
		"arn:aws:sts::111122223333:assumed-role/a/session",
		"arn:aws:iam:eu-west-1:111122223333:role/a",
		"arn:aws:iam::11112222333:role/a",
		"arn:aws:iam::1111222233334:role/a",
		"arn:aws:iam::11112222333x:role/a",
		"arn:aws:iam::111122223333:group/a",
		"arn:aws:iam::111122223333:rolex",
		"arn:aws:iam::111122223333:role",
		"arn:aws:iam::111122223333:role/",
		"arn:aws:iam::111122223333:role/a/",
		"arn:aws:iam::111122223333:role//a",
		"arn:aws:iam::111122223333:role/a//b",
		"arn:aws:iam::111122223333:role/a b",
		"arn:aws:iam::111122223333:role/a b/c",
		"arn:aws:iam::111122223333:role/*",
		"arn:aws:iam::111122223333:role/a:b",
		"arn:aws:iam::111122223333:root/a",
	} {
		if got, ok := Parse(text); ok {
			t.Errorf("Parse(%q) accepts it as %+v", text, got)
		}
	}
}

func TestExpand(t *testing.T) {
	for short, want := range map[string]string{
		"role/admin":                     "arn:aws-cn:iam::111122223333:role/admin",
		"user/people/bob":                "arn:aws-cn:iam::111122223333:user/people/bob",
		"root":                           "arn:aws-cn:iam::111122223333:root",
		"arn:aws:iam::444455556666:root": "arn:aws:iam::444455556666:root",
	} {
		if got, err := Expand(short, "aws-cn", "111122223333"); got != want || err != nil {
			t.Errorf("Expand(%q) = %q, %v, want %q", short, got, err, want)
		}
	}
	for _, short := range []string{"", "admin", "group/a", "role/", "arn:aws:s3:::bucket"} {
		got, err := Expand(short, "aws", "111122223333")
		if got != "" || err == nil || !strings.Contains(err.Error(), "is no IAM role, user or root") {
			t.Errorf("Expand(%q) = %q, %v", short, got, err)
		}
	}
	if _, err := Expand("role/a", "aws", "123"); err == nil {
		t.Error("Expand accepts an invalid account")
	}
}

func TestForms(t *testing.T) {
	for _, tt := range []struct {
		name   string
		test   func(string) bool
		yes    string // separated by blanks
		no     string
		others []string // more that are wrong
	}{
		{"IsAccountID", IsAccountID, "111122223333 000000000000", "1 11112222333a 1111222233334", []string{"", " "}},
		{"IsName", IsName, "a a-b_c+d=e,f.g@h 1", "a/b a:b a* é", []string{"", "a b"}},
		{"IsPath", IsPath, "/ /a/ /a/b/ /a:b/", "a a/ /a //", []string{"", "/a b/"}},
		{
			"IsServiceLinked", IsServiceLinked,
			"arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS",
			"arn:aws:iam::111122223333:role/team/aws-service-role/x arn:aws:iam::111122223333:user/a", []string{""},
		},
	} {
		for _, s := range strings.Fields(tt.yes) {
			if !tt.test(s) {
				t.Errorf("%s(%q) = false", tt.name, s)
			}
		}
		for _, s := range append(strings.Fields(tt.no), tt.others...) {
			if tt.test(s) {
				t.Errorf("%s(%q) = true", tt.name, s)
			}
		}
	}
}

func TestPartition(t *testing.T) {
	for region, want := range map[string]string{
		"eu-west-1": "aws", "us-east-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov",
		"us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b", "eu-isoe-west-1": "aws-iso-e",
		"us-isof-south-1": "aws-iso-f", "eusc-de-east-1": "aws-eusc",
	} {
		if got := Partition(region); got != want {
			t.Errorf("Partition(%q) = %q, want %q", region, got, want)
		}
	}
}

func TestCanonical(t *testing.T) {
	const account = "arn:aws:iam::111122223333:"
	for arn, want := range map[string]string{
		"role/a/b/c": "role/c", "role/c": "role/c", "user/a/b": "user/a/b", "root": "root",
	} {
		if got := Canonical(account + arn); got != account+want {
			t.Errorf("Canonical(%q) = %q, want %q", account+arn, got, account+want)
		}
	}
}

func TestIDs(t *testing.T) {
	if id := UniqueID("AROA", "seed", 1); !regexp.MustCompile(`^AROA[A-Z2-7]{17}$`).MatchString(id) {
		t.Errorf("UniqueID returns %q", id)
	}
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for n := range 100 {
		id := UUID("seed", n)
		if !form.MatchString(id) || seen[id] || id != UUID("seed", n) {
			t.Errorf("UUID returns %q for %d", id, n)
		}
		seen[id] = true
	}
}
