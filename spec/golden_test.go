package spec

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// load reads one file of testdata under its base name.
func load(t *testing.T, path string) (*Fleet, Problems) {
	t.Helper()
	return Load([]Source{{filepath.Base(path), mustRead(t, path)}})
}

func files(t *testing.T, glob string) []string {
	t.Helper()
	paths, err := filepath.Glob(glob)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files match %s (%v)", glob, err)
	}
	return paths
}

// golden compares got with a file of testdata.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func (p Problems) text() string {
	var b strings.Builder
	show := func(prefix string, list []Problem) {
		for _, q := range list {
			fmt.Fprintf(&b, "%s%v\n", prefix, q)
			if q.Hint != "" {
				fmt.Fprintf(&b, "  hint: %s\n", q.Hint)
			}
		}
	}
	show("", p.Errors)
	show("warning: ", p.Warnings)
	return b.String()
}

// Each file of testdata/invalid shows the mistakes of one kind; its golden has
// every message they must get, and no other.
func TestInvalid(t *testing.T) {
	for _, path := range files(t, "testdata/invalid/*.yaml") {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		t.Run(name, func(t *testing.T) {
			fleet, problems := load(t, path)
			if !problems.Failed() || fleet != nil {
				t.Error("the file was accepted")
			}
			golden(t, strings.TrimSuffix(path, ".yaml")+".golden", problems.text())
		})
	}
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
