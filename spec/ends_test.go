package spec

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCheckEnds(t *testing.T) {
	now := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	const where = ` (cluster "111122223333/eu-west-1/prod")` + "\n"
	for _, test := range []struct {
		name   string
		guards string
		access string // a line of the cluster
		want   string // all messages
		reason string
	}{
		{name: "no rules", access: "admins: [{role: x}]"},
		{
			name: "end within maxExpiry", guards: "{maxExpiry: 4h}", access: "admins: [{role: x, expires: " +
				"2026-11-30T14:00:00Z}]",
			reason: "the latest allowed end is allowed",
		},
		{
			name: "end after maxExpiry", guards: "{maxExpiry: 4h}", access: "admins: [{role: x, expires: " +
				"2026-11-30T14:00:01Z}]",
			want: "a.yaml:6:10: role=x expires at 2026-11-30T14:00:01Z, more than 4h from now " +
				"(guards.maxExpiry)" + where +
				"  hint: write an expiry that is at most 4h from now\n",
		},
		{
			name: "end in the past", guards: "{maxExpiry: 4h, mustExpire: all}", access: "admins: [{role: x, " +
				"expires: 2025-11-30T14:00:01Z}]",
			reason: "expired access is removed, not refused",
		},
		{
			name: "admin without end", guards: "{mustExpire: admins}", access: "admins: [{role: x}]",
			want: "a.yaml:6:10: role=x does not expire, and guards.mustExpire (admins) requires it" + where +
				"  hint: write expires and reason, or create the entry with: eksaccess apply -f FILE --add-only " +
				"--expires 4h --reason WHY\n",
		},
		{
			name: "hint within maxExpiry", guards: "{mustExpire: admins, maxExpiry: 90m}", access: "admins: [{role: " +
				"x}]",
			want: "a.yaml:6:10: role=x does not expire, and guards.mustExpire (admins) requires it" + where +
				"  hint: write expires and reason, or create the entry with: eksaccess apply -f FILE --add-only " +
				"--expires 90m --reason WHY\n",
			reason: "the guard would refuse 4h",
		},
		{
			name: "hint with the reason of the file", guards: "{mustExpire: admins}", access: "admins: [{role: x, " +
				"reason: INC-1}]",
			want: "a.yaml:6:10: role=x does not expire, and guards.mustExpire (admins) requires it" + where +
				"  hint: write expires and reason, or create the entry with: eksaccess apply -f FILE --add-only " +
				"--expires 4h\n",
		},
		{
			name: "watched", guards: "{mustExpire: all}", access: "watch: true, admins: [{role: x}]",
			reason: "the files give nothing to a cluster that is only watched",
		},
		{
			name: "admin by access", guards: "{mustExpire: admins}", access: "access: [{role: x, policy: " +
				"AmazonEKSClusterAdminPolicy}]",
			want: "a.yaml:6:10: role=x does not expire, and guards.mustExpire (admins) requires it" + where +
				"  hint: write expires and reason, or create the entry with: eksaccess apply -f FILE --add-only " +
				"--expires 4h --reason WHY\n",
		},
		{
			name: "no admin", guards: "{mustExpire: admins}",
			access: "access: [{role: x, policy: AmazonEKSClusterAdminPolicy, namespaces: [a]}, {role: dev, policy: " +
				"AmazonEKSEditPolicy}]",
		},
		{
			name: "all but nodes", guards: "{mustExpire: all}", access: "access: [{role: node, type: EC2_LINUX}, " +
				"{role: dev, groups: [g]}]",
			want: "a.yaml:6:41: role=dev does not expire, and guards.mustExpire (all) requires it" + where +
				"  hint: write expires and reason, or create the entry with: eksaccess apply -f FILE --add-only " +
				"--expires 4h --reason WHY\n",
			reason: "an end would disconnect nodes",
		},
		{
			name: "end from another place", guards: "{mustExpire: all, maxExpiry: 1h, reasonPattern: INC}",
			access: "access: [{role: x, policy: AmazonEKSViewPolicy, reason: INC-1}, {role: x, groups: [g], expires: " +
				"2026-11-30T12:00:00Z}]",
			want: "a.yaml:6:65: role=x expires at 2026-11-30T12:00:00Z, more than 1h from now " +
				"(guards.maxExpiry)" + where +
				"  hint: write an expiry that is at most 1h from now\n",
			reason: "all places make one entry, which ends as a whole; the place of the end is reported",
		},
		{
			name: "overridden by absent", guards: "{mustExpire: all}", access: "absent: [{role: top}]",
			reason: "the entry is not wanted",
		},
		{
			name: "no reason", guards: "{reasonPattern: INC}", access: "admins: [{role: x, expires: " +
				"2026-11-30T12:00:00Z}]",
			want: "a.yaml:6:10: role=x expires and has no reason, and guards.reasonPattern requires one" + where +
				"  hint: write a reason that matches \"INC\"\n",
		},
		{
			name: "another reason", guards: "{reasonPattern: '^INC-[0-9]+$'}", access: "admins: [{role: x, expires: " +
				"2026-11-30T12:00:00Z, reason: see INC-7}]",
			want: "a.yaml:6:10: role=x has the reason \"see INC-7\", which does not match " +
				"guards.reasonPattern" + where +
				"  hint: write a reason that matches \"^INC-[0-9]+$\"\n",
		},
		{
			name: "pattern without anchors", guards: "{reasonPattern: 'INC-[0-9]+'}",
			access: "admins: [{role: x, expires: 2026-11-30T12:00:00Z, reason: see INC-7}]",
			reason: "anchored as written",
		},
		{
			name: "reason of permanent access", guards: "{reasonPattern: INC}", access: "admins: [{role: x, reason: " +
				"since ever}]",
			reason: "only an entry with an end needs a reason",
		},
		{
			name: "late end", access: "admins: [{role: x, expires: 2026-12-30T10:00:01Z}, {role: dev, expires: " +
				"2026-12-30T10:00:00Z}]",
			want: "warning: a.yaml:6:10: role=x expires at 2026-12-30T10:00:01Z, more than 30 days from now" + where +
				"  hint: write an earlier expiry\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			guards, top := "guards: "+test.guards, "ignore: []"
			if test.guards == "" {
				guards = "ignore: []"
				top = "sets: {}"
			}
			if strings.Contains(test.access, "top") {
				top = "admins: [{role: top}]"
			}
			fleet, problems := Load(
				[]Source{
					source("a.yaml", "owner: o", guards, top, "clusters: [{arn: "+clusterProd+",", test.access+"}]"),
				},
			)
			if problems.Failed() {
				t.Fatal(problems)
			}
			if diff := cmp.Diff(test.want, fleet.CheckEnds(now).text()); diff != "" {
				t.Errorf("(-want +got):\n%s%s", diff, test.reason)
			}
		})
	}
}

