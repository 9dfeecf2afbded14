package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"
	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/atomicfile"
	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/plan"
)

// maxDocument is the largest plan, result, snapshot or journal that is read, in
// bytes: more than the snapshot of a thousand clusters with 3,000 entries each.
const maxDocument = 2 << 30

// document returns the content of a file that this program wrote, or of
// standard input.
func (p *program) document(name string) ([]byte, error) {
	if name == "-" {
		data, err := readfile.Limited(p.stdin, maxDocument)
		if err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		return data, nil
	}
	data, err := readfile.All(name, maxDocument)
	if err != nil {
		return nil, plainPathError(err)
	}
	return data, nil
}

// saved reads a file this program wrote, and says of what kind it is.
func (p *program) saved(name string) (data []byte, kind string, err error) {
	data, err = p.document(name)
	if err != nil {
		return nil, "", err
	}
	var head struct{ Kind string }
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&head); err != nil { // a journal goes on after its first value
		return nil, "", withHint(fmt.Errorf("%q is not JSON that this program wrote: %w", name, err),
			"a file of clusters is planned with: eksaccess plan -f "+name)
	}
	return data, head.Kind, nil
}

// saveOption keeps a result in a file.
type saveOption struct{ save *string }

func (o *saveOption) saveFlag(usage string) cli.Flag {
	return optionalFlag("save", "Output", usage, &o.save)
}

// checkSave fails before anything is read if the result could not be kept.
func (o *saveOption) checkSave(what string) error {
	if o.save == nil {
		return nil
	}
	return savable(*o.save, what)
}

// saveTo writes the result to the file, if there is one.
func (o *saveOption) saveTo(what string, draw func(io.Writer) error) error {
	if o.save == nil {
		return nil
	}
	return save(*o.save, what, draw)
}

// savable tells before anything is read that what it comes to ("the plan")
// could not be kept.
func savable(name, what string) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("saving %s: %q is not a regular file", what, name)
	}
	if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
		return fmt.Errorf("saving %s to %q: there is no folder %q", what, name, filepath.Dir(name))
	}
	return nil
}

// save writes a plan, or what else is given, as a file for this user alone.
func save(name, what string, draw func(io.Writer) error) error {
	if err := atomicfile.WriteFunc(name, atomicfile.Private, draw); err != nil {
		return fmt.Errorf("saving %s to %q: %w", what, name, withoutPath(err))
	}
	return nil
}

// withoutPath is the cause of an error about a file that the message names
// already.
func withoutPath(err error) error {
	if pe := (*os.PathError)(nil); errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// refresh reads again what was planned before, where anything is to be done: a
// plan that was saved, or shown to a person who took time to answer.
func (f *fleetRun) refresh(ctx context.Context, sites []*site) {
	var g errgroup.Group
	g.SetLimit(clustersAtOnce)
	for _, s := range sites {
		if s.plan.Status != plan.Changed || s.plan.Watch {
			continue
		}
		g.Go(func() error {
			if err := f.rejudge(ctx, s); err != nil {
				e := planError(err, s)
				s.plan.Status, s.plan.Error = plan.Failed, &e
			}
			return nil
		})
	}
	g.Wait()
	f.p.warnOfClock()
}

func (f *fleetRun) rejudge(ctx context.Context, s *site) error {
	if s.session == nil {
		if err := f.connect(ctx, s); err != nil {
			return err
		}
	}
	have, err := siteReader{f, s}.Read(ctx)
	if err != nil {
		return err
	}
	if err := f.requireAWSAuth(ctx, s); err != nil {
		return err
	}
	s.plan = f.computeWithRows(ctx, s, func(s *site) plan.Cluster {
		c := s.plan
		c.Rejudge(have, s.callers, f.options.Allow, f.now())
		return c
	})
	return nil
}
