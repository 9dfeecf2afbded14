package kube

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// Each way that a user of a kubeconfig may get tokens, and what can be told of
// it.
func TestLogins(t *testing.T) {
	id := arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "dev"}
	exec := func(command, args, env string) string {
		return "exec: {apiVersion: client.authentication.k8s.io/v1beta1, interactiveMode: Never, command: " + command +
			", args: [" + args + "], env: [" + env + "]}"
	}
	for _, tt := range []struct {
		name, user string
		want       Login
	}{
		{"the aws command", exec("aws", "--region, eu-west-1, eks, get-token, --cluster-name, dev, --output, json, "+
			"--role, "+role, "{name: AWS_PROFILE, value: ops}"),
			Login{Program: "aws", Cluster: "dev", Region: "eu-west-1", Role: role, Profile: "ops", ByEnv: true}},
		{"its options otherwise", exec("/usr/local/bin/aws", "eks, get-token, --cluster-name=dev, "+
			"--role-arn="+role+", --profile, ops", ""),
			Login{Program: "aws", Cluster: "dev", Role: role, Profile: "ops"}},
		{"an option above the environment", exec("aws", "eks, get-token, --cluster-name, dev, --profile, a",
			"{name: AWS_PROFILE, value: b}"),
			Login{Program: "aws", Cluster: "dev", Profile: "a"}},
		{"on Windows", exec(`'C:\Program Files\aws.exe'`, "eks, get-token, --cluster-name, dev", ""),
			Login{Program: "aws", Cluster: "dev"}},
		{"this program", exec("eksaccess", "token, --cluster, "+id.ARN()+", --role, "+role+", --profile, ops", ""),
			Login{Program: "eksaccess", Cluster: "dev", Region: "eu-west-1", Role: role, Profile: "ops"}},
		{"this program as a plugin of kubectl", exec("kubectl-eksaccess", "token, --cluster, "+id.ARN(), ""),
			Login{Program: "kubectl-eksaccess", Cluster: "dev", Region: "eu-west-1"}},
		{"by place", exec("eksaccess", "token, --cluster, 111122223333/eu-west-1/dev", ""),
			Login{Program: "eksaccess", Cluster: "dev", Region: "eu-west-1"}},
		{"by id", exec("eksaccess", "token, --cluster, "+id.ARN()+", --cluster-id, 0a1b", ""),
			Login{Program: "eksaccess", Cluster: "0a1b", Region: "eu-west-1"}},
		{"by file", exec("eksaccess", "token, -f, c.yaml, --cluster, dev", ""),
			Login{Program: "eksaccess", Cluster: "dev", Unreadable: "a file configures its credentials"}},
		{"the authenticator", exec("aws-iam-authenticator", "token, -i, dev, -r, "+role, ""),
			Login{Program: "aws-iam-authenticator", Cluster: "dev", Role: role}},
		{"keys of its own", exec("aws", "eks, get-token, --cluster-name, dev", "{name: AWS_ACCESS_KEY_ID, value: "+
			"AKIA}"),
			Login{Program: "aws", Cluster: "dev", Unreadable: "the kubeconfig sets AWS_ACCESS_KEY_ID for it"}},
		{"another program", exec("gke", "x", ""), Login{Program: "gke",
			Unreadable: "an unknown program creates its tokens"}},
		{"aws for something else", exec("aws", "s3, ls", ""), Login{Program: "aws",
			Unreadable: "an unknown program creates its tokens"}},
		{"a token", "token: theirs", Login{Unreadable: "the user has a token of its own"}},
		{"a certificate", "client-certificate-data: Zm9v", Login{Unreadable: "the user has a certificate of its own"}},
		{"as another", "{as: bob, token: theirs}", Login{
			Unreadable: "the user is impersonated, so access policies do not apply"}},
		{"a secret where none belongs", exec("aws", "eks, get-token, --cluster-name, dev, --token, "+
			"hush", "{name: TOKEN, value: hush}"),
			Login{Program: "aws", Cluster: "dev"}},
		{"nothing", "{}", Login{Unreadable: "the user has no exec plugin that creates tokens"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			user := tt.user
			if !strings.HasPrefix(user, "{") {
				user = "{" + user + "}"
			}
			logins := loginsOf(
				t,
				id,
				"users: [{name: u, user: "+user+"}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n"+
					"clusters: [{name: c, cluster: {server: 'https://DEV.example/', certificate-authority-data: "+
					"UEVN}}]\n",
			)
			tt.want.Context, tt.want.Server = "c", "https://DEV.example/"
			if diff := cmp.Diff([]Login{tt.want}, logins, cmpopts.IgnoreFields(Login{}, "Trust")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Which contexts are for a cluster, and in which order.
func TestLoginsChosen(t *testing.T) {
	id := arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "dev"}
	logins := loginsOf(t, id, `current-context: z
clusters:
- {name: ours, cluster: {server: "https://dev.example", certificate-authority-data: UEVN}}
- {name: forged, cluster: {server: "https://dev.example", certificate-authority-data: Zm9v}}
- {name: insecure, cluster: {server: "https://dev.example", insecure-skip-tls-verify: true}}
- {name: "`+id.ARN()+`", cluster: {server: "https://before.example", certificate-authority-data: UEVN}}
- {name: another, cluster: {server: "https://another.example", certificate-authority-data: UEVN}}
users: [{name: u, user: {token: t}}]
contexts:
- {name: z, context: {cluster: ours, user: u}}
- {name: b, context: {cluster: forged, user: nobody}}
- {name: a, context: {cluster: "`+id.ARN()+`", user: u}}
- {name: c, context: {cluster: insecure, user: u}}
- {name: x, context: {cluster: another, user: u}}
- {name: w, context: {cluster: none, user: u}}
`)
	var got []string
	for _, l := range logins {
		text := l.Context
		if l.Current {
			text += " current"
		}
		if l.Trust.State == TrustsNone {
			text += " forged"
		}
		if !l.IsFor("https://dev.example") {
			text += " elsewhere"
		}
		got = append(got, text)
	}
	if diff := cmp.Diff([]string{"z current", "a elsewhere", "b forged", "c"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(logins[2].Unreadable, "does not define") {
		t.Errorf("a user that is not there: %q", logins[2].Unreadable)
	}
}

func loginsOf(t *testing.T, id arn.Cluster, text string) []Login {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte("apiVersion: v1\nkind: Config\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	logins, err := OpenKubeconfig(file).Logins(id, Cluster{Endpoint: "https://dev.example", CA: []byte("PEM")})
	if err != nil {
		t.Fatal(err)
	}
	return logins
}
