package saved

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/eksaccess/eksaccess/internal/atomicfile"
	"github.com/eksaccess/eksaccess/internal/readfile"
)

// ErrOtherContent is the error about a file that is not overwritten.
var ErrOtherContent = errors.New("exists and has other content")

// A Content is the path of a file and what to write to it.
type Content struct {
	Path string
	Data []byte
}

// WriteNew writes files to a folder, which it creates, or returns why not before
// it writes the first. A file that exists and has other content is not
// overwritten.
func WriteNew(folder string, files []Content) error {
	for _, f := range files {
		have, err := readfile.All(f.Path, MaxSize)
		switch {
		case err == nil && !bytes.Equal(have, f.Data):
			return fmt.Errorf("%q %w", f.Path, ErrOtherContent)
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return readfile.Plain(err)
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("creating folder %q: %w", folder, errors.Unwrap(err))
	}
	for _, f := range files {
		if err := atomicfile.Write(f.Path, atomicfile.Public, f.Data); err != nil {
			return fmt.Errorf("writing %q: %w", f.Path, readfile.Cause(err))
		}
	}
	return nil
}
