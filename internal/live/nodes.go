package live

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"golang.org/x/sync/errgroup"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A NodeReader is the part of the EKS client that reads node groups and Fargate profiles.
type NodeReader interface {
	ListNodegroups(context.Context, *eks.ListNodegroupsInput, ...func(*eks.Options)) (*eks.ListNodegroupsOutput, error)
	DescribeNodegroup(
		context.Context,
		*eks.DescribeNodegroupInput,
		...func(*eks.Options),
	) (*eks.DescribeNodegroupOutput, error)
	ListFargateProfiles(
		context.Context,
		*eks.ListFargateProfilesInput,
		...func(*eks.Options),
	) (*eks.ListFargateProfilesOutput, error)
	DescribeFargateProfile(
		context.Context,
		*eks.DescribeFargateProfileInput,
		...func(*eks.Options),
	) (*eks.DescribeFargateProfileOutput, error)
}

var _ NodeReader = (*eks.Client)(nil)

// ReadNodeRoles returns the IAM roles of a cluster's managed node groups and
// Fargate profiles, each with what uses it and the entry type it needs, sorted
// by role. Nodes that EKS does not manage are not among them, since EKS does not
// know them.
func ReadNodeRoles(ctx context.Context, r NodeReader, cluster arn.Cluster, profile string) ([]spec.NodeRole, error) {
	name := aws.String(cluster.Name)
	groups, err := collectPages(func(token *string) ([]string, *string, error) {
		out, err := r.ListNodegroups(ctx, &eks.ListNodegroupsInput{ClusterName: name, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.Nodegroups, out.NextToken, nil
	})
	if err != nil {
		return nil, awserr.From(err, awserr.Call{Operation: "ListNodegroups", Cluster: cluster, Profile: profile})
	}
	profiles, err := collectPages(func(token *string) ([]string, *string, error) {
		out, err := r.ListFargateProfiles(ctx, &eks.ListFargateProfilesInput{ClusterName: name, NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.FargateProfileNames, out.NextToken, nil
	})
	if err != nil {
		return nil, awserr.From(err, awserr.Call{Operation: "ListFargateProfiles", Cluster: cluster, Profile: profile})
	}
	roles := make([]spec.NodeRole, len(groups)+len(profiles))
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(defaultConcurrency)
	for i, g := range groups {
		all.Go(func() error {
			out, err := r.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: name, NodegroupName: &g})
			if err != nil {
				return awserr.From(err, awserr.Call{Operation: "DescribeNodegroup", Cluster: cluster, Profile: profile})
			}
			roles[i] = nodeRole(g, out.Nodegroup)
			return nil
		})
	}
	for i, f := range profiles {
		all.Go(func() error {
			out, err := r.DescribeFargateProfile(
				ctx,
				&eks.DescribeFargateProfileInput{ClusterName: name, FargateProfileName: &f},
			)
			if err != nil {
				return awserr.From(
					err,
					awserr.Call{Operation: "DescribeFargateProfile", Cluster: cluster, Profile: profile},
				)
			}
			if p := out.FargateProfile; p != nil {
				roles[len(groups)+i] = spec.NodeRole{
					Role: aws.ToString(p.PodExecutionRoleArn),
					Type: eksfacts.FargateLinux,
					Of:   "Fargate profile " + f,
				}
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	roles = slices.DeleteFunc(roles, func(n spec.NodeRole) bool { return n.Role == "" })
	slices.SortFunc(
		roles,
		func(a, b spec.NodeRole) int { return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Of, b.Of)) },
	)
	return roles, nil
}

func nodeRole(name string, g *types.Nodegroup) spec.NodeRole {
	if g == nil {
		return spec.NodeRole{}
	}
	n := spec.NodeRole{Role: aws.ToString(g.NodeRole), Type: eksfacts.EC2Linux, Of: "node group " + name}
	if strings.HasPrefix(string(g.AmiType), "WINDOWS") {
		n.Type = eksfacts.EC2Windows
	}
	return n
}
