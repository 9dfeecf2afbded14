package plan_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func inHours(n int) time.Time { return now.Add(time.Duration(n) * time.Hour) }

func TestEndGuards(t *testing.T) {
	rules := spec.EndRules{
		MaxExpiry:      12 * time.Hour,
		MustExpire:     spec.MustExpireAdmins,
		ReasonPatterns: []string{"^INC-"},
	}
	admin := entry(role("admin"), "policy:ClusterAdmin", "tag:eksaccess:reason=INC-1")
	ended := func(at time.Time) spec.Entry {
		return entry(
			role("admin"),
			"policy:ClusterAdmin",
			"tag:eksaccess:reason=INC-1",
			"tag:eksaccess:owner=break-glass",
			"tag:eksaccess:expires="+at.Format(time.RFC3339),
		)
	}
	byRun := plan.Options{AddOnly: true, Expires: 4 * time.Hour}
	for _, tt := range []struct {
		name    string
		reason  string
		want    spec.Entry
		expires time.Time
		have    []spec.Entry
		rules   *spec.EndRules // the usual ones, if nil
		options plan.Options
		refused string // guards
		warning string
		end     string // of the change, in hours from now; "" for none
	}{
		{name: "no rules", want: admin, rules: &spec.EndRules{}},
		{name: "no end", want: admin, refused: "mustExpire"},
		{name: "no end, add-only", want: admin, options: plan.Options{AddOnly: true}, refused: "mustExpire"},
		{name: "an end", want: admin, expires: inHours(12), end: "12h0m0s"},
		{name: "too late", want: admin, expires: inHours(13), refused: "maxExpiry", end: "13h0m0s"},
		{name: "too late, and 30 days", want: admin, expires: inHours(24 * 31), refused: "maxExpiry", end: "744h0m0s",
			reason: "one message about one end"},
		{name: "30 days", want: admin, expires: inHours(24 * 31), rules: &spec.EndRules{}, end: "744h0m0s",
			warning: "more than 30 days from now"},
		{name: "over, with a wrong reason", reason: "its removal breaks no rule", expires: inHours(-1),
			want: entry(role("admin"), "policy:ClusterAdmin", "tag:eksaccess:reason=x"), warning: "remove the line"},
		{name: "another reason", want: entry(role("admin"), "policy:ClusterAdmin", "tag:eksaccess:reason=x"),
			expires: inHours(1),
			refused: "reasonPattern", end: "1h0m0s"},
		{name: "no admin", want: entry(role("dev"), "policy:Edit")},
		{name: "the run sets the end", want: admin, options: byRun, end: "4h0m0s"},
		{name: "the run sets a later end", want: admin, options: plan.Options{AddOnly: true, Expires: 24 * time.Hour},
			refused: "maxExpiry", end: "24h0m0s"},
		{name: "the file ends it earlier", want: admin, expires: inHours(1), options: byRun, end: "1h0m0s"},
		{name: "the file ends it later", reason: "what the run creates ends earlier", want: admin, expires: inHours(48),
			options: byRun, end: "4h0m0s"},
		{name: "the reason of the run", want: entry(role("admin"), "policy:ClusterAdmin", "tag:eksaccess:reason=x"),
			options: plan.Options{AddOnly: true, Expires: time.Hour, Reason: "INC-2"}, end: "1h0m0s"},
		{name: "existing, without an end", want: admin, have: []spec.Entry{entry(role("admin"), "policy:View")},
			options: byRun, refused: "mustExpire"},
		{name: "existing, without an end or a rule", want: admin,
			have: []spec.Entry{entry(role("admin"), "policy:View")}, options: byRun,
			rules: &spec.EndRules{}, warning: "exists already, so --expires does not limit what it gains"},
		{name: "existing as declared", reason: "the run gives it nothing", options: byRun,
			have: []spec.Entry{admin, entry(role("other"))},
			want: entry(role("admin"), "policy:ClusterAdmin", "tag:eksaccess:reason=INC-1")},
		{name: "created by an earlier run", reason: "the emergency goes on", want: admin,
			have: []spec.Entry{ended(inHours(1))}, options: byRun, end: "4h0m0s"},
		{name: "created by an earlier run, and over", want: admin, have: []spec.Entry{ended(inHours(-1))},
			options: byRun, end: "4h0m0s"},
		{name: "created by an earlier run to end later", want: admin, have: []spec.Entry{ended(inHours(8))},
			options: byRun},
		{name: "created by an earlier run, without the flag", reason: "apply would remove its end", want: admin,
			have: []spec.Entry{ended(inHours(8))}, refused: "mustExpire"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := rules
			if tt.rules != nil {
				r = *tt.rules
			}
			w := spec.WantEntry{
				Entry:   tt.want.Clone(),
				Ref:     spec.PrincipalRef{ARN: tt.want.Principal},
				Expires: tt.expires,
				Pos:     spec.Pos{File: "f.yaml", Line: 3, Column: 5},
			}
			if tt.name != "existing as declared" {
				w.Tags[spec.TagOwner] = "break-glass"
			}
			if !tt.expires.IsZero() {
				w.Tags[spec.TagExpires] = tt.expires.Format(time.RFC3339)
			}
			keep := entry(role("keep"), "policy:ClusterAdmin", "tag:eksaccess:owner=other")
			have := &spec.Live{ID: cluster, Mode: eksfacts.ModeAPI, EntriesRead: true}
			for _, e := range append(tt.have, keep) {
				have.Entries = append(have.Entries, spec.LiveEntry{Entry: e, CreatedAt: inHours(-100)})
			}
			c := plan.Compute(
				plan.Input{Now: now, Have: have, Options: tt.options, Want: &spec.Want{Entries: []spec.WantEntry{w},
					Cluster: &spec.Cluster{
						ID:     cluster,
						Owner:  "break-glass",
						Prune:  spec.PruneNone,
						Guards: &spec.Guards{EndRules: r},
					}}},
			)
			var refused, end []string
			for _, g := range c.Guards {
				if g.Refuses() {
					refused = append(refused, g.Name)
				}
			}
			for _, ch := range c.Changes {
				if ch.After != nil {
					if at, err := time.Parse(time.RFC3339, ch.After.Tags[spec.TagExpires]); err == nil {
						end = append(end, at.Sub(now).String())
					}
				}
			}
			if got := strings.Join(refused, " "); got != tt.refused {
				t.Errorf("refused by %q, want %q: %s", got, tt.refused, tt.reason)
			}
			if got := strings.Join(end, " "); got != tt.end {
				t.Errorf("ends in %q, want %q: %s", got, tt.end, tt.reason)
			}
			var warnings []string
			for _, w := range c.Warnings {
				if !strings.HasPrefix(w.Message, "skipped because of --add-only") {
					warnings = append(warnings, w.Message)
				}
			}
			if got := strings.Join(warnings, "; "); !strings.Contains(got, tt.warning) ||
				(tt.warning == "") != (got == "") {
				t.Errorf("warnings %q, want %q: %s", got, tt.warning, tt.reason)
			}
			if len(c.Changes) == 0 {
				return
			}
			// Saved, loaded and checked again, the answer is the same.
			text, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			var saved plan.Cluster
			if err := json.Unmarshal(text, &saved); err != nil {
				t.Fatal(err)
			}
			saved.Status = plan.Changed
			saved.Rejudge(have, nil, tt.options.Allow, now)
			if diff := cmp.Diff(guardLines(c.Guards), guardLines(saved.Guards)); diff != "" {
				t.Errorf("guards of the saved plan (-want +got):\n%s", diff)
			}
		})
	}
}

