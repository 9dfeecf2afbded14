package handover_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/adopt"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/handover"
	"github.com/eksaccess/eksaccess/internal/handover/handovertest"
	"github.com/eksaccess/eksaccess/spec"
)

var prod = arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "prod"}

func role(name string) string { return "arn:aws:iam::111122223333:role/" + name }

func strung(notes []handover.Note) []string {
	var out []string
	for _, n := range notes {
		out = append(out, n.String())
	}
	return out
}

func names(c handover.Cluster) []string {
	var out []string
	for _, e := range c.Entries {
		out = append(out, e.Name())
	}
	return out
}

// What a file declares goes along, but for what only this program does.
func TestDeclared(t *testing.T) {
	fleet, problems := spec.Load([]spec.Source{{Name: "f", Data: []byte(`apiVersion: eksaccess/v1
owner: platform
ignore: ["arn:aws:iam::*:role/vendor-*"]
clusters:
  - arn: ` + prod.ARN() + `
    authenticationMode: API
    admins:
      - arn:aws:iam::111122223333:role/admin
      - {principal: "arn:aws:iam::111122223333:role/oncall", expires: 2030-01-01T00:00:00Z, reason: INC-1}
    access:
      - {principal: "arn:aws:iam::111122223333:role/team/dev", groups: [dev], tags: {team: dev}}
    absent: ["arn:aws:iam::111122223333:user/a", "arn:aws:iam::111122223333:user/b"]
`)}})
	if problems.Failed() {
		t.Fatal(problems)
	}
	want, problems := fleet.Clusters[0].Resolve(nil)
	if problems.Failed() {
		t.Fatal(problems)
	}
	c, notes := handover.Declared(want)
	if diff := cmp.Diff([]string{"admin", "dev"}, names(c)); diff != "" || c.Mode != "API" || c.ID != prod {
		t.Errorf("%s%+v", diff, c)
	}
	if diff := cmp.Diff(map[string]string{"team": "dev"}, c.Entries[1].Tags); diff != "" ||
		c.Entries[1].Source != "f:11:9" {
		t.Errorf("%s%q", diff, c.Entries[1].Source)
	}
	if diff := cmp.Diff([]string{
		"prod: f:9:9: arn:aws:iam::111122223333:role/oncall: left out: it ends at 2030-01-01T00:00:00Z, and no other " +
			"tool would end it",
		"prod: absent: left out: 2 lines; other tools take away only what they made",
		"prod: ignore: left out: 1 line; other tools know only of what they made",
		"owner: left out: entries will not carry eksaccess:owner=platform there",
	}, strung(notes)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What is live goes along, but for AWS's own, and grants that end.
func TestLive(t *testing.T) {
	entry := func(name string, tags map[string]string) spec.LiveEntry {
		return spec.LiveEntry{Entry: handover.Fill(spec.Entry{Principal: role(name), Tags: tags})}
	}
	have := &spec.Live{ID: prod, Mode: "API", EntriesRead: true, Entries: []spec.LiveEntry{
		entry(
			"admin",
			map[string]string{
				"eksaccess:owner":               "platform",
				"EKSACCESS:x":                   "y",
				"aws:cloudformation:stack-name": "s",
				"team":                          "x",
			},
		),
		entry("aws-service-role/eks.amazonaws.com/X", nil),
		entry("glass", map[string]string{"eksaccess:owner": "break-glass"}),
		entry("held", map[string]string{"eksaccess:hold-until": "2030-01-01T00:00:00Z"}),
		{Entry: handover.Fill(spec.Entry{Principal: role("nodes"), Type: "EC2_LINUX"})},
		entry("oncall", map[string]string{"eksaccess:expires": "2030-01-01T00:00:00Z"}),
	}}
	c, notes := handover.Live(have)
	if diff := cmp.Diff([]string{"admin", "held"}, names(c)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"team": "x"}, c.Entries[0].Tags); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		"prod: arn:aws:iam::111122223333:role/admin: it belongs to CloudFormation",
		"prod: arn:aws:iam::111122223333:role/glass: left out: an emergency made it, and no other tool would end it",
		"prod: arn:aws:iam::111122223333:role/held: it is held until 2030-01-01T00:00:00Z for an emergency: what it " +
			"was given for that goes along",
		"prod: arn:aws:iam::111122223333:role/oncall: left out: it ends at 2030-01-01T00:00:00Z, and no other tool " +
			"would end it",
		"prod: system entries: left out: AWS keeps 2 by itself: those of nodes, services and capabilities",
	}, strung(notes)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(have.Entries[0].Tags) != 4 {
		t.Error("the reading was changed")
	}
	if c, notes := handover.Live(&spec.Live{ID: prod, Mode: "CONFIG_MAP"}); len(c.Entries) != 0 || len(notes) != 1 ||
		!notes[0].Left {
		t.Errorf("%+v, %v", c, notes)
	}
}

