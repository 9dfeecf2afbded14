package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/rescue"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// kubeconfig gives kubectl a context of its own for the cluster.
func (r *recovery) kubeconfig(ctx context.Context) error {
	switch {
	case r.c.Bool("no-kubeconfig"):
		return r.say(rescue.Kubeconfig, rescue.NotNeeded, "--no-kubeconfig")
	case !r.self:
		return r.command(
			rescue.Kubeconfig,
			rescue.NotNeeded,
			"eksaccess kubeconfig --cluster "+r.s.declared.ID.ARN(),
			"it is %s who needs one, by",
			r.principal,
		)
	}
	entry, err := r.p.entryFor(r.c, r.s.declared, r.s.session.Profile, r.s.have)
	if err != nil {
		return r.unproven(rescue.Kubeconfig, err.Error(), plan.Error{Code: fault.KubeconfigNotWritten, Message: err.Error(),
			Hint: "run it again, or: eksaccess kubeconfig --cluster " + r.s.declared.ID.ARN() + " --exec eksaccess"})
	}
	config := kube.OpenKubeconfig(r.c.String("kubeconfig"))
	change, err := config.Put(ctx, entry)
	if err != nil {
		return r.unproven(rescue.Kubeconfig, "writing it", kubeconfigError(err))
	}
	r.p.reportKept(change)
	if command := entry.Exec().Command; !onPath(command) {
		r.p.complain("warning", fmt.Sprintf("kubectl will call %q, which is not on the PATH", command))
	}
	r.context, r.selected = change.Context, change.Selected || change.Current == change.Context
	status := rescue.Done
	if change.Outcome == kube.Unchanged && !change.Selected {
		status = rescue.NotNeeded
	}
	if err := r.command(rescue.Kubeconfig, status, r.use(), "%s", change); err != nil {
		return err
	}
	r.noteAuthorities(ctx, config, change.Context, nil)
	return nil
}

func onPath(command string) bool {
	_, err := exec.LookPath(command)
	return err == nil
}

// use is a first kubectl command that the policy allows.
func (r *recovery) use() string {
	command := "kubectl"
	if !r.selected {
		command += " --context " + awscli.Quote(r.context)
	}
	where := " --all-namespaces"
	if r.policy.Scope == spec.ScopeNamespace {
		literal := slices.IndexFunc(r.policy.Namespaces, func(n string) bool { return !strings.Contains(n, "*") })
		if literal < 0 {
			return command + " auth whoami"
		}
		where = " --namespace " + awscli.Quote(r.policy.Namespaces[literal])
	}
	for _, resource := range []string{"nodes", "pods", "secrets"} {
		of := where
		if resource == "nodes" {
			if r.policy.Scope != spec.ScopeCluster {
				continue
			}
			of = ""
		}
		list := cani.Question{Verb: "list", Resource: resource}
		if eksfacts.Judge(list, []eksfacts.Grant{{Policy: r.policy.ARN}}, nil).Verdict == eksfacts.Yes {
			return command + " get " + resource + of
		}
	}
	return command + " auth whoami"
}

// kubeconfigError is why a kubeconfig was not, or would not be, written.
func kubeconfigError(err error) plan.Error {
	hint := cmp.Or(kubeconfigHint(err), "name another file with --kubeconfig FILE")
	return plan.Error{Code: fault.KubeconfigNotWritten, Message: err.Error(),
		Hint: hint + ", or go without with --no-kubeconfig"}
}

// noteAuthorities notes the contexts, except the one that was written, that
// lack a certificate authority of the cluster.
func (r *recovery) noteAuthorities(ctx context.Context, config *kube.Kubeconfig, written string, mend []string) {
	old, err := clusterRead{r.s.session, r.s.have}.oldAuthorities(ctx, config, written)
	if err != nil {
		return // it was read a moment ago; the step of the kubeconfig reports what is wrong with it
	}
	for _, o := range old {
		r.note(rescue.Note{Message: o.String(), Mend: append([]string{}, mend...)})
	}
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
		return r.command(
			rescue.Proof,
			rescue.NotTried,
			r.canI(questions),
			"only %s itself can ask the cluster, with",
			r.principal,
		)
	}
	client, err := r.f.kubeClient(r.s, r.s.have)
	if err != nil {
		return r.noProof(rescue.Refusal(kubeerr.Error{Reason: err.Error()}, r.mending()))
	}
	defer client.Close()
	e := r.poll(ctx, client, questions)
	if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return stopped(ctx)
	}
	if e != nil {
		return r.noProof(*e)
	}
	if len(questions) == 0 {
		return r.say(
			rescue.Proof,
			rescue.Done,
			"the cluster lets it in; what %s allows is not published, so nothing more can be asked",
			r.c.String("policy"),
		)
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
	context := cmp.Or(r.context, r.s.declared.ID.ARN())
	if r.selected || !r.self { // the principal runs "eksaccess kubeconfig" first, which selects it
		context = ""
	}
	for _, q := range questions {
		if line := awscli.CanI(context, q); line != "" {
			return line
		}
	}
	return awscli.WhoAmI(context)
}

func (r *recovery) noProof(e plan.Error) error {
	return r.unproven(rescue.Proof, "asking the cluster", e)
}

// mending is what the words of a refusal need to know.
func (r *recovery) mending() rescue.Mending {
	return rescue.Mending{
		Identity: r.s.have.Identities[r.principal],
		Recreate: r.again("--recreate"),
		Doctor:   "eksaccess doctor --cluster " + r.s.declared.ID.ARN(),
		Ask:      r.canI(rescue.Questions(r.policy)),
		Private:  r.s.have.PublicEndpoint != nil && !*r.s.have.PublicEndpoint,
	}
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
		progress.Notice(
			fmt.Sprintf(
				"%s: asking again, %s so far: %s",
				r.s.declared.ID.Name,
				time.Since(began).Round(time.Second),
				e.Message,
			),
		)
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
	e := refusalOf(err)
	if e.Code == "" {
		e = &kubeerr.Error{Code: kubeerr.Refused, Reason: err.Error()}
	}
	said := rescue.Refusal(*e, r.mending())
	if e.Code == kubeerr.Unauthorized {
		said = rescue.Unauthorized(r.mending())
	}
	switch e.Code {
	case kubeerr.Unauthorized, kubeerr.Forbidden, kubeerr.Refused:
		return &said, soon
	case kubeerr.Unreachable:
		return &said, perhaps
	}
	return &said, never
}
