package awsauth_test

import (
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/spec"
)

const head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\ndata:\n"

// What people give in place of a manifest is recognised by what it is.
func TestManifestRecognises(t *testing.T) {
	tests := []struct {
		name, reason, text string
		says               string // in the problem; "" if it is read
	}{
		{name: "patch", reason: "data alone, for kubectl patch", text: "data:\n  mapRoles: |\n    []\n"},
		{name: "patch with a name", reason: "as kustomize takes it",
			text: "metadata: {name: aws-auth}\ndata: {mapUsers: '[]'}\n"},
		{name: "another patch", reason: "of something else", text: "metadata: {name: other}\ndata: {mapUsers: '[]'}\n",
			says: "it has no kind"},
		{
			name: "describe", reason: "kubectl describe cannot be read back", says: `"kubectl describe" prints`,
			text: "Name:         aws-auth\nNamespace:    kube-system\n\nData\n====\nmapRoles:\n----\n- rolearn: x\n",
		},
		{
			name: "Helm, a range", reason: "no YAML before it is rendered",
			says: "{{- range .Values.roles }} is a template",
			text: head + "  mapRoles: |\n{{- range .Values.roles }}\n    - rolearn: {{ . }}\n{{- end }}\n",
		},
		{name: "Jinja", reason: "no YAML either", says: "{% for r in roles %} is a template",
			text: head + "{% for r in roles %}\n  x: y\n{% endfor %}\n"},
		{name: "Helm, the whole data", reason: "no text", says: "{{ .Values.mapRoles }} is a template",
			text: head + "  mapRoles: {{ .Values.mapRoles }}\n"},
		{
			name: "a tab and a placeholder", reason: "placeholders are text, the tab is not", says: "found a tab " +
				"character",
			text: head + "  mapRoles: ${roles}\n\tx: y\n",
		},
		{name: "other YAML", reason: "no template is in it", text: "kind: Secret\n",
			says: "holds no ConfigMap aws-auth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, err := awsauth.Manifest(spec.Source{Name: "f.yaml", Data: []byte(tt.text)})
			if tt.says == "" {
				if err != nil || len(data) == 0 {
					t.Errorf("%v, data %v; %s", err, data, tt.reason)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want %q; %s", err, tt.says, tt.reason)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	tests := []struct {
		name, reason, roles string
		why                 string // "" if it can be read
	}{
		{name: "good", reason: "a row is enough", roles: "- {rolearn: " + iam + "role/a}\n- {rolearn: \"${role}\"}\n"},
		{name: "empty", reason: "nothing is not unreadable", roles: ""},
		{name: "good templates", reason: "these the authenticator renders",
			roles: "- {rolearn: " + iam + "role/a, username: \"{{SessionName}}\"}\n"},
		{
			name: "unquoted", reason: "YAML takes braces for a mapping",
			roles: "- rolearn: " + iam + "role/a\n  username: {{SessionName}}\n",
			why:   "mapRoles is not read at all: line 3: {{SessionName}} begins the value: write it in quotes",
		},
		{
			name: "unquoted in a list", reason: "groups too",
			roles: "- rolearn: " + iam + "role/a\n  groups: [{{SessionName}}]\n",
			why:   "line 3: {{SessionName}} begins the value",
		},
		{
			name: "Helm", reason: "not to be put in quotes", roles: "- rolearn: {{ .Values.role }}\n",
			why: "line 2: {{ .Values.role }} is a template that was not rendered",
		},
		{name: "tab", reason: "the line is counted from the key", roles: "- rolearn: x\n\tusername: y\n",
			why: "mapRoles is not read at all: line 3: "},
		{
			name:   "a whole key",
			reason: "of templatefile",
			roles:  "${map_roles}",
			why:    "mapRoles is not read at all: ${map_roles} is a template",
		},
		{
			name: "a comment", reason: "it keeps nothing from being parsed", roles: "# username: {{SessionName}}\n- " +
				"rolearn: x\n\ty: z\n",
			why: "mapRoles is not read at all: line 4: found",
		},
		{
			name: "Terraform", reason: "no ARN", roles: "- {rolearn: \"${aws_iam_role.a.arn}\"}\n",
			why: `no row of aws-auth could be read: "${aws_iam_role.a.arn}" is a template`,
		},
		{name: "in the ARN", reason: "no account", roles: "- {rolearn: \"arn:aws:iam::${ACCOUNT}:role/a\"}\n",
			why: `"${ACCOUNT}" is a template`},
		{name: "shell", reason: "envsubst", roles: "- {rolearn: $NODE_ROLE}\n", why: `"$NODE_ROLE" is a template`},
		{
			name: "from the user guide", reason: "copied as it is",
			roles: "- rolearn: <ARN of instance role (not instance profile)>\n",
			why:   `"<ARN of instance role (not instance profile)>" is a template`,
		},
		{name: "no row", reason: "no template either", roles: "- {username: a}\n- 7\n",
			why: "no row of aws-auth could be read: mapRoles item 1: no rolearn"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			why, hint := awsauth.Unreadable(map[string]string{"mapRoles": tt.roles})
			if tt.why == "" && why != "" || !strings.Contains(why, tt.why) || (why == "") != (hint == "") {
				t.Errorf("%q, hint %q, want %q; %s", why, hint, tt.why, tt.reason)
			}
		})
	}
}

// A key that is lost takes its rows with it, and no others.
func TestUnparsed(t *testing.T) {
	got := awsauth.Parse(map[string]string{"mapRoles": "- a: {{x}}", "mapUsers": "- {userarn: " + iam + "user/u}",
		"mapAccounts": "\t-"})
	if len(got.Unparsed) != 2 || len(got.Rows) != 1 {
		t.Errorf("lost %q, rows %+v", got.Unparsed, got.Rows)
	}
	for _, note := range got.Unparsed {
		if strings.Count(strings.Join(got.Malformed, "\n"), note) != 1 {
			t.Errorf("%q is not in %q", note, got.Malformed)
		}
	}
}
