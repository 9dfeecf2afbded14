package main

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// canaryUser has a secret in every field of a kubeconfig's user that may hold
// one or lead to one.
const canaryUser = `
    token: HUSH4711
    tokenFile: /HUSH4711
    username: u
    password: HUSH4711
    client-key-data: SFVTSDQ3MTE=
    client-certificate-data: SFVTSDQ3MTE=
    client-key: /HUSH4711
    client-certificate: /HUSH4711
    as: HUSH4711
    as-user-extra: {x: [HUSH4711]}
    auth-provider: {name: oidc, config: {client-secret: HUSH4711, refresh-token: HUSH4711}}
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      interactiveMode: Never
      command: /HUSH4711/aws
      args: [eks, get-token, --cluster-name, dev, --secret, HUSH4711]
      env: [{name: SECRET, value: HUSH4711}]
    extensions: [{name: x, extension: {secret: HUSH4711}}]
`

// canaryFiles are kubeconfigs with that user: one that can be read, for the
// cluster of the test, and some that cannot.
func canaryFiles() map[string]string {
	good := `apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: "arn:aws:eks:eu-west-1:111122223333:cluster/dev", user: u}}]
clusters:
- name: arn:aws:eks:eu-west-1:111122223333:cluster/dev
  cluster: {server: "https://u:HUSH4711@old.example", certificate-authority-data: SFVTSDQ3MTE=, proxy-url: "http://u:HUSH4711@proxy.example"}
- name: eksaccess:111122223333/eu-west-1/dev
  cluster: {server: "https://u:HUSH4711@old.example", certificate-authority-data: SFVTSDQ3MTE=, proxy-url: "http://u:HUSH4711@proxy.example"}
users:
- name: u
  user:` + canaryUser
	return map[string]string{
		"readable":          good,
		"by exec only":      good[:strings.Index(good, "\n    token:")] + good[strings.Index(good, "\n    exec:"):],
		"with a token only": good[:strings.Index(good, "\n    tokenFile:")] + "\n",
		"user twice":        good + "- name: u\n  user: {token: HUSH4711}\n",
		"number for text":   good + "- name: v\n  user: {token: 4711}\n",
		"text for object":   good + "- name: v\n  user: HUSH4711\n",
		"no base64":         good + "- name: v\n  user: {client-key-data: HUSH4711!}\n",
		"no YAML":           good + "- name: v\n  user: *HUSH4711\n",
		"wrong kind":        strings.Replace(good, "kind: Config", "kind: HUSH4711", 1),
		"text":              "HUSH4711\n",
	}
}

// No command prints a part of a kubeconfig's content that may be secret, in no
// form of its output and on neither stream, whether the file can be read or not.
func TestKubeconfigCanary(t *testing.T) {
	l := newLab(t)
	l.load(t, `
accounts: [{id: "111122223333", roles: [eksaccess]}]
clusters: [{name: dev, mode: API_AND_CONFIG_MAP, entries: [{principal: role/eksaccess, policies: [AmazonEKSClusterAdminPolicy]}]}]
`, "apiVersion: eksaccess/v1\nclusters: [arn:aws:eks:eu-west-1:111122223333:cluster/dev]\n", nil)
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	cluster := []string{"--cluster", "dev", "--region", "eu-west-1"}
	var commands [][]string
	add := func(name string, flags ...string) {
		commands = append(commands, append(append([]string{name}, cluster...), flags...))
	}
	for _, form := range []string{"text", "json", "markdown"} {
		add("doctor", "-o", form)
		add("doctor", "-o", form, "--debug", "--can", "get pods -n x")
	}
	for _, form := range []string{"text", "json"} {
		add("recover", "--drill", "-o", form)
		add("recover", "--yes", "--debug", "--verify-for", "1ms", "-o", form)
		add("recover", "--yes", "--no-verify", "--keep-context", "--alias", "c", "-o", form)
		add("recover", "--yes", "--no-verify", "--exec", "aws", "-o", form)
	}
	add("recover", "--print-commands")
	add("kubeconfig", "--dry-run")
	add("kubeconfig", "--debug")
	add("kubeconfig", "--exec", "aws", "--role", "arn:aws:iam::111122223333:role/eksaccess")
	add("kubeconfig", "--alias", "c")
	add("token")
	for _, form := range []string{"text", "json", "csv", "html"} {
		add("who", "--kube", "-o", form)
	}
	for _, form := range []string{"text", "json", "sarif", "markdown"} {
		add("audit", "--kube", "-o", form)
	}
	commands = append(
		commands,
		[]string{"plan", "-f", l.file, "--kube", "-o", "json"},
		[]string{
			completeCommand,
			"eksaccess",
			"doctor",
			"--cluster",
			"",
		},
		[]string{completeCommand, "eksaccess", "kubeconfig", "--cluster", "d"},
	)

	secrets := []string{"HUSH4711", base64.StdEncoding.EncodeToString([]byte("HUSH4711")), "72 85 83 72"}
	refused := 0
	for name, text := range canaryFiles() {
		for _, command := range commands {
			for _, byFlag := range []bool{true, false} {
				takes := command[0] == "doctor" || command[0] == "recover" || command[0] == "kubeconfig"
				if byFlag && !takes {
					continue
				}
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				args := command
				t.Setenv("KUBECONFIG", file)
				if byFlag {
					t.Setenv("KUBECONFIG", "")
					args = append(append([]string{}, command...), "--kubeconfig", file)
				}
				e := l.plainly(args...)
				for _, secret := range secrets {
					for stream, printed := range map[string]string{"standard output": e.stdout, "standard " +
						"error": e.stderr} {
						if i := strings.Index(printed, secret); i >= 0 {
							t.Errorf(
								"%s: %v prints on %s: …%s…",
								name,
								args,
								stream,
								printed[max(0, i-80):min(len(printed), i+40)],
							)
						}
					}
				}
				if strings.Contains(e.stdout+e.stderr, "reading kubeconfig: ") {
					refused++
				}
			}
		}
	}
	if refused < 7*20 {
		t.Errorf("only %d runs told that the kubeconfig cannot be read", refused)
	}
}
