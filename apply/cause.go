package apply

import (
	"errors"

	"github.com/aws/smithy-go"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/plan"
)

// notThere reports whether what a Delete or Disassociate names is not there,
// while the cluster is. No text is known for a policy that is not associated,
// so any "not found" will do but that of the cluster.
func notThere(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && !awserr.IsNoCluster(err) &&
		(api.ErrorCode() == "ResourceNotFoundException" || api.ErrorCode() == "NotFoundException")
}

// unanswered reports whether no one can tell from the error if the call had an
// effect.
func unanswered(err error) bool {
	var api smithy.APIError
	return !errors.As(err, &api) || api.ErrorFault() == smithy.FaultServer
}

// explain words an error for a person.
func (r *run) explain(err error, operation, principal string) *plan.Error {
	call := awserr.Call{Operation: operation, Principal: principal,
		Profile: r.Plan.Connection.Profile, AssumeRole: r.Plan.Connection.AssumeRole}
	if id, err := arn.ParseCluster(r.Plan.ARN); err == nil {
		call.Cluster = id
	}
	return awserr.From(err, call)
}

func isChangedSince(e *plan.Error) bool { return e != nil && e.Code == fault.ChangedSincePlan }

// changedSince says that the cluster is no longer what was planned for.
func (r *run) changedSince(s plan.Step, what string) *plan.Error {
	return &plan.Error{Code: fault.ChangedSincePlan, Operation: s.Operation, Resource: s.Principal,
		Message: "the access of " + s.Principal + " changed since the plan: " + what,
		Hint:    "run the command again; it plans from the current state"}
}
