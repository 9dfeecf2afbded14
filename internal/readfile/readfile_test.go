package readfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAll(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte(strings.Repeat("x", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		limit int64
		want  error
	}{
		{file, 100, nil},
		{file, 99, ErrTooLarge},
		{dir, 100, ErrNotRegular},
		{os.DevNull, 100, ErrNotRegular},
		{filepath.Join(dir, "none"), 100, fs.ErrNotExist},
	} {
		data, err := All(test.name, test.limit)
		if !errors.Is(err, test.want) {
			t.Errorf("%s, at most %d: %v, want %v", test.name, test.limit, err, test.want)
		}
		var path *fs.PathError
		if test.want != nil && (!errors.As(err, &path) || path.Path != test.name) {
			t.Errorf("%v does not name %s", err, test.name)
		}
		if test.want == nil && len(data) != 100 {
			t.Errorf("%d bytes were read", len(data))
		}
	}
}
