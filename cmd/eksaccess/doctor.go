package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/doctor"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

func principalFlag(usage string) cli.Flag {
	return &cli.StringFlag{
		Name:     "principal",
		Usage:    "`WHO`: ARN, role=NAME, user=NAME or permissionSet=NAME; " + usage,
		Category: "Input",
	}
}

func (p *program) doctorCommand() *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "every reason why a principal is in or out, and the one thing to do next; changes nothing",
		UsageText: "eksaccess doctor --cluster prod --region eu-west-1\n" +
			"eksaccess doctor --cluster prod --region eu-west-1 --can 'delete pods -n payments' --can \"'*' '*' " +
			"-A\"\n" +
			"eksaccess doctor --cluster prod --region eu-west-1 --principal permissionSet=PaymentsDev --can 'get " +
			"secrets -n payments'",
		Description: "Asks EKS and IAM, and for whoever runs it the cluster itself: who am I there, and what may I.\n" +
			"Of another principal it says what follows from access policies as AWS publishes them.\n" +
			"Ends with 2 where access is missing, and with 1 where the cluster can't be read.",
		Flags: join(oneClusterFlags(), []cli.Flag{
			principalFlag("without it, who runs this"),
			&cli.StringSliceFlag{
				Name:     "can",
				Usage:    "ask too whether it may: `'VERB RESOURCE -n NS'`, as kubectl auth can-i; repeatable",
				Category: "Input",
			},
			snapshotFlag(),
			&cli.StringFlag{
				Name:        "kubeconfig",
				Usage:       "look into `FILE`",
				DefaultText: "as kubectl: $KUBECONFIG, or ~/.kube/config",
				Category:    "Input",
			},
		}, awsFlags(), []cli.Flag{outputFlag(render.DoctorFormats)}),
		Action: func(c *cli.Context) error {
			form, err := format(c, render.DoctorFormats)
			if err != nil {
				return err
			}
			if err := checkKubeconfigFile(c); err != nil {
				return err
			}
			who, err := askedPrincipal(c)
			if err != nil {
				return err
			}
			questions, err := askedQuestions(c)
			if err != nil {
				return err
			}
			ctx, cancel := timed(c)
			defer cancel()
			gather := p.doctorFacts
			if c.IsSet("snapshot") {
				gather = p.recordedFacts
			}
			facts, err := gather(ctx, c, who, questions)
			if err != nil {
				return err
			}
			facts.ToolVersion = version()
			report := doctor.Examine(facts)
			if err := render.Doctor(p.stdout, report, p.drawing(form)); err != nil {
				return err
			}
			return p.stoppedOutcome(ctx, doctorOutcome(report))
		},
	}
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

// askedPrincipal reads --principal; nil without it.
func askedPrincipal(c *cli.Context) (*spec.PrincipalRef, error) {
	if !c.IsSet("principal") {
		return nil, nil
	}
	ref, err := spec.ParsePrincipalFlag(c.String("principal"))
	if err != nil {
		return nil, fmt.Errorf("--principal: %w", err)
	}
	return &ref, nil
}

// askedQuestions reads --can.
func askedQuestions(c *cli.Context) ([]cani.Question, error) {
	var questions []cani.Question
	for _, text := range c.StringSlice("can") {
		q, err := cani.Parse(text)
		var wrong *cani.ParseError
		if errors.As(err, &wrong) {
			return nil, withHint(fmt.Errorf("--can: %w", err), wrong.Hint)
		}
		if !slices.Contains(questions, q) {
			questions = append(questions, q)
		}
	}
	return questions, nil
}

