package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/spec"
)

type validateOptions struct{ choiceOptions }

func (o *validateOptions) flags() []cli.Flag { return o.fileFlags() }
func (o *validateOptions) rules() []rule     { return o.fileRules() }

func (p *program) validateCommand() *cli.Command {
	o := &validateOptions{}
	return p.command(&cli.Command{
		Name:      "validate",
		Usage:     "check files; no network, no credentials",
		UsageText: "eksaccess validate -f clusters.yaml\neksaccess validate -f access/ --selector env=prod",
	}, o, func(context.Context, invocation) error {
		v, err := fleet.Validate(o.Choice, p.stdin, reporter{p}, p.machineNow())
		if err != nil {
			return err
		}
		line := fmt.Sprintf("valid: %s, %s", phrase.Count(v.Clusters, "cluster"),
			phrase.Count(v.Principals, "declared principal"))
		if v.Answers > 0 {
			line += ", " + phrase.Count(v.Answers, "answer") + " as tested"
		}
		_, err = fmt.Fprintln(p.stdout, line)
		return err
	})
}

// declared reads the files that -f names and returns the clusters chosen of
// them. Problems are printed to standard error, all of them.
func (p *program) declared(choice fleet.Choice) ([]*spec.Cluster, error) {
	all, err := p.loaded(choice)
	if err != nil {
		return nil, err
	}
	return p.chosen(choice, all)
}

// tested is declared where the tests in the files must hold too: where it is
// about what the files lead to, and not about what is.
func (p *program) tested(choice fleet.Choice) ([]*spec.Cluster, spec.Tests, error) {
	all, err := p.loaded(choice)
	if err != nil {
		return nil, spec.Tests{}, err
	}
	tests := all.RunTests(p.machineNow())
	if err := p.tellProblems(tests.Problems, "in the tests of the files"); err != nil {
		return nil, tests, err
	}
	clusters, err := p.chosen(choice, all)
	return clusters, tests, err
}

// checkAccess checks what the files lead to: the ends of temporary access, and
// their access tests. A plan reports the ends as guards instead.
func (p *program) checkAccess(all *spec.Fleet) (spec.Tests, error) {
	now := p.machineNow()
	ends, tests := all.CheckEnds(now), all.RunTests(now)
	where := "in the tests of the files"
	if ends.Failed() {
		where = "in what -f names"
	}
	return tests, p.tellProblems(spec.Problems{
		Errors:   append(ends.Errors, tests.Problems.Errors...),
		Warnings: append(ends.Warnings, tests.Problems.Warnings...),
	}, where)
}

func (p *program) loaded(choice fleet.Choice) (*spec.Fleet, error) {
	sources, err := p.sources(choice.Files)
	if err != nil {
		return nil, err
	}
	p.contents = nil
	for _, s := range sources {
		p.contents = append(p.contents, s.Data)
	}
	all, problems := spec.Load(sources)
	if !problems.Failed() && len(all.Clusters) > 0 {
		problems.Errors = audit.CheckWaivers(all.Clusters[0].Waivers).Errors
	}
	return all, p.tellProblems(problems, "in what -f names")
}

func (p *program) chosen(choice fleet.Choice, all *spec.Fleet) ([]*spec.Cluster, error) {
	clusters, err := all.Select(choice.Selection())
	if err == nil && len(clusters) == 0 {
		err = errors.New("no cluster is declared")
	}
	return clusters, err
}

// tellProblems prints all problems of a place, such as "in what -f names", and
// fails where there are errors among them.
func (p *program) tellProblems(problems spec.Problems, where string) error {
	if err := render.Problems(p.stderr, problems, p.drawingErrors()); err != nil {
		return err
	}
	if problems.Failed() {
		return fmt.Errorf("%s %s, nothing was sent to AWS", phrase.Count(len(problems.Errors), "problem"), where)
	}
	return nil
}
