package kube

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Writable says why an entry could not be put, as far as that can be told
// without writing one, and names the file it would go to. For a moment there is
// an empty file beside it, or in the folder where its folder would be made.
func (k *Kubeconfig) Writable() (string, error) {
	file := k.files.GetDefaultFilename()
	if _, err := k.read(); err != nil {
		return file, err
	}
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	switch {
	case err == nil:
		if err := f.Close(); err != nil {
			return file, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return file, fmt.Errorf("writing kubeconfig: %w", err)
	}
	folder := filepath.Dir(file)
	for {
		info, err := os.Stat(folder)
		if err == nil && !info.IsDir() {
			return file, fmt.Errorf("writing kubeconfig: %q is no folder", folder)
		}
		if err == nil {
			break
		}
		up := filepath.Dir(folder)
		if !errors.Is(err, fs.ErrNotExist) || up == folder {
			return file, fmt.Errorf("writing kubeconfig: %w", err)
		}
		folder = up
	}
	probe, err := os.CreateTemp(folder, ".eksaccess-*")
	if err != nil {
		return file, fmt.Errorf("writing kubeconfig: %w", err)
	}
	return file, errors.Join(probe.Close(), os.Remove(probe.Name()))
}
