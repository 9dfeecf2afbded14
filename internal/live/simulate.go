package live

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// A Simulator is the part of the IAM client that says what policies would
// allow.
type Simulator interface {
	SimulatePrincipalPolicy(
		context.Context,
		*iam.SimulatePrincipalPolicyInput,
		...func(*iam.Options),
	) (*iam.SimulatePrincipalPolicyOutput, error)
}

var _ Simulator = (*iam.Client)(nil)

// Simulate asks IAM which of the calls the policies of a role or user deny, and
// of which it can't tell for want of a condition's value. What is in neither is
// allowed by them, which is not all there is: policies of a session and of the
// organization are not looked at (IAM API reference, SimulatePrincipalPolicy).
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
