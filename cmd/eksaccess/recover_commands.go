package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/rescue"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// printCommands prints what recover would do, for the cluster as it is, as
// commands of aws and kubectl. Steps that are only for reading are quiet here;
// what can't be read is said, and then every step is printed.
func (r *recovery) printCommands(ctx context.Context) error {
	quiet := *r.p
	quiet.stdout = nowhere{}
	shown := r.p
	r.p = &quiet
	var unread *plan.Error
	for _, step := range []func(context.Context) error{r.identity, r.reach, r.plan} {
		err := step(ctx)
		if errors.Is(err, errStep) {
			unread = r.report.Steps[len(r.report.Steps)-1].Error
			break
		}
		if err != nil {
			return err
		}
	}
	r.p = shown
	if unread != nil && r.s.have != nil {
		return withHint(
			fmt.Errorf("%s: %s", unread.Code, unread.Message),
			unread.Hint,
		) // it was read, and can't be done
	}
	if unread != nil {
		if r.ref.ARN == "" {
			return withHint(fmt.Errorf("who is to get in can't be told: %s: %s", unread.Code, unread.Message),
				unread.Hint, "to print the commands without looking: --principal ARN")
		}
		r.p.complain(
			"warning",
			fmt.Sprintf("nothing could be read, so all steps are printed: %s: %s", unread.Code, unread.Message),
		)
		r.principal, r.self = r.ref.ARN, true
		r.s.have = &spec.Live{ID: r.s.declared.ID, Identities: map[string]spec.Identity{}}
		if r.reason == "" {
			r.reason = "recover"
		}
		if err := r.blind(); err != nil {
			return err
		}
	}
	lines := rescue.Commands(
		r.to(),
		r.s.plan,
		r.principal,
		r.policy,
		r.entryARNs(),
		rescue.Asking{Context: r.contextName(),
			Kubeconfig: !r.c.Bool("no-kubeconfig") &&
				r.self, Proof: !r.c.Bool("no-verify") && r.self, Blind: unread != nil},
	)
	for _, l := range lines {
		if _, err := fmt.Fprintln(r.p.stdout, render.Safe(l)); err != nil {
			return err
		}
	}
	return nil
}

// blind plans for a cluster that nobody could look at: in the first mode, and
// without an entry.
func (r *recovery) blind() error {
	r.s.have.Mode = "CONFIG_MAP"
	r.s.plan = plan.Recover(plan.RecoverInput{Cluster: r.s.declared, Principal: r.principal, Policy: r.policy,
		Lasts: r.c.Duration("expires"), Reason: r.reason, Have: r.s.have, Now: r.f.now(), Options: r.f.options})
	if e := r.s.plan.Error; e != nil {
		return withHint(errors.New(e.Message), e.Hint)
	}
	for i := range r.s.plan.Changes {
		r.s.plan.Changes[i].Reason = "where there is none"
	}
	return nil
}

// contextName is what the aws command calls its context.
func (r *recovery) contextName() string {
	if r.s.declared.ID.Account == "" {
		return "" // update-kubeconfig has made it the current one
	}
	return r.s.declared.ID.ARN()
}

func (r *recovery) entryARNs() map[string]string {
	arns := map[string]string{}
	for _, e := range r.s.have.Entries {
		arns[e.Principal] = e.ARN
	}
	return arns
}

// nowhere takes what is only for another form of the same run.
type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
