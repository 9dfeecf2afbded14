package e2e

import (
	"encoding/base64"
	"encoding/pem"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// A grant that is too narrow is widened where it is, for another writer, too.
func TestRecoverWidens(t *testing.T) {
	l := begin(t, `mode: API, entries: [{principal: role/platform, policies: [AmazonEKSClusterAdminPolicy]},
		{principal: role/team/oncall, policies: [{policy: AmazonEKSClusterAdminPolicy, namespaces: [payments]}, AmazonEKSViewPolicy], groups: [devs]}]`)
	platform, oncall := l.as("AKIAPLATFORM"), l.as("AKIAONCALL")
	oncall.find(everything, "no")
	oncall.find("* * -n payments", "yes")
	oncall.find("get pods -n shop", "yes")
	platform.must(
		"recover",
		"--cluster",
		clusterName,
		"--region",
		region,
		"--principal",
		"role=oncall",
		"--no-kubeconfig",
		"--yes",
	)
	oncall.find(everything, "yes")
	oncall.find("get /metrics", "yes")
	platform.find(everything, "yes")
}

// EKS tells the cluster of a new entry some seconds later. recover says that
// somebody is in when he is.
func TestRecoverWaits(t *testing.T) {
	l := begin(t, "mode: API, entries: [{principal: role/platform, policies: [AmazonEKSClusterAdminPolicy]}]")
	oncall := l.as("AKIAONCALL")
	l.control("DELETE", "calls", "")
	l.control("POST", "faults", "{service: kubernetes, lag: 4s}")
	oncall.must("recover", "--cluster", clusterName, "--region", region, "--yes")
	_, after, made := strings.Cut(l.control("GET", "calls", ""), `"operation":"CreateAccessEntry"`)
	if !made || !regexp.MustCompile(`"operation":"TokenReview".*"errorCode":"Unauthorized"`).MatchString(after) {
		t.Error("the cluster knew the entry at once")
	}
	oncall.find(everything, "yes")
}

// What recover did is undone by the id of its run.
func TestRecoverUndone(t *testing.T) {
	l := begin(t, "mode: API, entries: [{principal: role/platform, policies: [AmazonEKSClusterAdminPolicy]}]")
	platform, oncall := l.as("AKIAPLATFORM"), l.as("AKIAONCALL")
	r := platform.must(
		"recover",
		"--cluster",
		clusterName,
		"--region",
		region,
		"--principal",
		"role=oncall",
		"--no-kubeconfig",
		"--yes",
	)
	oncall.find(everything, "yes")
	run := regexp.MustCompile(`eksaccess undo (\S+)`).FindStringSubmatch(strings.Join(strings.Fields(r.out), " "))
	if run == nil {
		t.Fatalf("no run is named: %s", r)
	}
	platform.must("undo", run[1], "--yes")
	oncall.find(everything, "Unauthorized")
	platform.find(everything, "yes")
}

// The role of a permission set has another suffix since it was assigned
// again: the entry is of a role that is no more.
func TestPermissionSet(t *testing.T) {
	l := begin(t, `mode: API, entries: [{principal: role/platform, policies: [AmazonEKSClusterAdminPolicy]},
		{principal: role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Operators_ffeeddccbbaa9988, orphan: true, policies: [AmazonEKSClusterAdminPolicy], tags: {"eksaccess:owner": platform}}]`)
	platform, operator := l.as("AKIAPLATFORM"), l.as("AKIAOPERATOR")
	operator.find(everything, "Unauthorized")
	file := platform.file("clusters.yaml", `apiVersion: eksaccess/v1
owner: platform
clusters:
  - arn: `+clusterARN+`
    admins: [{role: platform}, {permissionSet: Operators}]
`)
	if r := platform.must("apply", "-f", file, "--yes"); !strings.Contains(r.out, "1 to rekey") {
		t.Errorf("no rekey: %s", r)
	}
	operator.find(everything, "yes")
	if r := operator.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"); !strings.HasSuffix(
		r.out,
		":assumed-role/AWSReservedSSO_Operators_00112233445566aa/kim-example.com",
	) {
		t.Errorf("whoami: %s", r)
	}
	if strings.Contains(l.control("GET", "world", ""), "ffeeddccbbaa9988") {
		t.Error("the entry of the old suffix is still there")
	}
}

// otherAuthority did not sign the API server's certificate.
var otherAuthority = func() string {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	return base64.StdEncoding.EncodeToString(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}),
	)
}()

// What is wrong before anybody is asked who he is.
func TestDoctorTellsApart(t *testing.T) {
	for name, tt := range map[string]struct{ edit, want string }{
		"nobody listens":    {`endpoint: "https://127.0.0.1:1"`, "refused"},
		"another authority": {`certificateAuthority: ` + otherAuthority, "certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			l := begin(t, "mode: API, entries: [{principal: role/platform, policies: [AmazonEKSClusterAdminPolicy]}]")
			platform := l.as("AKIAPLATFORM")
			l.edit(inCluster + tt.edit + "\n")
			platform.must("kubeconfig", "--cluster", clusterName, "--region", region, "--use")
			if r := platform.kubectl("auth", "can-i", "get", "pods"); r.code == 0 ||
				!strings.Contains(r.errs, tt.want) {
				t.Errorf("kubectl: %s", r)
			}
			report, r := platform.doctor("--can", "get pods")
			failed := ""
			for _, c := range report.Checks {
				if c.Status == "fail" {
					failed += c.ID
				}
			}
			if r.code != 2 || report.Access == "in" || failed != "endpoint" || !strings.Contains(report.Why, tt.want) {
				t.Errorf("doctor: %s", r)
			}
		})
	}
}
