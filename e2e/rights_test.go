package e2e

import (
	"strings"
	"testing"
)

// Policies, as kubectl meets them. apply writes them, so that what is tested
// is what the program sends.
func TestPolicies(t *testing.T) {
	l := begin(t, "mode: API, entries: [{principal: role/platform, policies: [AmazonEKSClusterAdminPolicy]}]")
	platform := l.as("AKIAPLATFORM")
	viewer, payments, devs, alice := l.as("AKIAVIEWER"), l.as("AKIAPAYMENTS"), l.as("AKIADEVS"), l.as("AKIAALICE")
	file := platform.file("clusters.yaml", `apiVersion: eksaccess/v1
owner: platform
clusters:
  - arn: `+clusterARN+`
    admins: [{role: platform}]
    access:
      - {role: viewer, policy: AmazonEKSViewPolicy}
      - {role: payments, policy: AmazonEKSEditPolicy, namespaces: [payments, "payments-*"]}
      - {role: devs, groups: [devs], username: "devs:{{SessionName}}"}
      - {user: alice, policy: AmazonEKSAdminViewPolicy}
`)
	platform.must("apply", "-f", file, "--yes")
	principals := map[string]string{"AKIAVIEWER": "role=viewer", "AKIAPAYMENTS": "role=payments",
		"AKIADEVS": "role=devs", "AKIAALICE": "user=alice"}
	for _, tt := range []struct {
		who            person
		question, want string
	}{
		{platform, everything, "yes"},
		{platform, "get /metrics", "yes"},
		{viewer, everything, "no"},
		{viewer, "get pods --all-namespaces", "yes"},
		{viewer, "get secrets -n payments", "no"},
		{viewer, "delete pods -n payments", "no"},
		{payments, everything, "no"},
		{payments, "delete pods -n payments", "yes"},
		{payments, "delete pods -n payments-eu", "yes"},
		{payments, "get secrets -n payments", "yes"},
		{payments, "get pods -n shop", "no"},
		{payments, "get pods --all-namespaces", "no"},
		{devs, "delete pods -n shop", "yes"}, // by a binding of its group
		{devs, "delete pods -n payments", "no"},
		{alice, "get secrets --all-namespaces", "yes"},
		{alice, everything, "no"},
	} {
		tt.who.find(tt.question, tt.want)
		switch tt.who {
		case platform: // asks the cluster of itself
		case devs: // whose group has a binding, and only the cluster judges by these
			platform.derives(principals[tt.who.key], tt.question, "unknown")
		default:
			platform.derives(principals[tt.who.key], tt.question, tt.want)
		}
	}
	// Not only what they may, but what they do.
	if r := viewer.kubectl("get", "secrets", "-n", "payments"); r.code == 0 ||
		!strings.Contains(r.errs, `cannot list resource "secrets"`) {
		t.Errorf("a viewer and secrets: %s", r)
	}
	if r := payments.kubectl("get", "secret", "card-key", "-n", "payments", "-o", "name"); strings.TrimSpace(
		r.out,
	) != "secret/card-key" {
		t.Errorf("an editor and secrets: %s", r)
	}
	if r := devs.kubectl("create", "configmap", "x", "-n", "shop"); r.code != 0 {
		t.Errorf("devs in shop: %s", r)
	}
	if r := devs.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username} "+
		"{.status.userInfo.groups}"); r.out != `devs:jo ["devs","system:authenticated"]` {
		t.Errorf("devs are: %s", r)
	}
	// Policies have no effect under impersonation; bindings do.
	if r := platform.kubectl("auth", "can-i", "get", "pods",
		"--as=arn:aws:sts::111122223333:assumed-role/viewer/session"); strings.TrimSpace(
		r.out,
	) != "no" {
		t.Errorf("as the viewer: %s", r)
	}
	if r := platform.kubectl("auth", "can-i", "delete", "pods", "-n", "shop", "--as=x",
		"--as-group=devs"); strings.TrimSpace(
		r.out,
	) != "yes" {
		t.Errorf("as one of devs: %s", r)
	}
	// A scope changed in place.
	platform.file("clusters.yaml", `apiVersion: eksaccess/v1
owner: platform
clusters:
  - arn: `+clusterARN+`
    admins: [{role: platform}]
    access: [{role: payments, policy: AmazonEKSEditPolicy, namespaces: [shop]}]
`)
	platform.must("apply", "-f", file, "--yes", "--max-removals=9")
	payments.find("delete pods -n shop", "yes")
	payments.find("delete pods -n payments", "no")
	viewer.find("get pods", "Unauthorized")
}

// aws-auth rules where there is no entry, an entry hides a row, and in mode
// API there are no rows.
func TestAWSAuth(t *testing.T) {
	l := begin(
		t,
		"mode: API_AND_CONFIG_MAP, entries: [{principal: role/platform, policies: [AmazonEKSClusterAdminPolicy]}]",
	)
	l.putAWSAuth(`- {rolearn: "arn:aws:iam::111122223333:role/mapped", username: mapped, groups: [system:masters]}
- {rolearn: "arn:aws:iam::111122223333:role/payments", username: "payments:{{SessionName}}", groups: [devs]}
`)
	platform, mapped, payments := l.as("AKIAPLATFORM"), l.as("AKIAMAPPED"), l.as("AKIAPAYMENTS")
	mapped.find(everything, "yes")
	payments.find("delete pods -n shop", "yes") // the row has the ARN without its path
	payments.find("delete pods -n payments", "no")

	file := platform.file("clusters.yaml", `apiVersion: eksaccess/v1
owner: platform
clusters:
  - arn: `+clusterARN+`
    admins: [{role: platform}]
    access: [{role: mapped, policy: AmazonEKSViewPolicy}]
`)
	// The entry would hide a row that gives more, so it is not created unasked.
	if r := platform.eksaccess("apply", "-f", file, "--yes"); r.code != 3 || !strings.Contains(r.out, "awsAuthHidden") {
		t.Errorf("an entry that hides cluster admin: %s", r)
	}
	mapped.find(everything, "yes")
	platform.must("apply", "-f", file, "--yes", "--allow-aws-auth-hidden")
	mapped.find("get pods", "yes")
	mapped.find(everything, "no") // the entry hides the row

	// The guard reads the rows from the real API server, and sees that one has
	// no entry.
	platform.file("clusters.yaml", `apiVersion: eksaccess/v1
owner: platform
clusters:
  - arn: `+clusterARN+`
    authenticationMode: API
    admins: [{role: platform}]
    access: [{role: mapped, policy: AmazonEKSViewPolicy}]
`)
	if r := platform.eksaccess("apply", "-f", file, "--yes", "--kube"); r.code != 3 ||
		!strings.Contains(strings.Join(strings.Fields(r.out+r.errs), " "), `role payments`) {
		t.Errorf("the step to API with a row that has no entry: %s", r)
	}
	payments.find("delete pods -n shop", "yes")
	platform.must("apply", "-f", file, "--yes", "--allow-api-only")
	payments.find("delete pods -n shop", "Unauthorized")
	mapped.find("get pods", "yes")
}
