package audit

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

func rulesOf(findings []Finding) []string {
	ids := []string{}
	for _, f := range findings {
		ids = append(ids, f.Rule)
	}
	return ids
}

func TestChoose(t *testing.T) {
	for _, tt := range []struct {
		name       string
		only, skip []string
		want       []string // nil: an error
	}{
		{"by id", []string{"EA101"}, nil, []string{"EA101"}},
		{"in any case", []string{"ea101"}, nil, []string{"EA101"}},
		{"by name", []string{"config-map-mode"}, nil, []string{"EA101"}},
		{"by glob", []string{"EA60*"}, []string{"EA602"}, []string{"EA601", "EA603", "EA604", "EA605"}},
		{"by glob over names", []string{"*iam-user"}, nil, []string{"EA207"}},
		{"unknown", []string{"EA999"}, nil, nil},
		{"unknown to skip", nil, []string{"EA9??"}, nil},
	} {
		rules, err := Choose(tt.only, tt.skip)
		var got []string
		for _, r := range rules {
			got = append(got, r.ID)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || (err != nil) != (tt.want == nil) {
			t.Errorf("%s: %v (-want +got):\n%s", tt.name, err, diff)
		}
	}
	if all, err := Choose(nil, nil); err != nil || len(all) != len(Rules()) {
		t.Errorf("without choice: %d of %d, %v", len(all), len(Rules()), err)
	}
}

func TestWaivers(t *testing.T) {
	end := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	waiver := func(rule string, until time.Time, principals ...string) spec.Waiver {
		return spec.Waiver{
			Rule:       rule,
			Principals: principals,
			Reason:     "known",
			Owner:      "me",
			Until:      until,
			Pos:        spec.Pos{File: "w.yaml", Line: 4, Column: 5},
		}
	}
	of := func(w spec.Waiver, clusters ...arn.Cluster) spec.Waiver {
		w.Of = append([]arn.Cluster{}, clusters...)
		return w
	}
	for _, tt := range []struct {
		name     string
		waivers  []spec.Waiver
		findings []string
		waived   []string
		states   []string
	}{
		{"none", nil, []string{"EA207", "EA503"}, []string{}, []string{}},
		{"by id", []spec.Waiver{waiver("EA207", end)}, []string{"EA503"}, []string{"EA207"}, []string{"used 1"}},
		{"by name and principal", []spec.Waiver{waiver("admin-iam-user", end, "*:user/alice")}, []string{"EA503"},
			[]string{"EA207"}, []string{"used 1"}},
		{"of another principal", []spec.Waiver{waiver("EA*", end, "*:user/bob")}, []string{"EA902", "EA207", "EA503"},
			[]string{}, []string{"unused 0"}},
		{"of every rule", []spec.Waiver{waiver("*", end)}, []string{"EA902"}, []string{"EA207", "EA503"},
			[]string{"used 2"}},
		{"for more than a year", []spec.Waiver{waiver("EA206", now.AddDate(1, 0, 2))},
			[]string{"EA903", "EA207", "EA503"}, []string{}, []string{"unused 0"}},
		{"of its own document's clusters", []spec.Waiver{of(waiver("EA207", end), place1)}, []string{"EA503"},
			[]string{"EA207"}, []string{"used 1"}},
		{"of another document", []spec.Waiver{of(waiver("EA207", end), arn.Cluster{Name: "other"})},
			[]string{"EA207", "EA503"}, []string{}, []string{"unused 0"}},
		{"of a document without clusters", []spec.Waiver{of(waiver("EA207", end))}, []string{"EA207", "EA503"},
			[]string{}, []string{"unused 0"}},
		{"past its end", []spec.Waiver{waiver("EA207", longAgo)}, []string{"EA901", "EA207", "EA503"}, []string{},
			[]string{"expired 1"}},
		{"one past and one not", []spec.Waiver{waiver("EA207", longAgo), waiver("EA2*", end)},
			[]string{"EA901", "EA503"}, []string{"EA207"}, []string{"expired 1", "used 1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := sound()
			l.admin(alice)
			l.input.Waivers = tt.waivers
			r := l.run(t)
			if diff := cmp.Diff(tt.findings, rulesOf(r.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			waived := []string{}
			for _, w := range r.Waived {
				waived = append(waived, w.Rule)
				if w.Reason != "known" || w.Owner != "me" || w.Until != "2026-12-31" || w.Waiver != "w.yaml:4:5" {
					t.Errorf("waived without its waiver: %+v", w)
				}
			}
			if diff := cmp.Diff(tt.waived, waived); diff != "" {
				t.Errorf("waived (-want +got):\n%s", diff)
			}
			states := []string{}
			for _, w := range r.Waivers {
				states = append(states, fmt.Sprintf("%s %d", w.State, w.Findings))
			}
			if diff := cmp.Diff(tt.states, states); diff != "" {
				t.Errorf("states (-want +got):\n%s", diff)
			}
			if s := r.Summary; s.Findings != len(tt.findings) || s.Waived != len(tt.waived) ||
				s.Critical+s.High+s.Medium+s.Low+s.Info != s.Findings {
				t.Errorf("summary %+v", s)
			}
		})
	}
	if p := CheckWaivers([]spec.Waiver{waiver("EA207", end), waiver("EA9*", end), waiver("EA777", end)}); len(
		p.Errors,
	) != 1 ||
		p.Errors[0].Summary != `no rule matches "EA777"` {
		t.Errorf("%+v", p.Errors)
	}
}

// A cluster that could not be read is listed, and no rule is checked in it.
func TestFailedCluster(t *testing.T) {
	s := snapshot.New(
		[]snapshot.Cluster{snapshot.FailedCluster(place1, fault.Error{Code: "AccessDeniedException", Message: "no"})},
		false,
		now,
		"v1",
	)
	r := Run(Input{Snapshot: s, Rules: Rules(), Now: now})
	if len(r.Findings) != 0 || r.Summary.Failed != 1 || r.Failed[0].Error.Code != "AccessDeniedException" {
		t.Errorf("%+v", r)
	}
	if want := len(Rules()) - len(waiverRules); len(r.NotChecked) != want {
		t.Errorf("%d rules not checked, want %d", len(r.NotChecked), want)
	}
}

// The same input gives the same bytes, and no list is null.
func TestSameBytes(t *testing.T) {
	text := func() string {
		l := sound()
		l.of(team).Username, l.of(rescue).Username, l.of(ops).Username = "x", "x", "x"
		l.Inside(refused)
		b, err := json.Marshal(l.run(t))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := text()
	for range 20 {
		if diff := cmp.Diff(first, text()); diff != "" {
			t.Fatal(diff)
		}
	}
	b, err := json.Marshal(sound().run(t))
	if err != nil {
		t.Fatal(err)
	}
	var lists map[string]json.RawMessage
	if err := json.Unmarshal(b, &lists); err != nil {
		t.Fatal(err)
	}
	for name, v := range lists {
		if string(v) == "null" {
			t.Errorf("%s is null", name)
		}
	}
}

// fleetOf returns a fleet of clusters with many entries and many problems.
func fleetOf(clusters, entries int) *snapshot.Snapshot {
	var all []snapshot.Cluster
	for n := range clusters {
		l := sound()
		l.Name = fmt.Sprintf("c%04d", n)
		l.ARN = arn.Cluster{Partition: "aws", Account: account, Region: l.Region, Name: l.Name}.ARN()
		for i := len(l.Entries.Items); i < entries; i++ {
			e := l.entry(fmt.Sprintf("arn:aws:iam::111122223333:role/teams/team-%03d/developer-%03d", n%50, i))
			give(
				e,
				[]string{"AmazonEKSEditPolicy", "AmazonEKSViewPolicy", "AmazonEKSAdminViewPolicy"}[i%3],
				[]string{"namespace", "cluster"}[i%2],
				"payments",
			)
			e.Groups = []string{"payments", fmt.Sprintf("team-%03d", i)}
			if i%10 == 0 {
				l.iam(e.Principal).CreatedAt = &now
			}
		}
		all = append(all, *l.Cluster)
	}
	return snapshot.New(all, true, now, "v1")
}

func declaredFor(s *snapshot.Snapshot) []*spec.Cluster {
	base := sound().file
	var out []*spec.Cluster
	for i := range s.Clusters {
		c := *base
		c.ID = s.Clusters[i].ID()
		out = append(out, &c)
	}
	return out
}

func BenchmarkAudit200x100(b *testing.B) {
	s := fleetOf(200, 100)
	declared := declaredFor(s)
	b.ReportAllocs()
	for b.Loop() {
		Run(Input{Snapshot: s, Declared: declared, Rules: Rules(), Now: now})
	}
}
