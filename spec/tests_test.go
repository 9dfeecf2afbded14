package spec

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A change that breaks what somebody must be able to do is a mistake in the
// file, told at the line of the test with the cluster it shows in.
func TestAccessTests(t *testing.T) {
	const head = "apiVersion: eksaccess/v1\nclusters:\n" +
		"  - arn: arn:aws:eks:eu-west-1:111122223333:cluster/a\n    access:\n      - {role: dev, ACCESS}\n" +
		"  - arn: arn:aws:eks:eu-west-1:111122223333:cluster/b\n    access:\n      - {role: dev, ACCESS}\ntests:\n  - "
	for _, tt := range []struct {
		name, access, test string
		passed             int
		want               string
	}{
		{"can", "policy: AmazonEKSEditPolicy", "{role: dev, can: [delete pods -n x]}", 2, ""},
		{"can, and should not", "policy: AmazonEKSEditPolicy", "{role: dev, cannot: [get secrets -n x]}", 0,
			"f.yaml:10:26: role=dev should not be able to \"get secrets -n x\", but AmazonEKSEditPolicy allows it " +
				"(cluster \"111122223333/eu-west-1/a\" and 1 more)\n" +
				"  hint: narrow the policy, or its namespaces\n"},
		{"can't, and should", "policy: AmazonEKSViewPolicy", "{role: dev, can: [delete pods -n x]}", 0,
			"f.yaml:10:23: role=dev should be able to \"delete pods -n x\", but no access policy of it allows that " +
				"(cluster \"111122223333/eu-west-1/a\" and 1 more)\n" +
				"  hint: AmazonEKSEditPolicy in namespace x would allow it\n"},
		{"in one namespace", "policy: AmazonEKSEditPolicy, namespaces: [x, y-*]", "{role: dev, can: [delete pods -n " +
			"y-1], cannot: [delete pods -n z, delete pods -A]}", 6, ""},
		{"groups decide", "policy: AmazonEKSViewPolicy, groups: [ops]", "{role: dev, can: [delete pods -n x, get " +
			"pods -n x]}", 2,
			"warning: f.yaml:10:23: not tested: whether role=dev can \"delete pods -n x\" depends on what the " +
				"cluster " +
				"binds to its groups (ops) (cluster \"111122223333/eu-west-1/a\" and 1 more)\n" +
				"  hint: check it in the cluster: eksaccess doctor --cluster 111122223333/eu-west-1/a --principal " +
				"role=dev " +
				"--can \"delete pods -n x\"\n"},
		{"a policy nobody has published", "policy: AmazonEMRJobPolicy", "{role: dev, can: [delete pods -n x]}", 0,
			"warning: f.yaml:10:23: not tested: whether role=dev can \"delete pods -n x\" depends on " +
				"AmazonEMRJobPolicy, whose rules AWS does not publish (cluster \"111122223333/eu-west-1/a\" and 1 " +
				"more)\n" +
				"  hint: check it in the cluster: eksaccess doctor --cluster 111122223333/eu-west-1/a --principal " +
				"role=dev " +
				"--can \"delete pods -n x\"\n"},
		{"not declared", "policy: AmazonEKSEditPolicy", "{role: ops, clusters: [b], can: [get pods -n x]}", 0,
			"f.yaml:10:38: role=ops should be able to \"get pods -n x\", but is not declared (cluster " +
				"\"111122223333/eu-west-1/b\")\n" +
				"  hint: declare it, or list the clusters of the test under clusters\n"},
		{"not declared, and should not", "policy: AmazonEKSEditPolicy", "{role: ops, cannot: [get pods -n x]}", 2,
			"warning: f.yaml:10:5: role=ops is declared in no cluster of the test\n  hint: check the spelling: a " +
				"principal that is not declared " +
				"passes every cannot\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := head
			for range 2 {
				text = strings.Replace(text, "ACCESS", tt.access, 1)
			}
			fleet, problems := Load([]Source{{"f.yaml", []byte(text + tt.test + "\n")}})
			if problems.Failed() {
				t.Fatal(problems.text())
			}
			got := fleet.RunTests(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
			if got.Passed != tt.passed {
				t.Errorf("%d answers as expected, want %d", got.Passed, tt.passed)
			}
			if diff := cmp.Diff(tt.want, got.Problems.text()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Tests are judged on the state that the plan leads to: what has expired gives
// nothing, and neither does what absent names, by ARN or glob.
func TestAccessTestsAfterThePlan(t *testing.T) {
	for _, tt := range []struct {
		name, top, item string
		can             bool
		want            string
	}{
		{"declared", "", "{role: dev, policy: AmazonEKSViewPolicy}", true, ""},
		{"expires later", "", "{role: dev, policy: AmazonEKSViewPolicy, expires: 2026-06-01T00:00:01Z, reason: x}",
			true, ""},
		{"expired", "", "{role: dev, policy: AmazonEKSViewPolicy, expires: 2026-06-01T00:00:00Z, reason: x}", false,
			"has no access: it expired at 2026-06-01T00:00:00Z"},
		{"absent by glob", `absent: ["arn:aws:iam::*:role/d*"]`, "{role: dev, policy: " +
			"AmazonEKSViewPolicy}", false, "has no access: it is listed under absent at f.yaml:5:10"},
		{"absent by ARN with a path", `absent: ["arn:aws:iam::111122223333:role/team/dev"]`, "{role: dev, policy: " +
			"AmazonEKSViewPolicy}", false, "it is listed under absent at f.yaml:5:10"},
		{"absent of another", `absent: ["arn:aws:iam::*:role/x*"]`, "{role: dev, policy: " +
			"AmazonEKSViewPolicy}", true, ""},
		{"absent in another account", `absent: ["arn:aws:iam::444455556666:role/*"]`, "{role: dev, policy: " +
			"AmazonEKSViewPolicy}", true, ""},
		{"permission set absent by glob", `absent: ["arn:aws:iam::*:role/aws-reserved/*/AWSReservedSSO_dev_*"]`,
			"{permissionSet: dev, policy: AmazonEKSViewPolicy}", false, "it is listed under absent at f.yaml:5:10"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			who := "role: dev"
			if strings.Contains(tt.item, "permissionSet") {
				who = "permissionSet: dev"
			}
			text := "apiVersion: eksaccess/v1\nowner: o\nclusters:\n  - arn: " +
				"arn:aws:eks:eu-west-1:111122223333:cluster/a\n" + tt.top +
				"\naccess: [" + tt.item + "]\ntests: [{" + who + ", can: [get pods -n x]}]\n"
			fleet, problems := Load([]Source{{"f.yaml", []byte(text)}})
			if problems.Failed() {
				t.Fatal(problems.text())
			}
			got := fleet.RunTests(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
			if can := got.Passed == 1 && !got.Problems.Failed(); can != tt.can ||
				!strings.Contains(got.Problems.text(), tt.want) {
				t.Errorf("%d passed\n%s", got.Passed, got.Problems.text())
			}
		})
	}
}
