package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func TestCleanup(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	const (
		over   = "tag:eksaccess:expires=2026-11-23T08:00:00Z"
		ahead  = "tag:eksaccess:expires=2026-11-23T08:00:01Z"
		ours   = "tag:eksaccess:owner=platform"
		theirs = "tag:eksaccess:owner=payments"
		hold   = "hold:2026-11-24T00:00:00Z"
		past   = "hold:2026-11-22T00:00:00Z"
	)
	gone, unknown := spec.Identity{Existence: spec.Gone}, spec.Identity{Existence: spec.Unknown, Why: "not allowed"}
	delete := []string{"delete a: revoke DeleteAccessEntry"}
	declared := func(until time.Time) func(*plan.CleanupInput) {
		return func(in *plan.CleanupInput) {
			in.Cluster.Items = []spec.Item{{Principal: spec.PrincipalRef{ARN: principal("a")}, Expires: until}}
		}
	}
	noFile := func(in *plan.CleanupInput) { in.AnyOwner, in.Cluster.Owner = true, "" }
	for _, tt := range []struct {
		name    string
		tags    []string
		id      spec.Identity
		mod     func(*plan.CleanupInput)
		changes []string
		reason  string // of the change
		held    int
		warns   string
		because string
	}{
		{name: "expired, ours", tags: []string{over, ours}, changes: delete, reason: "expired at 2026-11-23T08:00:00Z"},
		{name: "not yet", tags: []string{ahead, ours}},
		{name: "no owner", tags: []string{over}, because: "a tag of that name is not ours without the owner"},
		{name: "no time", tags: []string{"tag:eksaccess:expires=soon", ours}, warns: `is not a time: "soon"`},
		{name: "not asked for", tags: []string{over, ours}, mod: func(in *plan.CleanupInput) { in.Expired = false }},
		{name: "another owner's", tags: []string{over, theirs}, warns: "belongs to payments"},
		{name: "another owner's, taken", tags: []string{over, theirs}, changes: delete,
			mod: func(in *plan.CleanupInput) { in.Options.Allow.TakeOwnership = true }},
		{name: "another owner's, no file", tags: []string{over, theirs}, mod: noFile, changes: delete,
			because: "without a file the entry's own owner is the one that counts"},
		{name: "file without owner", tags: []string{over, ours}, warns: "belongs to platform",
			mod: func(in *plan.CleanupInput) { in.Cluster.Owner = "" }, because: "a file without an owner owns " +
				"nothing"},
		{name: "emergency", tags: []string{over, "tag:eksaccess:owner=break-glass", past}, changes: delete,
			because: "after its hold the file rules again"},
		{name: "held", tags: []string{over, ours, hold}, held: 1},
		{name: "held, ended", tags: []string{over, ours, hold}, changes: delete, mod: func(in *plan.CleanupInput) {
			in.Options.Allow.EndHolds = true
		}},
		{name: "declared", tags: []string{over, ours}, mod: declared(time.Time{}), warns: "a file declares it",
			because: "the file says now that it has no end"},
		{name: "declared for longer", tags: []string{over, ours}, mod: declared(at.Add(1)), warns: "a file declares " +
			"it"},
		{name: "declared, over", tags: []string{over, ours}, mod: declared(at), changes: delete},
		{name: "ignored", tags: []string{over, ours}, mod: func(in *plan.CleanupInput) {
			in.Cluster.Ignore = []string{"*role/a"}
		}},
		{name: "system, past its end", tags: []string{over, ours, "tag:aws:eks:managed=true"},
			id:      spec.Identity{Existence: spec.Exists},
			because: "an end on an entry of AWS's own has no author"},
		{name: "gone, managed by EKS", tags: []string{over, "tag:aws:eks:managed=true"}, id: gone,
			warns: "belongs to EKS"},
		{name: "gone, managed by EKS, taken", tags: []string{"tag:aws:eks:managed=true"}, id: gone, changes: delete,
			mod: func(in *plan.CleanupInput) { in.Options.Allow.TakeOwnership = true }},
		{name: "nodes", tags: []string{"type:EC2_LINUX"}, id: spec.Identity{Existence: spec.Exists}},
		{name: "gone, nodes", tags: []string{"type:EC2_LINUX"}, id: gone, warns: "the EC2_LINUX entry of " +
			principal("a") + " is kept: the principal no longer exists in IAM; --allow-node-removal deletes it"},
		{name: "gone, nodes, allowed", tags: []string{"type:EC2_LINUX"}, id: gone, changes: delete,
			mod: func(in *plan.CleanupInput) { in.Options.Allow.NodeRemoval = true }},
		{name: "gone, nodes, not asked for", tags: []string{"type:EC2_LINUX"}, id: gone,
			mod: func(in *plan.CleanupInput) { in.Orphaned, in.Options.Allow.NodeRemoval = false, true }},
		{name: "gone, service-linked", id: gone, mod: func(in *plan.CleanupInput) {
			const linked = "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"
			in.Have.Entries[1].Principal = linked
			in.Have.Identities[linked] = gone
			in.Options.Allow.TakeOwnership = true
		}},
		{name: "gone, nobody's", id: gone, changes: delete, reason: "the principal no longer exists in IAM"},
		{name: "gone, eksctl's", id: gone, tags: []string{"tag:alpha.eksctl.io/cluster-name=dev"},
			warns: "belongs to eksctl"},
		{name: "gone, eksctl's, no file", id: gone, tags: []string{"tag:alpha.eksctl.io/cluster-name=dev"}, mod: noFile,
			warns:   "belongs to eksctl",
			because: "only owners of this program are known by what an entry carries"},
		{name: "gone and expired", id: gone, tags: []string{over, ours}, changes: delete,
			reason: "expired at 2026-11-23T08:00:00Z, and the principal no longer exists in IAM"},
		{name: "gone, not asked for", id: gone, mod: func(in *plan.CleanupInput) { in.Orphaned = false }},
		{name: "gone, held", id: gone, tags: []string{hold}, held: 1},
		{name: "gone, declared", id: gone, mod: declared(time.Time{}), warns: "a file declares it"},
		{name: "perhaps gone", id: unknown, warns: "not checked whether 1 principal is still in IAM: not allowed"},
		{name: "made again", id: spec.Identity{Existence: spec.Exists, CreatedAt: at}, because: "plan replaces it; " +
			"it is no orphan"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			admin, e := entry(principal("admin"), "policy:ClusterAdmin"), entry(principal("a"), tt.tags...)
			in := plan.CleanupInput{Expired: true, Orphaned: true, Now: at, Callers: []string{principal("admin")},
				Cluster: &spec.Cluster{
					ID:    arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "dev"},
					Owner: "platform",
				},
				Have: &spec.Live{Mode: "API", EntriesRead: true, Entries: []spec.LiveEntry{{Entry: admin}, {Entry: e}},
					Identities: map[string]spec.Identity{
						principal("a"):     tt.id,
						principal("admin"): {Existence: spec.Exists},
					}}}
			if tt.mod != nil {
				tt.mod(&in)
			}
			got := plan.Cleanup(in)
			if diff := cmp.Diff(append([]string{}, tt.changes...), brief(got.Changes)); diff != "" {
				t.Fatalf("changes (-want +got):\n%s\nbecause: %s", diff, tt.because)
			}
			if tt.reason != "" && got.Changes[0].Reason != tt.reason {
				t.Errorf("reason %q, want %q", got.Changes[0].Reason, tt.reason)
			}
			if len(got.Held) != tt.held {
				t.Errorf("held: %v", got.Held)
			}
			if want := map[bool]plan.Status{true: plan.InSync,
				false: plan.Changed}[tt.changes == nil]; got.Status != want {
				t.Errorf("status %s, want %s; guards: %v", got.Status, want, got.Guards)
			}
			var warnings []string
			for _, w := range got.Warnings {
				warnings = append(warnings, w.Message)
			}
			if all := strings.Join(warnings, "\n"); !strings.Contains(all, tt.warns) || tt.warns == "" && all != "" {
				t.Errorf("warnings %q, want %q", all, tt.warns)
			}
		})
	}
}

