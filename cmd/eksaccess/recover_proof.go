package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/rescue"
	"github.com/eksaccess/eksaccess/plan"
)

// kubeconfig gives kubectl a context of its own for the cluster.
func (r *recovery) kubeconfig(ctx context.Context) error {
	switch {
	case r.c.Bool("no-kubeconfig"):
		return r.say(rescue.Kubeconfig, rescue.NotNeeded, "--no-kubeconfig")
	case !r.self:
		return r.command(rescue.Kubeconfig, rescue.NotNeeded, "eksaccess kubeconfig --cluster "+r.s.declared.ID.ARN(), "it is %s who needs one, by", r.principal)
	}
	entry, err := r.p.entryFor(r.c, r.s.declared, r.s.session.Profile, r.s.have)
	if err != nil {
		return r.unproven(rescue.Kubeconfig, err.Error(), plan.Error{Code: "KubeconfigNotWritten", Message: err.Error(),
			Hint: "run it again, or: eksaccess kubeconfig --cluster " + r.s.declared.ID.ARN() + " --exec eksaccess"})
	}
	outcome, file, err := kube.OpenKubeconfig(r.c.String("kubeconfig")).Put(ctx, entry)
	if err != nil {
		hint := unlockHint(err)
		if hint == "" {
			hint = "name another file with --kubeconfig FILE, or go without with --no-kubeconfig"
		}
		return r.unproven(rescue.Kubeconfig, "writing it", plan.Error{Code: "KubeconfigNotWritten", Message: plainPathError(err).Error(), Hint: hint})
	}
	if _, missing := exec.LookPath(entry.Exec.Command); missing != nil {
		r.p.complain("warning", fmt.Sprintf("kubectl will call %q, which is not on the PATH", entry.Exec.Command))
	}
	status := rescue.Done
	if outcome == kube.Unchanged {
		status = rescue.NotNeeded
	}
	use := "kubectl --context " + entry.Name + " get pods"
	if len(r.policy.Namespaces) > 0 {
		use += " --namespace " + awscli.Quote(r.policy.Namespaces[0])
	}
	return r.command(rescue.Kubeconfig, status, use, "%s context %q in %q", outcome, entry.Name, file)
}

// unproven books what does not stop the rest, but is not as it should be.
func (r *recovery) unproven(name, detail string, err plan.Error) error {
	return r.tell(rescue.Step{Name: name, Status: rescue.Unproven, Detail: detail, Error: &err})
}

// proof asks the cluster itself, until it says yes or its time is over.
func (r *recovery) proof(ctx context.Context) error {
	questions := rescue.Questions(r.policy)
	switch {
	case r.c.Bool("no-verify"):
		return r.command(rescue.Proof, rescue.NotTried, r.canI(questions), "--no-verify; ask with")
	case !r.self:
		return r.command(rescue.Proof, rescue.NotTried, r.canI(questions), "only %s itself can ask the cluster, with", r.principal)
	}
	client, err := r.f.kubeClient(r.s, r.s.have)
	if err != nil {
		return r.noProof(rescue.Refusal(err.Error(), "", r.mending()))
	}
	defer client.Close()
	e := r.poll(ctx, client, questions)
	if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ctx.Err()
	}
	if e != nil {
		return r.noProof(*e)
	}
	if len(questions) == 0 {
		return r.say(rescue.Proof, rescue.Done, "the cluster lets it in; what %s allows is not published, so nothing more can be asked", r.c.String("policy"))
	}
	return r.say(rescue.Proof, rescue.Done, "the cluster says yes to %s", asked(questions))
}

func asked(questions []cani.Question) string {
	words := make([]string, len(questions))
	for i, q := range questions {
		words[i] = q.String()
	}
	return strings.Join(words, ", ")
}

func (r *recovery) canI(questions []cani.Question) string {
	for _, q := range questions {
		if line := awscli.CanI(r.s.declared.ID.ARN(), q); line != "" {
			return line
		}
	}
	return awscli.WhoAmI(r.s.declared.ID.ARN())
}

func (r *recovery) noProof(e plan.Error) error {
	return r.unproven(rescue.Proof, "asking the cluster", e)
}

// mending is what the words of a refusal need to know.
func (r *recovery) mending() rescue.Mending {
	return rescue.Mending{Identity: r.s.have.Identities[r.principal], Recreate: r.again("--recreate"), Doctor: "eksaccess doctor --cluster " + r.s.declared.ID.ARN(), Ask: r.canI(rescue.Questions(r.policy)),
		Private: r.s.have.PublicEndpoint != nil && !*r.s.have.PublicEndpoint}
}

// poll asks again while EKS passes on what was written (EKS user guide,
// creating-access-entries: several seconds). It returns nil once everything is
// answered with yes.
func (r *recovery) poll(ctx context.Context, client *kube.Client, questions []cani.Question) *plan.Error {
	progress := r.p.progress()
	defer progress.Done()
	began := time.Now()
	until := began.Add(r.c.Duration("verify-for"))
	broken := 0
	for pause := time.Second; ; pause = min(2*pause, 10*time.Second) {
		e, again := r.once(ctx, client, questions)
		if e == nil {
			return nil
		}
		if again == perhaps {
			broken++
		}
		left := time.Until(until)
		if again == never || broken > 2 || left <= 0 || ctx.Err() != nil {
			return e
		}
		progress.Notice(fmt.Sprintf("%s: asking again, %s so far: %s", r.s.declared.ID.Name, time.Since(began).Round(time.Second), e.Message))
		select {
		case <-ctx.Done():
		case <-time.After(min(pause, left)):
		}
	}
}

// hope says whether asking again may be answered otherwise.
type hope int

const (
	never hope = iota
	perhaps
	soon
)

func (r *recovery) once(ctx context.Context, client *kube.Client, questions []cani.Question) (*plan.Error, hope) {
	if len(questions) == 0 {
		if _, err := client.WhoAmI(ctx); err != nil {
			return r.refusal(err)
		}
		return nil, soon
	}
	for _, q := range questions {
		answer, err := client.Can(ctx, q)
		if err != nil {
			return r.refusal(err)
		}
		if !answer.Allowed {
			e := rescue.No(q, answer.Reason, answer.EvaluationError, r.mending())
			return &e, soon
		}
	}
	return nil, soon
}

func (r *recovery) refusal(err error) (*plan.Error, hope) {
	var e *kube.Error
	if !errors.As(err, &e) {
		e = &kube.Error{Kind: kube.Refused, Reason: err.Error()}
	}
	said := rescue.Refusal(e.Reason, e.Hint, r.mending())
	said.Code = rescue.CodeOf(string(e.Kind))
	if e.Kind == kube.Unauthorized {
		said = rescue.Unauthorized(r.mending())
	}
	switch e.Kind {
	case kube.Unauthorized, kube.Forbidden, kube.Refused:
		return &said, soon
	case kube.Unreachable:
		return &said, perhaps
	}
	return &said, never
}
