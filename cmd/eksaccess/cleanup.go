package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// cleanupOptions are the flags of cleanup.
type cleanupOptions struct {
	choiceOptions
	kubeOptions
	guardOptions
	connectionOptions
	journalOptions
	outputOptions
	yesOption
	expired, orphaned bool
}

func (o *cleanupOptions) flags() []cli.Flag {
	return join(o.locateFlags(), []cli.Flag{
		&cli.BoolFlag{
			Name:               "expired",
			Usage:              "entries of this program past their eksaccess:expires",
			Destination:        &o.expired,
			DisableDefaultText: true,
		},
		&cli.BoolFlag{
			Name:               "orphaned",
			Usage:              "entries whose principal IAM says is gone",
			Destination:        &o.orphaned,
			DisableDefaultText: true,
		},
	}, o.kubeFlags(), o.guardFlags(), o.connectionFlags(), o.journalFlags(), []cli.Flag{o.outputFlag(), o.yesFlag()})
}

func (o *cleanupOptions) rules() []rule {
	return join([]rule{{
		needs:   []string{"expired", "orphaned"},
		message: "cleanup needs to know of what",
		hint:    "pass --expired, --orphaned or both",
	}}, o.choiceRules(), o.kubeRules(), o.journalRules())
}

func (p *program) cleanupCommand() *cli.Command {
	o := &cleanupOptions{outputOptions: outputOptions{forms: render.Formats}}
	return p.command(&cli.Command{
		Name:  "cleanup",
		Usage: "delete entries past their time, or whose principal IAM no longer has",
		UsageText: "eksaccess cleanup --expired -f clusters.yaml\n" +
			"eksaccess cleanup --expired --orphaned --all-clusters --regions eu-west-1,us-east-1",
		Description: "Held entries, declared ones and those of other owners are left, and named. Without a file,\n" +
			"an entry's owner is the one it carries itself: every entry this program made may go,\n" +
			"other tools' only with --take-ownership. The guards are those of apply.",
	}, o, func(ctx context.Context, line invocation) error {
		f, err := o.format(line)
		if err != nil {
			return err
		}
		journal, err := o.file()
		if err != nil {
			return err
		}
		fleet, sites, err := p.cleaning(ctx, o, journal, line.command)
		if err != nil {
			return err
		}
		return fleet.unlistedOutcome(p.carry(ctx, carrying{form: f, yes: o.yes, noJournal: o.noJournal}, fleet, sites))
	})
}

// cleaning plans what to clean up, in every cluster side by side.
func (p *program) cleaning(ctx context.Context, o *cleanupOptions, journal, command string) (
	*fleetRun, []*site, error,
) {
	allow, err := o.allowed()
	if err != nil {
		return nil, nil, err
	}
	options := plan.Options{Allow: allow}
	f := p.newFleet(&o.connectionOptions, o.kubeOptions, options)
	f.lookBack(journal)
	f.finishesNone = true
	clusters, err := f.located(ctx, o.Choice, command)
	if err != nil {
		return nil, nil, err
	}
	hasFile := len(o.Files) > 0
	if hasFile {
		if err := checkTakeOwnership(options, clusters); err != nil {
			return nil, nil, err
		}
	}
	in := plan.CleanupInput{
		AnyOwner: !hasFile,
		Expired:  o.expired,
		Orphaned: o.orphaned,
		Options:  options,
	}
	sites, err := f.each(ctx, clusters, f.readLive, func(s *site) plan.Cluster {
		in := in
		in.Cluster, in.Have, in.Callers, in.Now = s.declared, s.have, s.callers, f.now()
		return plan.Cleanup(in)
	})
	return f, sites, err
}

// readLive reads a cluster without looking up what is declared in it.
func (f *fleetRun) readLive(ctx context.Context, s *site) error {
	if err := f.connect(ctx, s); err != nil {
		return err
	}
	have, err := f.entries(ctx, s, s.iam, live.Options{})
	if err != nil {
		return err
	}
	s.want = &spec.Want{Cluster: s.declared}
	s.identify(ctx, s.iam, have)
	return f.requireAWSAuth(ctx, s)
}
