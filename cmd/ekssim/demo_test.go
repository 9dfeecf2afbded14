package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/examples"
)

// TestDemo checks the folder that the command writes, and that it serves.
func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's a demo")
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	code := make(chan int, 1)
	var errs bytes.Buffer
	go func() { code <- run(ctx, w, &errs, []string{"demo", "-dir", dir}); w.Close() }()
	lines := bufio.NewScanner(r)
	var out strings.Builder
	for lines.Scan() {
		out.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "AKIAPROD") {
			break
		}
	}
	if !strings.Contains(out.String(), "  cd '"+strings.ReplaceAll(dir, "'", `'\''`)+"'\n") {
		t.Errorf("printed\n%s%s", out.String(), errs.String())
	}
	for name, example := range map[string][]byte{
		"clusters.yaml":   examples.Clusters,
		"breakglass.yaml": examples.Breakglass,
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || bytes.Count(text, []byte("\n")) != bytes.Count(example, []byte("\n")) ||
			!bytes.Contains(text, []byte("apiVersion: eksaccess/v1")) {
			t.Errorf("%s: %v:\n%s", name, err, text)
		}
	}
	env, err := os.ReadFile(filepath.Join(dir, "env"))
	if err != nil || !bytes.Contains(env, []byte("export AWS_ACCESS_KEY_ID=AKIADEMO\n")) {
		t.Errorf("%v:\n%s", err, env)
	}
	url := regexp.MustCompile(`AWS_ENDPOINT_URL=(\S+)`).FindSubmatch(env)
	if url == nil {
		t.Fatalf("no address in\n%s", env)
	}
	answer, err := http.Get(string(url[1]) + "/_sim/world")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if world, _ := io.ReadAll(answer.Body); !bytes.Contains(world, []byte("name: staging")) {
		t.Errorf("the world is\n%s", world)
	}
	cancel()
	if c := <-code; c != 0 {
		t.Errorf("ended with %d: %s", c, errs.String())
	}
}

// TestDemoKeepsFiles checks that files which the user changed are not overwritten.
func TestDemoKeepsFiles(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "clusters.yaml")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeDemoFolder(dir, ""); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(file); string(text) != "mine" {
		t.Errorf("it contains %q now", text)
	}
}
