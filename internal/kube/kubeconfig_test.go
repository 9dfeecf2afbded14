package kube

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"
)

func kubeconfigEntry(name string) Entry {
	return Entry{Name: name, Server: "https://" + name + ".example", CA: []byte("PEM"), Exec: Plugin{ARN: name, Name: name, ID: name}.Own()}
}

// Entries put side by side are all there in the end.
func TestPutSideBySide(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "config")
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if outcome, at, err := OpenKubeconfig(file).Put(t.Context(), kubeconfigEntry(fmt.Sprint("c", i))); err != nil || outcome != Added || at != file {
				t.Errorf("%s in %s: %v", outcome, at, err)
			}
		})
	}
	wg.Wait()
	config, err := clientcmd.LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(config.Clusters) != 20 || len(config.AuthInfos) != 20 || len(config.Contexts) != 20 {
		t.Errorf("%d clusters, %d users, %d contexts", len(config.Clusters), len(config.AuthInfos), len(config.Contexts))
	}
	left, _ := os.ReadDir(filepath.Dir(file))
	if len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPutTwice(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	for i, tt := range []struct {
		mod  func(*Entry)
		want Outcome
	}{
		{func(*Entry) {}, Added},
		{func(*Entry) {}, Unchanged},
		{func(e *Entry) { e.Server = "https://moved.example" }, Updated},
		{func(e *Entry) { e.Exec = Plugin{Name: "dev", ID: "dev", Region: "eu-west-1", Profile: "p"}.AWS() }, Updated},
		{func(e *Entry) { e.Exec = Plugin{Name: "dev", ID: "dev", Region: "eu-west-1", Profile: "p"}.AWS() }, Updated}, // the server is moved back
		{func(e *Entry) { e.Exec = Plugin{Name: "dev", ID: "dev", Region: "eu-west-1", Profile: "p"}.AWS() }, Unchanged},
		{func(e *Entry) { e.Use = true }, Updated},
		{func(*Entry) {}, Unchanged}, // the current context is left
	} {
		e := kubeconfigEntry("dev")
		if tt.mod(&e); i == 3 {
			e.Server = "https://moved.example"
		}
		before, _ := os.ReadFile(file)
		outcome, _, err := OpenKubeconfig(file).Put(t.Context(), e)
		if err != nil || outcome != tt.want {
			t.Errorf("%d: %s, %v; want %s", i, outcome, err, tt.want)
		}
		if after, _ := os.ReadFile(file); (tt.want == Unchanged) != (string(before) == string(after)) {
			t.Errorf("%d: %s, and from\n%s\nit is\n%s", i, outcome, before, after)
		}
	}
}

// What is only looked at stays as it is, byte for byte.
func TestSnippetWritesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	const had = "# mine\napiVersion: v1\nkind: Config\n"
	if err := os.WriteFile(file, []byte(had), 0o640); err != nil {
		t.Fatal(err)
	}
	snippet, err := OpenKubeconfig(file).Snippet(kubeconfigEntry("dev"))
	if err != nil || !strings.Contains(string(snippet), "server: https://dev.example") {
		t.Errorf("%s, %v", snippet, err)
	}
	if now, _ := os.ReadFile(file); string(now) != had {
		t.Errorf("the file is now %q", now)
	}
}

func TestPluginArguments(t *testing.T) {
	p := Plugin{ARN: "arn:aws:eks:eu-west-1:111122223333:cluster/edge", Region: "eu-west-1", Name: "edge", ID: "0a1b", Profile: "ops",
		Role: "arn:aws:iam::111122223333:role/r", ExternalID: "x"}
	if diff := cmp.Diff("token --cluster "+p.ARN+" --cluster-id 0a1b --role "+p.Role+" --external-id x --profile ops", strings.Join(p.Own().Args, " ")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("--region eu-west-1 eks get-token --cluster-id 0a1b --output json --role "+p.Role, strings.Join(p.AWS().Args, " ")); diff != "" {
		t.Error(diff)
	}
	if e := p.AWS().Env; len(e) != 1 || e[0].Name != "AWS_PROFILE" || e[0].Value != "ops" {
		t.Errorf("env %v", e)
	}
	if e := p.Own().Env; len(e) != 0 {
		t.Errorf("env %v: keys in the environment would stand above it", e)
	}
}

func TestExecVersion(t *testing.T) {
	for info, want := range map[string]string{
		"": "client.authentication.k8s.io/v1beta1",
		`{"apiVersion":"client.authentication.k8s.io/v1beta1"}`:                                                "client.authentication.k8s.io/v1beta1",
		`{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":true}}`: "client.authentication.k8s.io/v1",
		`{"apiVersion":"client.authentication.k8s.io/v1alpha1"}`:                                               "",
		`{}`: "", `no JSON`: "",
	} {
		if got, err := ExecVersion(info); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", info, got, err)
		}
	}
}
