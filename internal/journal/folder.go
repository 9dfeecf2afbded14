package journal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"path/filepath"
	"time"
)

var errAtWork = errors.New("another run is writing to it")

// NewID names a run: by its time, so that names sort, and by chance.
func NewID(now time.Time) string {
	var b [3]byte
	rand.Read(b[:])
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(b[:])
}

// Ext is how the names of journals in the state folder end.
const Ext = ".jsonl"

// File is the journal of a run in the folder.
func File(folder, id string) string { return filepath.Join(folder, id+Ext) }

// Folder is where journals are kept on an operating system: the XDG base
// directory specification's state folder, and the like of it elsewhere.
func Folder(goos string, getenv func(string) string) (string, error) {
	state, home := getenv("XDG_STATE_HOME"), getenv("HOME")
	switch {
	case goos == "windows":
		state = getenv("LocalAppData")
	case filepath.IsAbs(state): // a relative one is to be ignored, says the specification
	case !filepath.IsAbs(home):
		state = ""
	case goos == "darwin":
		state = filepath.Join(home, "Library", "Application Support")
	default:
		state = filepath.Join(home, ".local", "state")
	}
	if state == "" {
		return "", errors.New("there is no folder for the journal: neither HOME nor XDG_STATE_HOME is set")
	}
	return filepath.Join(state, "eksaccess", "journal"), nil
}
