package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/cliargs"
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

func (o *auditOptions) flags() []cliargs.Flag {
	o.maxAdmins, o.unusedDays = audit.DefaultMaxAdmins, audit.DefaultUnusedDays
	return slices.Concat(o.locateFlags(), cliargs.In(inputCategory, o.insideFlag(), o.snapshotFlag(),
		cliargs.List("--waivers FILE", "file of kind Waivers; repeatable", &o.waivers).With(aFile),
	), cliargs.In("Rules",
		cliargs.Bool("--rules", "list the rules and exit", &o.listRules),
		cliargs.List("--rule RULE", "only this rule: ID, name or glob; repeatable", &o.rule).With(auditRules),
		cliargs.List("--skip RULE", "skip this rule: ID, name or glob; repeatable", &o.skip).With(auditRules),
		cliargs.Optional("--fail-on SEVERITY",
			"exit with 2 for findings of this severity or above: critical, high, medium, low, info", &o.failOn).
			With(cliargs.Values{Known: cliargs.Strings(audit.Severities...)}),
		cliargs.Value("--max-admins N", "maximum number of cluster admins in a cluster", &o.maxAdmins).
			WithDefault(fmt.Sprint(o.maxAdmins)),
		cliargs.Value("--unused-days N", "number of days after which an admin counts as unused", &o.unusedDays).
			WithDefault(fmt.Sprint(o.unusedDays)),
	), cliargs.In(outputCategory, o.outputFlag()), o.connectionFlags())
}

func (o *auditOptions) rules() []cliargs.Rule { return o.choiceRules() }

var auditRules = cliargs.Values{Look: func([]string) []cliargs.Candidate {
	var list []cliargs.Candidate
	for _, r := range audit.Rules() {
		list = append(list, cliargs.Candidate{Value: r.ID, Meaning: r.Title})
	}
	return list
}}

func (p *program) auditCommand() *cliargs.Command {
	o := &auditOptions{outputOptions: outputOptions{forms: render.AuditFormats}}
	return p.command(&cliargs.Command{
		Name:  "audit",
		Group: insight,
		Usage: "report findings about access",
		Examples: "eksaccess audit -f clusters.yaml --kube\n" +
			"eksaccess audit --all-clusters --region eu-west-1 --fail-on high\n" +
			"eksaccess audit --snapshot snapshot.json --rule 'EA2*' -o sarif\n" +
			"eksaccess audit --rules",
		Description: "Findings alone do not change the exit code; with --fail-on it is 2. Clusters that could not " +
			"be read lead to 1 or 5. docs/audit.md describes all rules.",
	}, o, func(ctx context.Context, _ cliargs.Line) error {
		rules, err := audit.Choose(o.rule, o.skip)
		if err != nil {
			return withHint(err, "to list the rules: eksaccess audit --rules")
		}
		if o.listRules {
			return render.AuditRules(p.stdout, rules, p.drawing(o.format()))
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
		if err := render.Audit(p.stdout, report, p.drawing(o.format())); err != nil {
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
	return waivers, reporter{p}.Problems(problems, "in the files of --waivers")
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
