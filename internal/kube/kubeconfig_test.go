package kube

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/arn"
)

const role = "arn:aws:iam::111122223333:role/r"

func kubeconfigEntry(name string) Entry {
	id := arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: name}
	return Entry{Cluster: id, Server: "https://" + name + ".example", CA: []byte("PEM"),
		Plugin: Plugin{ARN: id.ARN(), Region: id.Region, Name: name, ID: name}}
}

// Entries put side by side are all there in the end.
func TestPutSideBySide(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "config")
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			if c, err := OpenKubeconfig(file).Put(t.Context(), kubeconfigEntry(fmt.Sprint("c", i))); err != nil ||
				c.Outcome != Added ||
				c.File != file {
				t.Errorf("%v: %v", c, err)
			}
		})
	}
	wg.Wait()
	config, err := clientcmd.LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(config.Clusters) != 20 || len(config.AuthInfos) != 20 || len(config.Contexts) != 20 {
		t.Errorf(
			"%d clusters, %d users, %d contexts",
			len(config.Clusters),
			len(config.AuthInfos),
			len(config.Contexts),
		)
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
		want string
	}{
		{func(*Entry) {}, `context "dev" added, not selected`},
		{func(*Entry) {}, `context "dev" unchanged, not selected`},
		{func(e *Entry) { e.Server = "https://moved.example" }, `context "dev" updated, not selected`},
		{func(e *Entry) { e.AWS = true }, `context "dev" updated, not selected`},
		{func(e *Entry) { e.AWS = true }, `context "dev" unchanged, not selected`},
		{func(e *Entry) { e.AWS, e.Select = true, true }, `context "dev" unchanged and selected`},
		{func(e *Entry) { e.AWS = true }, `context "dev" unchanged, selected as before`},
		{func(e *Entry) {
			e.Plugin.Profile, e.Select = "ops", true
		}, `context "111122223333/eu-west-1/dev" added and selected (was "dev")`},
		{func(e *Entry) {
			e.AWS = true
		}, `context "dev" unchanged, not selected (current is "111122223333/eu-west-1/dev")`},
		{func(e *Entry) {
			e.Context, e.AWS, e.Select = "mine", true, true
		}, `context "mine" added and selected (was "111122223333/eu-west-1/dev")`},
		{func(e *Entry) { e.AWS, e.Select = true, true }, `context "mine" unchanged, selected as before`},
	} {
		e := kubeconfigEntry("dev")
		tt.mod(&e)
		before, _ := os.ReadFile(file)
		preview, err := OpenKubeconfig(file).Preview(e)
		if err != nil {
			t.Fatal(err)
		}
		if now, _ := os.ReadFile(file); string(now) != string(before) {
			t.Errorf("%d: a preview changes the file", i)
		}
		change, err := OpenKubeconfig(file).Put(t.Context(), e)
		if err != nil || change.String() != tt.want {
			t.Errorf("%d: %v, %v; want %s", i, change, err, tt.want)
		}
		if diff := cmp.Diff(preview, change); diff != "" {
			t.Errorf("%d: the preview differs (-preview +change):\n%s", i, diff)
		}
		after, _ := os.ReadFile(file)
		if same := change.Outcome == Unchanged && !change.Selected; same != (string(before) == string(after)) {
			t.Errorf("%d: %s, and from\n%s\nit is\n%s", i, change, before, after)
		}
	}
}

