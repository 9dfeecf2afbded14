package transfer_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/internal/transfer/transfertest"
	"github.com/eksaccess/eksaccess/spec"
)

// What a file does not say of a cluster is filled in where it is known; what
// then is one cluster is one.
func TestPlaced(t *testing.T) {
	entry := func(name string) transfer.Entry {
		return transfer.Entry{Entry: transfer.Fill(spec.Entry{Principal: role(name)}), Source: name}
	}
	in := func() []transfer.Cluster {
		return []transfer.Cluster{
			{ID: arn.Cluster{Name: "prod"}, Mode: "API", Entries: []transfer.Entry{entry("a"), entry("b")}},
			{ID: prod, Entries: []transfer.Entry{entry("b"), entry("c")}},
		}
	}
	got, notes := transfer.CompleteClusters(in(), "111122223333", "eu-west-1")
	if len(got) != 1 || got[0].ID != prod || got[0].Mode != "API" {
		t.Fatalf("%+v", got)
	}
	if have := names(got[0]); !slices.Equal(have, []string{"a", "b", "c"}) || len(notes) != 1 ||
		notes[0].Subject != role("b") {
		t.Errorf("%v %v", have, notes)
	}
	for _, test := range []struct{ account, region, hint string }{{"", "eu-west-1", "--account"},
		{"111122223333", "", "--region"}} {
		got, notes := transfer.CompleteClusters(in(), test.account, test.region)
		if len(got) != 1 || len(notes) != 1 || !strings.Contains(notes[0].Hint, test.hint) {
			t.Errorf("%+v: %+v, %+v", test, got, notes)
		}
	}
}

// Whatever is found becomes a file of ours in which all of it is, or is told to
// be left, by its principal.
func TestFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clusters := transfertest.Clusters(t)
		text, told := transfer.Write(transfer.FromTool("x", nil, clusters, nil, nil), transfer.Options{})
		left := map[string]bool{}
		for _, c := range told.Clusters {
			for _, n := range c.Notes {
				left[c.ID.ARN()+n.Subject] = n.Outcome == transfer.Left
			}
		}
		written := map[string]transfer.Entry{}
		if text != nil {
			fleet, problems := spec.Load([]spec.Source{{Name: "f", Data: text}})
			if problems.Failed() {
				t.Fatalf("%v\n%s", problems, text)
			}
			for _, c := range fleet.Clusters {
				want, problems := c.Resolve(nil)
				if problems.Failed() {
					t.Fatalf("%v\n%s", problems, text)
				}
				for _, e := range want.Entries {
					written[c.ID.ARN()+e.Principal] = transfer.Entry{Entry: e.Entry}
				}
			}
		}
		for _, c := range clusters {
			for _, e := range c.Entries {
				key := c.ID.ARN() + e.Principal
				if w, ok := written[key]; ok == left[key] ||
					ok &&
						(w.Username != e.Username || len(w.Policies) != len(e.Policies) ||
							!slices.Equal(w.Groups, e.Groups)) {
					t.Fatalf("%+v is written as %+v, left %t\n%s", e, w, left[key], text)
				}
			}
		}
	})
}

func TestFoundModes(t *testing.T) {
	for _, test := range []struct {
		name      string
		c         transfer.Cluster
		mode      string
		left      bool
		noteBegin string
	}{
		{"taken over", transfer.Cluster{ID: prod, Mode: "API"}, "API", false, ""},
		{"not said", transfer.Cluster{ID: prod}, "", false, ""},
		{"no entries can be", transfer.Cluster{ID: prod, Mode: "CONFIG_MAP"}, "", true, "it is in mode CONFIG_MAP"},
		{"nonsense", transfer.Cluster{ID: prod, Mode: "api"}, "", false, `"api" is no mode`},
	} {
		f := transfer.FromTool("x", nil, []transfer.Cluster{test.c}, nil, nil)
		c := f.Clusters[0]
		if c.Mode != test.mode || c.LeftOut != test.left || (test.noteBegin == "") != (len(c.Notes) == 0) ||
			len(c.Notes) > 0 && !strings.HasPrefix(c.Notes[0].Why, test.noteBegin) {
			t.Errorf("%s: %+v", test.name, c)
		}
	}
}
