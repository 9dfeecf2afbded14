package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/spec"
)

// sources reads what -f names: files, folders one level deep, "-" for standard
// input. All that can't be read is told at once.
func (p *program) sources(names []string) ([]spec.Source, error) {
	if len(names) == 0 {
		return nil, withHint(
			errors.New("no file"),
			"name one with -f FILE, a folder with -f DIR, or standard input with -f -",
		)
	}
	var sources []spec.Source
	var errs []error
	seen := map[string]bool{}
	for _, name := range names {
		found, err := p.expand(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, f := range found {
			if seen[f.Name] {
				continue // the same file named twice is one file
			}
			seen[f.Name] = true
			sources = append(sources, f)
		}
	}
	return sources, errors.Join(errs...)
}

func (p *program) expand(name string) ([]spec.Source, error) {
	if name == "-" {
		data, err := readLimited(p.stdin)
		if err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		return []spec.Source{{Name: "<stdin>", Data: data}}, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, plainPathError(err)
	}
	if !info.IsDir() {
		return readFiles(filepath.Clean(name))
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, plainPathError(err)
	}
	var paths []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") &&
			!strings.HasPrefix(e.Name(), ".") {
			paths = append(paths, filepath.Join(name, e.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, withHint(
			fmt.Errorf("folder %q holds no *.yaml or *.yml", name),
			"folders are read one level deep; name others with more -f",
		)
	}
	slices.Sort(paths)
	return readFiles(paths...)
}

func readFiles(paths ...string) ([]spec.Source, error) {
	var out []spec.Source
	for _, path := range paths {
		f, err := readfile.Open(path)
		if errors.Is(err, readfile.ErrNotRegular) {
			return nil, withHint(plainPathError(err), "standard input can be a pipe: -f -")
		}
		if err != nil {
			return nil, plainPathError(err)
		}
		data, err := readLimited(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("reading %q: %w", path, err)
		}
		out = append(out, spec.Source{Name: path, Data: data})
	}
	return out, nil
}

// readLimited stops one byte past what spec takes, so that a huge or endless
// file costs no memory before it is refused.
func readLimited(r io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, spec.MaxFileSize+1))
}

// plainPathError is "reading "x.yaml": no such file or directory".
func plainPathError(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("reading %q: %w", pe.Path, pe.Err)
	}
	return err
}
