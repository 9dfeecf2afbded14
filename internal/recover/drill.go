package recover

import (
	"context"
	"errors"
	"fmt"

	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/run"
)

// Drill checks whether [Run] would succeed, and changes nothing. It checks every
// part, also after one that would fail.
func Drill(ctx context.Context, in *run.Run, o Options, observer Observer) (*Report, error) {
	r := newRecovery(in, o, observer, true)
	_, err := r.runParts(ctx,
		r.identify, r.reach, r.compute, r.simulate, r.preview, r.previewKubeconfig, r.previewProof)
	if err != nil {
		return nil, err
	}
	r.report.setOutcome(false)
	if r.target.Have != nil {
		r.readRest(ctx)
	}
	return r.report, nil
}

// simulate asks IAM about the calls that a recovery makes.
func (r *recovery) simulate(ctx context.Context) ([]Step, bool, error) {
	calls := callsOf(r.Cluster.ID, r.principal, r.Policy, r.target.Plan)
	denied, unknown, err := live.Simulate(ctx, r.target.Session.IAM, r.own, calls)
	switch {
	case err != nil:
		return oneStep(Step{Name: Permissions, Status: NotChecked,
			Detail: "IAM cannot be asked: " + r.target.Fault(err).Message})
	case len(denied) > 0:
		return oneStep(failedStep(Permissions, "IAM does not allow "+actionNames(denied), denial(r.own, denied)))
	case len(unknown) > 0:
		return oneStep(Step{Name: Permissions, Status: NotChecked,
			Detail: "IAM cannot decide about " + actionNames(unknown) + " without values of conditions"})
	}
	return oneStep(Step{Name: Permissions, Status: Done, Detail: "IAM allows " + actionNames(calls) +
		"; session policies and policies of the organization are not part of this check"})
}

// preview returns the planned steps.
func (r *recovery) preview(context.Context) ([]Step, bool, error) {
	return r.plannedSteps(), true, nil
}

// previewProof asks the cluster who the caller is, which shows that a recovery
// could be verified from here.
func (r *recovery) previewProof(ctx context.Context) ([]Step, bool, error) {
	switch {
	case r.NoVerify:
		return oneStep(Step{Name: Proof, Status: NotTried, Detail: "--no-verify"})
	case !r.self:
		return oneStep(Step{Name: Proof, Status: NotTried,
			Detail: "only " + r.principal + " can ask the cluster"})
	}
	client, err := r.run.Fleet.KubeClient(r.target.Cluster)
	if err == nil {
		defer client.Close()
		var who kube.Subject
		if who, err = client.WhoAmI(ctx); err == nil {
			return oneStep(Step{Name: Proof, Status: Planned,
				Detail: "to be verified: the cluster answers, and authenticates the caller as " + who.Username})
		}
	}
	var e *kubeerr.Error
	if errors.As(err, &e) && e.Status != 0 {
		return oneStep(Step{Name: Proof, Status: Planned,
			Detail: "to be verified: the cluster answers; its answer now: " + e.Reason})
	}
	said, _ := r.refusal(err)
	detail := fmt.Sprintf("the cluster cannot be reached, so a recovery would not be confirmed (exit code %d)",
		r.UnconfirmedCode)
	return oneStep(failedStep(Proof, detail, *said))
}
