package apply

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// An answer is what is kept of a successful call.
type answer struct {
	requestID string
	entryARN  string // of CreateAccessEntry
	updateID  string // of UpdateClusterConfig
}

// send makes the one call of a step. The call outlives a cancelled run for a
// while: one that is broken off may or may not have had its effect, and the
// report would have to guess.
func (r *run) send(ctx context.Context, s StepResult, entryARN string) (answer, error) {
	ctx, cancel := r.finishingContext(ctx)
	defer cancel()
	cluster, principal := aws.String(r.Plan.Name), aws.String(s.Principal)
	switch s.Operation {
	case plan.CreateAccessEntry:
		out, err := r.Writer.CreateAccessEntry(
			ctx,
			&eks.CreateAccessEntryInput{ClusterName: cluster, PrincipalArn: principal,
				Type: optional(s.Type), Username: s.Username, KubernetesGroups: s.Groups, Tags: some(s.Tags)},
		)
		if err != nil {
			return answer{}, err
		}
		a := answerOf(out.ResultMetadata)
		if out.AccessEntry != nil {
			a.entryARN = aws.ToString(out.AccessEntry.AccessEntryArn)
		}
		return a, nil
	case plan.UpdateAccessEntry:
		groups := s.Groups
		if groups == nil {
			groups = []string{} // an empty list is sent, a nil one is not
		}
		out, err := r.Writer.UpdateAccessEntry(
			ctx,
			&eks.UpdateAccessEntryInput{ClusterName: cluster, PrincipalArn: principal,
				Username: s.Username, KubernetesGroups: groups},
		)
		if err != nil {
			return answer{}, err
		}
		return answerOf(out.ResultMetadata), nil
	case plan.DeleteAccessEntry:
		out, err := r.Writer.DeleteAccessEntry(
			ctx,
			&eks.DeleteAccessEntryInput{ClusterName: cluster, PrincipalArn: principal},
		)
		if err != nil {
			return answer{}, err
		}
		return answerOf(out.ResultMetadata), nil
	case plan.AssociateAccessPolicy:
		scope := &types.AccessScope{Type: types.AccessScopeType(s.Scope)}
		if s.Scope != spec.ScopeCluster {
			scope.Namespaces = s.Namespaces // refused with cluster scope (preflight)
		}
		out, err := r.Writer.AssociateAccessPolicy(
			ctx,
			&eks.AssociateAccessPolicyInput{ClusterName: cluster, PrincipalArn: principal,
				PolicyArn: aws.String(s.Policy), AccessScope: scope},
		)
		if err != nil {
			return answer{}, err
		}
		return answerOf(out.ResultMetadata), nil
	case plan.DisassociateAccessPolicy:
		out, err := r.Writer.DisassociateAccessPolicy(ctx, &eks.DisassociateAccessPolicyInput{ClusterName: cluster,
			PrincipalArn: principal, PolicyArn: aws.String(s.Policy)})
		if err != nil {
			return answer{}, err
		}
		return answerOf(out.ResultMetadata), nil
	case plan.TagResource:
		out, err := r.Writer.TagResource(ctx, &eks.TagResourceInput{ResourceArn: aws.String(entryARN), Tags: s.Tags})
		if err != nil {
			return answer{}, err
		}
		return answerOf(out.ResultMetadata), nil
	case plan.UntagResource:
		out, err := r.Writer.UntagResource(
			ctx,
			&eks.UntagResourceInput{ResourceArn: aws.String(entryARN), TagKeys: s.TagKeys},
		)
		if err != nil {
			return answer{}, err
		}
		return answerOf(out.ResultMetadata), nil
	case plan.UpdateClusterConfig:
		out, err := r.Writer.UpdateClusterConfig(ctx, &eks.UpdateClusterConfigInput{Name: cluster,
			AccessConfig: &types.UpdateAccessConfigRequest{AuthenticationMode: types.AuthenticationMode(s.Mode)}})
		if err != nil {
			return answer{}, err
		}
		a := answerOf(out.ResultMetadata)
		if out.Update != nil {
			a.updateID = aws.ToString(out.Update.Id)
		}
		return a, nil
	}
	return answer{}, &plan.Error{
		Code:      fault.UnknownOperation,
		Operation: s.Operation,
		Message:   "the plan has an operation that this program does not know",
	}
}

func answerOf(m middleware.Metadata) answer {
	id, _ := awsmiddleware.GetRequestIDMetadata(m)
	return answer{requestID: id}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// some is nil for no tags: the model wants at least one in the map.
func some(tags map[string]string) map[string]string {
	if len(tags) == 0 {
		return nil
	}
	return tags
}
