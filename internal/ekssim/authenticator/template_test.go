package authenticator

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestRender(t *testing.T) {
	i := Identity{Account: "111122223333", AccessKeyID: "AKIA1", Session: "me@example.com"}
	for text, want := range map[string]string{
		"":                      "",
		"plain":                 "plain",
		"u:{{SessionName}}":     "u:me-example.com",
		"u:{{SessionNameRaw}}":  "u:me@example.com",
		"{{AccountID}}":         "111122223333",
		"{{AccessKeyID}}-x":     "AKIA1-x",
		"{{sessionname}}":       "{{sessionname}}",
		"{{ SessionName }}":     "{{ SessionName }}",
		"{{Unknown}}":           "{{Unknown}}",
		"{{AccountID}}{{Other}": "111122223333{{Other}",
	} {
		if got, err := i.Render(text, "eu-west-1"); got != want || err != nil {
			t.Errorf("Render(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestRenderPrivateDNSName(t *testing.T) {
	const id = "i-0123456789abcdef0"
	for region, domain := range map[string]string{
		"eu-west-1": "eu-west-1.compute.internal",
		"us-east-1": "ec2.internal",
	} {
		got, err := Identity{Session: id}.Render("system:node:"+PrivateDNSName, region)
		form := regexp.MustCompile(`^system:node:ip-10-\d+-\d+-\d+\.` + regexp.QuoteMeta(domain) + `$`)
		if err != nil || !form.MatchString(got) {
			t.Errorf("in %s: %q, %v", region, got, err)
		}
	}
	for _, session := range []string{"", "me", "i-", "i-0123456", "i-0123456789", "x" + id, id + "0"} {
		got, err := Identity{Session: session}.Render(PrivateDNSName, "eu-west-1")
		if got != "" || err == nil || !strings.Contains(err.Error(), "is not an instance id") {
			t.Errorf("session %q: %q, %v", session, got, err)
		}
	}
}

func TestUser(t *testing.T) {
	m := Parse(Text(
		Row{ARN: account + "role/ops", Username: "ops:{{SessionName}}", Groups: []string{"g", "g-{{AccountID}}"}},
		Row{ARN: account + "role/node", Username: PrivateDNSName},
		Row{ARN: account + "role/nodes", Username: "n", Groups: []string{PrivateDNSName}},
		Row{ARN: account + "role/empty"},
	) + "mapAccounts: '[\"444455556666\"]'\n")
	for _, tt := range []struct {
		canonical, account string
		name, groups       string
		found, fails       bool
	}{
		{account + "role/ops", "111122223333", "ops:me", "g g-111122223333", true, false},
		{account + "role/OPS", "111122223333", "ops:me", "g g-111122223333", true, false},
		{account + "role/empty", "111122223333", "", "", true, false},
		{account + "role/node", "111122223333", "", "", true, true},
		{account + "role/nodes", "111122223333", "", "", true, true},
		{account + "role/none", "111122223333", account + "role/none", "", false, false},
		{"arn:aws:iam::444455556666:user/bob", "444455556666", "arn:aws:iam::444455556666:user/bob", "", true, false},
	} {
		i := Identity{Canonical: tt.canonical, Account: tt.account, Session: "me"}
		name, groups, found, err := m.User(i, "eu-west-1")
		if name != tt.name || strings.Join(groups, " ") != tt.groups || found != tt.found || (err != nil) != tt.fails {
			t.Errorf("%s: %q, %q, %v, %v, want %+v", tt.canonical, name, groups, found, err, tt)
		}
	}
}

func TestIdentity(t *testing.T) {
	i := Identity{
		ARN: "arn:aws:sts::111122223333:assumed-role/ops/me", Canonical: account + "role/ops", Account: "111122223333",
		AccessKeyID: "ASIA1", PrincipalID: "AROA1", Session: "me",
	}
	if got := i.UID(); got != "aws-iam-authenticator:111122223333:AROA1" {
		t.Errorf("uid %q", got)
	}
	extra := i.Extra()
	for key, want := range map[string]string{
		"accessKeyId": "ASIA1", "arn": i.ARN, "canonicalArn": i.Canonical, "principalId": "AROA1", "sessionName": "me",
		"sigs.k8s.io/aws-iam-authenticator/principalId": "AROA1",
	} {
		if !slices.Equal(extra[key], []string{want}) {
			t.Errorf("%s is %q, want %q", key, extra[key], want)
		}
	}
}
