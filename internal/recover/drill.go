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

// Drill goes the same way as [Run] as far as that changes nothing. A part that
// would fail does not keep the next from being looked at.
func Drill(ctx context.Context, in *run.Run, o Options, observer Observer) (*Report, error) {
	r := begin(in, o, observer, true)
	_, err := r.do(ctx, r.identify, r.reach, r.compute, r.simulate, r.preview, r.previewKubeconfig, r.previewProof)
	if err != nil {
		return nil, err
	}
	r.report.judge(false)
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
		return goOn(Step{Name: Permissions, Status: Unknown,
			Detail: "IAM can't be asked what it allows: " + r.target.Fault(err).Message})
	case len(denied) > 0:
		return goOn(failedStep(Permissions, "IAM does not allow "+actionNames(denied), denial(r.own, denied)))
	case len(unknown) > 0:
		return goOn(Step{Name: Permissions, Status: Unknown,
			Detail: "IAM can't tell of " + actionNames(unknown) + " without conditions it was not told of"})
	}
	return goOn(Step{Name: Permissions, Status: Done, Detail: "IAM allows " + actionNames(calls) +
		"; what a session's own policy or one of the organization denies, only the call shows"})
}

// preview shows what would be done.
func (r *recovery) preview(context.Context) ([]Step, bool, error) {
	return plannedSteps(r.target.Plan, r.Policy, r.target.Have.Identities[r.principal]), true, nil
}

// previewProof asks the cluster who the caller is, which also shows that proof
// could be had from here.
func (r *recovery) previewProof(ctx context.Context) ([]Step, bool, error) {
	switch {
	case r.NoVerify:
		return goOn(Step{Name: Proof, Status: NotTried, Detail: "--no-verify"})
	case !r.self:
		return goOn(Step{Name: Proof, Status: NotTried,
			Detail: "only " + r.principal + " itself can ask the cluster"})
	}
	client, err := r.run.Fleet.KubeClient(r.target.Cluster)
	if err == nil {
		defer client.Close()
		var who kube.Subject
		if who, err = client.WhoAmI(ctx); err == nil {
			return goOn(Step{Name: Proof, Status: Would,
				Detail: "the cluster answers from here, and knows who runs this as " + who.Username})
		}
	}
	var e *kubeerr.Error
	if errors.As(err, &e) && e.Status != 0 {
		return goOn(Step{Name: Proof, Status: Would,
			Detail: "the cluster answers from here; as things are: " + e.Reason})
	}
	said, _ := r.refusal(err)
	detail := fmt.Sprintf("the cluster can't be asked from here, so a recovery would end unconfirmed (exit code %d)",
		r.UnconfirmedCode)
	return goOn(failedStep(Proof, detail, *said))
}
