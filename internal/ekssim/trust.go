package ekssim

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/authenticator"
	"github.com/eksaccess/eksaccess/internal/ekssim/iam"
)

// Services that assume the roles of a cluster. EKS user guide: create-node-role,
// pod-execution-role, cluster-iam-role, hybrid-nodes-creds, capability-role;
// SageMaker developer guide for HyperPod. [I] the last two.
var typeServices = map[string]string{
	"EC2_LINUX": "ec2.amazonaws.com", "EC2_WINDOWS": "ec2.amazonaws.com", typeEC2: "ec2.amazonaws.com",
	"FARGATE_LINUX": "eks-fargate-pods.amazonaws.com",
	"HYBRID_LINUX":  "ssm.amazonaws.com", "HYPERPOD_LINUX": "sagemaker.amazonaws.com",
}

const capabilityService = "capabilities.eks.amazonaws.com"

var capabilityPolicies = []string{
	"AmazonEKSACKPolicy", "AmazonEKSKROPolicy", "AmazonEKSArgoCDClusterPolicy", "AmazonEKSArgoCDPolicy",
}

// fillTrust gives the roles without a trust policy the one of their kind, once:
// what entries they get later changes nothing.
func (st *state) fillTrust() {
	if len(st.untrusted) == 0 {
		return
	}
	services := st.roleServices()
	for _, u := range st.untrusted {
		arn := u.account.ARN("role", u.role)
		u.role.Trust = u.account.DefaultTrust(u.role, services[arn])
	}
	st.untrusted = nil
}

// A roleWithoutTrust is a role that has no trust policy yet.
type roleWithoutTrust struct {
	account *iam.Account
	role    *iam.Principal
}

// roleServices are the services that use roles, by ARN, as far as the clusters
// say.
func (st *state) roleServices() map[string]string {
	out := map[string]string{}
	for _, c := range st.clusters {
		out[c.RoleARN] = "eks.amazonaws.com"
		for _, r := range c.authMap().Roles {
			if service := rowService(r); service != "" {
				named := map[string]bool{}
				a, _ := arns.Parse(r.RoleARN)
				if acct := st.Accounts[a.Account]; acct != nil {
					acct.AddMatching(named, a)
				}
				for arn := range named {
					out[arn] = service
				}
			}
		}
		for _, p := range c.FargateProfiles {
			out[p.Role] = typeServices["FARGATE_LINUX"]
		}
		for _, g := range c.NodeGroups {
			out[g.Role] = typeServices["EC2_LINUX"]
		}
		for arn, e := range c.entries {
			if service := typeServices[e.Type]; service != "" {
				out[arn] = service
			} else if c.ofCapability(e) {
				out[arn] = capabilityService
			}
		}
	}
	return out
}

// rowService is the service that uses the role of a row for nodes. User guide:
// auth-configmap; eksctl migrator.
func rowService(r authenticator.Item) string {
	switch {
	case strings.HasPrefix(r.Username, nodeUser) && strings.Contains(r.Username, authenticator.PrivateDNSName):
		return typeServices["EC2_LINUX"]
	case strings.HasPrefix(r.Username, nodeUser) && slices.Contains(r.Groups, "system:node-proxier"):
		return typeServices["FARGATE_LINUX"]
	}
	return ""
}

// ofCapability reports whether an entry is one that EKS makes for the role of a
// capability. User guide: capabilities-security. What others gave an ACK
// policy besides others is not.
func (c *cluster) ofCapability(e *Entry) bool {
	own := 0
	for _, a := range e.Policies {
		if slices.Contains(capabilityPolicies, strings.TrimPrefix(a.Policy, policyARN(c.Partition, ""))) {
			own++
		}
	}
	_, managed := e.Tags["aws:eks:managed"]
	return own > 0 && (managed || own == len(e.Policies))
}