// What a file does not say of a cluster is filled in where it is known; what
// then is one cluster is one.
func TestPlaced(t *testing.T) {
	entry := func(name string) handover.Entry {
		return handover.Entry{Entry: handover.Fill(spec.Entry{Principal: role(name)}), Source: name}
	}
	in := func() []handover.Cluster {
		return []handover.Cluster{
			{ID: arn.Cluster{Name: "prod"}, Mode: "API", Entries: []handover.Entry{entry("a"), entry("b")}},
			{ID: prod, Entries: []handover.Entry{entry("b"), entry("c")}},
		}
	}
	got, notes := handover.Placed(in(), "111122223333", "eu-west-1")
	if len(got) != 1 || got[0].ID != prod || got[0].Mode != "API" {
		t.Fatalf("%+v", got)
	}
	if have := names(got[0]); !slices.Equal(have, []string{"a", "b", "c"}) || len(notes) != 1 ||
		notes[0].Subject != role("b") {
		t.Errorf("%v %v", have, notes)
	}
	for _, test := range []struct{ account, region, hint string }{{"", "eu-west-1", "--account"}, {"111122223333", "", "--region"}} {
		got, notes := handover.Placed(in(), test.account, test.region)
		if len(got) != 1 || len(notes) != 1 || !strings.Contains(notes[0].Hint, test.hint) {
			t.Errorf("%+v: %+v, %+v", test, got, notes)
		}
	}
}

// Whatever is found becomes a file of ours in which all of it is, or is told to
// be left, by its principal.
func TestFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clusters := handovertest.Clusters(t)
		text, told := adopt.Write(handover.Found("x", nil, clusters, nil), adopt.Options{})
		left := map[string]bool{}
		for _, c := range told.Clusters {
			for _, n := range c.Notes {
				left[c.ID.ARN()+n.Subject] = n.Outcome == adopt.Left
			}
		}
		written := map[string]handover.Entry{}
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
					written[c.ID.ARN()+e.Principal] = handover.Entry{Entry: e.Entry}
				}
			}
		}
		for _, c := range clusters {
			for _, e := range c.Entries {
				key := c.ID.ARN() + e.Principal
				if w, ok := written[key]; ok == left[key] ||
					ok &&
						(w.Username != e.Username || len(w.Policies) != len(e.Policies) || !slices.Equal(w.Groups, e.Groups)) {
					t.Fatalf("%+v is written as %+v, left %t\n%s", e, w, left[key], text)
				}
			}
		}
	})
}

func TestFoundModes(t *testing.T) {
	for _, test := range []struct {
		name      string
		c         handover.Cluster
		mode      string
		left      bool
		noteBegin string
	}{
		{"taken over", handover.Cluster{ID: prod, Mode: "API"}, "API", false, ""},
		{"not said", handover.Cluster{ID: prod}, "", false, ""},
		{"no entries can be", handover.Cluster{ID: prod, Mode: "CONFIG_MAP"}, "", true, "it is in mode CONFIG_MAP"},
		{"nonsense", handover.Cluster{ID: prod, Mode: "api"}, "", false, `"api" is no mode`},
	} {
		f := handover.Found("x", nil, []handover.Cluster{test.c}, nil)
		c := f.Clusters[0]
		if c.Mode != test.mode || c.LeftOut != test.left || (test.noteBegin == "") != (len(c.Notes) == 0) ||
			len(c.Notes) > 0 && !strings.HasPrefix(c.Notes[0].Why, test.noteBegin) {
			t.Errorf("%s: %+v", test.name, c)
		}
	}
}

func TestNames(t *testing.T) {
	for principal, want := range map[string]string{
		role("team/payments"):              "payments",
		"arn:aws:iam::111122223333:root":   "111122223333",
		"not an arn":                       "not an arn",
		"arn:aws:iam::111122223333:user/x": "x",
		role("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef"): "Dev",
	} {
		if got := (handover.Entry{Entry: spec.Entry{Principal: principal}}).Name(); got != want {
			t.Errorf("%q is called %q, want %q", principal, got, want)
		}
	}
	if got := handover.FileName(prod, 2, 3); got != "111122223333_eu-west-1_prod.2" {
		t.Errorf("%q", got)
	}
}

// What would not show as itself, or would turn a line around, is spelled out,
// and read back as it was.
func TestYAML(t *testing.T) {
	for _, s := range []string{"a\u202eb", "\u200bx", "a\x1b[2Jb", "tab\there", "a\nb", "é 日本", "\U000e0041", "it's\u2066", `back\slash` + "\u202e"} {
		text := handover.YAML("# above\n", map[string]string{"k": s})
		for _, r := range string(text) {
			if r != '\n' && !strconv.IsPrint(r) {
				t.Errorf("%q holds %q", text, r)
			}
		}
		var back map[string]string
		if err := yaml.Unmarshal(text, &back); err != nil || back["k"] != s {
			t.Errorf("%q is read back as %q, %v", s, back["k"], err)
		}
	}
}