func TestCleanupWithoutEntries(t *testing.T) {
	got := plan.Cleanup(
		plan.CleanupInput{Expired: true, Cluster: &spec.Cluster{}, Have: &spec.Live{Mode: "CONFIG_MAP"}},
	)
	if got.Status != plan.InSync || len(got.Warnings) != 1 || len(got.Guards) != 0 {
		t.Errorf("%s, %v, %v", got.Status, got.Warnings, got.Guards)
	}
}

// An orphan is no admin, so cleaning it up needs no other.
func TestCleanupGuards(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	last := entry(
		principal("admin"),
		"policy:ClusterAdmin",
		"tag:eksaccess:owner=platform",
		"tag:eksaccess:expires=2026-11-01T00:00:00Z",
	)
	for _, tt := range []struct {
		existence spec.Existence
		want      plan.Status
	}{{spec.Exists, plan.Refused}, {spec.Gone, plan.Changed}} {
		got := plan.Cleanup(
			plan.CleanupInput{
				Expired:  true,
				AnyOwner: true,
				Now:      at,
				Cluster:  &spec.Cluster{},
				Callers:  []string{principal("x")},
				Have: &spec.Live{Mode: "API", EntriesRead: true, Entries: []spec.LiveEntry{{Entry: last}},
					Identities: map[string]spec.Identity{last.Principal: {Existence: tt.existence}}},
			},
		)
		if got.Status != tt.want {
			t.Errorf("the last admin, %v in IAM: %s, want %s (%v)", tt.existence, got.Status, tt.want, got.Guards)
		}
	}
}
