package snapshot_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/internal/trust"
	"github.com/eksaccess/eksaccess/spec"
)

// What was not asked is a field in the JSON form, and a sentence in files of
// earlier versions.
func TestParseNotAsked(t *testing.T) {
	const written = `{"state":"unknown","why":"the Kubernetes API was not read","hint":"read it with --kube",` +
		`"notAsked":true`
	const before = `{"state":"unknown","why":"the cluster itself was not asked","hint":"read it with --kube"`
	const failed = `{"state":"unknown","why":"forbidden","code":"Forbidden"`
	for _, test := range []struct {
		name, awsAuth string
		notAsked      bool
	}{
		{"as it is written", written, true},
		{"by an earlier version", before, true},
		{"not allowed", failed, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			data := strings.NewReplacer("FACT", test.awsAuth).Replace(`{"apiVersion":"` + snapshot.APIVersion +
				`","kind":"` + snapshot.Kind + `","createdAt":"2026-11-30T12:00:00Z","clusters":[{"name":"prod",` +
				`"region":"eu-west-1","account":"111122223333","partition":"aws",` +
				`"arn":"arn:aws:eks:eu-west-1:111122223333:cluster/prod","network":{"state":"unknown"},` +
				`"logging":{"state":"unknown"},"identityProviders":{"state":"unknown"},` +
				`"entries":{"state":"unknown"},"permissionSets":{"state":"unknown"},"awsAuth":FACT},` +
				`"rbac":FACT},"namespaces":FACT}}]}`)
			s, err := snapshot.Parse([]byte(data))
			if err != nil {
				t.Fatal(err)
			}
			c := s.Clusters[0]
			for name, fact := range map[string]snapshot.Fact{"aws-auth": c.AWSAuth.Fact, "RBAC": c.RBAC.Fact,
				"namespaces": c.Namespaces.Fact} {
				if fact.NotAsked != test.notAsked || fact.Known() {
					t.Errorf("%s: %+v", name, fact)
				}
			}
			if c.Entries.NotAsked {
				t.Error("entries do not come from the Kubernetes API")
			}
			if parsed := c.AWSAuth.Parse(); (parsed == nil) != test.notAsked {
				t.Errorf("aws-auth is %+v", parsed)
			}
		})
	}
}

// What IAM reported is the same after it was stored.
func TestPrincipalRoundTrip(t *testing.T) {
	created := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, id := range []spec.Identity{
		{},
		{Existence: spec.Exists, CreatedAt: created, Trust: &trust.Policy{}},
		{Existence: spec.Gone, ARN: "arn:aws:iam::111122223333:role/team/a"},
		{Existence: spec.Unknown, Why: "iam:GetRole is not allowed"},
	} {
		p := snapshot.NewPrincipal("arn:aws:iam::111122223333:role/a", id)
		if diff := cmp.Diff(id, p.Identity()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if p.LastUsed.Known() {
			t.Errorf("its last use is known: %+v", p.LastUsed)
		}
	}
}
