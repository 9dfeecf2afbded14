package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/phrase"
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
