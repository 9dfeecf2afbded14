package spec

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/arn"
)

func TestWaiverCovers(t *testing.T) {
	prod := arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "prod"}
	alice := "arn:aws:iam::111122223333:user/alice"
	for _, tt := range []struct {
		name      string
		waiver    Waiver
		principal string
		want      bool
	}{
		{"everything", Waiver{}, alice, true},
		{"everything, a finding about the cluster", Waiver{}, "", true},
		{"by name", Waiver{Clusters: []string{"pr*"}}, alice, true},
		{"by path", Waiver{Clusters: []string{"*/eu-west-1/*"}}, alice, true},
		{"by ARN", Waiver{Clusters: []string{prod.ARN()}}, alice, true},
		{"another cluster", Waiver{Clusters: []string{"dev", "staging-*"}}, alice, false},
		{"by principal", Waiver{Principals: []string{"*:user/alice"}}, alice, true},
		{"another principal", Waiver{Principals: []string{"*:user/bob"}}, alice, false},
		{"a waiver of principals is none of the cluster", Waiver{Principals: []string{"*"}}, "", false},
	} {
		if got := tt.waiver.Covers(prod, tt.principal); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A waiver lasts to the end of its day, in UTC.
func TestWaiverEnds(t *testing.T) {
	w := Waiver{Until: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)}
	for at, want := range map[string]bool{"2026-12-31T23:59:59Z": false, "2027-01-01T00:00:00Z": true,
		"2027-01-01T00:30:00+01:00": false} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Ended(now); got != want {
			t.Errorf("at %s: %v, want %v", at, got, want)
		}
	}
}

func TestLoadWaivers(t *testing.T) {
	const head = "apiVersion: eksaccess/v1\nkind: Waivers\n"
	const line = "{rule: EA2*, clusters: [prod], reason: known, owner: me, until: 2026-12-31}"
	got, problems := LoadWaivers([]Source{{Name: "w.yaml", Data: []byte(head + "waivers:\n  - " + line + "\n")}})
	want := []Waiver{
		{
			Rule:     "EA2*",
			Clusters: []string{"prod"},
			Reason:   "known",
			Owner:    "me",
			Until:    time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
			Pos:      Pos{"w.yaml", 4, 5},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" || problems.Failed() {
		t.Errorf("%v (-want +got):\n%s", problems.Errors, diff)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"none", head, "the document has no waivers"},
		{"a file of clusters", strings.Replace(head, "Waivers", "Access", 1) + "waivers: [" + line + "]\n",
			"the document is not of kind Waivers"},
		{"clusters too", head + "waivers: [" + line + "]\nclusters: " +
			"[arn:aws:eks:eu-west-1:111122223333:cluster/prod]\n", "a document of kind Waivers can have only waivers"},
		{"no version", "kind: Waivers\nwaivers: [" + line + "]\n", "the document has no apiVersion"},
		{"no day", head + "waivers: [{rule: EA207, reason: known, owner: me}]\n", "a waiver has no until"},
	} {
		_, problems := LoadWaivers([]Source{{Name: "w.yaml", Data: []byte(tt.text)}})
		if len(problems.Errors) != 1 || problems.Errors[0].Summary != tt.want {
			t.Errorf("%s: %v, want %q", tt.name, problems.Errors, tt.want)
		}
	}
}
