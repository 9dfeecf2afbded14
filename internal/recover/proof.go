package recover

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/plan"
)

// prove asks the cluster until it allows everything or VerifyFor is over.
func (r *recovery) prove(ctx context.Context) ([]Step, bool, error) {
	questions := questionsFor(r.Policy)
	switch {
	case r.NoVerify:
		return oneStep(Step{
			Name:   Proof,
			Status: NotTried,
			Detail: "--no-verify; verify it with",
			Text:   "--no-verify",
			Next:   r.reviewCommand(questions),
		})
	case !r.self:
		return oneStep(Step{
			Name:   Proof,
			Status: NotTried,
			Detail: "only " + r.principal + " can ask the cluster, with",
			Text:   "only " + r.principal + " can ask the cluster",
			Next:   r.reviewCommand(questions),
		})
	}
	client, err := r.run.Fleet.KubeClient(r.target.Cluster)
	if err != nil {
		return oneStep(noProof(refusalError(kubeerr.Error{Reason: err.Error()}, r.fixes())))
	}
	defer client.Close()
	e := r.poll(ctx, client, questions)
	if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return nil, false, fleet.StopCause(ctx)
	}
	if e != nil {
		return oneStep(noProof(*e))
	}
	s := Step{Name: Proof, Status: Done, Detail: "verified: the cluster allows " + questionList(questions)}
	if len(questions) == 0 {
		s.Detail = "verified: the cluster authenticates the principal; what " + r.PolicyName +
			" allows is not published"
	} else if r.context != "" {
		s.Text = "verified: " + r.reviewCommand(questions) + ": yes"
	}
	return oneStep(s)
}

func noProof(e plan.Error) Step { return unverifiedStep(Proof, "asking the cluster", e) }

func questionList(questions []cani.Question) string {
	words := make([]string, len(questions))
	for i, q := range questions {
		words[i] = q.String()
	}
	return strings.Join(words, ", ")
}

// reviewCommand is the command that asks the first of the questions: with kubectl,
// or if it has no context for the cluster, with doctor.
func (r *recovery) reviewCommand(questions []cani.Question) string {
	if r.self && r.context == "" {
		if len(questions) == 0 || questions[0] == cani.Everything {
			return r.command("doctor")
		}
		return r.command("doctor", "--can", questions[0].String())
	}
	context := r.context
	if r.selected || !r.self { // "eksaccess kubeconfig", which the principal runs first, selects it
		context = ""
	}
	for _, q := range questions {
		if line := awscli.CanI(context, q); line != "" {
			return line
		}
	}
	return awscli.WhoAmI(context)
}

func (r *recovery) fixes() fixes {
	return fixes{
		Identity: r.target.Have.Identities[r.principal],
		Recreate: r.repeatCommand("--recreate"),
		Doctor:   r.doctorCommand(),
		Ask:      r.reviewCommand(questionsFor(r.Policy)),
		Private:  r.target.Have.PublicEndpoint != nil && !*r.target.Have.PublicEndpoint,
	}
}

// poll asks again until a change takes effect, which takes EKS several seconds
// (EKS user guide, creating-access-entries). It returns nil once everything is
// allowed.
func (r *recovery) poll(ctx context.Context, client *kube.Client, questions []cani.Question) *plan.Error {
	began := time.Now()
	until := began.Add(r.VerifyFor)
	unreached := 0
	for pause := time.Second; ; pause = min(2*pause, 10*time.Second) {
		e, again := r.askOnce(ctx, client, questions)
		if e == nil {
			return nil
		}
		if again == twice {
			unreached++
		}
		left := time.Until(until)
		if again == never || unreached > 2 || left <= 0 || ctx.Err() != nil {
			return e
		}
		r.observer.Waiting(fmt.Sprintf("%s: asking again, %s so far: %s",
			r.Cluster.ID.Name, time.Since(began).Round(time.Second), e.Message))
		select {
		case <-ctx.Done():
		case <-time.After(min(pause, left)):
		}
	}
}

// A repeat says how often the cluster is asked again.
type repeat int

const (
	never repeat = iota
	twice
	untilTimeout
)

func (r *recovery) askOnce(ctx context.Context, client *kube.Client, questions []cani.Question) (*plan.Error, repeat) {
	if len(questions) == 0 {
		if _, err := client.WhoAmI(ctx); err != nil {
			return r.refusal(err)
		}
		return nil, untilTimeout
	}
	for _, q := range questions {
		answer, err := client.Can(ctx, q)
		if err != nil {
			return r.refusal(err)
		}
		if !answer.Allowed {
			e := deniedError(q, answer.Reason, answer.EvaluationError, r.fixes())
			return &e, untilTimeout
		}
	}
	return nil, untilTimeout
}

func (r *recovery) refusal(err error) (*plan.Error, repeat) {
	var e *kubeerr.Error
	if !errors.As(err, &e) {
		e = &kubeerr.Error{Code: kubeerr.Refused, Reason: err.Error()}
	}
	said := refusalError(*e, r.fixes())
	if e.Code == kubeerr.Unauthorized {
		said = unauthorizedError(r.fixes())
	}
	switch e.Code {
	case kubeerr.Unauthorized, kubeerr.Forbidden, kubeerr.Refused:
		return &said, untilTimeout
	case kubeerr.Unreachable:
		return &said, twice
	}
	return &said, never
}
