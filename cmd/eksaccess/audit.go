package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/spec"
)

// auditOptions are the flags of audit.
type auditOptions struct {
	choiceOptions
	kubeOptions
	connectionOptions
	outputOptions
	waivers    []string
	rule, skip []string
	failOn     *string
	maxAdmins  int
	unusedDays int
	listRules  bool
}

func (o *auditOptions) flags() []cli.Flag {
	const about = "Findings"
	return join(o.locateFlags(), []cli.Flag{
		o.snapshotFlag(), o.insideFlag(),
		listFlag("waivers", "Input", "`FILE` of kind Waivers; repeatable", &o.waivers),
		listFlag("rule", about, "only `RULE`: id, name, or a glob over these; repeatable", &o.rule),
		listFlag("skip", about, "not `RULE`; repeatable", &o.skip),
		optionalFlag("fail-on", about,
			"exit with 2 where a finding is of this `SEVERITY` or graver: critical, high, medium, low, info",
			&o.failOn),
		&cli.IntFlag{
			Name:        "max-admins",
			Value:       audit.DefaultMaxAdmins,
			Usage:       "how many admins a cluster may have: `N`",
			Category:    about,
			Destination: &o.maxAdmins,
		},
		&cli.IntFlag{
			Name:        "unused-days",
			Value:       audit.DefaultUnusedDays,
			Usage:       "after how many days an admin counts as unused: `N`",
			Category:    about,
			Destination: &o.unusedDays,
		},
		boolFlag("rules", about, "list the rules and end", &o.listRules),
		o.outputFlag(),
	}, o.connectionFlags())
}

func (o *auditOptions) rules() []rule { return o.choiceRules() }

func (p *program) auditCommand() *cli.Command {
	o := &auditOptions{outputOptions: outputOptions{forms: render.AuditFormats}}
	return p.command(&cli.Command{
		Name:  "audit",
		Usage: "what is wrong with access; changes nothing",
		UsageText: "eksaccess audit -f clusters.yaml --kube\n" +
			"eksaccess audit --all-clusters --regions eu-west-1 -o sarif --fail-on high > audit.sarif\n" +
			"eksaccess audit --snapshot snapshot.json --rule 'EA2*'   # no network\n" +
			"eksaccess audit --rules",
		Description: "What a rule could not look at is told under \"not checked\". Ends with 2 where --fail-on " +
			"finds\n" +
			"something; clusters that could not be read end in 1 or 5. docs/audit.md has all rules.",
	}, o, func(ctx context.Context, _ invocation) error {
		rules, err := audit.Choose(o.rule, o.skip)
		if err != nil {
			return withHint(err, "to list the rules: eksaccess audit --rules")
		}
		if o.listRules {
			return render.AuditRules(p.stdout, rules, p.drawing(o.format))
		}
		var least audit.Severity
		if o.failOn != nil {
			if least, err = audit.ParseSeverity(*o.failOn); err != nil {
				return fmt.Errorf("--fail-on: %w", err)
			}
		}
		if err := cmp.Or(atLeast(1, "max-admins", o.maxAdmins), atLeast(1, "unused-days", o.unusedDays)); err != nil {
			return err
		}
		waivers, err := p.waivers(o.waivers)
		if err != nil {
			return err
		}
		report, err := p.audit(ctx, o, rules, waivers)
		if err != nil {
			return err
		}
		if err := render.Audit(p.stdout, report, p.drawing(o.format)); err != nil {
			return err
		}
		return p.stoppedOutcome(ctx, auditOutcome(report, least))
	})
}

func (p *program) audit(
	ctx context.Context,
	o *auditOptions,
	rules []audit.Rule,
	waivers []spec.Waiver,
) (*audit.Report, error) {
	taken, declared, err := p.openFleet(&o.connectionOptions, o.kubeOptions).Observe(ctx, o.Choice)
	if err != nil {
		return nil, err
	}
	if len(declared) > 0 {
		waivers = append(append([]spec.Waiver{}, declared[0].Waivers...), waivers...)
	}
	return audit.Run(audit.Input{
		Snapshot:   taken,
		Declared:   declared,
		Files:      o.Files,
		Waivers:    waivers,
		Rules:      rules,
		Now:        p.clock.Now(),
		MaxAdmins:  o.maxAdmins,
		UnusedDays: o.unusedDays,
		Version:    version(),
	}), nil
}

// waivers reads the files that --waivers names.
func (p *program) waivers(files []string) ([]spec.Waiver, error) {
	if len(files) == 0 {
		return nil, nil
	}
	sources, err := fleet.ReadFiles(files, p.stdin)
	if err != nil {
		return nil, err
	}
	waivers, problems := spec.LoadWaivers(sources)
	problems.Errors = append(problems.Errors, audit.CheckWaivers(waivers).Errors...)
	return waivers, reporter{p}.Problems(problems, "in what --waivers names")
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
