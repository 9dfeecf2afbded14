package audit

import (
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/spec"
)

// The next apply makes a removal, whatever the file says. It is "absent", without
// items of the cluster that contradict it, and never an edit of a line that other
// clusters share.
func TestRemovals(t *testing.T) {
	const apply = "; then: eksaccess apply -f c.yaml --cluster 111122223333/eu-west-1/prod"
	absentAlice := "add under prod (c.yaml:5:5): absent: [" + alice + "]" + apply
	for _, tt := range []struct {
		name string
		make func(*lab)
		want string
	}{
		{"undeclared", func(*lab) {}, absentAlice},
		{"declared on the cluster", func(l *lab) { l.declare(alice) }, "remove c.yaml:13:9 and " + absentAlice},
		{"declared for several clusters", func(l *lab) { l.declare(alice); l.file.Items[3].Own = false }, absentAlice},
		{"owned by another file", func(l *lab) {
			l.file.Owner = "platform"
			l.of(alice).Tags = map[string]string{spec.TagOwner: "payments"}
		}, "remove it with payments, which owns it; or " + absentAlice + " --take-ownership"},
		{"owned by another file, and this one has no owner",
			func(l *lab) { l.of(alice).Tags = map[string]string{spec.TagOwner: "payments"} },
			"remove it with payments, which owns it"},
		{"on hold", func(l *lab) { hold(l.of(alice), "2026-11-25T15:00:00Z", "INC-1") }, absentAlice + " --end-holds"},
		{"the last admin", func(l *lab) { l.remove(ops, rescue); l.file.Guards = &spec.Guards{} },
			"make another principal cluster admin first; then " + absentAlice},
		{"required", func(l *lab) {
			l.file.Guards.RequiredAdmins = append(l.file.Guards.RequiredAdmins,
				spec.RequiredAdmin{Principal: spec.PrincipalRef{User: "alice"}})
		}, "name another principal under guards.requiredAdmins first; then " + absentAlice},
		{"no file", noFile, "write access.yaml: {apiVersion: eksaccess/v1, clusters: [{arn: " +
			"arn:aws:eks:eu-west-1:111122223333:cluster/prod, absent: [" + alice +
			"]}]}; then: eksaccess apply -f access.yaml"},
	} {
		l := sound()
		l.input.Files = []string{"c.yaml"}
		l.admin(alice)
		tt.make(l)
		found := false
		for _, f := range l.run(t).Findings {
			if f.Rule != "EA207" || f.Principal != alice {
				continue
			}
			found = true
			if f.Fix != tt.want {
				t.Errorf("%s:\n got %s\nwant %s", tt.name, f.Fix, tt.want)
			}
		}
		if !found {
			t.Errorf("%s: no finding", tt.name)
		}
	}
}

// A part of an entry is removed from the item of this cluster, or by apply where
// the file does not have it.
func TestCorrections(t *testing.T) {
	const apply = "eksaccess apply -f c.yaml --cluster 111122223333/eu-west-1/prod"
	for _, tt := range []struct {
		name string
		make func(*lab)
		want string
	}{
		{"declared so", func(l *lab) { l.file.Items[2].Groups = []string{"payments", "paymnets"} },
			"at c.yaml:12:9: remove group paymnets; then: " + apply},
		{"not declared so", func(*lab) {}, apply},
		{"shared", func(l *lab) {
			l.file.Items[2].Groups = []string{"payments",
				"paymnets"}
			l.file.Items[2].Own = false
		},
			"c.yaml:12:9 serves other clusters too: write an item without group paymnets under this cluster, and " +
				"select the other clusters in the shared item"},
		{"undeclared", func(l *lab) { l.file.Items = l.file.Items[:2] },
			"add under prod (c.yaml:5:5): access: [{principal: " + team +
				", groups: [payments], policies: [{policy: AmazonEKSEditPolicy, namespaces: [payments]}]}]; then: " +
				apply},
	} {
		l := sound()
		l.input.Files = []string{"c.yaml"}
		l.of(team).Groups = []string{"payments", "paymnets"}
		tt.make(l)
		found := false
		for _, f := range l.run(t).Findings {
			if f.Rule == "EA402" {
				found = true
				if f.Fix != tt.want {
					t.Errorf("%s:\n got %s\nwant %s", tt.name, f.Fix, tt.want)
				}
			}
		}
		if !found {
			t.Errorf("%s: no finding", tt.name)
		}
	}
}

// A late end is corrected in its item, if only this cluster has the item.
func TestEarlierEnd(t *testing.T) {
	const apply = "eksaccess apply -f c.yaml --cluster 111122223333/eu-west-1/prod"
	late, soon := now.AddDate(1, 0, 0), now.AddDate(0, 0, 1)
	for _, tt := range []struct {
		name string
		make func(item *spec.Item)
		want string
	}{
		{"declared here", func(i *spec.Item) { i.Expires = late },
			"at c.yaml:12:9: write expires: TIME, at most 30 days from now; then: " + apply},
		{"already corrected", func(i *spec.Item) { i.Expires = soon }, apply},
		{"declared for several clusters", func(i *spec.Item) { i.Expires, i.Own = late, false },
			"c.yaml:12:9 serves other clusters too: write an item with an earlier end under this cluster, and " +
				"select the other clusters in the shared item"},
		{"not declared with an end", func(i *spec.Item) { i.Own = false },
			"add under prod (c.yaml:5:5): absent: [" + team + "]; then: " + apply},
	} {
		l := sound()
		l.input.Files = []string{"c.yaml"}
		l.file.Owner = "platform"
		l.of(team).Tags = map[string]string{spec.TagOwner: "platform", spec.TagExpires: "2099-01-01T00:00:00Z"}
		tt.make(&l.file.Items[2])
		got := ""
		for _, f := range l.run(t).Findings {
			if f.Rule == "EA502" {
				got = f.Fix
			}
		}
		if got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// A cleanup that reaches the cluster as its file says takes the file's owner,
// and without one --take-ownership is refused.
func TestCleanUpOfOtherOwners(t *testing.T) {
	for _, tt := range []struct {
		name  string
		make  func(*spec.Cluster)
		takes bool
	}{
		{"with an owner", func(c *spec.Cluster) { c.Owner, c.Profile = "platform", "p" }, true},
		{"reached by file, without an owner", func(c *spec.Cluster) { c.Profile = "p" }, false},
		{"reached without a file", func(*spec.Cluster) {}, true},
	} {
		l := sound()
		l.input.Files = []string{"c.yaml"}
		l.admin(alice).Tags = map[string]string{"alpha.eksctl.io/cluster-name": "prod"}
		l.iam(alice).Existence = spec.Gone
		tt.make(l.file)
		found := false
		for _, f := range l.run(t).Findings {
			if f.Principal != alice || f.Rule != "EA302" {
				continue
			}
			found = true
			if got := strings.Contains(f.Fix, "cleanup --orphaned --take-ownership"); got != tt.takes {
				t.Errorf("%s: %s", tt.name, f.Fix)
			}
		}
		if !found {
			t.Errorf("%s: no finding", tt.name)
		}
	}
}
