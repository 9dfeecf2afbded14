package saved

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/plan"
)

// write writes content into a file of a name and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpen(t *testing.T) {
	// A journal has several values, of which the first says the kind.
	f, err := Open("-", strings.NewReader(`{"kind": "Journal"}`+"\n"+`{"n": 1}`))
	if err != nil || f.Kind != "Journal" {
		t.Errorf("%+v, %v", f, err)
	}
	path := write(t, "clusters.yaml", "apiVersion: eksaccess/v1\n")
	_, err = Open(path, nil)
	want := "to plan a file of clusters: eksaccess plan -f " + path
	if hints := fault.Hints(err); err == nil || len(hints) != 1 || hints[0] != want {
		t.Errorf("%v, %q, want %q", err, hints, want)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestOpenPlan(t *testing.T) {
	for _, test := range []struct{ content, err, hint string }{
		{`{"kind": "Snapshot"}`, `is of kind "Snapshot", not Plan`, "make one"},
		{`{"kind": "Plan", "clusters": 1}`, "reading plan ", ""},
		{`{"kind": "Plan", "apiVersion": "eksaccess/v9"}`, "plan ", "plan again with: "},
	} {
		p, err := OpenPlan("-", strings.NewReader(test.content), "make one")
		if p != nil || err == nil || !strings.Contains(err.Error(), test.err) ||
			!strings.HasPrefix(strings.Join(fault.Hints(err), ""), test.hint) {
			t.Errorf("%s: %v, %q", test.content, err, fault.Hints(err))
		}
	}
}

// A plan that is written can be opened, and merged.
func TestPlanAndBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.json")
	made := plan.New(nil, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), "test")
	encode := func(w io.Writer) error { return json.NewEncoder(w).Encode(made) }
	if err := CheckPath(path, "the plan"); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, "the plan", encode); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	got, err := OpenPlan(path, nil, "")
	if err != nil || !got.CreatedAt.Equal(made.CreatedAt) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := MergePlans([]string{path}, nil, "test"); err != nil {
		t.Error(err)
	}
}

func TestCheckPath(t *testing.T) {
	folder := t.TempDir()
	for path, want := range map[string]string{
		folder:                              "is not a regular file",
		filepath.Join(folder, "none", "x"):  "no such folder",
		filepath.Join(folder, "plan.json"):  "",
		write(t, "plan.json", "an old one"): "",
	} {
		err := CheckPath(path, "the plan")
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}
