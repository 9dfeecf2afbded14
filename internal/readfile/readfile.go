// Package readfile reads files that others may have put there: regular files
// only, and only up to a size. A named pipe or a device would never end.
package readfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// The causes in the [fs.PathError] of a file that is not read.
var (
	ErrNotRegular = errors.New("not a regular file")
	ErrTooLarge   = errors.New("too large")
)

// Open opens a regular file for reading.
func Open(name string) (*os.File, error) {
	// Before it is opened: opening a named pipe waits for its other end.
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: ErrNotRegular}
	}
	return os.Open(name)
}

// All returns the content of a regular file of at most limit bytes.
func All(name string, limit int64) ([]byte, error) {
	f, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := ReadLimited(f, limit)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return data, nil
}

// ReadLimited returns what r has, at most limit bytes: for standard input.
func ReadLimited(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	var path *fs.PathError
	switch {
	case errors.As(err, &path):
		return nil, path.Err
	case err != nil:
		return nil, err
	case int64(len(data)) > limit:
		return nil, fmt.Errorf("%w: the limit is %d MiB", ErrTooLarge, limit>>20)
	}
	return data, nil
}

// Plain is "reading "x.yaml": no such file or directory", of an error of a file.
func Plain(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("reading %q: %w", pe.Path, pe.Err)
	}
	return err
}

// Cause returns the cause of an error of a file that the message names already.
func Cause(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
