package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) auditCommand() *cli.Command {
	const about = "Findings"
	return &cli.Command{
		Name:  "audit",
		Usage: "what is wrong with access; changes nothing",
		UsageText: "eksaccess audit -f clusters.yaml --kube\n" +
			"eksaccess audit --all-clusters --regions eu-west-1 -o sarif --fail-on high > audit.sarif\n" +
			"eksaccess audit --snapshot snapshot.json --rule 'EA2*'   # no network\n" +
			"eksaccess audit --rules",
		Description: "What a rule could not look at is told under \"not checked\". Ends with 2 where --fail-on " +
			"finds\n" +
			"something; clusters that could not be read end in 1 or 5. docs/audit.md has all rules.",
		Flags: join(locateFlags(), []cli.Flag{
			snapshotFlag(), insideFlag(),
			&cli.StringSliceFlag{Name: "waivers", Usage: "`FILE` of kind Waivers; repeatable", Category: "Input"},
			&cli.StringSliceFlag{
				Name:     "rule",
				Usage:    "only `RULE`: id, name, or a glob over these; repeatable",
				Category: about,
			},
			&cli.StringSliceFlag{Name: "skip", Usage: "not `RULE`; repeatable", Category: about},
			&cli.StringFlag{
				Name: "fail-on",
				Usage: "exit with 2 where a finding is of this `SEVERITY` or graver: critical, high, medium, low, " +
					"info",
				Category: about,
			},
			&cli.IntFlag{
				Name:     "max-admins",
				Value:    audit.DefaultMaxAdmins,
				Usage:    "how many admins a cluster may have: `N`",
				Category: about,
			},
			&cli.IntFlag{
				Name:     "unused-days",
				Value:    audit.DefaultUnusedDays,
				Usage:    "after how many days an admin counts as unused: `N`",
				Category: about,
			},
			&cli.BoolFlag{Name: "rules", Usage: "list the rules and end", Category: about, DisableDefaultText: true},
			outputFlag(render.AuditFormats),
		}, awsFlags()),
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			form, err := format(c, render.AuditFormats)
			if err != nil {
				return err
			}
			rules, err := audit.Choose(c.StringSlice("rule"), c.StringSlice("skip"))
			if err != nil {
				return withHint(err, "eksaccess audit --rules lists them")
			}
			if c.Bool("rules") {
				return render.AuditRules(p.stdout, rules, p.drawing(form))
			}
			var least audit.Severity
			if c.IsSet("fail-on") {
				if least, err = audit.ParseSeverity(c.String("fail-on")); err != nil {
					return fmt.Errorf("--fail-on: %w", err)
				}
			}
			for _, flag := range []string{"max-admins", "unused-days"} {
				if err := positive(c, flag); err != nil {
					return err
				}
			}
			waivers, err := p.waivers(c)
			if err != nil {
				return err
			}
			ctx, cancel := timed(c)
			defer cancel()
			report, err := p.audit(ctx, c, rules, waivers)
			if err != nil {
				return err
			}
			if err := render.Audit(p.stdout, report, p.drawing(form)); err != nil {
				return err
			}
			return p.stoppedOutcome(ctx, auditOutcome(report, least))
		},
	}
}

func (p *program) audit(
	ctx context.Context,
	c *cli.Context,
	rules []audit.Rule,
	waivers []spec.Waiver,
) (*audit.Report, error) {
	taken, declared, err := p.observed(ctx, c)
	if err != nil {
		return nil, err
	}
	if len(declared) > 0 {
		waivers = append(append([]spec.Waiver{}, declared[0].Waivers...), waivers...)
	}
	return audit.Run(audit.Input{Snapshot: taken, Declared: declared, Files: c.StringSlice("file"), Waivers: waivers,
		Rules: rules, Now: p.clock.Now(),
		MaxAdmins: c.Int("max-admins"), UnusedDays: c.Int("unused-days"), Version: version()}), nil
}

// waivers reads the files that --waivers names.
func (p *program) waivers(c *cli.Context) ([]spec.Waiver, error) {
	if !c.IsSet("waivers") {
		return nil, nil
	}
	sources, err := p.sources(c.StringSlice("waivers"))
	if err != nil {
		return nil, err
	}
	waivers, problems := spec.LoadWaivers(sources)
	problems.Errors = append(problems.Errors, audit.CheckWaivers(waivers).Errors...)
	return waivers, p.tellProblems(problems, "in what --waivers names")
}

// auditOutcome is the exit code of a report, as an error. Without --fail-on
// findings are no failure.
func auditOutcome(r *audit.Report, least audit.Severity) error {
	switch s := r.Summary; {
	case s.Failed > 0 || len(r.NotRead) > 0:
		var failures []render.Failure
		for _, f := range r.Failed {
			failures = append(failures, failureIn(f.Account, f.Region, f.Cluster, &f.Error))
		}
		return readingOutcome(failures, s.Clusters, r.NotRead)
	case least != "" && r.Fails(least):
		return differences
	}
	return nil
}