// One mistake of a set is one problem, however many clusters have the set; the
// problems are in the order of the files.
func TestCheckEndsOnce(t *testing.T) {
	fleet, problems := Load([]Source{
		source(
			"b.yaml",
			"owner: o",
			"sets: {s: {clusters: ['*'], access: [{role: x, groups: [g]}]}}",
			"guards: {mustExpire: all}",
			"clusters: ["+clusterProd+"1, "+clusterProd+"2]",
		),
		source("a.yaml", "owner: o", "admins: [{user: u}]", "clusters: ["+clusterProd+"3]"),
	})
	if problems.Failed() {
		t.Fatal(problems)
	}
	var got []string
	for _, p := range fleet.CheckEnds(time.Now()).Errors {
		got = append(got, p.String())
	}
	want := []string{
		`b.yaml:3:38: role=x does not expire, and guards.mustExpire (all) requires it (cluster "111122223333/eu-west-1/prod1" and 2 more)`,
		`a.yaml:3:10: user=u does not expire, and guards.mustExpire (all) requires it (cluster "111122223333/eu-west-1/prod3")`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSchemaListsMustExpire(t *testing.T) {
	guards := schemaRoot(t)["properties"].(node)["guards"].(node)["properties"].(node)
	var got []string
	for _, v := range guards["mustExpire"].(node)["enum"].([]any) {
		got = append(got, v.(string))
	}
	if diff := cmp.Diff(mustExpireValues, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
