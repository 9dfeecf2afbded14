package live

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
)

// issuer of the tokens of service accounts.
func issuer(i *types.Identity) string {
	if i == nil || i.Oidc == nil {
		return ""
	}
	return aws.ToString(i.Oidc.Issuer)
}

// logging is the kinds of logs that are on: EKS lists those that are and those
// that are not, in groups (EKS service model, shape Logging). nil where it
// lists none at all.
func logging(l *types.Logging) []string {
	if l == nil || l.ClusterLogging == nil {
		return nil
	}
	on := []string{}
	for _, group := range l.ClusterLogging {
		if aws.ToBool(group.Enabled) {
			for _, kind := range group.Types {
				on = append(on, string(kind))
			}
		}
	}
	slices.Sort(on)
	return slices.Compact(on)
}

func private(v *types.VpcConfigResponse) bool { return v != nil && v.EndpointPrivateAccess }

func publicCIDRs(v *types.VpcConfigResponse) []string {
	if v == nil {
		return nil
	}
	return v.PublicAccessCidrs
}
