// Package atomicfile writes files as a whole or not at all: to a temporary file
// in the folder of the target, which is synced and then renamed.
//
// Every file that the program writes for a user goes through it; a test at the
// root of the module checks that. Files that only grow (journals) are the
// exception: they are appended to and synced line by line.
package atomicfile

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Permissions of files. A file that is there already keeps its mode, unless
// the new content is private.
const (
	Private fs.FileMode = 0o600 // only for the user, also if the file was readable for others before
	Secret  fs.FileMode = 0o600 | keep
	Public  fs.FileMode = 0o644 | keep

	keep = fs.ModeTemporary // a bit that no file has: keep the mode of a file that is there
)

// Write writes data to the named file.
func Write(name string, mode fs.FileMode, data []byte) error {
	return WriteFunc(name, mode, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// WriteFunc writes what draw prints to the named file. If draw fails, or the
// content does not reach the disk, the file stays as it was. A symbolic link
// stays a link: the file that it points to is replaced. Errors about the file
// are [*fs.PathError] values with the name that was passed.
func WriteFunc(name string, mode fs.FileMode, draw func(io.Writer) error) error {
	target, err := resolve(name)
	if err != nil {
		return err
	}
	old, err := regular(name, target)
	if err != nil {
		return err
	}
	return replace(name, target, mode, old, draw, os.Rename)
}

// Create writes a new file. It fails with [fs.ErrExist] if there is one of that
// name, which is then not changed.
func Create(name string, mode fs.FileMode, data []byte) error {
	draw := func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
	return replace(name, name, mode, nil, draw, moveNew)
}

// Check reports why the named file could not be written, as far as that can be
// found out without changing it. For a moment there is an empty file beside it.
// Folders that are missing are not an error, if they could be made.
func Check(name string) error {
	target, err := resolve(name)
	if err != nil {
		return err
	}
	if _, err := regular(name, target); err != nil {
		return err
	}
	folder, err := nearestFolder(filepath.Dir(target))
	if err != nil {
		return err
	}
	f, err := temporary(folder, filepath.Base(target), 0o600)
	if err != nil {
		return renameError(name, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// nearestFolder is the folder, or the first one above it that is there.
func nearestFolder(folder string) (string, error) {
	for {
		info, err := os.Stat(folder)
		if err == nil && !info.IsDir() {
			return "", &fs.PathError{Op: "write", Path: folder, Err: syscall.ENOTDIR}
		}
		if err == nil {
			return folder, nil
		}
		above := filepath.Dir(folder)
		if !errors.Is(err, fs.ErrNotExist) || above == folder {
			return "", err
		}
		folder = above
	}
}

// resolve follows symbolic links to the file that is meant, which need not be
// there.
func resolve(name string) (string, error) {
	target := name
	for range 40 { // as Linux does (path_resolution(7))
		info, err := os.Lstat(target)
		if err != nil || info.Mode()&fs.ModeSymlink == 0 {
			return target, nil // why it cannot be looked at, writing it tells
		}
		link, err := os.Readlink(target)
		if err != nil {
			return "", renameError(name, err)
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(target), link)
		}
		target = link
	}
	return "", &fs.PathError{Op: "write", Path: name, Err: errors.New("too many levels of symbolic links")}
}

// regular is the file that will be replaced, or nil. Devices, pipes and folders
// are refused: they cannot be replaced by a rename. So is a file that its owner
// may not write, which a rename would replace all the same.
func regular(name, target string) (fs.FileInfo, error) {
	info, err := os.Lstat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, renameError(name, err)
	case !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "write", Path: name, Err: errors.New("not a regular file")}
	case info.Mode().Perm()&0o200 == 0:
		return nil, &fs.PathError{Op: "write", Path: name, Err: fs.ErrPermission}
	}
	return info, nil
}

func replace(
	name, target string,
	mode fs.FileMode,
	old fs.FileInfo,
	draw func(io.Writer) error,
	move func(from, to string) error,
) (err error) {
	f, err := temporary(filepath.Dir(target), filepath.Base(target), mode.Perm())
	if err != nil {
		return renameError(name, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if old != nil && mode&keep != 0 {
		keepOwner(f, old)
		if err := f.Chmod(old.Mode().Perm()); err != nil {
			return renameError(name, err)
		}
	}
	if err := draw(&renaming{f, name}); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return renameError(name, err)
	}
	if err := f.Close(); err != nil {
		return renameError(name, err)
	}
	if err := move(f.Name(), target); err != nil {
		return renameError(name, err)
	}
	syncFolder(filepath.Dir(target))
	return nil
}

// temporary makes a file that no other program has: hidden, and named after the
// one that it will become. Unlike os.CreateTemp it respects the user's umask.
func temporary(folder, base string, mode fs.FileMode) (*os.File, error) {
	if len(base) > 200 {
		base = base[:200] // names of files have 255 bytes at most
	}
	for try := 0; ; try++ {
		var b [6]byte
		rand.Read(b[:])
		name := filepath.Join(folder, "."+base+"."+hex.EncodeToString(b[:])+".tmp")
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
		if !errors.Is(err, fs.ErrExist) || try == 100 {
			return f, err
		}
	}
}

// moveNew gives a file its name, if no other has it.
func moveNew(from, to string) error {
	err := os.Link(from, to)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fs.ErrExist
	case err == nil:
		return os.Remove(from)
	}
	// A file system without links.
	if _, err := os.Lstat(to); err == nil {
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

// renaming names the target in errors, not the temporary file.
type renaming struct {
	f    *os.File
	name string
}

func (r *renaming) Write(b []byte) (int, error) {
	n, err := r.f.Write(b)
	if err != nil {
		err = renameError(r.name, err)
	}
	return n, err
}

func renameError(name string, err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return &fs.PathError{Op: "write", Path: name, Err: err}
}

// Keep writes a copy of the content of a file beside it, for the user alone,
// and returns the name of the copy: NAME.LABEL-HASH. The hash is that of the
// content, so the same content is kept once and no other copy is overwritten.
func Keep(name, label string, data []byte) (string, error) {
	sum := sha256.Sum256(data)
	kept := name + "." + label + "-" + hex.EncodeToString(sum[:6])
	err := Create(kept, Private, data)
	if !errors.Is(err, fs.ErrExist) {
		return kept, err
	}
	have, err := os.ReadFile(kept)
	if err == nil && !bytes.Equal(have, data) {
		err = &fs.PathError{Op: "write", Path: kept, Err: fs.ErrExist}
	}
	return kept, err
}