// The end of --expires is for entries that the run creates: one that turned up
// meanwhile keeps its own.
func TestEndMeetsEntry(t *testing.T) {
	after := entry(
		role("a"),
		"policy:View",
		"tag:eksaccess:expires=2026-11-23T20:00:00Z",
		"tag:eksaccess:reason=INC-2",
		"tag:eksaccess:owner=o",
	)
	c := plan.Change{Action: plan.Create, Principal: role("a"), After: &after, EndByRun: true}
	for name, tt := range map[string]struct{ live, want spec.Entry }{
		"with an end": {entry(role("a"), "tag:eksaccess:expires=2026-11-23T18:00:00Z", "tag:eksaccess:reason=INC-1"),
			entry(role("a"), "policy:View", "tag:eksaccess:expires=2026-11-23T18:00:00Z", "tag:eksaccess:reason=INC-1",
				"tag:eksaccess:owner=o")},
		"without one": {entry(role("a")), entry(role("a"), "policy:View", "tag:eksaccess:owner=o")},
	} {
		if diff := cmp.Diff(tt.want, *c.Meeting(tt.live).After); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	c.EndByRun = false
	if diff := cmp.Diff(after, *c.Meeting(entry(role("a"))).After); diff != "" {
		t.Errorf("an end of the file (-want +got):\n%s", diff)
	}
}
