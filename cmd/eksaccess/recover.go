package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/progress"
	"github.com/eksaccess/eksaccess/internal/recover"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

const defaultLasts = 8 * time.Hour

// recoverOptions are the flags of recover.
type recoverOptions struct {
	choiceOptions
	guardOptions
	connectionOptions
	journalOptions
	kubeconfigOptions
	outputOptions
	yesOption
	principal     *string
	policy        *string
	namespaces    []string
	expires       *time.Duration
	reason        string
	recreate      bool
	noKubeconfig  bool
	noVerify      bool
	verifyFor     time.Duration
	drill         bool
	printCommands bool
}

func (o *recoverOptions) flags() []cliargs.Flag {
	o.verifyFor = 2 * time.Minute
	return slices.Concat([]cliargs.Flag{
		cliargs.Bool("--drill", "change nothing; report whether a recovery would work (exit code 2 if not)", &o.drill),
		cliargs.Bool("--print-commands", "change nothing; print the steps as aws and kubectl commands",
			&o.printCommands),
		o.yesFlag(),
	}, o.oneClusterFlags(), cliargs.In("Grant",
		cliargs.Optional("--principal PRINCIPAL", "ARN, permissionSet=NAME, role=NAME or user=NAME", &o.principal).
			WithDefault("the caller").With(knownPrincipals),
		cliargs.Optional("--policy POLICY", "access policy: name or ARN", &o.policy).
			WithDefault(eksfacts.ClusterAdminPolicy).With(knownPolicies),
		cliargs.List("--namespace NAMESPACE", "namespace, instead of the whole cluster; repeatable", &o.namespaces),
		cliargs.Optional("--expires DURATION", "end of the grant and of its hold, from now", &o.expires).
			WithDefault("8h"),
		cliargs.Value("--reason TEXT", "reason to store in the entry", &o.reason).WithDefault("the caller"),
		cliargs.Bool("--recreate", "recreate the entry with the same access, even if it is not known to be stale",
			&o.recreate),
	), cliargs.In(guardsCategory, o.hiddenFlag(), o.selfLockoutFlag()), cliargs.In("Kubeconfig",
		o.kubeconfigFlag("kubeconfig to write"),
		o.execFlag(),
	), o.contextFlags(), cliargs.In("Kubeconfig",
		cliargs.Bool("--no-kubeconfig", "write no kubeconfig", &o.noKubeconfig),
	), cliargs.In("Verification",
		cliargs.Value("--verify-for DURATION", "how long to wait for the change to take effect", &o.verifyFor).
			WithDefault("2m"),
		cliargs.Bool("--no-verify", "do not verify the access in the cluster", &o.noVerify),
	), cliargs.In(outputCategory, o.outputFlag()), o.journalFlags(), o.connectionFlags())
}

func (o *recoverOptions) rules() []cliargs.Rule {
	return slices.Concat(o.journalRules(), cliargs.Exclusive("drill", "print-commands"), []cliargs.Rule{{
		When:    []string{"no-kubeconfig"},
		Without: []string{"kubeconfig", "exec", "alias", "keep-context", "use"},
	}}, o.contextRules(), o.choiceRules())
}

// check checks the values of flags.
func (o *recoverOptions) check() error {
	switch {
	case o.printCommands && o.isMachine():
		return errors.New("--print-commands cannot be combined with -o json")
	case o.verifyFor <= 0:
		return withHint(fmt.Errorf("invalid value %s of --verify-for: want more than 0", o.verifyFor),
			"skip the verification with --no-verify")
	}
	return cmp.Or(checkExpires(o.lasts()), o.checkKubeconfig())
}

func (o *recoverOptions) lasts() time.Duration { return valueOr(o.expires, defaultLasts) }

