package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// keep writes the world to a file after changes and, when ctx has ended, a
// last time; then the channel gives the outcome. Changes that come while it
// writes are written together.
func keep(ctx context.Context, sim *ekssim.Server, file string) <-chan error {
	changed := make(chan struct{}, 1)
	changed <- struct{}{}
	sim.OnChange(func() {
		select {
		case changed <- struct{}{}:
		default: // one is waiting already
		}
	})
	saved := make(chan error, 1)
	go func() {
		var err error
		for ctx.Err() == nil {
			select {
			case <-changed:
				err = save(sim, file)
			case <-ctx.Done():
			}
		}
		if last := save(sim, file); last != nil {
			err = last
		}
		saved <- err
	}()
	return saved
}

func save(sim *ekssim.Server, file string) error {
	data, err := sim.World().YAML()
	if err != nil {
		return err
	}
	return writeFile(file, data)
}

// writeFile leaves no half-written file behind for whoever waits for it.
func writeFile(file string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(file), ".ekssim-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // fails once it is renamed
	if _, err := tmp.Write(data); err != nil {
		tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}
