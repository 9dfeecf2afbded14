package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// A world, and a file for it, in which every permission of apply is needed.
const (
	policyWorld = `
settings: {updatePolls: 1}
accounts:
  - id: "111122223333"
    roles: [eksaccess, ci, ops, nodes, retired, reader, aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef]
    users: [alice]
credentials:
  - {accessKeyId: AKIACI, principal: role/ci, session: build}
clusters:
  - name: prod
    account: "111122223333"
    identityProviders: [{name: okta, issuer: https://okta.example.com, clientId: kubernetes}]
    entries:
      - {principal: role/eksaccess, policies: [AmazonEKSClusterAdminPolicy], tags: {"eksaccess:owner": platform, "eksaccess:reason": once}}
      - {principal: user/alice, groups: [old], policies: [AmazonEKSEditPolicy], tags: {"eksaccess:owner": platform}}
      - {principal: role/retired, tags: {"eksaccess:owner": platform}}
  - name: old
    account: "111122223333"
    mode: CONFIG_MAP
    creator: role/eksaccess
`
	policyFile = `
apiVersion: eksaccess/v1
owner: platform
defaults: {assumeRole: "arn:aws:iam::111122223333:role/eksaccess"}
admins: [{role: eksaccess}]
clusters:
  - arn: arn:aws:eks:eu-west-1:111122223333:cluster/prod
    access:
      - {permissionSet: Dev, policy: AmazonEKSViewPolicy}
      - {user: alice, groups: [new]}
      - {role: reader, policy: AmazonEKSViewPolicy, namespaces: [shop]}
      - {role: nodes, type: EC2_LINUX}
  - arn: arn:aws:eks:eu-west-1:111122223333:cluster/old
    authenticationMode: API_AND_CONFIG_MAP
`
)

// permissions runs commands of a lab under IAM policies.
type permissions struct {
	*lab
	t *testing.T
}

func (p permissions) login(key string) {
	for _, kv := range p.sim.Env(key) {
		name, value, _ := strings.Cut(kv, "=")
		p.t.Setenv(name, value)
	}
}

func (p permissions) printed(args ...string) ekssim.PolicyDocument {
	p.t.Helper()
	end := p.plainly(append([]string{"iam-policy", "-f", p.file}, args...)...)
	var d ekssim.PolicyDocument
	if err := json.Unmarshal([]byte(end.stdout), &d); err != nil || end.code != 0 {
		p.t.Fatalf("exit code %d, %v: %s%s", end.code, err, end.stdout, end.stderr)
	}
	return d
}

// under runs a command in a fresh world whose roles have this policy alone.
func (p permissions) under(d ekssim.PolicyDocument, args ...string) ending {
	p.load(p.t, policyWorld, policyFile, func(w *ekssim.World) {
		for i := range w.Accounts[0].Roles {
			if slices.Contains([]string{"eksaccess", "ci"}, w.Accounts[0].Roles[i].Name) {
				w.Accounts[0].Roles[i].Policies = []ekssim.PolicyDocument{d}
			}
		}
	})
	return p.plainly(args...)
}

// without is a policy less one action.
func without(d ekssim.PolicyDocument, action string) ekssim.PolicyDocument {
	var out ekssim.PolicyDocument
	for _, s := range d.Statement {
		if s.Action = slices.DeleteFunc(slices.Clone(s.Action), func(a string) bool { return a == action }); len(
			s.Action,
		) > 0 {
			out.Statement = append(out.Statement, s)
		}
	}
	return out
}

