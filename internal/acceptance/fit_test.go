//go:build acceptance

package acceptance

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/eksaccess/eksaccess/internal/arn"
)

const owner = "eksaccess-acceptance"

// checkFit says why a site can't be used, before anything of it is changed, and
// returns all entries it has.
func (s *site) checkFit(ctx context.Context) (map[string]*access, error) {
	c, err := s.describe(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading cluster %q: %w", s.cluster, err)
	}
	if c.Status != types.ClusterStatusActive {
		return nil, fmt.Errorf("cluster %q is %s: it has to be ACTIVE", s.cluster, c.Status)
	}
	if s.mode != "API" && s.mode != "API_AND_CONFIG_MAP" {
		return nil, fmt.Errorf(
			"cluster %q is in mode %q, which has no access entries, and its mode is not changed here",
			s.cluster,
			s.mode,
		)
	}
	p, err := arn.ParsePrincipal(s.principal)
	if err != nil || p.Kind != arn.Role && p.Kind != arn.User {
		return nil, fmt.Errorf("PRINCIPAL=%q is no IAM role or user", s.principal)
	}
	if p.Account != s.account || p.Partition != s.partition {
		return nil, fmt.Errorf(
			"PRINCIPAL=%q is not of the cluster's account %s (%s)",
			s.principal,
			s.account,
			s.partition,
		)
	}
	if strings.HasPrefix(p.Path, "/aws-service-role/") {
		return nil, fmt.Errorf("PRINCIPAL=%q is a service-linked role, whose entry nobody may change", s.principal)
	}
	if err := s.isNotCaller(ctx, p); err != nil {
		return nil, err
	}
	if err := s.throwawayIsFree(ctx); err != nil {
		return nil, err
	}
	all, err := s.readAll(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the entries of cluster %q: %w", s.cluster, err)
	}
	for _, who := range []string{s.principal, s.throwawayARN(), s.foreignARN()} {
		if all[who] != nil {
			return nil, fmt.Errorf(
				"%q has an entry in cluster %q already, which would be lost; name another, or delete it if it may "+
					"go: %s",
				who,
				s.cluster,
				s.deleteByHand(who),
			)
		}
	}
	for who, a := range all {
		if a.Tags["eksaccess:owner"] == owner {
			return nil, fmt.Errorf(
				"%q has an entry of owner %s from another run, which a file of that owner would delete; delete it if "+
					"it may go: %s",
				who,
				owner,
				s.deleteByHand(who),
			)
		}
	}
	return all, nil
}

// isNotCaller keeps the caller from losing its own access.
func (s *site) isNotCaller(ctx context.Context, p arn.Principal) error {
	out, err := s.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return fmt.Errorf("asking who runs this: %w", err)
	}
	me, err := arn.ParsePrincipal(aws.ToString(out.Arn))
	if err != nil {
		return err
	}
	if me.Account != s.account {
		return fmt.Errorf("the caller %s is not of the cluster's account %s", aws.ToString(out.Arn), s.account)
	}
	if me.Account == p.Account && me.Name == p.Name && (me.Kind == arn.User) == (p.Kind == arn.User) {
		return fmt.Errorf("PRINCIPAL=%q is who runs this; name one that may lose its access", s.principal)
	}
	return nil
}

func (s *site) throwawayIsFree(ctx context.Context) error {
	if s.throwawayRole == "" {
		return nil
	}
	_, err := s.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &s.throwawayRole})
	if err == nil {
		return fmt.Errorf("THROWAWAY_ROLE=%q exists, and would be deleted; name one that does not", s.throwawayRole)
	}
	if code(err) != "NoSuchEntity" {
		return fmt.Errorf("asking for role %q: %w", s.throwawayRole, err)
	}
	return nil
}

func (s *site) throwawayARN() string {
	return "arn:" + s.partition + ":iam::" + s.account + ":role/" + s.throwawayRole
}

func (s *site) foreignARN() string {
	return "arn:" + s.partition + ":iam::" + s.foreignAccount + ":role/eksaccess-acceptance-no-such-role"
}

// What may not be changed is refused before the first write.
func TestFit(t *testing.T) {
	good := means{
		cluster:   "throwaway",
		region:    "eu-west-1",
		principal: "arn:aws:iam::111122223333:role/acceptance/subject",
	}
	tests := []struct {
		name  string
		m     func(*means)
		wrong string // a part of the error; "" for none
	}{
		{"as it should be", func(m *means) {}, ""},
		{
			"an entry that is there",
			func(m *means) { m.principal = "arn:aws:iam::111122223333:role/taken" },
			"has an entry in cluster \"throwaway\" already",
		},
		{
			"whoever runs it",
			func(m *means) { m.principal = "arn:aws:iam::111122223333:role/runner" },
			"is who runs this",
		},
		{"no role or user", func(m *means) { m.principal = "arn:aws:iam::111122223333:root" }, "no IAM role or user"},
		{
			"a session",
			func(m *means) { m.principal = "arn:aws:sts::111122223333:assumed-role/x/y" },
			"no IAM role or user",
		},
		{
			"another account",
			func(m *means) { m.principal = "arn:aws:iam::999900001111:role/x" },
			"not of the cluster's account",
		},
		{"service-linked", func(m *means) {
			m.principal = "arn:aws:iam::111122223333:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS"
		}, "service-linked"},
		{"a mode without entries", func(m *means) { m.cluster = "old" }, "its mode is not changed here"},
		{"a cluster on its way out", func(m *means) { m.cluster = "dying" }, "it has to be ACTIVE"},
		{"no such cluster", func(m *means) { m.cluster = "nowhere" }, "No cluster found"},
		{"another run's entry", func(m *means) { m.cluster = "dirty" }, "from another run"},
		{"a role that exists", func(m *means) { m.throwawayRole = "taken" }, `THROWAWAY_ROLE="taken" exists`},
		{
			"a role of a path that exists",
			func(m *means) { m.throwawayRole = "subject" },
			`THROWAWAY_ROLE="subject" exists`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sim := startSimulator(t, "*")
			m := good
			tt.m(&m)
			all, err := simulatedSite(sim, m).checkFit(t.Context())
			switch {
			case tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)):
				t.Errorf("error %v, want one with %q", err, tt.wrong)
			case tt.wrong == "" && (err != nil || len(all) == 0):
				t.Errorf("%d entries, error %v", len(all), err)
			}
			for _, c := range sim.Calls(mutating) {
				t.Errorf("it called %s", c.Operation)
			}
		})
	}
}
