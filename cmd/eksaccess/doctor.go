package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/checkup"
	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/doctor"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/spec"
)

// doctorOptions are the flags of doctor.
type doctorOptions struct {
	choiceOptions
	connectionOptions
	kubeconfigFile
	outputOptions
	principal *string
	can       []string
}

func (o *doctorOptions) flags() []cliargs.Flag {
	return slices.Concat(o.oneClusterFlags(), cliargs.In(inputCategory,
		cliargs.Optional("--principal PRINCIPAL", "ARN, permissionSet=NAME, role=NAME or user=NAME", &o.principal).
			WithDefault("the caller").With(knownPrincipals),
		cliargs.List("--can 'VERB RESOURCE -n NS'", "also check this permission, as kubectl auth can-i; repeatable",
			&o.can),
		o.snapshotFlag(),
		o.kubeconfigFlag("kubeconfig to check"),
	), cliargs.In(outputCategory, o.outputFlag()), o.connectionFlags())
}

func (o *doctorOptions) rules() []cliargs.Rule { return o.choiceRules() }

func (p *program) doctorCommand() *cliargs.Command {
	o := &doctorOptions{outputOptions: outputOptions{forms: render.DoctorFormats}}
	return p.command(&cliargs.Command{
		Name:  "doctor",
		Group: emergency,
		Usage: "report why a principal has or does not have access",
		Examples: "eksaccess doctor --cluster prod --region eu-west-1\n" +
			"eksaccess doctor --cluster prod --can 'delete pods -n payments' --can \"'*' '*' -A\"\n" +
			"eksaccess doctor --cluster prod --principal permissionSet=PaymentsDev --can 'get secrets -n payments'",
		Description: "It reads EKS and IAM. For the caller, it also asks the cluster itself: which identity, which " +
			"permissions. For another principal, permissions follow from the access policies that AWS publishes. The " +
			"exit code is 2 if access is missing, and 1 if the cluster cannot be read.",
	}, o, func(ctx context.Context, _ cliargs.Line) error {
		asked, err := o.question()
		if err != nil {
			return err
		}
		examine := p.examineCluster
		if o.Snapshot != nil {
			examine = p.examineSnapshot
		}
		report, err := examine(ctx, o, asked)
		if err != nil {
			return err
		}
		if err := render.Doctor(p.stdout, report, p.drawing(o.format())); err != nil {
			return err
		}
		return p.stoppedOutcome(ctx, doctorOutcome(report))
	})
}

// question returns what the flags ask for, without the cluster.
func (o *doctorOptions) question() (checkup.Options, error) {
	asked := checkup.Options{
		Kubeconfig:  o.kubeconfig,
		EnvKeys:     getenv("AWS_ACCESS_KEY_ID") != "",
		ToolVersion: version(),
	}
	if err := o.checkKubeconfigFile(); err != nil {
		return asked, err
	}
	if o.principal != nil {
		ref, err := spec.ParsePrincipalFlag(*o.principal)
		if err != nil {
			return asked, fmt.Errorf("--principal: %w", err)
		}
		asked.Principal = &ref
	}
	for _, text := range o.can {
		q, err := cani.Parse(text)
		var wrong *cani.ParseError
		if errors.As(err, &wrong) {
			return asked, withHint(fmt.Errorf("--can: %w", err), wrong.Hint)
		}
		if !slices.Contains(asked.Questions, q) {
			asked.Questions = append(asked.Questions, q)
		}
	}
	return asked, nil
}

func (p *program) examineCluster(
	ctx context.Context, o *doctorOptions, asked checkup.Options,
) (*doctor.Report, error) {
	options := p.fleetOptions(&o.connectionOptions, kubeOptions{})
	options.Tokens = p.machineNow // like kubectl, whose access this is about
	f := fleet.New(options)
	cluster, err := f.One(ctx, o.Choice)
	if err != nil {
		return nil, err
	}
	asked.Cluster, asked.Reach = cluster, awscli.Line(reachFlags(o.Choice, &o.connectionOptions, cluster)...)
	return checkup.Run(ctx, f, asked)
}

// examineSnapshot examines what a snapshot has: what it did not record is not
// known.
func (p *program) examineSnapshot(
	ctx context.Context, o *doctorOptions, asked checkup.Options,
) (*doctor.Report, error) {
	if asked.Principal == nil {
		return nil, withHint(
			errors.New("--snapshot requires --principal: a snapshot has no caller"),
			"pass --principal ARN, permissionSet=NAME, role=NAME or user=NAME",
		)
	}
	taken, declared, err := p.openFleet(&o.connectionOptions, kubeOptions{}).Observe(ctx, o.Choice)
	if err != nil {
		return nil, err
	}
	if len(taken.Clusters) != 1 {
		return nil, withHint(
			fmt.Errorf("doctor requires one cluster: %d are selected", len(taken.Clusters)),
			"select one with --cluster",
		)
	}
	cluster := taken.Clusters[0]
	var words []string
	for _, file := range o.Files {
		words = append(words, "-f", file)
	}
	asked.Reach = awscli.Line(append(words, "--cluster", cluster.ARN)...)
	principal := ""
	if cluster.Error == nil {
		if principal, err = (fleet.Names{Cluster: &cluster}).Resolve(ctx, *asked.Principal); err != nil {
			return nil, fleet.WithHint(err)
		}
	}
	return checkup.ExamineSnapshot(cluster, taken.CreatedAt, principal, declared, asked), nil
}

// doctorOutcome is the exit code of a checklist, as an error.
func doctorOutcome(r *doctor.Report) error {
	switch {
	case r.Error != nil:
		failure := failureIn(r.Cluster.Account, r.Cluster.Region, r.Cluster.Name, r.Error)
		return failedOutcome("reading failed", []render.Failure{failure}, 1)
	case r.Missing():
		return differences
	}
	return nil
}
