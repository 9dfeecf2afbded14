package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/plan"
)

func (p *program) showCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "a saved plan or result in any form, offline",
		UsageText: "eksaccess show plan.json\neksaccess show plan.json -o markdown",
		ArgsUsage: "FILE",
		Flags:     []cli.Flag{outputFlag()},
		Action: func(c *cli.Context) error {
			f, err := format(c)
			if err != nil {
				return err
			}
			if c.Args().Len() != 1 {
				return withHint(errors.New("show takes exactly one file"), "eksaccess show plan.json")
			}
			return p.show(c.Args().First(), f)
		},
	}
}

func (p *program) show(name string, f render.Format) error {
	data, kind, err := p.saved(name)
	if err != nil {
		return err
	}
	switch kind {
	case plan.Kind:
		saved, err := parsePlan(name, data)
		if err != nil {
			return err
		}
		return render.Plan(p.stdout, saved, p.drawing(f))
	case apply.Kind:
		var result apply.Result
		if err := json.Unmarshal(data, &result); err != nil {
			return fmt.Errorf("reading %q: %w", name, err)
		}
		return render.Result(p.stdout, &result, p.drawing(f))
	}
	return withHint(fmt.Errorf("%q is of kind %q; show knows %s and %s", name, kind, plan.Kind, apply.Kind),
		"make one with: eksaccess plan -f FILE --save "+name)
}

// saved reads a file this program wrote, and says of what kind it is.
func (p *program) saved(name string) (data []byte, kind string, err error) {
	if name == "-" {
		data, err = readLimited(p.stdin)
	} else {
		data, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, "", plainPathError(err)
	}
	var head struct{ Kind string }
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, "", withHint(fmt.Errorf("%q is not JSON that this program wrote: %w", name, err),
			"a file of clusters is planned with: eksaccess plan -f "+name)
	}
	return data, head.Kind, nil
}

func parsePlan(name string, data []byte) (*plan.Plan, error) {
	var saved plan.Plan
	if err := json.Unmarshal(data, &saved); err != nil {
		return nil, fmt.Errorf("reading plan %q: %w", name, err)
	}
	if err := saved.Check(); err != nil {
		return nil, withHint(fmt.Errorf("plan %q: %w", name, err), "plan again with: eksaccess plan -f FILE --save "+name)
	}
	return &saved, nil
}

// save writes a plan for one reader alone, and whole or not at all: under
// another name first.
func save(name string, p *plan.Plan) (err error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("saving the plan: %q is not a regular file", name)
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*") // created with mode 0600
	if err != nil {
		return fmt.Errorf("saving the plan: %w", plainPathError(err))
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("saving the plan to %q: %w", name, err)
		}
	}()
	if err := render.JSON(f, p); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