// Whatever is in a kubeconfig: putting an entry changes no user that another
// context uses or that stands for another identity, no other cluster, and no
// other context; and the context that is put is of the identity that was asked
// for. Putting it again changes nothing.
func TestPutChangesNothingElse(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		entry := func(label string) Entry {
			e := kubeconfigEntry(rapid.SampledFrom([]string{"dev", "prod"}).Draw(t, label+" cluster"))
			e.Plugin.Profile = rapid.SampledFrom([]string{"", "ops", "a,role=" + role}).Draw(t, label+" profile")
			e.Plugin.Role = rapid.SampledFrom([]string{"", role}).Draw(t, label+" role")
			e.Plugin.ExternalID = rapid.SampledFrom([]string{"", "x"}).Draw(t, label+" external id")
			e.AWS, e.Select = rapid.Bool().Draw(t, label+" aws"), rapid.Bool().Draw(t, label+" select")
			e.Context = rapid.SampledFrom([]string{"", "", "mine", "other"}).Draw(t, label+" alias")
			return e
		}
		file := filepath.Join(dir, "config")
		had := api.NewConfig()
		own := entry("own")
		userNames := []string{"theirs", own.mustNames(t, had).user, own.Cluster.ARN()}
		clusterNames := []string{"elsewhere", own.mustNames(t, had).cluster, own.Cluster.ARN()}
		for _, name := range userNames {
			switch rapid.IntRange(0, 3).Draw(t, "user "+name) {
			case 1:
				had.AuthInfos[name] = &api.AuthInfo{Token: "theirs"}
			case 2:
				had.AuthInfos[name] = &api.AuthInfo{Exec: entry("user").Exec()}
			case 3:
				had.AuthInfos[name] = &api.AuthInfo{Exec: own.Exec()}
			}
		}
		for _, name := range clusterNames {
			if rapid.Bool().Draw(t, "cluster "+name) {
				had.Clusters[name] = &api.Cluster{
					Server: rapid.SampledFrom([]string{"https://elsewhere.example", own.Server}).Draw(t, "server"),
				}
			}
		}
		for _, name := range []string{"dev", "other", "mine", own.Cluster.Path()} {
			if rapid.Bool().Draw(t, "context "+name) {
				had.Contexts[name] = &api.Context{
					Cluster:  rapid.SampledFrom(clusterNames).Draw(t, "of cluster"),
					AuthInfo: rapid.SampledFrom(userNames).Draw(t, "of user"),
				}
			}
		}
		if err := clientcmd.WriteToFile(*had, file); err != nil {
			t.Fatal(err)
		}
		before, err := clientcmd.LoadFromFile(file)
		if err != nil {
			t.Fatal(err)
		}
		change, err := OpenKubeconfig(file).Put(context.Background(), own)
		after, loadErr := clientcmd.LoadFromFile(file)
		if loadErr != nil {
			t.Fatal(loadErr)
		}
		if err != nil {
			if taken := (*TakenError)(nil); !errors.As(err, &taken) || !cmp.Equal(before, after) {
				t.Fatalf("%v, and from %v it is %v", err, before, after)
			}
			return
		}
		now := after.Contexts[change.Context]
		for name, user := range before.AuthInfos {
			used := name != now.AuthInfo
			for context, c := range before.Contexts {
				used = used || c.AuthInfo == name && context != change.Context
			}
			if used && !cmp.Equal(user, after.AuthInfos[name]) {
				t.Fatalf("user %q is changed: %v", name, cmp.Diff(user, after.AuthInfos[name]))
			}
		}
		for name, c := range before.Clusters {
			if name != now.Cluster && !cmp.Equal(c, after.Clusters[name]) {
				t.Fatalf("cluster %q is changed", name)
			}
		}
		for name, c := range before.Contexts {
			if name != change.Context && !cmp.Equal(c, after.Contexts[name]) {
				t.Fatalf("context %q is changed", name)
			}
		}
		if diff := cmp.Diff(own.Exec(), after.AuthInfos[now.AuthInfo].Exec); diff != "" {
			t.Fatalf("the user of the context (-want +got):\n%s", diff)
		}
		if c := after.Clusters[now.Cluster]; c.Server != own.Server || string(c.CertificateAuthorityData) != "PEM" {
			t.Fatalf("the cluster of the context is %v", c)
		}
		if own.Select && after.CurrentContext != change.Context ||
			!own.Select && after.CurrentContext != before.CurrentContext {
			t.Fatalf("the current context is %q", after.CurrentContext)
		}
		if again, err := OpenKubeconfig(file).Put(context.Background(), own); err != nil ||
			again.Outcome != Unchanged ||
			again.Selected ||
			again.Context != change.Context {
			t.Fatalf("a second time: %v, %v", again, err)
		}
	})
}

