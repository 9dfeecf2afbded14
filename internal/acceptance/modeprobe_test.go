//go:build acceptance

package acceptance

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// modeStepNeeds asks for the mode that the cluster has, which EKS refuses, as a
// role that may call UpdateClusterConfig and nothing else. IAM is asked first:
// if the answer is about another action, a mode step needs that too.
func modeStepNeeds(ctx context.Context, _ *testing.T, s *site) (string, error) {
	if s.modeRole == "" {
		return "", notAsked{"MODE_ROLE, the ARN of a role with eks:UpdateClusterConfig alone"}
	}
	if _, err := s.describe(ctx); err != nil {
		return "", err
	}
	out, err := s.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &s.modeRole,
		RoleSessionName: aws.String("eksaccess-acceptance")})
	if code(err) == "AccessDenied" {
		return "", notAsked{"MODE_ROLE to be a role that the caller may assume: " + err.Error()}
	}
	if err != nil {
		return "", err
	}
	c := out.Credentials
	_, err = s.eks.UpdateClusterConfig(ctx, &eks.UpdateClusterConfigInput{
		Name:         &s.cluster,
		AccessConfig: &types.UpdateAccessConfigRequest{AuthenticationMode: types.AuthenticationMode(s.mode)},
	}, func(o *eks.Options) {
		o.Credentials = credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	})
	return neededBeside(err)
}

// neededBeside says which action a refusal is about, beside UpdateClusterConfig.
func neededBeside(err error) (string, error) {
	var api smithy.APIError
	if errors.As(err, &api) && strings.Contains(api.ErrorCode(), "AccessDenied") {
		for _, action := range []string{"eks:CreateAccessEntry", "iam:PassRole"} {
			if strings.Contains(api.ErrorMessage(), action) {
				return "yes: " + action, nil
			}
		}
		return "", notAsked{"MODE_ROLE to have eks:UpdateClusterConfig: " + api.ErrorMessage()}
	}
	answer, err := verdict(err)
	return "no: " + answer, err
}

func TestNeededBeside(t *testing.T) {
	denied := func(action string) error {
		return &smithy.GenericAPIError{Code: "AccessDeniedException",
			Message: "User: x is not authorized to perform: " + action + " on resource: y"}
	}
	for _, tt := range []struct {
		name, want string
		err        error
		notAsked   bool
	}{
		{name: "an entry", err: denied("eks:CreateAccessEntry"), want: "yes: eks:CreateAccessEntry"},
		{name: "a role passed", err: denied("iam:PassRole"), want: "yes: iam:PassRole"},
		{name: "not even the call", err: denied("eks:UpdateClusterConfig"), notAsked: true},
		{name: "accepted", want: "no: accepted"},
	} {
		got, err := neededBeside(tt.err)
		if missing := (notAsked{}); errors.As(err, &missing) != tt.notAsked || got != tt.want {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
}
