package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// everything is the question of the article.
const everything = "* * --all-namespaces"

// TestArticle goes through "How can I use the Amazon EKS access entry API to
// recover access to an EKS cluster?" from beginning to end: nobody gets in,
// one command, and kubectl auth can-i says yes.
func TestArticle(t *testing.T) {
	l := begin(t, "mode: CONFIG_MAP")
	oncall := l.as("AKIAONCALL")
	oncall.find(everything, "Unauthorized")
	if r := oncall.kubectl("get", "namespaces"); r.code == 0 ||
		!strings.Contains(r.errs, "You must be logged in to the server") {
		t.Errorf("before: %s", r)
	}
	world := l.control("GET", "world", "")
	oncall.must("recover", "--cluster", clusterName, "--region", region, "--drill", "--yes")
	if l.control("GET", "world", "") != world {
		t.Error("a drill changed something")
	}
	r := oncall.must("recover", "--cluster", clusterName, "--region", region, "--reason", "INC-4711", "--yes")
	oncall.find(everything, "yes")
	world = l.control("GET", "world", "")
	for _, want := range []string{"mode: API_AND_CONFIG_MAP", "principal: " +
		"arn:aws:iam::111122223333:role/team/oncall", "eksaccess:owner: break-glass", "eksaccess:reason: INC-4711"} {
		if !strings.Contains(world, want) {
			t.Errorf("after recover the world lacks %q; it said %s", want, r)
		}
	}
	if r := oncall.kubectl("auth", "whoami", "-o",
		"jsonpath={.status.userInfo.username}"); r.out != "arn:aws:sts::111122223333:assumed-role/oncall/me-example.com" {
		t.Errorf("whoami: %s", r)
	}
	// An administrator of whom the cluster believes it.
	if r := oncall.kubectl("create", "namespace", "recovered"); r.code != 0 {
		t.Errorf("creating a namespace: %s", r)
	}
	if r := oncall.kubectl("delete", "namespace", "recovered", "--wait=false"); r.code != 0 {
		t.Errorf("deleting it: %s", r)
	}
	// Nobody else got in by it.
	l.as("AKIAVIEWER").find("get pods", "Unauthorized")
	// And a second run finds nothing to do.
	before := l.control("GET", "world", "")
	oncall.must("recover", "--cluster", clusterName, "--region", region, "--yes")
	oncall.find(everything, "yes")
	if strings.Count(before, "principal: ") != strings.Count(l.control("GET", "world", ""), "principal: ") {
		t.Error("a second run made another entry")
	}
}

// The same emergency by file.
func TestArticleByFile(t *testing.T) {
	l := begin(t, "mode: CONFIG_MAP")
	oncall := l.as("AKIAONCALL")
	if got := oncall.canI(everything); got != "Unauthorized" {
		t.Errorf("before: %s", got)
	}
	file := oncall.file("breakglass.yaml", `apiVersion: eksaccess/v1
owner: break-glass
clusters:
  - arn: `+clusterARN+`
    authenticationMode: API_AND_CONFIG_MAP
    admins: [{role: oncall, reason: INC-4711, expires: `+time.Now().UTC().Add(time.Hour).Format(time.RFC3339)+`}]
`)
	oncall.must("apply", "-f", file, "--add-only", "--yes")
	oncall.find(everything, "yes")
}

// An entry with an end: EKS does not keep it, cleanup does.
func TestExpiry(t *testing.T) {
	var platform, oncall person
	var ends time.Time
	for in := 5 * time.Second; !time.Now().Before(ends); in *= 2 { // a slow machine needs longer to get there
		l := begin(t, "mode: API, entries: [{principal: role/platform, policies: [AmazonEKSClusterAdminPolicy]}]")
		platform, oncall = l.as("AKIAPLATFORM"), l.as("AKIAONCALL")
		ends = time.Now().UTC().Add(in + time.Second).Truncate(time.Second)
		file := platform.file("breakglass.yaml", fmt.Sprintf(`apiVersion: eksaccess/v1
owner: break-glass
clusters:
  - arn: %s
    admins: [{role: oncall, expires: %s}]
`, clusterARN, ends.Format(time.RFC3339)))
		for _, args := range [][]string{{"apply", "-f", file, "--add-only", "--yes"},
			{"cleanup", "--expired", "--cluster", clusterName, "--region", region, "--yes"}} {
			if r := platform.eksaccess(args...); r.code != 0 && time.Now().Before(ends) {
				t.Fatalf("%s before the end: %s", args[0], r)
			}
		}
	}
	time.Sleep(time.Until(ends) + 100*time.Millisecond)
	if got := oncall.canI(everything); got != "yes" {
		t.Errorf("past the end, which EKS knows nothing of: %s", got)
	}
	platform.must("cleanup", "--expired", "--cluster", clusterName, "--region", region, "--yes")
	oncall.find(everything, "Unauthorized")
	platform.find(everything, "yes")
}

// A principal that was deleted and recreated: the entry looks right, and
// every call is 401.
func TestStalePrincipal(t *testing.T) {
	const cluster = `mode: API, entries: [{principal: role/platform, policies: [AmazonEKSClusterAdminPolicy]},
		{principal: role/remade, policies: [AmazonEKSViewPolicy, {policy: AmazonEKSEditPolicy, namespaces: [shop]}], groups: [devs]}]`
	for name, mend := range map[string]func(*testing.T, *lab, person){
		"apply": func(t *testing.T, l *lab, _ person) {
			platform := l.as("AKIAPLATFORM")
			file := platform.file("clusters.yaml", `apiVersion: eksaccess/v1
clusters:
  - arn: `+clusterARN+`
    access: [{role: remade, policies: [AmazonEKSViewPolicy, {policy: AmazonEKSEditPolicy, namespaces: [shop]}], groups: [devs]}]
`)
			if r := platform.eksaccess("plan", "-f", file, "--detailed-exitcode"); r.code != 2 ||
				!strings.Contains(r.out, "1 to recreate") {
				t.Errorf("the plan sees nothing: %s", r)
			}
			platform.must("apply", "-f", file, "--yes")
		},
		"recover": func(t *testing.T, _ *lab, remade person) {
			remade.must("recover", "--cluster", clusterName, "--region", region, "--policy", "AmazonEKSViewPolicy",
				"--yes")
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := begin(t, cluster)
			before := l.as("AKIAREMADE")
			if got := before.canI("get pods -n payments"); got != "yes" {
				t.Errorf("at first: %s", got)
			}
			l.edit("recreatePrincipal: arn:aws:iam::111122223333:role/remade\n")
			l.edit(`credential: {accessKeyId: AKIAAGAIN, principal: "arn:aws:iam::111122223333:role/remade"}` + "\n")
			remade := l.as("AKIAAGAIN")
			remade.find("get pods -n payments", "Unauthorized")
			mend(t, l, remade)
			remade.find("get pods -n payments", "yes")
			remade.find("delete pods -n shop", "yes") // with everything it had
			remade.find("delete pods -n payments", "no")
			remade.find(everything, "no")
		})
	}
}