func (p *program) recoverCommand() *cliargs.Command {
	o := &recoverOptions{outputOptions: outputOptions{forms: render.FormatSet{render.Text, render.Machine}}}
	return p.command(&cliargs.Command{
		Name:  "recover",
		Group: emergency,
		Usage: "restore the access of one principal, and verify it",
		Examples: "eksaccess recover --cluster prod --region eu-west-1\n" +
			"eksaccess recover --cluster prod --principal role=oncall --expires 4h\n" +
			"eksaccess recover --cluster prod --drill  # every week: would a recovery work?",
		Description: "It changes no other entry and removes no access. A new entry expires after --expires and is " +
			"deleted by the next \"eksaccess cleanup --expired\"; an existing entry keeps its owner and its end. " +
			"Both are on hold until then: no apply removes the access before.",
	}, o, func(ctx context.Context, _ cliargs.Line) error {
		shown := &recoveryScreen{p: p, json: o.isMachine(), asks: !o.yes}
		options, source := p.fleetOptions(&o.connectionOptions, kubeOptions{}), ""
		isText := !shown.json && !o.printCommands
		if isText {
			options.NoteRegion = func(_, from string) { source = from } // which is part of the result
		}
		f := fleet.New(options)
		asked, err := p.recovery(ctx, o, f)
		if err != nil {
			return err
		}
		if isText {
			source = cmp.Or(source, o.regionSource(asked.Cluster))
			err := render.RecoveryRegion(p.stdout, asked.Cluster.ID.Region, source, p.drawing(render.Text))
			if err != nil {
				return err
			}
		}
		r := p.newRun(f, asked.Guards, o.journalOptions, 0)
		defer shown.close()
		var report *recover.Report
		switch {
		case o.printCommands:
			lines, err := recover.Commands(ctx, r, asked, shown)
			if err != nil {
				return err
			}
			return p.printLines(lines)
		case o.drill:
			report, err = recover.Drill(ctx, r, asked, shown)
		default:
			report, err = recover.Run(ctx, r, asked, shown)
		}
		if err != nil {
			return err
		}
		if err := shown.end(report); err != nil {
			return err
		}
		if err := p.recoveryOutcome(report); err != nil {
			return p.stoppedOutcome(ctx, err)
		}
		return nil
	})
}

// regionSource is where the region of a cluster comes from, if not from the
// environment.
func (o *recoverOptions) regionSource(c *spec.Cluster) string {
	switch {
	case len(o.Files) > 0:
		return c.Pos.String()
	case o.Region != "":
		return "--region"
	}
	return "--cluster"
}

// recovery returns what the flags ask for.
func (p *program) recovery(
	ctx context.Context, o *recoverOptions, f *fleet.Fleet,
) (recover.Options, error) {
	if err := o.check(); err != nil {
		return recover.Options{}, err
	}
	cluster, err := f.One(ctx, o.Choice)
	if err != nil {
		return recover.Options{}, err
	}
	if cluster.Watch && !o.printCommands {
		return recover.Options{}, withHint(
			fmt.Errorf("cluster %v has watch: true (%s): it is never changed", cluster.ID, cluster.Pos),
			"without the file: eksaccess recover --cluster "+cluster.ID.ARN(),
		)
	}
	lasts, reason := o.lasts(), eksfacts.TagValue(o.reason)
	if err := checkHold(cluster, lasts); err != nil {
		return recover.Options{}, err
	}
	asked := recover.Options{
		Cluster:  cluster,
		Lasts:    lasts,
		Longer:   o.expires != nil,
		Reason:   reason,
		Recreate: o.recreate,
		// What it makes carries an owner of its own, so no other's is taken.
		Guards:          plan.Options{Allow: o.allow},
		NoKubeconfig:    o.noKubeconfig,
		Kubeconfig:      o.kubeconfigPath(),
		Entry:           o.entry(p, o.noAssumeRole),
		NoVerify:        o.noVerify,
		VerifyFor:       o.verifyFor,
		Profile:         o.profile,
		PolicyName:      valueOr(o.policy, eksfacts.ClusterAdminPolicy),
		Reach:           reachFlags(o.Choice, &o.connectionOptions, cluster),
		ToolVersion:     version(),
		UnconfirmedCode: exitUnconfirmed,
	}
	asked.Guards.Allow.TakeOwnership = true
	if !o.yes {
		asked.Confirm = p.confirmGrant
	}
	if o.principal != nil {
		if asked.Principal, err = spec.ParsePrincipalFlag(*o.principal); err != nil {
			return asked, err
		}
		asked.Repeat = append(asked.Repeat, "--principal", *o.principal)
	}
	if o.policy != nil {
		asked.Repeat = append(asked.Repeat, "--policy", *o.policy)
	}
	for _, n := range o.namespaces {
		asked.Repeat = append(asked.Repeat, "--namespace", n)
	}
	var warnings spec.Problems
	asked.Policy, warnings, err = spec.ParsePolicyFlag(asked.PolicyName, o.namespaces, cluster.ID.Partition)
	if err != nil {
		return asked, err
	}
	p.printWarnings("", warnings)
	p.noteReason(o.reason)
	return asked, nil
}