func (e Entry) mustNames(t *rapid.T, config *api.Config) names {
	n, err := e.names(config)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A user that a user made stand for another identity, under our name, is
// another's; one that only this context uses is brought up to date.
func TestUserOfOwnName(t *testing.T) {
	e := kubeconfigEntry("dev")
	e.Plugin.ExternalID = "new"
	e.Plugin.Role = role
	name := owner + e.Cluster.Path() + ",role=" + role
	old := kubeconfigEntry("dev").Plugin
	old.Role, old.ExternalID = role, "old"
	other := old
	other.Role = role + "2"
	for _, tt := range []struct {
		name     string
		user     *api.AuthInfo
		contexts map[string]string // context → user
		want     string
	}{
		{"another role", &api.AuthInfo{Exec: other.TokenCommand()}, map[string]string{"dev": name}, name + ",2"},
		{"a token", &api.AuthInfo{Token: "t"}, nil, name + ",2"},
		{"another external id", &api.AuthInfo{Exec: old.TokenCommand()}, map[string]string{"dev": name}, name},
		{"another external id, and used twice", &api.AuthInfo{Exec: old.TokenCommand()},
			map[string]string{"dev": name, "theirs": name}, name + ",2"},
		{"the same, and used twice", &api.AuthInfo{Exec: e.Plugin.TokenCommand()},
			map[string]string{"dev": name, "theirs": name}, name},
	} {
		config := api.NewConfig()
		config.AuthInfos[name] = tt.user
		for context, user := range tt.contexts {
			config.Contexts[context] = &api.Context{Cluster: owner + e.Cluster.Path(), AuthInfo: user}
		}
		if n, err := e.names(config); err != nil || n.user != tt.want {
			t.Errorf("%s: user %q, %v; want %q", tt.name, n.user, err, tt.want)
		}
	}
}

// What a rewritten file would lose is kept in a copy, once; what it would not
// lose is not.
func TestPutKeepsWhatWouldBeLost(t *testing.T) {
	const plain = "apiVersion: v1\nkind: Config\npreferences: {}\ncurrent-context: \"\"\nusers:\n- name: z\n  user: " +
		"{token: t, extensions: null}\n" +
		"- {name: a, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: x, args: [], env: null, " +
		"provideClusterInfo: false}}}\n"
	for _, tt := range []struct {
		text string
		lost []string
	}{
		{"", nil},
		{plain, nil},
		{`{"apiVersion": "v1", "kind": "Config", "contexts": null}`, nil},
		{plain + "# mine\n", []string{"comments"}},
		{strings.Replace(plain, "token: t", "token: t, colour: red", 1), []string{"keys that kubectl does not know"}},
		{plain + "favourites: [a]\n", []string{"keys that kubectl does not know"}},
		{plain + "---\nmore: true\n", []string{"further documents"}},
		{"# x\n" + plain + "colour: red\n---\nmore: true\n", []string{"comments", "keys that kubectl does not " +
			"know", "further documents"}},
	} {
		file := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(file, []byte(tt.text), 0o640); err != nil {
			t.Fatal(err)
		}
		change, err := OpenKubeconfig(file).Put(t.Context(), kubeconfigEntry("dev"))
		if err != nil {
			t.Fatal(err)
		}
		var lost []string
		for _, k := range change.Kept {
			lost = append(lost, k.Lost...)
			data, err := os.ReadFile(k.Copy)
			info, statErr := os.Stat(k.Copy)
			if err != nil || statErr != nil || string(data) != tt.text || k.File != file {
				t.Errorf("the copy %q holds %q: %v", k.Copy, data, err)
			} else if runtime.GOOS != "windows" && info.Mode() != 0o600 {
				t.Errorf("the copy has mode %v", info.Mode())
			}
		}
		if diff := cmp.Diff(tt.lost, lost); diff != "" {
			t.Errorf("%q: lost (-want +got):\n%s", tt.text, diff)
		}
		files, _ := os.ReadDir(filepath.Dir(file))
		if len(files) != 1+len(change.Kept) {
			t.Errorf("%q: in the folder are %v", tt.text, files)
		}
	}
}

// Of several files, each part is changed where it is, and the others are left
// byte for byte.
func TestPutIntoSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	e := kubeconfigEntry("dev")
	e.Select = true
	n, err := e.names(api.NewConfig())
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("apiVersion: v1\nkind: Config\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	untouched := write("untouched", "# mine\nusers: [{name: u, user: {token: t}}]\n")
	current := write("current", "current-context: x\n")
	cluster := write(
		"cluster",
		"clusters: [{name: \""+n.cluster+"\", cluster: {server: 'https://old.example', certificate-authority: "+
			"ca.pem, proxy-url: 'http://p'}}]\n"+
			"current-context: second\n",
	)
	t.Setenv(
		"KUBECONFIG",
		strings.Join(
			[]string{filepath.Join(dir, "missing"), current, untouched, cluster},
			string(filepath.ListSeparator),
		),
	)
	change, err := OpenKubeconfig("").Put(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if change.String() != `context "dev" added and selected (was "x")` || change.File != current {
		t.Errorf("%s in %s, %v", change, change.File, err)
	}
	has := func(file, text string, want bool) {
		t.Helper()
		if data, err := os.ReadFile(file); err != nil || strings.Contains(string(data), text) != want {
			t.Errorf("%s: want %q %t in\n%s", file, text, want, data)
		}
	}
	has(untouched, "# mine\nusers: [{name: u, user: {token: t}}]\n", true)
	has(cluster, "server: https://dev.example", true)
	has(cluster, "proxy-url: http://p", true)
	has(cluster, "ca.pem", false)
	has(cluster, "current-context: second", true)
	has(current, "current-context: dev", true)
	has(current, "server: ", false)
	has(current, "command: eksaccess", true)
}

// What is only looked at stays as it is, byte for byte.
func TestSnippetWritesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	const had = "# mine\napiVersion: v1\nkind: Config\nclusters: [{name: \"eksaccess:111122223333/eu-west-1/dev\", " +
		"cluster: {server: x, proxy-url: 'http://u:p@x'}}]\n"
	if err := os.WriteFile(file, []byte(had), 0o640); err != nil {
		t.Fatal(err)
	}
	snippet, err := OpenKubeconfig(file).Snippet(kubeconfigEntry("dev"))
	if err != nil || !strings.Contains(string(snippet), "server: https://dev.example") ||
		strings.Contains(string(snippet), "proxy") {
		t.Errorf("%s, %v", snippet, err)
	}
	if now, _ := os.ReadFile(file); string(now) != had {
		t.Errorf("the file is now %q", now)
	}
}

func TestPluginArguments(t *testing.T) {
	p := Plugin{
		ARN:        "arn:aws:eks:eu-west-1:111122223333:cluster/edge",
		Region:     "eu-west-1",
		Name:       "edge",
		ID:         "0a1b",
		Profile:    "ops",
		Role:       "arn:aws:iam::111122223333:role/r",
		ExternalID: "x",
	}
	if diff := cmp.Diff("token --cluster "+p.ARN+" --cluster-id 0a1b --role "+p.Role+" --external-id x --profile "+
		"ops", strings.Join(p.TokenCommand().Args, " ")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("--region eu-west-1 --profile ops eks get-token --cluster-id 0a1b --output json --role "+p.Role,
		strings.Join(p.AWSTokenCommand().Args, " ")); diff != "" {
		t.Error(diff)
	}
	for _, exec := range []*api.ExecConfig{p.TokenCommand(), p.AWSTokenCommand()} {
		if len(exec.Env) != 0 {
			t.Errorf("env %v: keys in the environment take precedence over it", exec.Env)
		}
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
