package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/rescue"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) recoverCommand() *cli.Command {
	return &cli.Command{
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
		Flags: join(oneClusterFlags(), []cli.Flag{
			&cli.StringFlag{
				Name:        "principal",
				Usage:       "who is to get in: `ARN`, permissionSet=NAME, role=NAME or user=NAME",
				DefaultText: "whoever runs it",
				Category:    "Input",
			},
			&cli.StringFlag{
				Name:     "policy",
				Value:    eksfacts.ClusterAdminPolicy,
				Usage:    "access `POLICY`, by name or ARN",
				Category: "Input",
			},
			&cli.StringSliceFlag{
				Name:     "namespace",
				Usage:    "only in `NAMESPACE`, in place of the whole cluster; repeatable",
				Category: "Input",
			},
			&cli.DurationFlag{
				Name:        "expires",
				Value:       8 * time.Hour,
				DefaultText: "8h",
				Usage:       "end of the grant, and of the hold on it, in so much `TIME`",
				Category:    "Input",
			},
			&cli.StringFlag{
				Name:        "reason",
				Usage:       "`WHY`, kept on the entry",
				DefaultText: "who ran it",
				Category:    "Input",
			},
			&cli.BoolFlag{
				Name:               "recreate",
				Usage:              "make the entry anew, with all it has, though IAM does not say that it is dead",
				Category:           "Input",
				DisableDefaultText: true,
			},
			&cli.StringFlag{
				Name:        "kubeconfig",
				Usage:       "write the context to `FILE`",
				DefaultText: "as kubectl: $KUBECONFIG, or ~/.kube/config",
				Category:    "Output",
			},
			&cli.StringFlag{
				Name:     "exec",
				Value:    "eksaccess",
				Usage:    "`PROGRAM` that makes kubectl's tokens: eksaccess or aws",
				Category: "Output",
			},
			aliasFlag(), keepContextFlag(), useFlag(),
			&cli.BoolFlag{Name: "no-kubeconfig", Usage: "write none", Category: "Output", DisableDefaultText: true},
			&cli.BoolFlag{
				Name:               "no-verify",
				Usage:              "do not ask the cluster for proof",
				Category:           "Output",
				DisableDefaultText: true,
			},
			&cli.DurationFlag{
				Name:        "verify-for",
				Value:       2 * time.Minute,
				DefaultText: "2m",
				Usage:       "ask so much `TIME`, while EKS passes it on",
				Category:    "Output",
			},
			&cli.BoolFlag{
				Name:               "drill",
				Usage:              "change nothing; say whether it would work, and what is missing (exit code 2)",
				DisableDefaultText: true,
			},
			&cli.BoolFlag{
				Name:               "print-commands",
				Usage:              "change nothing; print the steps as aws and kubectl commands",
				DisableDefaultText: true,
			},
			yesFlag(),
			choice(cli.StringFlag{
				Name: "output", Aliases: []string{"o"}, Value: "text", Usage: "`FORM`: text or json", Category: "Output",
			}, "text", "json"),
			hiddenFlag(), selfLockoutFlag(),
		}, awsFlags(), journalFlags()),
		Action: func(c *cli.Context) error {
			r, err := p.rescuing(c)
			if err != nil {
				return err
			}
			ctx, cancel := timed(c)
			defer cancel()
			if c.Bool("print-commands") {
				return r.printCommands(ctx)
			}
			return r.run(ctx)
		},
	}
}

// A recovery is one run of recover.
type recovery struct {
	p      *program
	c      *cli.Context
	f      *fleetRun
	s      *site
	ref    spec.PrincipalRef // "" for whoever runs it
	policy spec.Policy
	reason string
	report *rescue.Report

	principal string // ARN of who is to get in
	own       string // and of who runs this
	self      bool   // they are one
	context   string // of the kubeconfig, that is or was made for the cluster; "" for none
	selected  bool   // it is the current one
	refused   bool   // the cluster was asked by the principal, and did not let it in
	wrote     bool
}

