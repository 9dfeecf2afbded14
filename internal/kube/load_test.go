package kube

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// canary is in every field of a kubeconfig that may hold a secret, also where
// base64 is expected.
const canary = "HUSH4711"

// secretFields are the fields of a user that hold a secret, or lead to one.
var secretFields = []string{
	"token: HUSH4711",
	"tokenFile: HUSH4711",
	"username: u, password: HUSH4711",
	"client-key-data: " + base64.StdEncoding.EncodeToString([]byte(canary)),
	"client-certificate-data: " + base64.StdEncoding.EncodeToString([]byte(canary)),
	"client-key: /HUSH4711",
	"client-certificate: /HUSH4711",
	"as: HUSH4711, as-uid: HUSH4711, as-groups: [HUSH4711], as-user-extra: {x: [HUSH4711]}",
	"auth-provider: {name: oidc, config: {client-secret: HUSH4711, refresh-token: HUSH4711}}",
	"exec: {apiVersion: client.authentication.k8s.io/v1, command: HUSH4711, args: [--secret, HUSH4711], env: [{name: " +
		"SECRET, value: HUSH4711}]}",
	"extensions: [{name: x, extension: {secret: HUSH4711}}]",
}

// damages make a kubeconfig with one secret field unreadable, each in another
// way.
func damages(field string) map[string]string {
	const head = "apiVersion: v1\nkind: Config\n"
	users := func(items ...string) string { return head + "users:\n- " + strings.Join(items, "\n- ") + "\n" }
	user := "{name: u, user: {" + field + "}}"
	return map[string]string{
		"user twice":            users(user, user),
		"user twice, one empty": users(user, "{name: u, user: {}}"),
		"another item is wrong": users(user, "{name: w, user: [HUSH4711]}"),
		"text for an object":    users(user, "{name: w, user: HUSH4711}"),
		"a number for text":     users(user, "{name: w, user: {token: 4711}}"),
		"no base64":             users(user, "{name: w, user: {client-key-data: HUSH4711!}}"),
		"text for a list": users(
			user,
			"{name: w, user: {exec: {apiVersion: v1, command: x, args: HUSH4711}}}",
		),
		"text for a bool": users(
			user,
		) + "clusters: [{name: c, cluster: {insecure-skip-tls-verify: HUSH4711}}]\n",
		"cluster twice": users(
			user,
		) + "clusters: [{name: c, cluster: {server: HUSH4711}}, {name: c, cluster: {certificate-authority-data: " +
			"SFVTSDQ3MTE=}}]\n",
		"context twice": users(
			user,
		) + "contexts: [{name: c, context: {user: HUSH4711}}, {name: c, context: {user: HUSH4711}}]\n",
		"extension twice": users(
			user,
		) + "extensions: [{name: e, extension: {a: HUSH4711}}, {name: e, extension: {a: HUSH4711}}]\n",
		"an object for a list":  head + "users: {HUSH4711: " + user + "}\n",
		"text for all":          "HUSH4711\n",
		"a list":                "[HUSH4711, " + user + "]\n",
		"a wrong kind":          strings.Replace(users(user), "Config", "HUSH4711", 1),
		"a wrong version":       strings.Replace(users(user), "v1", "HUSH4711", 1),
		"a bool for a name":     users(user) + "current-context: yes\n",
		"no YAML":               users(user) + "HUSH4711: [\n",
		"an anchor that is not": users(user, "{name: w, user: *HUSH4711}"),
		"a tab":                 users(user) + "\tHUSH4711: 1\n",
		"an escape":             users(user) + "x: \"HUSH4711\\q\"\n",
		"a tag": users(
			user,
			"{name: w, user: {token: !!binary HUSH4711}}",
		) + "users: !!int HUSH4711\n",
		"no UTF-8":                 users(user) + "x: HUSH4711\xff\n",
		"a merge key of no object": users(user, "{name: w, user: {<<: HUSH4711}}"),
	}
}

