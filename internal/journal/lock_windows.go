package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock keeps other processes off for as long as this one lives, so that they
// can tell a run that was killed from one that is at work. Locks keep from
// reading too (Windows, LockFileEx), so it is of a place behind the end.
func lock(f *os.File) error {
	behind := &windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(
		windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0,
		1,
		0,
		behind,
	)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errAtWork
	}
	return nil
}

// syncFolder has nothing to do: folders can't be flushed here.
func syncFolder(string) {}