// rescuing reads what was asked for.
func (p *program) rescuing(c *cli.Context) (*recovery, error) {
	if err := checkJournalFlags(c); err != nil {
		return nil, err
	}
	switch o := c.String("output"); {
	case o != "text" && o != "json":
		return nil, withHint(fmt.Errorf("unknown output format %q: it is text or json", o), called(c)+" --help")
	case c.Bool("drill") && c.Bool("print-commands"):
		return nil, withHint(errors.New("--drill and --print-commands contradict each other"), "pass one of them")
	case c.Bool("print-commands") && o == "json":
		return nil, withHint(errors.New("--print-commands prints commands, no JSON"), "leave out -o json")
	case c.Bool("no-kubeconfig") && slices.ContainsFunc([]string{"kubeconfig", "exec", "alias", "keep-context", "use"}, c.IsSet):
		return nil, withHint(errors.New("--no-kubeconfig cannot be combined with --kubeconfig, --exec, --alias, "+
			"--keep-context and --use"), "pass one of them")
	case c.Duration("expires") < time.Minute:
		return nil, withHint(
			fmt.Errorf("--expires=%s is less than a minute", c.Duration("expires")),
			"a time has a unit: 4h, 90m",
		)
	case c.Duration("verify-for") <= 0:
		return nil, withHint(
			fmt.Errorf("--verify-for=%s must be more than 0", c.Duration("verify-for")),
			"to ask for no proof: --no-verify",
		)
	}
	if err := checkKubeconfigFlags(c); err != nil {
		return nil, err
	}
	choice, err := checkedChoiceOf(c)
	if err != nil {
		return nil, err
	}
	cluster, err := p.oneCluster(c.Context, choice, c.String("profile"), lineOf(c))
	if err != nil {
		return nil, err
	}
	if cluster.Watch && !c.Bool("print-commands") {
		return nil, withHint(
			fmt.Errorf("%v has watch: true, and is never written", cluster.ID),
			"eksaccess recover --cluster "+cluster.ID.ARN()+", without -f; or write watch: false on it ("+cluster.Pos.String()+")",
		)
	}
	if err := checkHold(cluster, c.Duration("expires")); err != nil {
		return nil, err
	}
	r := &recovery{p: p, c: c, s: &site{declared: cluster}}
	if c.IsSet("principal") {
		if r.ref, err = spec.ParsePrincipalFlag(c.String("principal")); err != nil {
			return nil, err
		}
	}
	var warnings spec.Problems
	if r.policy, warnings, err = spec.ParsePolicyFlag(c.String("policy"), c.StringSlice("namespace"), cluster.ID.Partition); err != nil {
		return nil, err
	}
	p.tellWarnings("", warnings)
	r.reason = eksfacts.TagValue(c.String("reason"))
	if r.reason != c.String("reason") {
		p.complain(
			"note",
			fmt.Sprintf(
				"the reason is kept as %q: a tag holds %s, at most 256 of them",
				r.reason,
				eksfacts.TagCharacters,
			),
		)
	}
	// What it makes carries an owner of its own, so no other's is taken.
	if r.f, err = p.fleet(c, plan.Options{Allow: plan.Allow{TakeOwnership: true, AWSAuthHidden: c.Bool("allow-aws-auth-hidden"),
		SelfLockout: c.Bool("allow-self-lockout")}}); err != nil {
		return nil, err
	}
	r.f.lookBack(c.String("journal"))
	r.report = rescue.New(cluster.ID, c.Bool("drill"), r.f.now(), version())
	return r, nil
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

// run goes from step to step until one fails.
func (r *recovery) run(ctx context.Context) error {
	if r.c.Bool("drill") {
		err := r.drill(ctx)
		return cmp.Or(err, r.endOf(ctx))
	}
	for _, step := range []func(context.Context) error{r.identity, r.reach, r.plan, r.ask, r.write, r.kubeconfig, r.proof, r.after} {
		if err := step(ctx); err != nil {
			if errors.Is(err, errStep) {
				break // it was said
			}
			return err
		}
	}
	return r.endOf(ctx)
}

// endOf is end, for a run that may have been stopped.
func (r *recovery) endOf(ctx context.Context) error {
	if err := r.end(); err != nil {
		return r.p.stoppedOutcome(ctx, err)
	}
	return nil
}

// errStep: a step failed, which its line says.
var errStep = errors.New("a step failed")

// end draws what it came to, and gives the exit code.
func (r *recovery) end() error {
	if r.report.Outcome == "" {
		r.report.Judge(r.wrote)
	}
	if err := r.drawEnd(); err != nil {
		return err
	}
	switch r.report.Outcome {
	case rescue.Broken:
		return outcome{code: exitFailure, message: r.failure("could not give", rescue.Failed)}
	case rescue.Refused:
		return outcome{code: exitRefused, message: r.failure("did not give", rescue.Failed)}
	case rescue.Unconfirmed:
		return outcome{code: exitUnconfirmed, message: r.failure("could not confirm that it gave", rescue.Unproven)}
	case rescue.WouldFail:
		if r.s.have == nil { // what could not be read never ends in "differences"
			return outcome{code: exitFailure, message: r.failure("could not find out how to give", rescue.Failed)}
		}
		return differences
	}
	return nil
}

// failure is the last line on standard error: what was not reached, and of the
// first step with that status, why.
func (r *recovery) failure(what string, status rescue.Status) string {
	principal := r.report.Principal
	if principal == "" {
		principal = "the principal"
	}
	text := fmt.Sprintf("%s %s access to %s", what, principal, r.s.declared.ID.Name)
	for _, s := range r.report.Steps {
		if s.Status != status {
			continue
		}
		text += ": " + s.Name
		switch {
		case s.Error != nil:
			text += ": " + s.Error.Message
		case s.Detail != "":
			text += ": " + s.Detail
		}
		break
	}
	return text
}
