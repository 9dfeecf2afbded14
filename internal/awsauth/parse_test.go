package awsauth_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/spec"
)

const iam = "arn:aws:iam::111122223333:"

func TestParse(t *testing.T) {
	tests := []struct {
		name, reason string
		data         map[string]string
		rows         []spec.AWSAuthRow
		accounts     []string
		malformed    []string // parts of the notes, in order
	}{
		{name: "none", reason: "a cluster may have no aws-auth at all"},
		{
			name: "roles and users", reason: "both are rows, by ARN",
			data: map[string]string{
				"mapRoles": "- rolearn: " + iam + "role/nodes\n  username: system:node:{{EC2PrivateDNSName}}\n  " +
					"groups: [system:bootstrappers, system:nodes]\n",
				"mapUsers": "- userarn: " + iam + "user/people/bob\n  username: bob\n  groups:\n  - system:masters\n",
			},
			rows: []spec.AWSAuthRow{
				{
					ARN:      iam + "role/nodes",
					Username: "system:node:{{EC2PrivateDNSName}}",
					Groups:   []string{"system:bootstrappers", "system:nodes"},
				},
				{ARN: iam + "user/people/bob", Username: "bob", Groups: []string{"system:masters"}},
			},
		}, {
			name: "twice", reason: "the last one rules, and case does not tell them apart",
			data: map[string]string{
				"mapRoles": "- {rolearn: " + iam + "role/a, username: one}\n- {rolearn: " + iam + "role/A, username: " +
					"two}\n",
			},
			rows: []spec.AWSAuthRow{{ARN: iam + "role/A", Username: "two"}},
		}, {
			name: "bad items", reason: "the rest loads",
			data: map[string]string{
				"mapRoles": "- {username: x}\n- 7\n- null\n- {rolearn: " + iam + "role/a, groups: masters}\n- " +
					"{rolearn: [x]}\n- {rolearn: " + iam + "role/b}\n",
			},
			rows: []spec.AWSAuthRow{{ARN: iam + "role/a"}, {ARN: iam + "role/b"}},
			malformed: []string{
				"mapRoles item 1: no rolearn",
				"mapRoles item 2: cannot read number",
				"item 2: no rolearn",
				"item 3: no rolearn",
				"item 4: cannot read string into groups",
				"item 5: cannot read array",
				"item 5: no rolearn",
			},
		}, {
			name: "bad text", reason: "then nobody of that part is let in, and the other part is",
			data: map[string]string{
				"mapRoles": "- rolearn: x\n -",
				"mapUsers": "[{userarn: " + iam + "user/bob}]",
			},
			rows:      []spec.AWSAuthRow{{ARN: iam + "user/bob"}},
			malformed: []string{"mapRoles is not read at all: line 2: "},
		}, {
			name: "no list", reason: "a map of roles is none",
			data: map[string]string{"mapRoles": "rolearn: " + iam + "role/a", "mapAccounts": "a: b"},
			malformed: []string{
				"mapRoles is not read at all: cannot read object into a list",
				"mapAccounts is not read at all",
			},
		}, {
			name: "keys in another case", reason: "the authenticator takes those of items and not those of the " +
				"ConfigMap",
			data: map[string]string{
				"mapUsers": "[{UserARN: " + iam + "user/bob, USERNAME: bob}]",
				"maproles": "[{rolearn: " + iam + "role/a}]",
				"other":    "x",
			},
			rows:      []spec.AWSAuthRow{{ARN: iam + "user/bob", Username: "bob"}},
			malformed: []string{`key "maproles" is not read; it is written "mapRoles"`},
		}, {
			name: "ARNs that match nobody", reason: "a caller's ARN has no path, and is none of a session",
			data: map[string]string{
				"mapRoles": "- {rolearn: " + iam + "role/team/a}\n- {rolearn: " +
					"'arn:aws:sts::111122223333:assumed-role/a/me'}\n- {rolearn: a}\n- {sso: {permissionSetName: x}}",
			},
			rows: []spec.AWSAuthRow{
				{ARN: "a"},
				{ARN: iam + "role/team/a"},
				{ARN: "arn:aws:sts::111122223333:assumed-role/a/me"},
			},
			malformed: []string{
				`matches no principal; a role is written without its path here, as "` + iam + `role/a"`,
				"is not a role or user",
				`"a" is not an ARN`,
				`"sso" in place of rolearn`,
			},
		}, {
			name: "accounts", reason: "as written, quoted or not",
			data: map[string]string{"mapAccounts": "- 012345670123\n- \"444455556666\"\n- 444455556666\n- 12\n- {a: " +
				"b}\n"},
			accounts: []string{
				"012345670123",
				"444455556666",
			}, malformed: []string{"mapAccounts item 4", "mapAccounts item 5"},
		}, {
			name: "emptied", reason: "what people leave behind is nothing",
			data: map[string]string{"mapRoles": " ``\n", "mapUsers": `""`, "mapAccounts": "''"},
		}, {
			name: "null", reason: "an empty list too",
			data: map[string]string{"mapRoles": "# none\n", "mapUsers": "[]", "mapAccounts": "~"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := awsauth.Parse(tt.data)
			if diff := cmp.Diff(tt.rows, got.Rows); diff != "" || !got.Read {
				t.Errorf("read %t, rows (-want +got):\n%sbecause: %s", got.Read, diff, tt.reason)
			}
			if diff := cmp.Diff(tt.accounts, got.Accounts); diff != "" {
				t.Errorf("accounts (-want +got):\n%sbecause: %s", diff, tt.reason)
			}
			if len(got.Malformed) != len(tt.malformed) {
				t.Fatalf("notes %q, want %q", got.Malformed, tt.malformed)
			}
			for i, want := range tt.malformed {
				if !strings.Contains(got.Malformed[i], want) {
					t.Errorf("note %q, want %q", got.Malformed[i], want)
				}
			}
		})
	}
}

// Whatever people put into the ConfigMap: no panic, no end of memory, and rows
// that name somebody.
func FuzzParse(f *testing.F) {
	f.Add("- {rolearn: "+iam+"role/a, username: u, groups: [g]}", "- userarn: x", "- 111122223333")
	f.Add("a: &a [x, x]\nb: [*a, *a]", "- *x", "- &a 1\n- *a")
	f.Add("- rolearn: !!binary x", "- - -", "? ? ?")
	f.Add("\x00", "--- 1\n--- 2", "\xff")
	f.Fuzz(func(t *testing.T, roles, users, accounts string) {
		got := awsauth.Parse(
			map[string]string{"mapRoles": roles, "mapUsers": users, "mapAccounts": accounts, roles: users},
		)
		rows := got.ByKey()
		for _, r := range got.Rows {
			if _, ok := rows[spec.AWSAuthKey(r.ARN)]; r.ARN == "" || !ok {
				t.Errorf("row %+v is nobody's", r)
			}
		}
		for _, a := range got.Accounts {
			if len(a) != 12 {
				t.Errorf("account %q", a)
			}
		}
	})
}
