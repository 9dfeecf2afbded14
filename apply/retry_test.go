package apply

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// until refuses a call for a while.
func (f *fakeEKS) until(call string, d time.Duration, err error) {
	end := f.clock.Now().Add(d)
	f.before = func(c string) error {
		if c == call && f.clock.Now().Before(end) {
			return err
		}
		return nil
	}
}

func TestRefusalsThatPass(t *testing.T) {
	busy := &types.InvalidRequestException{
		Message: aws.String("Cannot VersionUpdate because cluster prod currently has update 1-2-3 in progress"),
	}
	for _, test := range []struct {
		name   string
		call   string
		err    error
		passes time.Duration
		knows  spec.Existence // what IAM says of the principal
		iamARN string         // as IAM has it, where that differs
		status Status
		within time.Duration
	}{
		{name: "role made just now", call: "CreateAccessEntry role/a", err: invalidPrincipalErr(),
			passes: 15 * time.Second, knows: spec.Exists, status: Applied, within: 30 * time.Second},
		{name: "foreign role, which IAM can't be asked about", call: "CreateAccessEntry role/a",
			err: invalidPrincipalErr(), passes: 15 * time.Second, knows: spec.Unknown, status: Applied,
			within: 30 * time.Second},
		{name: "role never comes", call: "CreateAccessEntry role/a", err: invalidPrincipalErr(), passes: time.Hour,
			knows: spec.Unknown, status: Failed, within: 2 * time.Minute},
		{name: "IAM has no such role", call: "CreateAccessEntry role/a", err: invalidPrincipalErr(),
			passes: 15 * time.Second, knows: spec.Gone, status: Failed, within: 0},
		{name: "IAM has it under a path", call: "CreateAccessEntry role/a", err: invalidPrincipalErr(),
			passes: 15 * time.Second, knows: spec.Gone,
			iamARN: role("team/a"), status: Failed, within: 0},
		{name: "IAM has it in other letters", call: "CreateAccessEntry role/a", err: invalidPrincipalErr(),
			passes: 15 * time.Second, knows: spec.Exists,
			iamARN: role("A"), status: Failed, within: 0},
		{name: "entry not seen right after its create", call: "AssociateAccessPolicy role/a", err: noEntry(),
			passes: 20 * time.Second, status: Applied, within: 40 * time.Second},
		{name: "entry never seen", call: "AssociateAccessPolicy role/a", err: noEntry(), passes: time.Hour,
			status: Failed, within: 2 * time.Minute},
		{name: "an update of the cluster", call: "CreateAccessEntry role/a", err: busy, passes: 20 * time.Second,
			status: Applied, within: 40 * time.Second},
		{name: "refused for good", call: "CreateAccessEntry role/a", err: accessDenied(), passes: time.Second,
			status: Failed,
			within: 0},
		{name: "unknown policy", call: "AssociateAccessPolicy role/a", passes: time.Second, status: Failed, within: 0,
			err: &types.ResourceNotFoundException{Message: aws.String("The specified policyArn could not be found. " +
				"You can view your available access policies with 'list-access-policies'")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake()
			if test.knows != "" {
				f.gone = map[string]spec.Identity{role("a"): {Existence: test.knows, ARN: test.iamARN}}
			}
			f.until(test.call, test.passes, test.err)
			began := f.clock.Now()
			r := f.apply(t, create(entry("a", "View")))
			if r.Status != test.status {
				t.Errorf("status %s, want %s: %v", r.Status, test.status, r.Error)
			}
			if took := f.clock.Now().Sub(began); took > test.within {
				t.Errorf("took %s", took)
			}
			if test.iamARN != "" &&
				(len(r.Failed) != 1 || r.Failed[0].Error.Hint != "IAM has this role as "+test.iamARN+"; use that ARN") {
				t.Errorf("failed: %+v", r.Failed)
			}
		})
	}
}

