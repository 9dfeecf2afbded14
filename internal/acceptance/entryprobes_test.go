//go:build acceptance

package acceptance

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
)

// Questions about one entry. Each begins and ends without any.

func createTwice(ctx context.Context, t *testing.T, s *site) (string, error) {
	in := eks.CreateAccessEntryInput{ClientRequestToken: aws.String(owner + "-" + rand.Text())}
	if err := s.create(ctx, in); err != nil {
		return "", err
	}
	in.ClusterName, in.PrincipalArn = &s.cluster, &s.principal
	_, err := s.eks.CreateAccessEntry(ctx, &in)
	return verdict(err)
}

// twoMembers is an entry with both members that Update takes.
func (s *site) twoMembers(ctx context.Context) error {
	return s.create(
		ctx,
		eks.CreateAccessEntryInput{
			Username:         aws.String("eksaccess-acceptance"),
			KubernetesGroups: []string{"eksaccess-acceptance:a"},
		},
	)
}

// updateEntry changes the entry and is what EKS then says of it.
func (s *site) updateEntry(ctx context.Context, in eks.UpdateAccessEntryInput) (*access, error) {
	in.ClusterName, in.PrincipalArn = &s.cluster, &s.principal
	if _, err := s.eks.UpdateAccessEntry(ctx, &in); err != nil {
		return nil, err
	}
	a, err := s.read(ctx, s.principal)
	if err == nil && a == nil {
		err = fmt.Errorf("the entry is gone")
	}
	return a, err
}

func updateGroupsAlone(ctx context.Context, t *testing.T, s *site) (string, error) {
	if err := s.twoMembers(ctx); err != nil {
		return "", err
	}
	a, err := s.updateEntry(ctx, eks.UpdateAccessEntryInput{KubernetesGroups: []string{"eksaccess-acceptance:b"}})
	if err != nil {
		return "", err
	}
	if a.Username == "eksaccess-acceptance" {
		return "kept", nil
	}
	return "reset to what EKS derives", nil
}

func updateUsernameAlone(ctx context.Context, t *testing.T, s *site) (string, error) {
	if err := s.twoMembers(ctx); err != nil {
		return "", err
	}
	a, err := s.updateEntry(ctx, eks.UpdateAccessEntryInput{Username: aws.String("eksaccess-acceptance-2")})
	if err != nil {
		return "", err
	}
	if len(a.Groups) > 0 {
		return "kept", nil
	}
	return "reset to none", nil
}

func updateEmptyUsername(ctx context.Context, t *testing.T, s *site) (string, error) {
	if err := s.twoMembers(ctx); err != nil {
		return "", err
	}
	a, err := s.updateEntry(
		ctx,
		eks.UpdateAccessEntryInput{Username: aws.String(""), KubernetesGroups: []string{"eksaccess-acceptance:a"}},
	)
	if err != nil {
		return verdict(err)
	}
	if a.Username == "eksaccess-acceptance" {
		return "accepted, and the username kept", nil
	}
	return "accepted, and the username reset to what EKS derives", nil
}

func disassociateTwice(ctx context.Context, t *testing.T, s *site) (string, error) {
	if err := s.create(ctx, eks.CreateAccessEntryInput{}); err != nil {
		return "", err
	}
	if err := s.associate(ctx, "AmazonEKSViewPolicy", namespace); err != nil {
		return "", err
	}
	if err := s.disassociate(ctx, "AmazonEKSViewPolicy"); err != nil {
		return "", err
	}
	return verdict(s.disassociate(ctx, "AmazonEKSViewPolicy"))
}

func namespaceOf(name string) func(context.Context, *testing.T, *site) (string, error) {
	return func(ctx context.Context, t *testing.T, s *site) (string, error) {
		if err := s.create(ctx, eks.CreateAccessEntryInput{}); err != nil {
			return "", err
		}
		return verdict(s.associate(ctx, "AmazonEKSViewPolicy", name))
	}
}

func usernameOf(username string) func(context.Context, *testing.T, *site) (string, error) {
	return func(ctx context.Context, t *testing.T, s *site) (string, error) {
		if !s.isRole() {
			return "", notAsked{"PRINCIPAL to be a role"}
		}
		return verdict(s.create(ctx, eks.CreateAccessEntryInput{Username: &username}))
	}
}

func policyOfEC2(policy string) func(context.Context, *testing.T, *site) (string, error) {
	return func(ctx context.Context, t *testing.T, s *site) (string, error) {
		if !s.isRole() {
			return "", notAsked{"PRINCIPAL to be a role"}
		}
		if err := s.create(ctx, eks.CreateAccessEntryInput{Type: aws.String("EC2")}); err != nil {
			return "", err
		}
		return verdict(s.associate(ctx, policy))
	}
}

// foreignNobody touches an entry of the other account's, if EKS makes one.
func foreignNobody(ctx context.Context, t *testing.T, s *site) (string, error) {
	if s.foreignAccount == "" {
		return "", notAsked{"FOREIGN_ACCOUNT, a second account's number"}
	}
	who := s.foreignARN()
	undo := func(ctx context.Context) error { return s.remove(ctx, who) }
	tidy(t, "the entry of "+who, s.deleteByHand(who), undo)
	_, err := s.eks.CreateAccessEntry(ctx, &eks.CreateAccessEntryInput{ClusterName: &s.cluster, PrincipalArn: &who})
	answer, err := verdict(err)
	if err != nil {
		return "", err
	}
	return answer, undo(ctx)
}

func (s *site) isRole() bool { return strings.Contains(s.principal, ":role/") }
