package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A write that fails anywhere leaves the old content and nothing else.
func TestFailedWriteKeepsOldContent(t *testing.T) {
	full := errors.New("no space left on device")
	for _, tt := range []struct {
		name string
		draw func(io.Writer) error
		move func(from, to string) error
	}{
		{"drawing", func(w io.Writer) error { io.WriteString(w, "half"); return full }, os.Rename},
		{"renaming", func(w io.Writer) error { _, err := io.WriteString(w, "whole"); return err },
			func(from, to string) error { return &os.LinkError{Op: "rename", Old: from, New: to, Err: full} }},
	} {
		for _, old := range []string{"", "old content"} {
			name := filepath.Join(t.TempDir(), "file")
			if old != "" {
				if err := os.WriteFile(name, []byte(old), 0o640); err != nil {
					t.Fatal(err)
				}
			}
			info, err := regular(name, name)
			if err != nil {
				t.Fatal(err)
			}
			if err := replace(name, name, Secret, info, tt.draw, tt.move); !errors.Is(err, full) {
				t.Errorf("%s: %v", tt.name, err)
			}
			left, err := os.ReadDir(filepath.Dir(name))
			if err != nil || len(left) != len(old)/len("old content") {
				t.Errorf("%s: left behind %v, %v", tt.name, left, err)
			}
			if now, _ := os.ReadFile(name); string(now) != old {
				t.Errorf("%s: the file is now %q", tt.name, now)
			}
		}
	}
}

func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes")
	}
	for _, tt := range []struct {
		name      string
		mode, old fs.FileMode // old: 0 for no file
		want      fs.FileMode
	}{
		{"new secret", Secret, 0, 0o600},
		{"new private", Private, 0, 0o600},
		{"secret over a readable file", Secret, 0o640, 0o640},
		{"private over a readable file", Private, 0o644, 0o600},
		{"public over a secret file", Public, 0o600, 0o600},
	} {
		name := filepath.Join(t.TempDir(), "file")
		if tt.old != 0 {
			if err := os.WriteFile(name, nil, tt.old); err != nil {
				t.Fatal(err)
			}
		}
		if err := Write(name, tt.mode, []byte("new")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(name)
		if err != nil || info.Mode() != tt.want {
			t.Errorf("%s: mode %v, want %v; %v", tt.name, info.Mode(), tt.want, err)
		}
	}
}

// A link stays a link, whether the file that it points to is there or not.
func TestLinks(t *testing.T) {
	for _, there := range []bool{true, false} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "real"), 0o700); err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(dir, "real", "config")
		if there {
			if err := os.WriteFile(target, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for link, to := range map[string]string{"config": "second", "second": filepath.Join("real", "config")} {
			if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
				t.Skip(err)
			}
		}
		if err := Write(filepath.Join(dir, "config"), Secret, []byte("new")); err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(target); err != nil || string(data) != "new" {
			t.Errorf("there %t: the target is %q, %v", there, data, err)
		}
		if info, err := os.Lstat(filepath.Join(dir, "config")); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("there %t: the link is gone: %v", there, err)
		}
	}
	loop := filepath.Join(t.TempDir(), "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Skip(err)
	}
	if err := Write(loop, Secret, nil); err == nil {
		t.Error("a link to itself is written")
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	readOnly := filepath.Join(dir, "read-only")
	if err := os.WriteFile(readOnly, nil, 0o400); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dir, readOnly, os.DevNull, filepath.Join(dir, "missing", "file")} {
		err := Write(name, Secret, []byte("x"))
		var path *fs.PathError
		if !errors.As(err, &path) || path.Path != name || strings.Contains(err.Error(), ".tmp") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCreate(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := Create(name, Public, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := Create(name, Public, []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: %v", err)
	}
	if data, _ := os.ReadFile(name); string(data) != "first" {
		t.Errorf("the file is now %q", data)
	}
	if left, _ := os.ReadDir(filepath.Dir(name)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

// Each content is kept once, and none in place of another.
func TestKeep(t *testing.T) {
	name := filepath.Join(t.TempDir(), "config")
	kept := map[string]string{}
	for _, content := range []string{"a", "b", "a"} {
		copied, err := Keep(name, "before-eksaccess", []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		kept[copied] = content
	}
	if len(kept) != 2 {
		t.Errorf("kept %v", kept)
	}
	for copied, content := range kept {
		if data, err := os.ReadFile(copied); err != nil || string(data) != content ||
			filepath.Dir(copied) != filepath.Dir(name) {
			t.Errorf("%s holds %q, want %q; %v", copied, data, content, err)
		}
	}
	for copied := range kept {
		if err := os.WriteFile(copied, []byte("of another writer"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Keep(name, "before-eksaccess", []byte("a")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another file: %v", err)
	}
}

func TestCheckChangesNothing(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	if err := os.WriteFile(name, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		ok   bool
	}{
		{name, true},
		{filepath.Join(dir, "new"), true},
		{filepath.Join(dir, "a", "b", "new"), true},
		{filepath.Join(name, "below a file"), false},
		{dir, false},
	} {
		if err := Check(tt.name); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
