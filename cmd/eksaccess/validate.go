package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/audit"
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
			clusters, err := p.declared(c)
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
			_, err = fmt.Fprintf(p.stdout, "valid: %s, %s\n", count(len(clusters), "cluster"), count(items, "declared principal"))
			return err
		},
	}
}

// declared reads the files that -f names and returns the clusters chosen of
// them. Problems are printed to standard error, all of them.
func (p *program) declared(c *cli.Context) ([]*spec.Cluster, error) {
	if err := regionRefused(c); err != nil {
		return nil, err
	}
	sources, err := p.sources(c.StringSlice("file"))
	if err != nil {
		return nil, err
	}
	fleet, problems := spec.Load(sources)
	if !problems.Failed() && len(fleet.Clusters) > 0 {
		problems.Errors = audit.CheckWaivers(fleet.Clusters[0].Waivers).Errors
	}
	if err := p.tellProblems(problems, "-f"); err != nil {
		return nil, err
	}
	clusters, err := fleet.Select(selection(c))
	if err != nil {
		return nil, err
	}
	if len(clusters) == 0 {
		return nil, errors.New("no cluster is declared")
	}
	return clusters, nil
}

// tellProblems prints all problems of files that a flag names, and fails where
// there are errors among them.
func (p *program) tellProblems(problems spec.Problems, flag string) error {
	opts := render.Options{Color: term.Color(p.stderr, getenv, p.noColor), Width: term.Width(p.stderr, getenv)}
	if err := render.Problems(p.stderr, problems, opts); err != nil {
		return err
	}
	if problems.Failed() {
		return fmt.Errorf("%s in what %s names, nothing was sent to AWS", count(len(problems.Errors), "problem"), flag)
	}
	return nil
}

// count is "1 cluster", "3 clusters".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
