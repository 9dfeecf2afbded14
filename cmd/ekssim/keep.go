package main

import (
	"context"

	"github.com/eksaccess/eksaccess/internal/atomicfile"
	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// keep writes the world to a file after changes, and a last time when ctx has
// ended. Then it sends the result to the channel. Changes during a write are
// written together.
func keep(ctx context.Context, sim *ekssim.Server, file string) <-chan error {
	changed := make(chan struct{}, 1)
	changed <- struct{}{}
	sim.OnChange(func() {
		select {
		case changed <- struct{}{}:
		default: // a write is already due
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
	return atomicfile.Write(file, atomicfile.Secret, data)
}
