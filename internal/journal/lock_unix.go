//go:build unix

package journal

import (
	"errors"
	"os"
	"syscall"
)

// lock keeps other processes off for as long as this one lives, so that they
// can tell a run that was killed from one that is at work. Where a file system
// knows no locks there is none.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errAtWork
	}
	return nil
}

// syncFolder makes the name of a new file durable.
func syncFolder(path string) {
	if d, err := os.Open(path); err == nil {
		d.Sync()
		d.Close()
	}
}
