package transfer_test

import (
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

// An entry that no file can hold is left out, and the report says which of its
// fields is why.
func TestRejectedEntryNamesItsField(t *testing.T) {
	const view = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"
	base := spec.Entry{Principal: ownRole + "a", Type: "STANDARD",
		Username: "arn:aws:sts::111122223333:assumed-role/a/{{SessionName}}"}
	tests := []struct {
		name, reason string
		change       func(*spec.Entry)
		want         string
	}{
		{name: "type", reason: "EKS answers in upper case", change: func(e *spec.Entry) { e.Type = "standard" },
			want: `"standard"`},
		{
			name: "namespaces", reason: "none is no scope",
			want:   "policy AmazonEKSViewPolicy has scope namespace and no namespaces",
			change: func(e *spec.Entry) { e.Policies = []spec.Policy{{ARN: view, Scope: spec.ScopeNamespace}} },
		},
		{
			name: "scope", reason: "EKS has two", want: "policy AmazonEKSViewPolicy has no scope: it is cluster or " +
				"namespace",
			change: func(e *spec.Entry) { e.Policies = []spec.Policy{{ARN: view}} },
		},
		{
			name: "groups", reason: "EKS keeps them for itself, and they are of nodes", want: "type: EC2_LINUX",
			change: func(e *spec.Entry) { e.Groups = []string{"system:nodes"} },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := base
			tt.change(&e)
			found := &transfer.Import{Clusters: []transfer.Cluster{{ID: prod, Entries: []transfer.Entry{{Entry: e}}}}}
			_, told := transfer.Write(found, transfer.Options{})
			words := wordsOf(told.Clusters[0])
			if len(told.Clusters[0].Entries) != 0 || !strings.Contains(words, tt.want) ||
				strings.Contains(words, "read back as it is") {
				t.Errorf("want %s, since %s:\n%s", tt.want, tt.reason, words)
			}
		})
	}
}
