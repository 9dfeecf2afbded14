package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/rescue"
	"github.com/eksaccess/eksaccess/plan"
)

// drill goes the same way as far as that changes nothing. A part that would
// fail does not keep the next from being looked at.
func (r *recovery) drill(ctx context.Context) error {
	for _, step := range []func(context.Context) error{r.identity, r.reach, r.plan, r.permitted, r.planned, r.writable, r.reachable} {
		err := step(ctx)
		if errors.Is(err, errStep) {
			break
		}
		if err != nil {
			return err
		}
	}
	r.report.Judge(false)
	if r.s.have != nil {
		return r.after(ctx)
	}
	return nil
}

// permitted asks IAM about the calls that a recovery makes.
func (r *recovery) permitted(ctx context.Context) error {
	calls := rescue.Calls(r.s.declared.ID, r.principal, r.policy, r.s.plan)
	denied, unknown, err := live.Simulate(ctx, r.s.session.IAM, r.own, calls)
	switch {
	case err != nil:
		return r.say(
			rescue.Permissions,
			rescue.Unknown,
			"IAM can't be asked what it allows: %s",
			planError(err, r.s).Message,
		)
	case len(denied) > 0:
		e := rescue.Denial(r.own, denied)
		return r.wouldFail(rescue.Permissions, "IAM does not allow "+rescue.Actions(denied), e)
	case len(unknown) > 0:
		return r.say(
			rescue.Permissions,
			rescue.Unknown,
			"IAM can't tell of %s without conditions it was not told of",
			rescue.Actions(unknown),
		)
	}
	return r.say(
		rescue.Permissions,
		rescue.Done,
		"IAM allows %s; what a session's own policy or one of the organization denies, only the call shows",
		rescue.Actions(calls),
	)
}

// wouldFail books what would fail, and goes on looking.
func (r *recovery) wouldFail(name, detail string, err plan.Error) error {
	return r.tell(rescue.Step{Name: name, Status: rescue.Failed, Detail: detail, Error: &err})
}

// planned shows what would be done.
func (r *recovery) planned(context.Context) error {
	for _, s := range rescue.Planned(r.s.plan, r.policy, r.s.have.Identities[r.principal]) {
		if err := r.tell(s); err != nil {
			return err
		}
	}
	return nil
}

func (r *recovery) writable(ctx context.Context) error {
	if r.c.Bool("no-kubeconfig") || !r.self {
		return r.kubeconfig(ctx) // which says why not
	}
	config := kube.OpenKubeconfig(r.c.String("kubeconfig"))
	entry, err := r.p.entryFor(r.c, r.s.declared, r.s.session.Profile, r.s.have)
	if err != nil {
		return r.wouldFail(rescue.Kubeconfig, err.Error(), kubeconfigError(err))
	}
	change, err := config.Preview(entry)
	file := ""
	if err == nil {
		file, err = config.Writable()
	}
	if err != nil {
		return r.wouldFail(rescue.Kubeconfig, "it can't be written", kubeconfigError(err))
	}
	if change.Outcome != kube.Added {
		r.context, r.selected = change.Context, change.Current == change.Context
	}
	r.noteAuthorities(ctx, config, "", []string{"eksaccess kubeconfig --cluster " + r.s.declared.ID.ARN()})
	what := map[kube.Outcome]string{kube.Added: "add", kube.Updated: "update", kube.Unchanged: "keep"}[change.Outcome]
	detail := fmt.Sprintf("%s context %q in %q, which can be written", what, change.Context, file)
	switch {
	case change.Selected && change.Current != "":
		detail += fmt.Sprintf(", and select it (current is %q)", change.Current)
	case change.Selected:
		detail += ", and select it"
	}
	return r.say(rescue.Kubeconfig, rescue.Would, "%s", detail)
}

// reachable asks the cluster who runs this, which also shows that proof could
// be had from here.
func (r *recovery) reachable(ctx context.Context) error {
	switch {
	case r.c.Bool("no-verify"):
		return r.say(rescue.Proof, rescue.NotTried, "--no-verify")
	case !r.self:
		return r.say(rescue.Proof, rescue.NotTried, "only %s itself can ask the cluster", r.principal)
	}
	client, err := r.f.kubeClient(r.s, r.s.have)
	if err == nil {
		defer client.Close()
		var who kube.Subject
		if who, err = client.WhoAmI(ctx); err == nil {
			return r.say(
				rescue.Proof,
				rescue.Would,
				"the cluster answers from here, and knows who runs this as %s",
				who.Username,
			)
		}
	}
	var e *kubeerr.Error
	if errors.As(err, &e) && e.Status != 0 {
		return r.say(rescue.Proof, rescue.Would, "the cluster answers from here; as things are: %s", e.Reason)
	}
	said, _ := r.refusal(err)
	return r.wouldFail(
		rescue.Proof,
		fmt.Sprintf(
			"the cluster can't be asked from here, so a recovery would end unconfirmed (exit code %d)",
			exitUnconfirmed,
		),
		*said,
	)
}