// checkHold refuses an emergency grant that lasts longer than holds are
// respected: the next apply would take it away before its end.
func checkHold(cluster *spec.Cluster, lasts time.Duration) error {
	most := spec.DefaultMaxHold
	if cluster.Guards != nil && cluster.Guards.MaxHold > 0 {
		most = cluster.Guards.MaxHold
	}
	if lasts <= most {
		return nil
	}
	return withHint(
		fmt.Errorf("invalid value %s of --expires: want at most guards.maxHold (%s)", lasts, most),
		"for longer access, declare the principal in a file",
	)
}

// recoveryOutcome is the exit code of a recovery or a drill, as an error.
func (p *program) recoveryOutcome(r *recover.Report) error {
	out := outcome{message: render.RecoveryFailure(r, p.drawingErrors()), hints: r.Hints()}
	switch {
	case r.Outcome == recover.RecoveryFailed:
		out.code = exitFailure
	case r.Outcome == recover.Refused:
		out.code = exitRefused
	case r.Outcome == recover.Unconfirmed:
		out.code = exitUnconfirmed
	case r.Outcome == recover.WouldNotRecover && r.IsUnread(): // which is no difference
		out.code = exitFailure
	case r.Outcome == recover.WouldNotRecover:
		return differences
	default:
		return nil
	}
	return out
}

func (p *program) printLines(lines []string) error {
	for _, l := range lines {
		if _, err := fmt.Fprintln(p.document(), render.Safe(l)); err != nil {
			return err
		}
	}
	return nil
}

// A recoveryScreen shows a recovery to a person while it runs, or at its end as
// JSON.
type recoveryScreen struct {
	p    *program
	json bool
	asks bool              // before anything is written
	wait *progress.Display // nil until the cluster is asked again
}

var _ recover.Observer = (*recoveryScreen)(nil)

func (s *recoveryScreen) Step(r *recover.Report, step recover.Step) error {
	s.close()
	if s.json {
		return nil
	}
	return render.RecoveryStep(s.p.stdout, r, step, s.p.drawing(render.Text))
}

func (s *recoveryScreen) Plan(r *recover.Report, steps []recover.Step, grant *recover.Grant) error {
	switch {
	case !s.json:
		return render.RecoveryPlan(s.p.stdout, r, steps, grant, s.asks, s.p.drawing(render.Text))
	case grant == nil:
		return nil
	case s.asks:
		return render.RecoveryPlan(s.p.stderr, r, steps, grant, true, s.p.drawingErrors())
	case grant.Mode.Moves() || !s.p.quiet:
		s.p.printMessage("note", render.RecoveryAnnouncement(r, *grant, s.p.drawingErrors()))
	}
	return nil
}

// confirmGrant asks whether to write a grant.
func (p *program) confirmGrant(ctx context.Context, r *recover.Report, grant recover.Grant) error {
	return p.confirm(ctx, render.RecoveryQuestion(r, grant, p.drawingErrors()))
}

func (s *recoveryScreen) Message(level recover.Level, text string) {
	s.p.printMessage(string(level), text)
}

func (s *recoveryScreen) Waiting(text string) {
	if s.wait == nil {
		s.wait = s.p.progress()
	}
	s.wait.Notice(text)
}

// close ends what is drawn while the cluster is asked again.
func (s *recoveryScreen) close() {
	s.wait.Done()
	s.wait = nil
}

func (s *recoveryScreen) end(r *recover.Report) error {
	if s.json {
		return render.JSON(s.p.stdout, r)
	}
	return render.RecoveryEnd(s.p.stdout, r, s.p.drawing(render.Text))
}
