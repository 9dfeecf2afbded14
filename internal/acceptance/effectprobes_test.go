//go:build acceptance

package acceptance

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
)

// Questions that the cluster itself answers, to a role that the caller assumes.

// spread is how long a change may take until the cluster goes by it. No time is
// published.
const spread = 5 * time.Minute

// answeredError is nil for what the cluster answers to somebody it does not let in, or
// who may nothing yet.
func answeredError(err error) error {
	var answer *kube.Error
	if !errors.As(err, &answer) {
		return err
	}
	switch answer.Code {
	case kubeerr.Unauthorized, kubeerr.Forbidden:
		return nil
	case kubeerr.NoHost, kubeerr.Unreachable, kubeerr.Timeout:
		return notAsked{"a way to the cluster's own API: " + answer.Error()}
	}
	return err
}

// outOfTime says that only the question's own patience is over.
func outOfTime(ctx context.Context, err error) bool {
	return errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil
}

// awaits waits until the cluster authenticates a client, or no longer does.
func awaits(ctx context.Context, c *kube.Client, want bool, patience time.Duration) error {
	return eventually(ctx, patience, func() (string, error) {
		_, err := c.WhoAmI(ctx)
		if got := err == nil; got != want {
			return fmt.Sprintf("the cluster authenticates it: %v", got), answeredError(err)
		}
		return "", answeredError(err)
	})
}

// updateStale makes a role, gives it an entry, makes it again, and looks
// whether an Update of the entry binds it to the new one.
func updateStale(ctx context.Context, t *testing.T, s *site) (string, error) {
	if s.throwawayRole == "" {
		return "", notAsked{"THROWAWAY_ROLE, the name of a role to make and delete"}
	}
	role := s.throwawayARN()
	tidy(t, "the role "+s.throwawayRole, "aws iam delete-role --role-name "+s.throwawayRole, s.deleteRole)
	if err := s.createRole(ctx); err != nil {
		return "", err
	}
	tidy(t, "the entry of "+role, s.deleteByHand(role), func(ctx context.Context) error { return s.remove(ctx, role) })
	if err := s.createKnown(ctx, role); err != nil {
		return "", err
	}
	first, err := s.asSoon(ctx, role)
	if err != nil {
		return "", err
	}
	defer first.Close()
	if err := awaits(ctx, first, true, spread); err != nil {
		return "", fmt.Errorf("with its first role: %w", err)
	}

	if err := s.deleteRole(ctx); err != nil {
		return "", err
	}
	if err := s.createRole(ctx); err != nil {
		return "", err
	}
	second, err := s.asSoon(ctx, role)
	if err != nil {
		return "", err
	}
	defer second.Close()
	if err := awaits(ctx, second, false, s.patience); outOfTime(ctx, err) {
		return "the new role is let in without any Update", nil
	} else if err != nil {
		return "", err
	}
	// What does not change may be taken for nothing to do, so it changes a group.
	if _, err := s.eks.UpdateAccessEntry(ctx, &eks.UpdateAccessEntryInput{ClusterName: &s.cluster, PrincipalArn: &role,
		KubernetesGroups: []string{"eksaccess-acceptance:a"}}); err != nil {
		return verdict(err)
	}
	answer := "yes"
	if err := awaits(ctx, second, true, s.patience); outOfTime(ctx, err) {
		answer = "no"
	} else if err != nil {
		return "", err
	}
	return answer, errors.Join(s.remove(ctx, role), s.deleteRole(ctx))
}

func (s *site) createRole(ctx context.Context) error {
	trust := fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:%s:iam::%s:root"},"Action":"sts:AssumeRole"}]}`,
		s.partition,
		s.account,
	)
	_, err := s.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &s.throwawayRole, AssumeRolePolicyDocument: &trust,
		Description: aws.String("made and deleted by the acceptance tests of eksaccess")})
	return err
}

func (s *site) deleteRole(ctx context.Context) error {
	_, err := s.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &s.throwawayRole})
	if code(err) == "NoSuchEntity" {
		return nil
	}
	return err
}

// createKnown creates an entry for a role that EKS may not have heard of yet.
func (s *site) createKnown(ctx context.Context, role string) error {
	return eventually(ctx, settling, func() (string, error) {
		_, err := s.eks.CreateAccessEntry(
			ctx,
			&eks.CreateAccessEntryInput{ClusterName: &s.cluster, PrincipalArn: &role},
		)
		if code(err) == "InvalidParameterException" {
			return err.Error(), nil
		}
		return "", err
	})
}

// asSoon assumes a role that STS may not have heard of yet.
func (s *site) asSoon(ctx context.Context, role string) (c *kube.Client, err error) {
	err = eventually(ctx, settling, func() (string, error) {
		var refused error
		if c, refused = s.as(ctx, role); code(refused) == "AccessDenied" {
			return refused.Error(), nil
		}
		return "", refused
	})
	return c, err
}

// untilLost measures how long View in a namespace outlives its association.
func untilLost(ctx context.Context, t *testing.T, s *site) (string, error) {
	if !s.isRole() {
		return "", notAsked{"PRINCIPAL to be a role that the caller may assume"}
	}
	c, err := s.as(ctx, s.principal)
	if code(err) == "AccessDenied" {
		return "", notAsked{"PRINCIPAL to be a role that the caller may assume: " + err.Error()}
	}
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := s.create(ctx, eks.CreateAccessEntryInput{}); err != nil {
		return "", err
	}
	if err := s.associate(ctx, "AmazonEKSViewPolicy", namespace); err != nil {
		return "", err
	}
	can := func(want bool) (string, error) {
		a, err := c.Can(ctx, cani.Question{Verb: "get", Resource: "pods", Namespace: namespace})
		if a.Allowed != want {
			return fmt.Sprintf("get pods is allowed: %v", a.Allowed), answeredError(err)
		}
		return "", answeredError(err)
	}
	if err := eventually(ctx, spread, func() (string, error) { return can(true) }); err != nil {
		return "", err
	}
	if err := s.disassociate(ctx, "AmazonEKSViewPolicy"); err != nil {
		return "", err
	}
	begin := time.Now()
	err = eventually(ctx, spread, func() (string, error) { return can(false) })
	took := time.Since(begin)
	switch {
	case outOfTime(ctx, err):
		return fmt.Sprintf("longer than %v", spread), nil
	case err != nil:
		return "", err
	case took < 10*time.Second:
		return "within 10s", nil
	}
	return "within " + (took + time.Second).Truncate(time.Second).String(), nil
}
