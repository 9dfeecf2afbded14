package eksfacts

import (
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// Entry types (model, CreateAccessEntryRequest.type). The field is a plain
// string in the model, so others may come.
const (
	Standard      = "STANDARD"
	EC2Linux      = "EC2_LINUX"
	EC2Windows    = "EC2_WINDOWS"
	FargateLinux  = "FARGATE_LINUX"
	HybridLinux   = "HYBRID_LINUX"
	EC2           = "EC2"
	HyperPodLinux = "HYPERPOD_LINUX"
)

// Types are the entry types known, the one people use first.
var Types = []string{Standard, EC2Linux, EC2Windows, FargateLinux, HybridLinux, EC2, HyperPodLinux}

// IsNode reports whether t is a type for nodes. An unknown type counts
// as one: every type but STANDARD has been for nodes so far (model), and what
// AWS manages is left alone.
func IsNode(t string) bool { return t != Standard }

// TakesPolicies reports whether policies may be associated with an entry of
// type t. EC2 is left to EKS: the guide (create-node-class) associates
// AmazonEKSAutoNodePolicy with it, while the error text of EKS says that only
// STANDARD takes policies (preflight, aws-controllers-k8s/eks-controller).
func TakesPolicies(t string) bool { return t != EC2Linux && t != EC2Windows && !onlyRoles(t) }

// MayHavePolicies reports whether it is worth asking EKS for the policies of an
// entry of type t. Of these four it is said that they take none (guide,
// creating-access-entries; the error text of AssociateAccessPolicy, by
// preflight). Of HYPERPOD_LINUX nothing is said, and of types to come neither.
func MayHavePolicies(t string) bool {
	return t != EC2Linux && t != EC2Windows && t != FargateLinux && t != HybridLinux
}

// TakesNames reports whether groups and a username of one's own may be set on
// an entry of type t (guide, creating-access-entries).
func TakesNames(t string) bool { return t != EC2 && t != EC2Linux && t != EC2Windows && !onlyRoles(t) }

func onlyRoles(t string) bool { return t == FargateLinux || t == HybridLinux || t == HyperPodLinux }

// IsKnownType reports whether t is in the table.
func IsKnownType(t string) bool {
	for _, k := range Types {
		if k == t {
			return true
		}
	}
	return false
}

// DefaultUsername is the name EKS derives where none is set (guide,
// set-custom-username; node names as seen in the aws CLI's examples); "" where
// no source tells.
func DefaultUsername(entryType, principal string) string {
	switch entryType {
	case EC2Linux, EC2Windows:
		return "system:node:{{EC2PrivateDNSName}}"
	case FargateLinux, HybridLinux:
		return "system:node:{{SessionName}}"
	case Standard:
	default:
		return ""
	}
	p, err := arn.ParsePrincipal(principal)
	if err != nil {
		return ""
	}
	switch p.Kind {
	case arn.Role:
		return arn.ARN{Partition: p.Partition, Service: "sts", Account: p.Account,
			Resource: "assumed-role/" + p.Name + "/{{SessionName}}"}.String()
	case arn.User:
		return principal
	}
	return ""
}

// reservedPrefixes may begin neither a username nor a group (guide,
// creating-access-entries; the closed list: preflight).
var reservedPrefixes = []string{"system:", "eks:", "aws:", "amazon:", "iam:"}

// ReservedPrefix returns the reserved prefix name begins with, or "".
func ReservedPrefix(name string) string {
	for _, p := range reservedPrefixes {
		if strings.HasPrefix(name, p) {
			return p
		}
	}
	return ""
}

// OwnAccountRole reports whether an entry of type t must be for a role of the
// cluster's own account, by the error texts of EKS, which name these types
// (preflight). Of types that are not among them nothing is known for certain.
func OwnAccountRole(t string) bool {
	switch t {
	case EC2Linux, EC2Windows, FargateLinux, HybridLinux, EC2:
		return true
	}
	return false
}
