package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

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
	form          string
}

func (o *recoverOptions) flags() []cli.Flag {
	return join(o.oneClusterFlags(), []cli.Flag{
		&cli.StringFlag{
			Name:        "principal",
			Usage:       "who is to get in: `ARN`, permissionSet=NAME, role=NAME or user=NAME",
			DefaultText: "whoever runs it",
			Category:    "Input",
			Action:      optional(&o.principal),
		},
		&cli.StringFlag{
			Name:     "policy",
			Value:    eksfacts.ClusterAdminPolicy,
			Usage:    "access `POLICY`, by name or ARN",
			Category: "Input",
			Action:   optional(&o.policy),
		},
		listFlag("namespace", "Input",
			"only in `NAMESPACE`, in place of the whole cluster; repeatable", &o.namespaces),
		&cli.DurationFlag{
			Name:        "expires",
			Value:       defaultLasts,
			DefaultText: "8h",
			Usage:       "end of the grant, and of the hold on it, in so much `TIME`",
			Category:    "Input",
			Action:      optional(&o.expires),
		},
		&cli.StringFlag{
			Name:        "reason",
			Usage:       "`WHY`, kept on the entry",
			DefaultText: "who ran it",
			Category:    "Input",
			Destination: &o.reason,
		},
		boolFlag("recreate", "Input",
			"make the entry anew, with all it has, though IAM does not say that it is dead", &o.recreate),
		o.kubeconfigFlag("write the context to `FILE`", "Output"),
		o.execFlag("`PROGRAM` that makes kubectl's tokens: eksaccess or aws"),
	}, o.contextFlags(), []cli.Flag{
		boolFlag("no-kubeconfig", "Output", "write none", &o.noKubeconfig),
		boolFlag("no-verify", "Output", "do not ask the cluster for proof", &o.noVerify),
		&cli.DurationFlag{
			Name:        "verify-for",
			Value:       2 * time.Minute,
			DefaultText: "2m",
			Usage:       "ask so much `TIME`, while EKS passes it on",
			Category:    "Output",
			Destination: &o.verifyFor,
		},
		boolFlag("drill", "",
			"change nothing; say whether it would work, and what is missing (exit code 2)", &o.drill),
		boolFlag("print-commands", "",
			"change nothing; print the steps as aws and kubectl commands", &o.printCommands),
		o.yesFlag(),
		choice(cli.StringFlag{
			Name:        "output",
			Aliases:     []string{"o"},
			Value:       "text",
			Usage:       "`FORM`: text or json",
			Category:    "Output",
			Destination: &o.form,
		}, "text", "json"),
		o.hiddenFlag(), o.selfLockoutFlag(),
	}, o.connectionFlags(), o.journalFlags())
}

func (o *recoverOptions) rules() []rule {
	return join(o.journalRules(), []rule{{
		when:    []string{"drill"},
		without: []string{"print-commands"},
		message: "--drill and --print-commands contradict each other",
	}, {
		when:    []string{"no-kubeconfig"},
		without: []string{"kubeconfig", "exec", "alias", "keep-context", "use"},
		message: "--no-kubeconfig cannot be combined with --kubeconfig, --exec, --alias, --keep-context and --use",
	}}, o.contextRules(), o.choiceRules())
}

func (o *recoverOptions) isMachine() bool { return o.form == "json" }

// check checks the values of flags.
func (o *recoverOptions) check(line invocation) error {
	switch {
	case o.form != "text" && o.form != "json":
		return withHint(fmt.Errorf("unknown output format %q: it is text or json", o.form), line.command+" --help")
	case o.printCommands && o.form == "json":
		return withHint(errors.New("--print-commands prints commands, no JSON"), "leave out -o json")
	case o.lasts() < time.Minute:
		return withHint(fmt.Errorf("--expires=%s is less than a minute", o.lasts()), "a time has a unit: 4h, 90m")
	case o.verifyFor <= 0:
		return withHint(fmt.Errorf("--verify-for=%s must be more than 0", o.verifyFor),
			"to ask for no proof: --no-verify")
	}
	return o.checkKubeconfig(line)
}

func (o *recoverOptions) lasts() time.Duration { return valueOr(o.expires, defaultLasts) }

func (p *program) recoverCommand() *cli.Command {
	o := &recoverOptions{}
	return p.command(&cli.Command{
		Name:  "recover",
		Usage: "get one principal back into one cluster, step by step, and prove it",
		UsageText: "eksaccess recover --cluster prod --region eu-west-1                    # an emergency: whoever " +
			"runs it\n" +
			"eksaccess recover --cluster prod --region eu-west-1 --principal role=oncall --expires 4h --reason " +
			"INC-4711\n" +
			"eksaccess recover --cluster prod --region eu-west-1 --drill            # every week: would it work?",
		Description: "Nothing is taken from anybody, and no other entry is touched. An entry that is made ends " +
			"after\n" +
			"--expires, once \"eksaccess cleanup --expired\" runs; one that exists keeps its owner and its end.\n" +
			"Both are held so long: no apply of a file takes them back before.",
	}, o, func(ctx context.Context, line invocation) error {
		shown := &recoveryScreen{p: p, json: o.isMachine(), asks: !o.yes}
		options, source := p.fleetOptions(&o.connectionOptions, kubeOptions{}), ""
		isText := !shown.json && !o.printCommands
		if isText {
			options.NoteRegion = func(_, from string) { source = from } // which is part of the result
		}
		f := fleet.New(options)
		asked, err := p.recovery(ctx, o, f, line)
		if err != nil {
			return err
		}
		if isText {
			source = cmp.Or(source, o.regionSource(asked.Cluster))
			if err := render.RecoveryRegion(p.stdout, asked.Cluster.ID.Region, source, p.drawing(render.Text)); err != nil {
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
	ctx context.Context, o *recoverOptions, f *fleet.Fleet, line invocation,
) (recover.Options, error) {
	if err := o.check(line); err != nil {
		return recover.Options{}, err
	}
	cluster, err := f.One(ctx, o.Choice)
	if err != nil {
		return recover.Options{}, err
	}
	if cluster.Watch && !o.printCommands {
		return recover.Options{}, withHint(
			fmt.Errorf("%v has watch: true, and is never written", cluster.ID),
			"eksaccess recover --cluster "+cluster.ID.ARN()+", without -f; or write watch: false on it ("+
				cluster.Pos.String()+")",
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
	p.tellWarnings("", warnings)
	if reason != o.reason {
		p.complain("note", fmt.Sprintf("the reason is kept as %q: a tag holds %s, at most 256 of them",
			reason, eksfacts.TagCharacters))
	}
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
		fmt.Errorf("--expires=%s is longer than a hold that is respected (guards.maxHold, %s)", lasts, most),
		fmt.Sprintf("pass at most --expires %s; for longer access, declare the principal in a file", most),
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
		if _, err := fmt.Fprintln(p.stdout, render.Safe(l)); err != nil {
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
		s.p.complain("note", render.RecoveryAnnouncement(r, *grant, s.p.drawingErrors()))
	}
	return nil
}

// confirmGrant asks whether to write a grant.
func (p *program) confirmGrant(ctx context.Context, r *recover.Report, grant recover.Grant) error {
	return p.confirm(ctx, render.RecoveryQuestion(r, grant, p.drawingErrors()))
}

func (s *recoveryScreen) Message(level recover.Level, text string) { s.p.complain(string(level), text) }

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
