//go:build unix

package readfile

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

// A named pipe without a writer is refused, and not waited for.
func TestNamedPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := All(pipe, 100); !errors.Is(err, ErrNotRegular) {
		t.Errorf("%v", err)
	}
}
