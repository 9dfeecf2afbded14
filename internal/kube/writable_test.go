package kube

import (
	"os"
	"path/filepath"
	"testing"
)

// Whether an entry could be put is told without leaving anything behind.
func TestWritable(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "config")
	if err := os.WriteFile(there, []byte("apiVersion: v1\nkind: Config\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(dir, "damaged")
	if err := os.WriteFile(damaged, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]bool{there: true, filepath.Join(dir, "new"): true,
		filepath.Join(dir, "a", "b", "c"): true,
		filepath.Join(there, "x"):         false, filepath.Join(there, "x", "y"): false, dir: false, damaged: false} {
		named, err := OpenKubeconfig(file).Writable()
		if (err == nil) != want || named != file {
			t.Errorf("%s: %q, %v", file, named, err)
		}
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
}
