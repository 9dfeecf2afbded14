package eksfacts

import "github.com/eksaccess/eksaccess/internal/arn"

// An Extent says in a word what a right lets one do where it holds.
type Extent string

const (
	ExtentAll     Extent = "all"     // everything there is
	ExtentAdmin   Extent = "admin"   // most objects, secrets and RBAC among them
	ExtentEdit    Extent = "edit"    // objects and secrets, to read and to write
	ExtentSecrets Extent = "secrets" // to read, secrets among it
	ExtentView    Extent = "view"    // to read, without secrets
	ExtentOther   Extent = "other"   // made for a service, or not in the tables
)

// policyExtents is what the policies for people give (guide,
// access-policy-permissions). That of SecretAdmin is by its name and by what
// the aws CLI lists; the guide's page leaves it out.
var policyExtents = map[string]Extent{
	ClusterAdminPolicy:            ExtentAll,
	"AmazonEKSAdminPolicy":        ExtentAdmin,
	"AmazonEKSEditPolicy":         ExtentEdit,
	"AmazonEKSSecretAdminPolicy":  ExtentEdit,
	"AmazonEKSAdminViewPolicy":    ExtentSecrets,
	"AmazonEKSSecretReaderPolicy": ExtentSecrets,
	"AmazonEKSViewPolicy":         ExtentView,
}

// PolicyExtent is what an access policy gives. An ARN that is none of EKS's
// own policies gives that is not known what.
func PolicyExtent(policyARN string) Extent {
	a, err := arn.Parse(policyARN)
	if err != nil || arn.AccessPolicy(a.Partition, arn.PolicyName(policyARN)) != policyARN {
		return ExtentOther
	}
	if g, ok := policyExtents[arn.PolicyName(policyARN)]; ok {
		return g
	}
	return ExtentOther
}

// roleExtents are the ClusterRoles every cluster starts with for people
// (Kubernetes documentation, "Using RBAC Authorization", user-facing roles).
var roleExtents = map[string]Extent{
	"cluster-admin": ExtentAll,
	"admin":         ExtentAdmin,
	"edit":          ExtentEdit,
	"view":          ExtentView,
}

// ClusterRoleExtent is what a ClusterRole of that name gives, unless a user
// changed it.
func ClusterRoleExtent(name string) Extent {
	if g, ok := roleExtents[name]; ok {
		return g
	}
	return ExtentOther
}

// Groups that mean something without a binding of one's own (Kubernetes
// documentation, "Using RBAC Authorization", default roles; authorizers let
// masters pass unasked).
const (
	MastersGroup       = "system:masters"
	AuthenticatedGroup = "system:authenticated" // everybody who gets in
	NodesGroup         = "system:nodes"
	BootstrappersGroup = "system:bootstrappers"
	NodeProxierGroup   = "system:node-proxier"
	WindowsProxyGroup  = "eks:kube-proxy-windows" // of Windows nodes in aws-auth (eksctl, accessentry/migrator.go)
)
