package kube

import (
	"fmt"

	"github.com/eksaccess/eksaccess/internal/atomicfile"
)

// Writable reports why an entry could not be put, as far as that can be found
// out without writing one, and returns the file that it would go to. For a
// moment there is an empty file beside it, or in the folder where its folder
// would be made.
func (k *Kubeconfig) Writable() (string, error) {
	file := k.files.GetDefaultFilename()
	if _, err := k.read(); err != nil {
		return file, err
	}
	if err := atomicfile.Check(file); err != nil {
		return file, fmt.Errorf("writing kubeconfig: %w", err)
	}
	return file, nil
}