// doctorFacts learns everything that bears on one principal, and stops at
// nothing that can't be learned: the checklist says it.
func (p *program) doctorFacts(
	ctx context.Context,
	c *cli.Context,
	who *spec.PrincipalRef,
	questions []cani.Question,
) (doctor.Facts, error) {
	choice, err := checkedChoiceOf(c)
	if err != nil {
		return doctor.Facts{}, err
	}
	cluster, err := p.oneCluster(ctx, choice, c.String("profile"), lineOf(c))
	if err != nil {
		return doctor.Facts{}, err
	}
	f, err := p.fleet(c, plan.Options{})
	if err != nil {
		return doctor.Facts{}, err
	}
	f.tokenTime = p.machineNow // like kubectl, whose access this is about
	f.nameEndpoints(ctx, []*spec.Cluster{cluster})
	u := &checkup{
		fleetRun: f,
		site:     &site{declared: cluster},
		who:      who,
		facts:    doctor.Facts{Now: f.begun, Reach: reach(c), Questions: questions},
	}
	have, err := f.describe(ctx, u.site)
	if u.session != nil {
		u.facts.Caller = u.session.Caller.ARN
	}
	if err != nil { // not even the cluster can be described: what is left is who was meant
		e := planError(err, u.site)
		if e.Code == fault.ClusterNotFound {
			f.lookRound(ctx, u.site, &e)
		}
		u.facts.Cluster = snapshot.Failed(cluster.ID, e)
		if u.session != nil {
			_ = u.principal(ctx, nil)
		}
		return u.facts, interrupted(ctx)
	}
	u.facts.Now = f.now()
	listed := u.entryPrincipals(ctx, have)
	if err := u.principal(ctx, listed); err != nil {
		return u.facts, hintedAWS(err)
	}
	u.facts.Declared = itemsOf(cluster, u.facts.Principal)
	u.readEntries(ctx, have, listed)
	u.facts.Clock = u.clock(ctx)
	u.facts.Kubectl = u.kubectl(ctx, c, have)
	u.inside(ctx, have)
	u.facts.Cluster = snapshot.New([]snapshot.Cluster{u.facts.Cluster}, true, f.now(), "").Clusters[0]
	return u.facts, interrupted(ctx)
}

// interrupted: what was learned before the time was over is worth showing.
func interrupted(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil
	}
	return stopped(ctx)
}

// describe connects to a cluster and reads where it is and how it stands.
func (f *fleetRun) describe(ctx context.Context, s *site) (*spec.Live, error) {
	if err := inOwnAccount(ctx, f.connector, s.declared); err != nil {
		return nil, err
	}
	if err := f.connect(ctx, s); err != nil {
		return nil, err
	}
	return live.ReadCluster(ctx, s.session.EKS, s.declared.ID, s.session.Profile)
}

// reach is the flags that name the cluster again.
func reach(c *cli.Context) string {
	text := ""
	add := func(flag, value string) {
		if text != "" {
			text += " "
		}
		text += flag + " " + awscli.Quote(value)
	}
	for _, file := range c.StringSlice("file") {
		add("-f", file)
	}
	for _, cluster := range c.StringSlice("cluster") {
		add("--cluster", cluster)
	}
	if c.IsSet("region") {
		add("--region", c.String("region"))
	}
	if c.IsSet("profile") {
		add("--profile", c.String("profile"))
	}
	return text
}

// recordedFacts are those of a snapshot: what it did not record is not known.
func (p *program) recordedFacts(
	ctx context.Context,
	c *cli.Context,
	who *spec.PrincipalRef,
	questions []cani.Question,
) (doctor.Facts, error) {
	if who == nil {
		return doctor.Facts{}, withHint(
			errors.New("a snapshot does not know who asks"),
			"name whose access it is with --principal",
		)
	}
	choice, err := checkedChoiceOf(c)
	if err != nil {
		return doctor.Facts{}, err
	}
	taken, declared, err := p.observed(ctx, observing{Choice: choice, connection: connectionOf(c)})
	if err != nil {
		return doctor.Facts{}, err
	}
	if len(taken.Clusters) != 1 {
		return doctor.Facts{}, withHint(
			fmt.Errorf("doctor takes exactly one cluster, and %d are chosen", len(taken.Clusters)),
			"choose with --cluster",
		)
	}
	cluster := taken.Clusters[0]
	const offline = "a snapshot is looked at, and nobody is asked"
	unasked := snapshot.NotLearned(offline, "")
	reach := "--cluster " + awscli.Quote(cluster.ARN)
	for _, file := range slices.Backward(c.StringSlice("file")) {
		reach = "-f " + awscli.Quote(file) + " " + reach
	}
	facts := doctor.Facts{Now: time.Now(), Taken: &taken.CreatedAt, Reach: reach, Cluster: cluster,
		Listed: cluster.Entries.Fact, Kubectl: doctor.Kubectl{Fact: unasked}, Clock: doctor.Clock{Fact: unasked},
		Inside: doctor.Inside{Fact: unasked}, Questions: questions}
	if cluster.Error != nil {
		return facts, nil
	}
	facts.Principal, err = namesOf{&cluster}.Resolve(ctx, *who)
	for _, d := range declared {
		if d.ID == cluster.ID() {
			facts.Declared = itemsOf(d, facts.Principal)
		}
	}
	return facts, hintedOrNil(err)
}

func hintedOrNil(err error) error {
	if err == nil {
		return nil
	}
	return hintedAWS(err)
}
