package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func planFor(file spec.Cluster, options plan.Options, want, have []spec.Entry) plan.Cluster {
	file.ID = cluster
	in := plan.Input{Want: &spec.Want{Cluster: &file}, Now: now, Options: options, Callers: []string{role("ci")},
		Have: &spec.Live{ID: cluster, Mode: eksfacts.ModeAPIAndConfigMap, EntriesRead: true}}
	for _, e := range want {
		in.Want.Entries = append(in.Want.Entries, spec.WantEntry{Entry: e, Ref: spec.PrincipalRef{ARN: e.Principal}})
	}
	for _, e := range have {
		in.Have.Entries = append(in.Have.Entries, spec.LiveEntry{Entry: e, CreatedAt: now.Add(-time.Hour)})
	}
	return plan.Compute(in)
}

// An entry that recover created is an emergency's, not another team's: under
// its hold it may gain, and after it the file rules again, without a flag.
func TestEmergencyOwnerGivesWay(t *testing.T) {
	admin := entry(role("admin"), "policy:ClusterAdmin")
	for name, until := range map[string]time.Time{"over": now.Add(-time.Hour), "on": now.Add(time.Hour)} {
		c := planFor(spec.Cluster{Owner: "platform"}, plan.Options{},
			[]spec.Entry{admin, entry(role("oncall"), "policy:View", "tag:eksaccess:owner=platform")},
			[]spec.Entry{admin, entry(role("oncall"), "policy:ClusterAdmin", "tag:eksaccess:owner=break-glass",
				"hold:"+until.Format(time.RFC3339))})
		if c.Status != plan.Changed {
			t.Errorf("hold %s: %s, guards\n%s", name, c.Status, guardLines(c.Guards))
		}
		if got := strings.Contains(strings.Join(brief(c.Changes), " "),
			"DisassociateAccessPolicy"); got != (name == "over") {
			t.Errorf("hold %s: %v", name, brief(c.Changes))
		}
	}
	// What a file of that owner created has no hold, and is that file's.
	c := planFor(spec.Cluster{Owner: "platform"}, plan.Options{},
		[]spec.Entry{admin, entry(role("oncall"), "policy:View")},
		[]spec.Entry{admin, entry(role("oncall"), "policy:ClusterAdmin", "tag:eksaccess:owner=break-glass")})
	if c.Status != plan.Refused {
		t.Errorf("another file's: %s", c.Status)
	}
}

// A glob under absent does not reach what EKS lets no one delete.
func TestAbsentLeavesServiceLinkedRoles(t *testing.T) {
	linked := entry("arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS")
	c := planFor(
		spec.Cluster{Absent: []spec.Absent{{Principal: spec.PrincipalRef{ARN: "arn:aws:iam::*:role/*"}}}},
		plan.Options{},
		nil,
		[]spec.Entry{linked, entry(role("dev"))},
	)
	if diff := cmp.Diff([]string{"delete dev: revoke DeleteAccessEntry"}, brief(c.Changes)); diff != "" ||
		c.Counts.System != 1 {
		t.Errorf("%s, system %d", diff, c.Counts.System)
	}
}

// What add-only leaves out, it names.
func TestAddOnlySaysWhatItLeaves(t *testing.T) {
	admin := entry(role("admin"), "policy:ClusterAdmin")
	c := planFor(
		spec.Cluster{Mode: eksfacts.ModeAPI},
		plan.Options{AddOnly: true},
		[]spec.Entry{admin},
		[]spec.Entry{admin},
	)
	want := []plan.Warning{{Message: "skipped because of --add-only: the change to mode API, which disables aws-auth"}}
	if diff := cmp.Diff(want, c.Warnings); diff != "" || c.Status != plan.InSync {
		t.Errorf("%s, %s", c.Status, diff)
	}
}
