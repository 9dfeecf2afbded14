package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	usesAction = regexp.MustCompile(`\buses: +([^\s#]+)`)
	fromImage  = regexp.MustCompile(`(?m)^FROM +(\S+)`)
	commitPin  = regexp.MustCompile(`@[0-9a-f]{40}$`)
	digestPin  = regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)
)

// Workflows, examples and images take code of others by its digest: a tag can
// be moved.
func TestPinned(t *testing.T) {
	found := 0
	for _, glob := range []string{
		"action.yml", ".github/workflows/*.yml", "examples/*/*.yml", "examples/*/*.yaml", "docs/*.md", "README.md",
		"Dockerfile*",
	} {
		paths, err := filepath.Glob(filepath.Join("../..", glob))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range usesAction.FindAllStringSubmatch(string(data), -1) {
				found++
				if !commitPin.MatchString(m[1]) && !strings.HasPrefix(m[1], "eksaccess/eksaccess@") &&
					strings.Contains(m[1], "/") {
					t.Errorf("%s: %s has no commit", path, m[1])
				}
			}
			if strings.HasPrefix(filepath.Base(path), "Dockerfile") {
				for _, m := range fromImage.FindAllStringSubmatch(string(data), -1) {
					found++
					if m[1] != "scratch" && !digestPin.MatchString(m[1]) {
						t.Errorf("%s: %s has no digest", path, m[1])
					}
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d were found", found)
	}
}