func actionsOf(d ekssim.PolicyDocument) []string {
	var actions []string
	for _, s := range d.Statement {
		actions = append(actions, s.Action...)
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// The policy that is printed for a command is enough for it, and none of its
// actions can be missing: the command then fails and names it.
func TestPolicyIsEnoughAndNoMore(t *testing.T) {
	l := newLab(t)
	p := permissions{l, t}
	p.login("AKIACI")
	for _, tt := range []struct {
		purpose string
		args    []string
	}{
		{"plan", []string{"plan", "-f", l.file}},
		{"audit", []string{"audit", "-f", l.file, "-o", "json"}},
		{"apply", []string{"apply", "-f", l.file, "--yes", "--no-journal", "--max-removals=100%"}},
	} {
		t.Run(tt.purpose, func(t *testing.T) {
			p := permissions{l, t}
			p.under(ekssim.PolicyDocument{}, "version") // the file is there
			d := p.printed("--for", tt.purpose)
			if end := p.under(d, tt.args...); end.code != 0 {
				t.Fatalf("the policy is not enough, exit code %d:\n%s%s", end.code, end.stdout, end.stderr)
			}
			for _, action := range actionsOf(d) {
				end := p.under(without(d, action), tt.args...)
				// An audit goes on without, and says what it could not check.
				if end.code == 0 && tt.purpose != "audit" || !strings.Contains(end.stdout+end.stderr, action) {
					t.Errorf("without %s, exit code %d:\n%s%s", action, end.code, end.stdout, end.stderr)
				}
			}
		})
	}
	// What plan may, it may not write.
	p.under(ekssim.PolicyDocument{}, "version")
	d := p.printed("--for", "plan")
	if end := p.under(d, "apply", "-f", l.file, "--yes", "--no-journal", "--max-removals=100%"); end.code == 0 ||
		len(l.sim.Calls(ekssim.CallFilter{Mutating: true})) == 0 {
		t.Errorf("apply with the policy of plan: exit code %d", end.code)
	}
	for _, c := range l.sim.Calls(ekssim.CallFilter{Mutating: true}) {
		if c.ErrorCode == "" {
			t.Errorf("%s was done with the policy of plan", c.Operation)
		}
	}
}

// Conditions narrow what apply may do to what the file declares.
func TestPolicyOfApplyIsNarrow(t *testing.T) {
	l := newLab(t)
	p := permissions{l, t}
	p.login("AKIACI")
	p.under(ekssim.PolicyDocument{}, "version")
	d := p.printed("--for", "apply")
	for name, change := range map[string]func(string) string{
		"another policy": func(f string) string {
			return strings.Replace(f, "AmazonEKSViewPolicy", "AmazonEKSAdminPolicy", 1)
		},
		"another principal": func(f string) string {
			return strings.Replace(f, "{role: nodes, type: "+
				"EC2_LINUX}", "{role: ops}", 1)
		},
		"another type": func(f string) string { return strings.Replace(f, "type: EC2_LINUX", "type: EC2_WINDOWS", 1) },
		"a node as person": func(f string) string {
			return strings.Replace(f, "{role: nodes, type: EC2_LINUX}",
				"{role: nodes}", 1)
		},
		"the policy of another": func(f string) string {
			return strings.Replace(f, "policy: AmazonEKSViewPolicy, namespaces: [shop]",
				"policy: AmazonEKSClusterAdminPolicy", 1)
		},
		"the scope of another": func(f string) string { return strings.Replace(f, ", namespaces: [shop]", "", 1) },
		"another namespace":    func(f string) string { return strings.Replace(f, "[shop]", "[kube-system]", 1) },
		"one more namespace":   func(f string) string { return strings.Replace(f, "[shop]", "[shop, kube-system]", 1) },
		"a namespace pattern":  func(f string) string { return strings.Replace(f, "[shop]", "[\"shop*\"]", 1) },
		"another mode": func(f string) string {
			return strings.Replace(f, "authenticationMode: API_AND_CONFIG_MAP", "authenticationMode: API", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := permissions{l, t}
			p.load(t, policyWorld, change(policyFile), func(w *ekssim.World) {
				for i := range w.Accounts[0].Roles {
					w.Accounts[0].Roles[i].Policies = []ekssim.PolicyDocument{d}
				}
			})
			end := p.plainly("apply", "-f", l.file, "--yes", "--no-journal", "--max-removals=100%", "--allow-api-only")
			if end.code == 0 ||
				!strings.Contains(end.stdout, "AccessDeniedException") {
				t.Errorf("exit code %d:\n%s%s", end.code, end.stdout, end.stderr)
			}
		})
	}
}

// The policy of apply is enough for cleanup, and with the file as it was before
// also for a change of namespaces and for undo.
func TestPolicyOfApplyCoversUndoAndCleanup(t *testing.T) {
	const world = `
accounts:
  - {id: "111122223333", roles: [eksaccess, reader, new, oncall]}
credentials: [{accessKeyId: AKIACI, principal: role/eksaccess, session: build}]
clusters:
  - name: prod
    account: "111122223333"
    mode: API
    entries:
      - {principal: role/eksaccess, policies: [AmazonEKSClusterAdminPolicy], tags: {"eksaccess:owner": platform}}
      - {principal: role/reader, policies: [{policy: AmazonEKSViewPolicy, namespaces: [old]}], tags: {"eksaccess:owner": platform}}
      - {principal: role/oncall, policies: [AmazonEKSClusterAdminPolicy], tags: {"eksaccess:owner": break-glass, "eksaccess:expires": "2026-01-01T00:00:00Z"}}
`
	file := func(namespace, more string) string {
		return `
apiVersion: eksaccess/v1
owner: platform
clusters:
  - arn: arn:aws:eks:eu-west-1:111122223333:cluster/prod
    admins: [arn:aws:iam::111122223333:role/eksaccess]
    access:
      - {principal: arn:aws:iam::111122223333:role/reader, policy: AmazonEKSViewPolicy, namespaces: [` + namespace + `]}
` + more
	}
	const added = `      - {principal: arn:aws:iam::111122223333:role/new, policy: AmazonEKSEditPolicy, namespaces: [shop]}
`
	l := newLab(t)
	p := permissions{l, t}
	p.login("AKIACI")
	before, journal := l.file+".before", l.file+".jsonl"
	if err := os.WriteFile(before, []byte(file("old", "")), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(d ekssim.PolicyDocument) ending {
		l.load(t, world, file("shop", added), func(w *ekssim.World) {
			w.Credentials[0].Policies = []ekssim.PolicyDocument{d}
		})
		return p.plainly("apply", "-f", l.file, "--yes", "--journal", journal)
	}
	if err := os.WriteFile(l.file, []byte(file("shop", added)), 0o600); err != nil {
		t.Fatal(err)
	}
	// For a moment the old namespace goes along, and the file alone does not tell it.
	if end := run(p.printed("--for", "apply")); end.code == 0 ||
		!strings.Contains(end.stdout, "eks:AssociateAccessPolicy") {
		t.Fatalf("exit code %d:\n%s%s", end.code, end.stdout, end.stderr)
	}
	if err := os.Remove(journal); err != nil {
		t.Fatal(err)
	}
	d := p.printed("--for", "apply", "--before", before)
	if end := run(d); end.code != 0 {
		t.Fatalf("the policy is not enough for apply, exit code %d:\n%s%s", end.code, end.stdout, end.stderr)
	}
	if end := p.plainly("cleanup", "--expired", "--cluster", "prod", "--region", "eu-west-1", "--yes",
		"--no-journal"); end.code != 0 || !strings.Contains(end.stdout+end.stderr, "oncall") {
		t.Errorf("the policy is not enough for cleanup, exit code %d:\n%s%s", end.code, end.stdout, end.stderr)
	}
	if end := p.plainly("undo", journal, "--yes", "--no-journal", "--max-removals=100%"); end.code != 0 {
		t.Errorf("the policy is not enough for undo, exit code %d:\n%s%s", end.code, end.stdout, end.stderr)
	}
	if err := os.WriteFile(l.file, []byte(file("old", "")), 0o600); err != nil {
		t.Fatal(err)
	}
	if end := p.plainly("plan", "-f", l.file, "--detailed-exitcode"); end.code != 0 {
		t.Errorf("undone, it is not as before: exit code %d:\n%s%s", end.code, end.stdout, end.stderr)
	}
}

// Under the service control policy, the role it names grants cluster admin and
// another one, which may do everything else, does not.
func TestServiceControlPolicy(t *testing.T) {
	l := newLab(t)
	everything := ekssim.PolicyDocument{
		Statement: []ekssim.Statement{{Effect: "Allow", Action: ekssim.Words{"*"}, Resource: ekssim.Words{"*"}}},
	}
	const file = `
apiVersion: eksaccess/v1
admins: ["arn:aws:iam::111122223333:role/ops"]
clusters: ["arn:aws:eks:eu-west-1:111122223333:cluster/prod"]
`
	for _, tt := range []struct {
		caller string
		code   int
	}{{"eksaccess", 0}, {"ci", 1}} {
		p := permissions{l, t}
		p.under(everything, "version")
		scp := p.printed("--scp")
		p.load(t, policyWorld, file, func(w *ekssim.World) {
			w.Credentials[0].Principal = "role/" + tt.caller
			w.Credentials[0].Policies = []ekssim.PolicyDocument{everything, scp}
		})
		p.login("AKIACI")
		end := p.plainly("apply", "-f", l.file, "--yes", "--no-journal")
		if end.code != tt.code {
			t.Errorf("%s: exit code %d, want %d:\n%s%s", tt.caller, end.code, tt.code, end.stdout, end.stderr)
		}
		if denied := strings.Contains(end.stdout, "explicit deny"); denied != (tt.code != 0) {
			t.Errorf("%s: %s", tt.caller, end.stdout)
		}
	}
}

// The same of recover, in the two clusters that need all of it: one in
// CONFIG_MAP, and one where the principal's entry is dead.
func TestPolicyOfRecoverIsEnoughAndNoMore(t *testing.T) {
	world := `
settings: {updatePolls: 1}
accounts:
  - id: "111122223333"
    roles: [{name: oncall, createdAt: 2026-01-01T00:00:00Z}, nodes, maker, aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef]
    users: [alice]
credentials: [{accessKeyId: AKIAONCALL, account: "111122223333", principal: role/oncall}]
clusters:
  - name: dead
    mode: API
    endpoint: https://dead.invalid
    certificateAuthority: BUNDLE
    nodeGroups: [{name: workers, role: role/nodes}]
    fargateProfiles: [{name: fp, role: role/nodes}]
    entries: [{principal: role/oncall, boundTo: AROAOLD, policies: [AmazonEKSViewPolicy]}]
  - {name: old, mode: CONFIG_MAP, creator: role/maker}
`
	l := newLab(t)
	p := permissions{l, t}
	p.login("AKIAONCALL")
	arns := []string{
		"arn:aws:eks:eu-west-1:111122223333:cluster/dead",
		"arn:aws:eks:eu-west-1:111122223333:cluster/old",
	}
	// A kubeconfig that has one of the two certificate authorities of the cluster.
	first, second := testAuthority(t), testAuthority(t)
	world = strings.Replace(world, "BUNDLE", base64.StdEncoding.EncodeToString(slices.Concat(first, second)), 1)
	kubeconfig := filepath.Join(t.TempDir(), "config")
	old := "apiVersion: v1\nkind: Config\ncontexts: [{name: old, context: {cluster: old}}]\nclusters: [{name: old, " +
		"cluster: {server: 'https://dead.invalid', certificate-authority-data: " +
		base64.StdEncoding.EncodeToString(
			first,
		) + "}}]\n"
	under := func(d ekssim.PolicyDocument) (all ending) {
		if err := os.WriteFile(kubeconfig, []byte(old), 0o600); err != nil {
			t.Fatal(err)
		}
		l.load(
			t,
			world,
			policyFile,
			func(w *ekssim.World) { w.Accounts[0].Roles[0].Policies = []ekssim.PolicyDocument{d} },
		)
		for _, more := range [][]string{
			{arns[0], "--no-kubeconfig"}, {arns[1], "--no-kubeconfig"},
			{arns[0], "--principal", "user=alice", "--no-kubeconfig"},
			{arns[0], "--principal", "permissionSet=Dev", "--no-kubeconfig"}, {arns[0], "--kubeconfig", kubeconfig}} {
			end := l.plainly(
				append([]string{"recover", "--yes", "--no-journal", "--no-verify", "--cluster"}, more...)...)
			all.code, all.stdout, all.stderr = max(all.code, end.code), all.stdout+end.stdout, all.stderr+end.stderr
		}
		return all
	}
	end := l.plainly("iam-policy", "--for", "recover", "--cluster", arns[0], "--cluster", arns[1])
	var d ekssim.PolicyDocument
	if err := json.Unmarshal([]byte(end.stdout), &d); err != nil || end.code != 0 {
		t.Fatalf("exit code %d, %v: %s%s", end.code, err, end.stdout, end.stderr)
	}
	if end := under(d); end.code != 0 || strings.Contains(end.stdout+end.stderr, "not checked") {
		t.Fatalf("the policy is not enough, exit code %d:\n%s%s", end.code, end.stdout, end.stderr)
	}
	for _, action := range actionsOf(d) {
		if end := under(without(d, action)); !strings.Contains(end.stdout+end.stderr, action) {
			t.Errorf("without %s, exit code %d:\n%s%s", action, end.code, end.stdout, end.stderr)
		}
	}
}

// testAuthority is a certificate authority in PEM.
func testAuthority(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Unix(1700000000, 0),
		NotAfter:              time.Unix(4000000000, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
