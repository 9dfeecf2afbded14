package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A lab is a simulated AWS at the beginning of a test, and the people in it.
type lab struct {
	t       *testing.T
	changed bool // since the last token that may be remembered was made
}

// cast are the people of every lab: access keys, and what they belong to.
const cast = `
accounts:
  - id: "111122223333"
    roles:
      - platform
      - team/oncall
      - viewer
      - team/payments
      - devs
      - remade
      - mapped
      - left
      - aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Operators_00112233445566aa
    users: [alice]
credentials:
  - {accessKeyId: AKIAPLATFORM, principal: role/platform, session: pipeline}
  - {accessKeyId: AKIAONCALL, principal: role/team/oncall, session: me@example.com}
  - {accessKeyId: AKIAVIEWER, principal: role/viewer}
  - {accessKeyId: AKIAPAYMENTS, principal: role/team/payments, session: jo}
  - {accessKeyId: AKIADEVS, principal: role/devs, session: jo}
  - {accessKeyId: AKIAREMADE, principal: role/remade}
  - {accessKeyId: AKIAMAPPED, principal: role/mapped}
  - {accessKeyId: AKIAALICE, principal: user/alice}
  - {accessKeyId: AKIAOPERATOR, session: kim@example.com,
     principal: role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Operators_00112233445566aa}
clusters:
  - {name: prod, region: eu-west-1, creator: role/left, endpoint: %q, certificateAuthority: %q, %s}
`

// begin makes the world again. cluster is what there is to say of the cluster,
// in YAML between braces.
func begin(t *testing.T, cluster string) *lab {
	t.Helper()
	l := &lab{t: t}
	l.control("PUT", "world", fmt.Sprintf(cast, run.endpoint, base64.StdEncoding.EncodeToString(run.ca), cluster))
	return l
}

// edit changes the world behind the API's back.
func (l *lab) edit(yaml string) {
	l.t.Helper()
	l.control("POST", "edit", yaml)
}

// inCluster is what edits of the cluster begin with.
const inCluster = `cluster: {account: "111122223333", region: eu-west-1, name: prod}` + "\n"

func (l *lab) control(method, path, body string) string {
	l.t.Helper()
	l.changed = true
	req, err := http.NewRequest(method, run.sim+"/_sim/"+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		l.t.Fatalf("%s %s: %s %v %s", method, path, res.Status, err, out)
	}
	return string(out)
}

// settle waits for the next second. An API server remembers for ten whose a
// token is, and two of one second are the same token.
func (l *lab) settle() {
	if l.changed {
		now := time.Now()
		time.Sleep(now.Truncate(time.Second).Add(time.Second + 10*time.Millisecond).Sub(now))
		l.changed = false
	}
}

// A person has an access key, a home, and a kubeconfig in it.
type person struct {
	*lab
	key, home string
}

// as is somebody whose kubeconfig the program has written.
func (l *lab) as(key string) person {
	l.t.Helper()
	p := person{l, key, l.t.TempDir()}
	p.must("kubeconfig", "--cluster", clusterName, "--region", region, "--use")
	return p
}

// A result is what a program said and how it ended.
type result struct {
	out, errs string
	code      int
}

func (r result) String() string {
	return fmt.Sprintf("exit code %d\nstdout:\n%s\nstderr:\n%s", r.code, r.out, r.errs)
}