// No error about a kubeconfig holds a part of its content but names, however it
// is printed and whatever is unwrapped; and each says what to look at.
func TestLoadErrorsHoldNoSecret(t *testing.T) {
	id := arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "dev"}
	encoded := base64.StdEncoding.EncodeToString([]byte(canary))
	file := filepath.Join(t.TempDir(), "config")
	failed := map[string]bool{}
	for _, field := range secretFields {
		for name, text := range damages(field) {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			k := OpenKubeconfig(file)
			_, logins := k.Logins(id, Cluster{})
			_, writable := k.Writable()
			_, snippet := k.Snippet(kubeconfigEntry("dev"))
			_, preview := k.Preview(kubeconfigEntry("dev"))
			_, put := k.Put(t.Context(), kubeconfigEntry("dev"))
			for _, err := range []error{logins, writable, snippet, preview, put} {
				if err == nil {
					continue
				}
				failed[name] = true
				for e := err; e != nil; e = errors.Unwrap(e) {
					printed := fmt.Sprintf("%v %+v %#v %q", e, e, e, e)
					for _, secret := range []string{canary, encoded, fmt.Sprint([]byte(canary)),
						fmt.Sprintf("%x", canary)} {
						if strings.Contains(printed, strings.Trim(secret, "[]")) {
							t.Fatalf("%s, %s: %s", name, field, printed)
						}
					}
				}
				if !strings.Contains(err.Error(), file) {
					t.Errorf("%s: %v does not name the file", name, err)
				}
			}
			if after, _ := os.ReadFile(file); put != nil && !bytes.Equal(after, []byte(text)) {
				t.Errorf("%s: the file is changed", name)
			}
		}
	}
	for name := range damages("token: x") {
		if !failed[name] && name != "a tag" && name != "no UTF-8" && name != "a merge key of no object" &&
			name != "extension twice" {
			t.Errorf("%s is no damage", name)
		}
	}
}

func TestLoadErrorsSayWhere(t *testing.T) {
	const head = "apiVersion: v1\nkind: Config\n"
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	for _, tt := range []struct{ text, want string }{
		{head + "users:\n- name: dup\n  user: {token: t}\n- name: dup\n  user: {}\n",
			`user "dup" is defined twice in FILE, lines 4 and 6`},
		{head + "users: [{name: u, user: &x {}}]\ncontexts:\n- name: c\n- {name: d, context: *x}\n- name: " +
			"c\n", `context "c" is defined twice in FILE, lines 5 and 7`},
		{head + "clusters:\n- {name: \"a\\nb\"}\n- {name: \"a\\nb\"}\n",
			`cluster "a\nb" is defined twice in FILE, lines 4 and 5`},
		{head + "users:\n- {name: a}\n- name: b\n  user: {token: [x]}\n",
			`user "b" in FILE, line 5, does not have the form that kubectl reads`},
		{head + "users:\n- {user: 7}\n", `user number 1 in FILE, line 4, does not have the form that kubectl reads`},
		{head + "clusters: 7\n", "clusters in FILE, line 3, is not a list"},
		{head + "current-context: no\n", "current-context in FILE, line 3, does not have the form that kubectl reads"},
		{head + "a: [\n", "FILE is not valid YAML, line 3"},
		{"text", "FILE is not a kubeconfig"},
	} {
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := OpenKubeconfig(file).Writable()
		var e *LoadError
		if !errors.As(err, &e) || err.Error() != "reading kubeconfig: "+strings.ReplaceAll(tt.want, "FILE", file) ||
			e.Hint == "" {
			t.Errorf("%q:\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
	if err := os.Truncate(file, maxKubeconfig+1); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{file: "larger than 16 MiB", dir: "not a regular file"} {
		if _, err := OpenKubeconfig(name).Writable(); err == nil || !strings.HasSuffix(err.Error(), name+": "+want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.WriteFile(file, nil, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKubeconfig(filepath.Join(file, "below")).Writable(); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("below a file: %v", err)
	}
	if _, err := OpenKubeconfig(os.DevNull).Logins(arn.Cluster{}, Cluster{}); err != nil {
		t.Errorf("%s: %v", os.DevNull, err)
	}
}

// Whatever a file holds: it is read, or the error names the file and nothing
// that the canary is in; and what can be read can be written.
func FuzzKubeconfig(f *testing.F) {
	for _, field := range secretFields {
		for _, text := range damages(field) {
			f.Add([]byte(text))
		}
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(dir, "config")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := OpenKubeconfig(file).Put(t.Context(), kubeconfigEntry("dev"))
		var unread *LoadError
		switch {
		case err == nil:
			if again, err := OpenKubeconfig(file).Put(t.Context(), kubeconfigEntry("dev")); err != nil ||
				again.Outcome != Unchanged {
				t.Errorf("a second time: %v, %v", again, err)
			}
		case !errors.As(err, &unread) || unread.File != file || errors.Unwrap(err) != nil:
			t.Errorf("%T: %v", err, err)
		}
	})
}

// A KUBECONFIG without a name is an error, and nothing is written.
func TestKubeconfigWithoutName(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("KUBECONFIG", string(filepath.ListSeparator))
	if change, err := OpenKubeconfig("").Put(t.Context(), kubeconfigEntry("dev")); err == nil {
		t.Errorf("%v in %q", change, change.File)
	}
	if left, _ := os.ReadDir("."); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
