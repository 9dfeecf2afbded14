package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// Nothing the program writes holds a secret: not what it prints in any form,
// not its log of every call, not what it saves, not its journals; not when all
// goes well, and not when calls fail, are refused or are made with credentials
// that are no good.
func TestNothingLeaks(t *testing.T) {
	l := newLab(t)
	dir := filepath.Dir(l.file)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hush/secret+key")
	t.Setenv("AWS_SESSION_TOKEN", "hush/session+token")
	hidden := []string{
		"hush",      // the credentials above, and the external id
		"simulated", // secret and session token of every role assumed
		"AWS4-HMAC", "Signature=", "ecurity-Token", "ecurity-token", "SecretAccessKey", "SessionToken", "Bearer ",
		"k8s-aws-v1.",
	}
	world := strings.Replace(
		killWorld,
		"      - eksaccess\n",
		"      - eksaccess\n      - {name: hub, externalId: hush-4711}\n",
		1,
	)
	file := strings.Replace(
		killFile,
		"guards:",
		"defaults: {assumeRole: \"arn:aws:iam::${account}:role/hub\", externalId: hush-4711}\nguards:",
		1,
	)
	saved, journal := filepath.Join(dir, "plan.json"), filepath.Join(dir, "run.jsonl")

	var said strings.Builder
	do := func(want int, args ...string) {
		t.Helper()
		e := l.run(append(args, "--debug")...)
		if want >= 0 && e.code != want {
			t.Errorf("%v ends with %d\n%s", args, e.code, e.stderr)
		}
		fmt.Fprintln(&said, e.stdout, e.stderr)
	}
	l.load(t, world, file, nil)
	for _, form := range []string{"text", "diff", "markdown", "json", "github"} {
		do(0, "plan", "-f", l.file, "-o", form, "--kube")
	}
	do(0, "plan", "-f", l.file, "--save", saved)
	if err := l.sim.AddFault(mixed()...); err != nil {
		t.Fatal(err)
	}
	do(0, "apply", "--plan", saved, "--yes", "--journal", journal)
	l.sim.RemoveFaults("*")
	do(4, "undo", journal, "--yes", "--max-removals=99") // neither the mode nor the rekey goes back
	do(0, "apply", "-f", l.file, "--yes", "-o", "json")
	do(-1, "apply", "--plan", saved, "--yes") // stale by now

	l.load(t, world, file, nil)
	for _, effect := range []string{"deny", "reset", "lost", "unavailable"} {
		if err := l.sim.AddFault(ekssim.Fault{Effect: effect, Mutating: true}); err != nil {
			t.Fatal(err)
		}
		do(1, "apply", "-f", l.file, "--yes")
		l.sim.RemoveFaults("*")
	}
	if err := l.sim.AddFault(ekssim.Fault{Service: "sts", Effect: "deny"}); err != nil {
		t.Fatal(err)
	}
	do(1, "plan", "-f", l.file)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
	do(1, "plan", "-f", l.file)

	// A plan as JSON says how to reach its clusters again, external id and all;
	// so does a journal, for undo. In no other form it is told.
	connection := regexp.MustCompile(`"externalId": ?"hush-4711"`)
	look := func(where, text string) {
		text = connection.ReplaceAllString(text, "")
		for _, h := range hidden {
			if i := strings.Index(text, h); i >= 0 {
				t.Errorf("%s holds %q: …%s…", where, h, text[max(0, i-80):min(len(text), i+80)])
			}
		}
	}
	look("what was printed", said.String())
	written := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == l.file {
			return err
		}
		data, err := os.ReadFile(path)
		written++
		look(path, string(data))
		return err
	})
	if err != nil || written < 4 {
		t.Errorf("looked at %d files: %v", written, err)
	}
	if !strings.Contains(said.String(), "operation=AssumeRole") ||
		!strings.Contains(said.String(), "failed=AccessDenied") {
		t.Error("the log does not tell the calls")
	}
}