func (p person) exec(program string, args ...string) result {
	p.t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = p.home
	cmd.Env = []string{
		"PATH=" + bins.bin + string(filepath.ListSeparator) + os.Getenv("PATH"),
		"HOME=" + p.home,
		"COLUMNS=120",
		"NO_COLOR=1",
		"KUBECONFIG=" + filepath.Join(
			p.home,
			"config",
		),
		"KUBECACHEDIR=" + filepath.Join(p.home, "cache"),
		"XDG_STATE_HOME=" + p.home,
		"AWS_ENDPOINT_URL=" + run.sim,
		"AWS_ACCESS_KEY_ID=" + p.key,
		"AWS_SECRET_ACCESS_KEY=simulated",
		"AWS_REGION=" + region,
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

func (p person) eksaccess(args ...string) result {
	p.t.Helper()
	p.changed = true
	return p.exec(filepath.Join(bins.bin, "eksaccess"), args...)
}

// must is a run of the program that has to end well.
func (p person) must(args ...string) result {
	p.t.Helper()
	r := p.eksaccess(args...)
	if r.code != 0 {
		p.t.Fatalf("eksaccess %s: %s", strings.Join(args, " "), r)
	}
	return r
}

func (p person) kubectl(args ...string) result {
	p.t.Helper()
	p.settle()
	return p.exec(bins.kubectl, args...)
}

// canI is what kubectl auth can-i answers: yes, no, Unauthorized, or whatever
// else it says.
func (p person) canI(question string) string {
	p.t.Helper()
	r := p.kubectl(append([]string{"auth", "can-i"}, strings.Fields(question)...)...)
	switch answer := strings.TrimSpace(r.out); {
	case answer == "yes" && r.code == 0, answer == "no" && r.code == 1:
		return answer
	case answer == "" && r.code == 1 && strings.Contains(r.errs, "error: You must be logged in to the server "+
		"(Unauthorized)"):
		return "Unauthorized"
	}
	return r.String()
}

// find asks kubectl, and the program whether it sees it the same way.
func (p person) find(question, want string) {
	p.t.Helper()
	if got := p.canI(question); got != want {
		p.t.Errorf("%s: kubectl auth can-i %s: %s, want %s", p.key, question, got, want)
	}
	access, verdict, code := "in", want, 2
	switch want {
	case "yes":
		code = 0
	case "Unauthorized":
		access, verdict = "out", "no"
	}
	report, r := p.doctor("--can", question)
	if r.code != code || report.Access != access || len(report.Answers) != 1 || report.Answers[0].Verdict != verdict ||
		report.Answers[0].How != "asked" {
		p.t.Errorf("%s: doctor --can %q, where kubectl says %s: %s", p.key, question, want, r)
	}
	// What keeps the groups of a row of aws-auth is an edit of a file, and no command.
	advised := report.Next.Command != "" || strings.HasPrefix(report.Next.What, "declare ")
	if advised == (want == "yes") {
		p.t.Errorf("%s: kubectl auth can-i %s: %s, and the next step is %q, %q", p.key, question, want,
			report.Next.What, report.Next.Command)
	}
}

// derives asks the program what another writer may, which it can't ask the
// cluster.
func (p person) derives(principal, question, verdict string) {
	p.t.Helper()
	report, r := p.doctor("--principal", principal, "--can", question)
	if len(report.Answers) != 1 || report.Answers[0].Verdict != verdict || report.Answers[0].How != "derived" {
		p.t.Errorf("doctor --principal %s --can %q, which is %s: %s", principal, question, verdict, r)
	}
}

// A report is what of doctor's is looked at.
type report struct {
	Access  string
	Why     string
	Checks  []struct{ ID, Status string }
	Answers []struct{ Question, Verdict, How string }
	Next    struct{ What, Command string }
}

func (p person) doctor(args ...string) (report, result) {
	p.t.Helper()
	r := p.eksaccess(append([]string{"doctor", "--cluster", clusterName, "--region", region, "-o", "json"}, args...)...)
	var out report
	if err := json.Unmarshal([]byte(r.out), &out); err != nil {
		p.t.Errorf("doctor %v: %v: %s", args, err, r)
	}
	return out, r
}

// file puts one in the person's home.
func (p person) file(name, text string) string {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.home, name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return name
}

// asMaster does something in Kubernetes that is no part of what is tested.
func asMaster(input string, args ...string) error {
	dir, err := os.MkdirTemp("", "eksaccess-e2e-master-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	config, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": "x",
		"contexts": []any{map[string]any{"name": "x", "context": map[string]string{"cluster": "x", "user": "x"}}},
		"clusters": []any{
			map[string]any{
				"name":    "x",
				"cluster": map[string]any{"server": run.endpoint, "certificate-authority-data": run.ca},
			},
		},
		"users": []any{map[string]any{"name": "x", "user": map[string]string{"token": run.master}}},
	})
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return err
	}
	cmd := exec.Command(bins.kubectl, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+file, "KUBECACHEDIR="+filepath.Join(dir, "cache"))
	cmd.Stdin = strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// furniture is what all tests find in Kubernetes.
const furniture = `
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Namespace, metadata: {name: payments}}
  - {apiVersion: v1, kind: Namespace, metadata: {name: payments-eu}}
  - {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
  - {apiVersion: v1, kind: Secret, metadata: {name: card-key, namespace: payments}}
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole # edit itself is filled by a controller, and none runs here
    metadata: {name: dev}
    rules: [{apiGroups: [""], resources: [pods, configmaps], verbs: ["*"]}]
  - apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: {name: devs, namespace: shop}
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: dev}
    subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: devs}]
`

// putAWSAuth makes the ConfigMap what the world says it is, or takes it away.
func (l *lab) putAWSAuth(mapRoles string) {
	l.t.Helper()
	err := asMaster("", "delete", "configmap", "aws-auth", "-n", "kube-system", "--ignore-not-found")
	if err == nil && mapRoles != "" {
		err = asMaster("", "create", "configmap", "aws-auth", "-n", "kube-system", "--from-literal=mapRoles="+mapRoles)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	auth, err := json.Marshal(map[string]string{"mapRoles": mapRoles})
	if err != nil {
		l.t.Fatal(err)
	}
	if mapRoles == "" {
		auth = nil
	}
	l.edit(inCluster + fmt.Sprintf("awsAuth: %q\n", auth))
	l.t.Cleanup(
		func() { _ = asMaster("", "delete", "configmap", "aws-auth", "-n", "kube-system", "--ignore-not-found") },
	)
}
