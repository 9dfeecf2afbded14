package live

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// CallerPrincipal returns the ARN that an access entry for the caller would
// have: a user's own, and for a session that of the role behind it, with its
// path, which the ARN of a session does not contain. IAM knows it if d is of the
// caller's account; else it is taken from the entry of that account and role
// name, since names are unique in an account. Without either the ARN is a guess
// that is right for a role without a path, and guess is true.
//
// The directory may be nil.
func CallerPrincipal(
	ctx context.Context,
	callerARN string,
	d *Directory,
	entries []spec.LiveEntry,
) (principal string, guess bool, err error) {
	p, err := arn.ParsePrincipal(callerARN)
	if err != nil {
		return "", false, err
	}
	if p.Kind != arn.AssumedRole {
		return callerARN, false, nil
	}
	if d != nil && d.account == p.Account && d.partition == p.Partition {
		if r, err := d.getRole(ctx, p.Name); err == nil && r.arn != "" {
			return r.arn, false, nil
		}
	}
	for _, e := range entries {
		q, err := arn.ParsePrincipal(e.Principal)
		if err == nil && q.Kind == arn.Role && q.Partition == p.Partition && q.Account == p.Account &&
			q.Name == p.Name {
			return e.Principal, false, nil
		}
	}
	return p.RoleOf(), true, nil
}

// MeasureClockOffset returns how far the clock of this machine is ahead of that
// of AWS, to the second, from the date of an answer. known is false if the answer
// has no date.
func MeasureClockOffset(ctx context.Context, r STSReader) (ahead time.Duration, known bool, err error) {
	out, err := r.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return 0, false, awserr.From(err, awserr.Call{Operation: "GetCallerIdentity"})
	}
	at, known := middleware.GetServerTime(out.ResultMetadata)
	here, also := middleware.GetResponseAt(out.ResultMetadata)
	if !known || !also {
		return 0, false, nil
	}
	return here.Sub(at), true, nil
}

// A Simulator is the part of the IAM client that simulates policies.
type Simulator interface {
	SimulatePrincipalPolicy(
		context.Context,
		*iam.SimulatePrincipalPolicyInput,
		...func(*iam.Options),
	) (*iam.SimulatePrincipalPolicyOutput, error)
}

var _ Simulator = (*iam.Client)(nil)

// Simulate asks IAM which calls the policies of a role or user deny, and for which
// calls the result is unknown because the value of a condition is missing. All
// other calls are allowed by these policies. Policies of the session and of the
// organization are not simulated (IAM API reference, SimulatePrincipalPolicy).
func Simulate(
	ctx context.Context,
	s Simulator,
	principal string,
	calls []eksfacts.Call,
) (denied, unknown []eksfacts.Call, err error) {
	for _, c := range calls {
		in := &iam.SimulatePrincipalPolicyInput{
			PolicySourceArn: aws.String(principal),
			ActionNames:     []string{c.Action},
			ResourceArns:    []string{c.Resource},
		}
		for _, k := range slices.Sorted(maps.Keys(c.Keys)) {
			in.ContextEntries = append(in.ContextEntries, types.ContextEntry{ContextKeyName: aws.String(k),
				ContextKeyType: types.ContextKeyTypeEnumString, ContextKeyValues: []string{c.Keys[k]}})
		}
		out, err := s.SimulatePrincipalPolicy(ctx, in)
		if err != nil {
			return nil, nil, awserr.From(err, awserr.Call{Operation: "SimulatePrincipalPolicy", Principal: principal})
		}
		for _, r := range out.EvaluationResults {
			switch {
			case r.EvalDecision == types.PolicyEvaluationDecisionTypeAllowed:
			case len(r.MissingContextValues) > 0 && r.EvalDecision == types.PolicyEvaluationDecisionTypeImplicitDeny:
				unknown = append(unknown, c)
			default:
				denied = append(denied, c)
			}
		}
	}
	return denied, unknown, nil
}