// Two minutes are for all principals of a cluster together: those that are new
// were all made before the run.
func TestManyUnknownPrincipalsShareTheWait(t *testing.T) {
	f := newFake()
	f.before = func(c string) error {
		if strings.HasPrefix(c, "Create") {
			return invalidPrincipalErr()
		}
		return nil
	}
	began := f.clock.Now()
	r := f.apply(t, create(entry("a")), create(entry("b")), create(entry("c")))
	if took := f.clock.Now().Sub(began); len(r.Failed) != 3 || took > 2*time.Minute {
		t.Errorf("%d failed after %s", len(r.Failed), took)
	}
}

func TestStoppedWhileWaiting(t *testing.T) {
	f := newFake()
	ctx, cancel := context.WithCancel(context.Background())
	f.before = func(string) error { cancel(); return invalidPrincipalErr() }
	r := f.run(t, ctx, f.target("", create(entry("a", "View")), create(entry("b"))), f.options())
	if r.Status != Interrupted || len(r.Failed) != 1 || !strings.HasPrefix(r.Failed[0].Note, stoppedWaiting) ||
		len(f.calls) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestAlreadyGone(t *testing.T) {
	gone, loses := entry("gone", "View"), entry("loses", "View", "Edit")
	f := newFake(gone, loses)
	target := f.target("", remove(gone), update(loses, entry("loses", "View")))
	f.before = func(call string) error { // somebody is quicker
		delete(f.entries, gone.Principal)
		if call == "DisassociateAccessPolicy role/loses" {
			f.addEntry(entry("loses", "View"))
		}
		return nil
	}
	r := f.run(t, context.Background(), target, f.options())
	if r.Status != Applied || len(r.Done) != 2 || r.Done[0].Note != "already deleted" ||
		r.Done[1].Note != "already deleted" {
		t.Errorf("%+v", r)
	}
}

func TestMissingClusterIsNeverDone(t *testing.T) {
	gone := entry("gone", "View")
	f := newFake(gone)
	f.before = func(string) error {
		return &types.ResourceNotFoundException{Message: aws.String("No cluster found for name: prod.")}
	}
	if r := f.apply(t, remove(gone)); r.Status != Failed || !has(r.Failed, plan.DeleteAccessEntry, "gone") {
		t.Errorf("%+v", r)
	}
}

func TestEntryVanishedSinceThePlan(t *testing.T) {
	for _, after := range []spec.Entry{entry("a", "View"), withGroups(entry("a"), "x"), withTags(entry("a"), "k",
		"v")} {
		f := newFake(entry("a"))
		target := f.target("", update(entry("a"), after))
		delete(f.entries, role("a"))
		r := f.run(t, context.Background(), target, f.options())
		if r.Status != Incomplete || r.Error.Code != "ChangedSincePlan" || len(f.calls) != 1 {
			t.Errorf("%s, %v, sent %s", r.Status, r.Error, f.callLines())
		}
	}
}

// Update replaces groups and username whatever it is given, so no groups are
// sent as an empty list and not left out (provider #36480).
func TestNoGroupsAreSentAsSuch(t *testing.T) {
	f := newFake(withGroups(entry("a"), "g"))
	c := update(withGroups(entry("a"), "g"), entry("a"))
	c.Steps[0].Groups = nil
	f.apply(t, c)
	if got := f.groups; got == nil || len(got) > 0 {
		t.Errorf("sent %#v", got)
	}
}

// An entry's ARN is new with each making, so tags are set by the one that the
// create answered or that was read last.
func TestTagsFollowTheEntry(t *testing.T) {
	f := newFake(entry("a"))
	target := f.target("", update(entry("a"), withTags(entry("a"), "k", "v")))
	target.Have.Entries[0].ARN = ""
	r := f.run(t, context.Background(), target, f.options())
	if r.Status != Applied || f.entries[role("a")].Tags["k"] != "v" {
		t.Errorf("%+v", r)
	}
}

func TestAdoption(t *testing.T) {
	wanted := withTags(withGroups(entry("a", "View", "Edit:x"), "g"), spec.TagOwner, "platform", "team", "a")
	for _, test := range []struct {
		name  string
		there spec.Entry
		take  bool
		code  string // of the error; "" means adopted
		note  string
		left  string // what it has beyond what is wanted, which is left to the next plan
	}{
		{name: "our own, its answer lost", there: withTags(withGroups(entry("a"), "g"), spec.TagOwner, "platform",
			"team",
			"a"), note: "existed already, as planned"},
		{name: "all of it", there: wanted, note: "existed already, as planned"},
		{name: "made by EKS for the creator", there: entry("a", "ClusterAdmin"), note: "existed already; " +
			"updated in place", left: "cluster admin"},
		{name: "wider", there: withGroups(entry("a", "Edit", "View"), "g", "h"), note: "existed already; updated " +
			"in place", left: `edit in all namespaces, group "h"`},
		{name: "another owner's", there: withTags(entry("a", "View"), spec.TagOwner, "other"),
			code: "ChangedSincePlan"},
		{name: "another owner's, taken", there: withTags(entry("a", "View"), spec.TagOwner, "other"), take: true,
			note: "existed already; updated in place"},
		{name: "eksctl's", there: withTags(entry("a", "View"), "alpha.eksctl.io/cluster-name", "prod"),
			code: "ChangedSincePlan"},
		{name: "another type", there: withType(entry("a"), "EC2_LINUX"), code: "ChangedSincePlan"},
		{name: "under an emergency's hold", there: withTags(entry("a", "ClusterAdmin"), spec.TagHoldUntil,
			"2026-11-23T16:00:00Z", spec.TagReason, "INC-1"),
			note: "existed already; updated in place", left: "cluster admin"},
		{name: "whose hold is over", there: withTags(entry("a", "ClusterAdmin"), spec.TagHoldUntil,
			"2026-11-23T07:00:00Z"), note: "existed already; updated in place", left: "cluster admin"},
	} {
		for _, found := range []string{"by the create", "by reading after a mode step"} {
			t.Run(test.name+", "+found, func(t *testing.T) {
				f := newFake()
				mode := ""
				if found != "by the create" {
					f.mode, mode = "CONFIG_MAP", "API_AND_CONFIG_MAP"
					f.onMode = func(f *fakeEKS) { f.addEntry(test.there) }
				}
				target := f.target(mode, create(wanted))
				if mode == "" {
					f.addEntry(test.there)
					f.keep()
				}
				o := f.options()
				o.TakeOwnership = test.take
				r := f.run(t, context.Background(), target, o)
				if test.code != "" {
					if r.Status != Incomplete || r.Error.Code != test.code ||
						!strings.Contains(r.Error.Message, role("a")) {
						t.Errorf("%s, %v", r.Status, r.Error)
					}
					if got := f.entries[role("a")]; got.Tags["team"] != "" ||
						len(got.Policies) != len(test.there.Policies) {
						t.Error("it was touched")
					}
					return
				}
				switch {
				case test.left == "" && r.Status != Applied:
					t.Fatalf("%s, %v", r.Status, r.Error)
				case test.left == "":
				case r.Status != Incomplete || len(r.Left) != 1 ||
					!strings.Contains(r.Left[0].Reason, "with "+test.left+"; not revoked in this run"):
					t.Fatalf("%s, %v, left %v", r.Status, r.Error, r.Left)
				}
				for _, s := range r.Done {
					if s.Operation == plan.CreateAccessEntry && (s.Note != test.note || !s.Adopted) {
						t.Errorf("note %q, adopted %v", s.Note, s.Adopted)
					}
				}
				now := f.entries[role("a")]
				for _, p := range test.there.Policies {
					if got, ok := now.Policy(p.ARN); !ok ||
						got.Scope == spec.ScopeNamespace && p.Scope == spec.ScopeCluster {
						t.Errorf("%s was taken from what was met; sent:\n%s", p.ARN, f.callLines())
					}
				}
				if hold := test.there.Tags[spec.TagHoldUntil]; now.Tags[spec.TagHoldUntil] != hold {
					t.Errorf("hold %q became %q", hold, now.Tags[spec.TagHoldUntil])
				}
			})
		}
	}
}

// What an adopted entry has beyond what is wanted is not taken, so nothing of it
// remains for the guards.
func TestAdoptedEntryIsNotNarrowed(t *testing.T) {
	f := newFake(entry("other"))
	target := f.target("", create(entry("a", "View")))
	f.addEntry(entry("a", "ClusterAdmin"))
	target.Judge = func(_ *spec.Live, remaining []plan.Change, start *spec.Live) []plan.Guard {
		ok := start != nil || len(remaining) == 1 && remaining[0].Before == nil
		return []plan.Guard{{Name: "minAdmins", OK: &ok}}
	}
	r := f.run(t, context.Background(), target, f.options())
	if r.Status != Incomplete || len(r.Left) != 1 {
		t.Errorf("%s, left %v, sent:\n%s", r.Status, r.Left, f.callLines())
	}
	if e := f.entries[role("a")]; !e.IsClusterAdmin() {
		t.Error("the admin was taken")
	}
}

func TestCreateThatMeetsNothing(t *testing.T) {
	f := newFake()
	f.until("CreateAccessEntry role/a", 5*time.Second, inUse()) // a deletion by somebody is not through yet
	if r := f.apply(t, create(entry("a", "View"))); r.Status != Applied {
		t.Errorf("%s, %v", r.Status, r.Error)
	}
	f = newFake()
	began := f.clock.Now()
	f.until("CreateAccessEntry role/a", time.Hour, inUse())
	if r := f.apply(t, create(entry("a", "View"))); r.Status != Failed || f.clock.Now().Sub(began) > 2*time.Minute {
		t.Errorf("%s, %v after %s", r.Status, r.Error, f.clock.Now().Sub(began))
	}
	f = newFake(entry("a"))
	target := f.target("", create(entry("a", "View")))
	f.reads = func(what string) error {
		if what == "ReadEntry" {
			return errors.New("no route to host")
		}
		return nil
	}
	r := f.run(t, context.Background(), target, f.options())
	if r.Status != Failed || r.Error.Code != "ResourceInUseException" ||
		!strings.Contains(r.Failed[0].Note, "no route to host") {
		t.Errorf("%+v", r)
	}
}

// With --expires a run gives an end to what it creates. An entry that turned up
// keeps its own end; one without is left to the next plan, since what it gained
// would not end.
func TestEndIsNotForOthers(t *testing.T) {
	wanted := withTags(
		entry("a", "View"),
		spec.TagOwner,
		"platform",
		spec.TagExpires,
		"2026-11-23T12:00:00Z",
		spec.TagReason,
		"INC-2",
	)
	for name, test := range map[string]struct {
		there spec.Entry
		code  string // of the error; "" means adopted
		tags  map[string]string
	}{
		"our own, its answer lost": {there: withTags(entry("a"), spec.TagOwner, "platform", spec.TagExpires,
			"2026-11-23T12:00:00Z", spec.TagReason, "INC-2"),
			tags: wanted.Tags},
		"with an end": {there: withTags(entry("a"), spec.TagOwner, "platform", spec.TagExpires, "2026-11-23T09:00:00Z"),
			tags: map[string]string{spec.TagOwner: "platform", spec.TagExpires: "2026-11-23T09:00:00Z"}},
		"without an end": {there: entry("a", "ClusterAdmin"), code: "ChangedSincePlan", tags: map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			c := create(wanted)
			c.EndByRun = true
			target := f.target("", c)
			f.addEntry(test.there)
			f.keep()
			o := f.options()
			o.AddOnly = true
			r := f.run(t, context.Background(), target, o)
			if test.code != "" && (r.Error == nil || r.Error.Code != test.code) ||
				test.code == "" && r.Status != Applied {
				t.Errorf("%s, %v", r.Status, r.Error)
			}
			if diff := cmp.Diff(test.tags, f.entries[role("a")].Tags); diff != "" {
				t.Errorf("tags (-want +got):\n%s", diff)
			}
		})
	}
}
