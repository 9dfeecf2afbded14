package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/term"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) validateCommand() *cli.Command {
	return &cli.Command{
		Name:      "validate",
		Usage:     "check files; no network, no credentials",
		UsageText: "eksaccess validate -f clusters.yaml\neksaccess validate -f access/ --selector env=prod",
		Flags:     fileFlags(),
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			fleet, err := p.loaded(c)
			if err != nil {
				return err
			}
			tests, err := p.checkAccess(fleet)
			if err != nil {
				return err
			}
			clusters, err := p.chosen(c, fleet)
			if err != nil {
				return err
			}
			items := 0
			for _, cl := range clusters {
				named := map[spec.PrincipalRef]bool{} // one named in several places is one
				for _, item := range cl.Items {
					named[item.Principal] = true
				}
				items += len(named)
			}
			line := fmt.Sprintf("valid: %s, %s", phrase.Count(len(clusters), "cluster"), phrase.Count(items, "declared principal"))
			if tests.Passed > 0 {
				line += ", " + phrase.Count(tests.Passed, "answer") + " as tested"
			}
			_, err = fmt.Fprintln(p.stdout, line)
			return err
		},
	}
}

// declared reads the files that -f names and returns the clusters chosen of
// them. Problems are printed to standard error, all of them.
func (p *program) declared(c *cli.Context) ([]*spec.Cluster, error) {
	fleet, err := p.loaded(c)
	if err != nil {
		return nil, err
	}
	return p.chosen(c, fleet)
}

// tested is declared where the tests in the files must hold too: where it is
// about what the files lead to, and not about what is.
func (p *program) tested(c *cli.Context) ([]*spec.Cluster, spec.Tests, error) {
	fleet, err := p.loaded(c)
	if err != nil {
		return nil, spec.Tests{}, err
	}
	tests := fleet.RunTests(p.machineNow())
	if err := p.tellProblems(tests.Problems, "in the tests of the files"); err != nil {
		return nil, tests, err
	}
	clusters, err := p.chosen(c, fleet)
	return clusters, tests, err
}

// checkAccess checks what the files lead to: the ends of temporary access, and
// their access tests. A plan reports the ends as guards instead.
func (p *program) checkAccess(fleet *spec.Fleet) (spec.Tests, error) {
	now := p.machineNow()
	ends, tests := fleet.CheckEnds(now), fleet.RunTests(now)
	where := "in the tests of the files"
	if ends.Failed() {
		where = "in what -f names"
	}
	return tests, p.tellProblems(spec.Problems{
		Errors:   append(ends.Errors, tests.Problems.Errors...),
		Warnings: append(ends.Warnings, tests.Problems.Warnings...),
	}, where)
}

func (p *program) loaded(c *cli.Context) (*spec.Fleet, error) {
	if err := regionRefused(c); err != nil {
		return nil, err
	}
	sources, err := p.sources(c.StringSlice("file"))
	if err != nil {
		return nil, err
	}
	p.contents = nil
	for _, s := range sources {
		p.contents = append(p.contents, s.Data)
	}
	fleet, problems := spec.Load(sources)
	if !problems.Failed() && len(fleet.Clusters) > 0 {
		problems.Errors = audit.CheckWaivers(fleet.Clusters[0].Waivers).Errors
	}
	return fleet, p.tellProblems(problems, "in what -f names")
}

func (p *program) chosen(c *cli.Context, fleet *spec.Fleet) ([]*spec.Cluster, error) {
	clusters, err := fleet.Select(selection(c))
	if err == nil && len(clusters) == 0 {
		err = errors.New("no cluster is declared")
	}
	return clusters, err
}

// tellProblems prints all problems of a place, such as "in what -f names", and
// fails where there are errors among them.
func (p *program) tellProblems(problems spec.Problems, where string) error {
	opts := render.Options{Color: term.Color(p.stderr, getenv, p.noColor), Width: term.Width(p.stderr, getenv)}
	if err := render.Problems(p.stderr, problems, opts); err != nil {
		return err
	}
	if problems.Failed() {
		return fmt.Errorf("%s %s, nothing was sent to AWS", phrase.Count(len(problems.Errors), "problem"), where)
	}
	return nil
}
