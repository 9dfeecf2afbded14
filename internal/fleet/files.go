package fleet

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/spec"
)

// A Files is what the files of a run declare.
type Files struct {
	*spec.Fleet
	Contents [][]byte // of each file, in the order they were read
}

// LoadFiles reads files, folders one level deep, and standard input for "-",
// and checks them. All problems are reported.
func LoadFiles(names []string, stdin io.Reader, report Report) (Files, error) {
	sources, err := ReadFiles(names, stdin)
	if err != nil {
		return Files{}, err
	}
	var files Files
	for _, s := range sources {
		files.Contents = append(files.Contents, s.Data)
	}
	var problems spec.Problems
	files.Fleet, problems = spec.Load(sources)
	if !problems.Failed() && len(files.Clusters) > 0 {
		problems.Errors = audit.CheckWaivers(files.Clusters[0].Waivers).Errors
	}
	return files, report.Problems(problems, "in the files of -f")
}

// Choose returns the clusters that a choice selects.
func (f Files) Choose(c Choice) ([]*spec.Cluster, error) {
	clusters, err := f.Select(c.Selection())
	if err == nil && len(clusters) == 0 {
		err = errors.New("no cluster is declared")
	}
	return clusters, err
}

// LoadClusters reads the files of a choice and returns the clusters that it selects
// of them.
func (f *Fleet) LoadClusters(c Choice) ([]*spec.Cluster, error) {
	files, err := LoadFiles(c.Files, f.options.Stdin, f.options.Report)
	if err != nil {
		return nil, err
	}
	return files.Choose(c)
}

// ReadFiles reads what -f names: files, folders one level deep, "-" for standard
// input. Its error has all that can't be read.
func ReadFiles(names []string, stdin io.Reader) ([]spec.Source, error) {
	if len(names) == 0 {
		return nil, fault.WithHint(
			errors.New("no file"),
			"pass -f FILE, a folder with -f DIR, or standard input with -f -",
		)
	}
	var sources []spec.Source
	var errs []error
	seen := map[string]bool{}
	for _, name := range names {
		found, err := expand(name, stdin)
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

func expand(name string, stdin io.Reader) ([]spec.Source, error) {
	if name == "-" {
		data, err := readLimited(stdin)
		if err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		return []spec.Source{{Name: "<stdin>", Data: data}}, nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, readfile.Plain(err)
	}
	if !info.IsDir() {
		return openFiles(filepath.Clean(name))
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, readfile.Plain(err)
	}
	var paths []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") &&
			!strings.HasPrefix(e.Name(), ".") {
			paths = append(paths, filepath.Join(name, e.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, fault.WithHint(
			fmt.Errorf("folder %q has no *.yaml or *.yml", name),
			"folders are read one level deep; pass others with more -f",
		)
	}
	slices.Sort(paths)
	return openFiles(paths...)
}

func openFiles(paths ...string) ([]spec.Source, error) {
	var out []spec.Source
	for _, path := range paths {
		f, err := readfile.Open(path)
		if errors.Is(err, readfile.ErrNotRegular) {
			return nil, fault.WithHint(readfile.Plain(err), "to read a pipe, use standard input: -f -")
		}
		if err != nil {
			return nil, readfile.Plain(err)
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

// ReadableClusters returns the clusters of files, as far as they can be read: nothing is
// reported, and standard input, which would be waited for, has none.
func ReadableClusters(files []string) []*spec.Cluster {
	if slices.Contains(files, "-") {
		return nil
	}
	sources, err := ReadFiles(files, nil)
	if err != nil {
		return nil
	}
	all, _ := spec.Load(sources)
	if all == nil {
		return nil
	}
	return all.Clusters
}
