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

// Whoever has only the programs gets a world, a file for it, and the lines
// that lead from one to the other.
func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	code := make(chan int, 1)
	var errs bytes.Buffer
	go func() { code <- run(ctx, w, &errs, []string{"demo", "-dir", dir}); w.Close() }()
	lines := bufio.NewScanner(r)
	var out strings.Builder
	for lines.Scan() {
		out.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "eksaccess audit") {
			break
		}
	}
	file := filepath.Join(dir, "clusters.yaml")
	if !strings.Contains(out.String(), "eksaccess plan -f "+file+"\n") ||
		!strings.Contains(out.String(), "export AWS_ACCESS_KEY_ID=AKIADEMO\n") {
		t.Errorf("printed\n%s%s", out.String(), errs.String())
	}
	text, err := os.ReadFile(file)
	if err != nil || !bytes.HasSuffix(examples.Clusters, text) ||
		!bytes.Contains(text, []byte("apiVersion: eksaccess/v1")) {
		t.Errorf("%v:\n%s", err, text)
	}
	url := regexp.MustCompile(`AWS_ENDPOINT_URL=(\S+)`).FindStringSubmatch(out.String())
	if url == nil {
		t.Fatalf("no address in\n%s", out.String())
	}
	answer, err := http.Get(url[1] + "/_sim/world")
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

// What somebody made of the file is not written over.
func TestDemoKeepsTheFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "clusters.yaml")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if path, err := demoFile(dir); err != nil || path != file {
		t.Fatal(path, err)
	}
	if text, _ := os.ReadFile(file); string(text) != "mine" {
		t.Errorf("it holds %q now", text)
	}
}
