package live

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// liveEntry makes our noun of what EKS answered about a principal. The
// principal is the one asked for where the answer leaves it out; the username,
// which the model calls optional, is then the one EKS derives. The type is
// taken as it came, since new ones appear.
func liveEntry(principal string, e *types.AccessEntry, policies []types.AssociatedAccessPolicy) spec.LiveEntry {
	entry := spec.Entry{
		Principal: aws.ToString(e.PrincipalArn),
		Type:      aws.ToString(e.Type),
		Username:  aws.ToString(e.Username),
		Groups:    e.KubernetesGroups,
		Tags:      e.Tags,
		Policies:  make([]spec.Policy, len(policies)),
	}
	if entry.Principal == "" {
		entry.Principal = principal
	}
	if entry.Username == "" {
		entry.Username = eksfacts.DefaultUsername(entry.Type, entry.Principal)
	}
	for i, p := range policies {
		entry.Policies[i] = policy(p)
	}
	return spec.LiveEntry{
		Entry:      entry.Canonical(),
		ARN:        aws.ToString(e.AccessEntryArn),
		CreatedAt:  aws.ToTime(e.CreatedAt),
		ModifiedAt: aws.ToTime(e.ModifiedAt),
	}
}

func policy(p types.AssociatedAccessPolicy) spec.Policy {
	out := spec.Policy{ARN: aws.ToString(p.PolicyArn)}
	if p.AccessScope != nil {
		out.Scope = string(p.AccessScope.Type)
		out.Namespaces = p.AccessScope.Namespaces
	}
	return out
}
