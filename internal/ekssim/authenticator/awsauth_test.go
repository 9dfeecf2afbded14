package authenticator

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const account = "arn:aws:iam::111122223333:"

func TestData(t *testing.T) {
	want := map[string]string{"mapRoles": "- rolearn: x\n"}
	for name, text := range map[string]string{
		"data":           "mapRoles: |\n  - rolearn: x\n",
		"list":           "mapRoles: [{rolearn: x}]",
		"object":         "kind: ConfigMap\ndata: {mapRoles: \"- rolearn: x\\n\"}",
		"object as JSON": `{"kind": "ConfigMap", "apiVersion": "v1", "data": {"mapRoles": [{"rolearn": "x"}]}}`,
	} {
		got, err := Data(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
	for _, text := range []string{"", "{}", "kind: ConfigMap", "kind: ConfigMap\ndata: 7"} {
		if got, err := Data(text); len(got) > 0 || err != nil {
			t.Errorf("Data(%q) = %v, %v, want no data", text, got, err)
		}
	}
	for _, text := range []string{"word", "- a", "a: [", "\ta: b"} {
		if got, err := Data(text); err == nil || !strings.Contains(err.Error(), "awsAuth is no YAML map") {
			t.Errorf("Data(%q) = %v, %v", text, got, err)
		}
	}
}

func TestParse(t *testing.T) {
	m := Parse(`
mapRoles: |
  - {rolearn: "` + account + `role/Twice", username: first}
  - 7
  - {rolearn: "` + account + `role/twice", username: second, groups: [a, b]}
  - {rolearn: "` + account + `role/partly", username: kept, groups: word}
  - {username: without an ARN}
mapUsers: |
  - {userarn: "` + account + `user/bob", username: bob}
  - {username: without an ARN}
  - {userarn: "` + account + `role/twice", username: behind the role}
mapAccounts: |
  - "444455556666"
`)
	for arn, want := range map[string]string{
		"role/twice": "second", "role/TWICE": "second", "role/partly": "kept", "user/bob": "bob",
	} {
		if got, ok := m.Find(account + arn); !ok || got.Username != want {
			t.Errorf("Find(%s) = %+v, %v, want %s", arn, got, ok, want)
		}
	}
	for _, arn := range []string{"", account + "role/other", account + "user/twice", "twice"} {
		if got, ok := m.Find(arn); ok {
			t.Errorf("Find(%q) = %+v", arn, got)
		}
	}
	if !m.Accounts["444455556666"] || m.Accounts["111122223333"] {
		t.Errorf("accounts %v", m.Accounts)
	}
}

// TestParsePartly checks that an invalid part does not hide the other parts.
func TestParsePartly(t *testing.T) {
	m := Parse("mapRoles: '['\nmapAccounts: word\nmapUsers: |\n  - userarn: " + account + "user/bob\n")
	if _, ok := m.Find(account + "user/bob"); !ok || len(m.Roles) > 0 || len(m.Accounts) > 0 {
		t.Errorf("read %+v", m)
	}
	if m := Parse("["); m.Text != "[" || len(m.Roles)+len(m.Users)+len(m.Accounts) > 0 {
		t.Errorf("of invalid YAML, read %+v", m)
	}
}

func TestText(t *testing.T) {
	role := Row{ARN: account + "role/a", Username: "a", Groups: []string{"g"}}
	user := Row{ARN: account + "user/b"}
	m := Parse(Text(role, user))
	want := &Map{
		Text:     Text(role, user),
		Roles:    map[string]Item{role.ARN: {RoleARN: role.ARN, Username: "a", Groups: []string{"g"}}},
		Users:    map[string]Item{user.ARN: {UserARN: user.ARN}},
		Accounts: map[string]bool{},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := Text(); got != "{}\n" {
		t.Errorf("without rows: %q", got)
	}
}

func TestWithoutRow(t *testing.T) {
	a, b := Row{ARN: account + "role/a"}, Row{ARN: account + "role/b", Username: "b"}
	bob, eve := Row{ARN: account + "user/bob"}, Row{ARN: account + "user/eve"}
	const accounts = "mapAccounts: '[\"444455556666\"]'\n"
	for _, tt := range []struct {
		name, text, arn string
		more            []Row
		want            string
	}{
		{"one of two roles", Text(a, b), a.ARN, nil, Text(b)},
		{"any case", Text(a, b), strings.ToUpper(a.ARN), nil, Text(b)},
		{"every row of the ARN", Text(a, b, a), a.ARN, nil, Text(b)},
		{"a user", Text(a, bob), bob.ARN, nil, Text(a)},
		{"the last row", Text(a), a.ARN, nil, Text()},
		{"no such row", Text(a), b.ARN, nil, Text(a)},
		{"replaced", Text(a, bob), a.ARN, []Row{b, eve}, Text(b, bob, eve)},
		{"accounts stay", accounts + Text(a), a.ARN, []Row{b}, accounts + Text(b)},
		{"an unreadable row", "mapRoles: '[7, {rolearn: \"" + b.ARN + "\", username: b}]'", a.ARN, nil, Text(b)},
	} {
		got, err := WithoutRow(tt.text, tt.arn, tt.more...)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		gotData, _ := Data(got)
		wantData, _ := Data(tt.want)
		if diff := cmp.Diff(wantData, gotData); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
		}
	}
	if got, err := WithoutRow("[", a.ARN); got != "" || err == nil {
		t.Errorf("of invalid YAML: %q, %v", got, err)
	}
}
