package awsauth_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/spec"
)

func TestManifest(t *testing.T) {
	tests := []struct {
		name, reason, text string
		want               map[string]string
		problem            string
	}{
		{
			name:   "manifest",
			reason: "as people keep it",
			text: "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: aws-auth\n  namespace: kube-system\ndata:\n " +
				" mapRoles: |\n    - rolearn: x\n",
			want: map[string]string{"mapRoles": "- rolearn: x\n"},
		},
		{
			name:   "JSON",
			reason: "kubectl -o json",
			text:   `{"kind": "ConfigMap", "metadata": {"name": "aws-auth"}, "data": {"mapUsers": "- userarn: x\n"}}`,
			want:   map[string]string{"mapUsers": "- userarn: x\n"},
		},
		{
			name:   "list",
			reason: "among others",
			text: "kind: List\nitems:\n- {kind: Secret, metadata: {name: aws-auth}}\n- {kind: ConfigMap, metadata: " +
				"{name: aws-auth}, data: {mapAccounts: \"- '1'\"}}\n",
			want: map[string]string{"mapAccounts": "- '1'"},
		},
		{
			name:   "documents",
			reason: "as kustomize prints",
			text: "---\n---\nkind: ConfigMap\nmetadata: {name: other}\n---\nkind: ConfigMap\nmetadata: {name: " +
				"aws-auth}\n",
			want: map[string]string{},
		},
		{
			name:   "data alone",
			reason: "a part of one",
			text:   "mapRoles: |\n  []\n",
			want:   map[string]string{"mapRoles": "[]\n"},
		},
		{
			name:   "aliases",
			reason: "YAML that helps itself",
			text: "kind: ConfigMap\nmetadata: &m {name: aws-auth}\ndata: {mapRoles: &r '[]', mapUsers: *r, other: " +
				"~}\n",
			want: map[string]string{"mapRoles": "[]", "mapUsers": "[]"},
		},
		{
			name:    "another namespace",
			reason:  "EKS does not look there",
			text:    "kind: ConfigMap\nmetadata: {name: aws-auth, namespace: default}\n",
			problem: `f.yaml: the file holds no ConfigMap aws-auth, but ["ConfigMap default/aws-auth"]`,
		},
		{
			name:    "twice",
			reason:  "which?",
			text:    "kind: ConfigMap\nmetadata: {name: aws-auth}\n---\nkind: ConfigMap\nmetadata: {name: aws-auth}\n",
			problem: "f.yaml:4:1: the file holds the ConfigMap aws-auth 2 times, first at line 1",
		},
		{
			name:    "a list of rows",
			reason:  "not even an object",
			text:    "- rolearn: x\n",
			problem: "f.yaml:1:1: a Kubernetes object is wanted here",
		},
		{
			name:    "no text",
			reason:  "Kubernetes refuses it",
			text:    "kind: ConfigMap\nmetadata: {name: aws-auth}\ndata: [x]\n",
			problem: "f.yaml:3:7: data must be a mapping",
		},
		{name: "empty", reason: "nothing", text: " \n", problem: "f.yaml: the file is empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := awsauth.Manifest(spec.Source{Name: "f.yaml", Data: []byte(tt.text)})
			if tt.problem != "" {
				if err == nil || err.Error() != tt.problem {
					t.Errorf("error %v, want %s; %s", err, tt.problem, tt.reason)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%s: %v (-want +got):\n%s", tt.reason, err, diff)
			}
		})
	}
}

// Whatever is given for a manifest: no panic, an error or data; and what it
// holds reads alike as JSON.
func FuzzManifest(f *testing.F) {
	f.Add([]byte("kind: ConfigMap\nmetadata: {name: aws-auth}\ndata:\n  mapRoles: |\n    - rolearn: x\n"))
	f.Add([]byte(`{"items": [{"items": [null]}]}`))
	f.Add([]byte("a: &a\n  items: [*a]\n"))
	f.Add([]byte("mapRoles: &x [*x]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		data, err := awsauth.Manifest(spec.Source{Name: "f", Data: text})
		if (data == nil) == (err == nil) {
			t.Fatalf("data %v, error %v", data, err)
		}
		rows, items := awsauth.Parse(data), awsauth.Items(data)
		for _, r := range rows.Rows {
			ruling := 0
			for _, i := range items {
				if cmp.Equal(i.Row, r) && i.Overruled == "" {
					ruling++
				}
			}
			if ruling != 1 {
				t.Errorf("row %+v is %d items that rule", r, ruling)
			}
		}
		if data == nil {
			return
		}
		object, _ := json.Marshal(
			map[string]any{"kind": "ConfigMap", "metadata": map[string]string{"name": "aws-auth"}, "data": data},
		)
		again, err := awsauth.Manifest(spec.Source{Name: "f", Data: object})
		if err != nil && len(object) < spec.MaxFileSize {
			t.Fatalf("%v: %s", err, object)
		}
		if diff := cmp.Diff(data, again); err == nil && diff != "" {
			t.Errorf("as JSON it is another:\n%s", diff)
		}
	})
}
