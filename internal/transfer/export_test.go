package transfer_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

func role(name string) string { return "arn:aws:iam::111122223333:role/" + name }

func strung(notes []transfer.Note) []string {
	var out []string
	for _, n := range notes {
		out = append(out, n.String())
	}
	return out
}

func names(c transfer.Cluster) []string {
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
	c, notes := transfer.DeclaredCluster(want)
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
		return spec.LiveEntry{Entry: transfer.Fill(spec.Entry{Principal: role(name), Tags: tags})}
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
		{Entry: transfer.Fill(spec.Entry{Principal: role("nodes"), Type: "EC2_LINUX"})},
		entry("oncall", map[string]string{"eksaccess:expires": "2030-01-01T00:00:00Z"}),
	}}
	c, notes := transfer.LiveCluster(have)
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
	if c, notes := transfer.LiveCluster(&spec.Live{ID: prod, Mode: "CONFIG_MAP"}); len(c.Entries) != 0 ||
		len(notes) != 1 ||
		notes[0].Outcome != transfer.Left {
		t.Errorf("%+v, %v", c, notes)
	}
}
