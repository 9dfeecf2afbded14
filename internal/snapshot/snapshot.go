package snapshot

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/trust"
	"github.com/eksaccess/eksaccess/spec"
)

// APIVersion and Kind open every snapshot. A field that is added changes
// neither: readers pass over what they don't know.
const (
	APIVersion = "eksaccess/v1"
	Kind       = "Snapshot"
)

// A Snapshot is one reading of many clusters. Lists are sorted and never nil.
type Snapshot struct {
	APIVersion  string    `json:"apiVersion"`
	Kind        string    `json:"kind"`
	CreatedAt   time.Time `json:"createdAt"` // when reading began; UTC, whole seconds
	ToolVersion string    `json:"toolVersion"`
	// Kube: the clusters themselves were asked too.
	Kube     bool      `json:"kube"`
	Clusters []Cluster `json:"clusters"` // by account, region, name
	// Asked are the accounts and regions of which clusters were asked for.
	Asked []Asked `json:"asked"`
	// NotRead are accounts, regions and clusters that could not be read.
	NotRead []NotRead `json:"notRead"`
}

// Asked is what was asked for in one account and region.
type Asked struct {
	Account  string `json:"account"`
	Region   string `json:"region"`
	Clusters Chosen `json:"clusters"`
	Known    bool   `json:"known"`
	Why      string `json:"why"` // it is not known
}

// Chosen are names of clusters; nil stands for all, and is "all" in JSON.
type Chosen []string

// MarshalJSON writes "all", or the list of names.
func (c Chosen) MarshalJSON() ([]byte, error) {
	if c == nil {
		return []byte(`"all"`), nil
	}
	return json.Marshal([]string(c))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Chosen) UnmarshalJSON(text []byte) error {
	if string(text) == `"all"` {
		*c = nil
		return nil
	}
	return json.Unmarshal(text, (*[]string)(c))
}

// A NotRead is an account, region or cluster that could not be read. Region and
// Cluster are null where the whole account or region was not.
type NotRead struct {
	Account string  `json:"account"`
	Region  *string `json:"region"`
	Cluster *string `json:"cluster"`
	State   *string `json:"state"` // of an account that is not ACTIVE
	Reason  string  `json:"reason"`
}

// Place is ACCOUNT, ACCOUNT/REGION or ACCOUNT/REGION/CLUSTER.
func (n NotRead) Place() string {
	text := n.Account
	for _, part := range []*string{n.Region, n.Cluster} {
		if part != nil {
			text += "/" + *part
		}
	}
	return text
}

// A State says whether something was learned.
type State string

const (
	Known   State = "known"
	Unknown State = "unknown"
)

// A Fact opens everything that may not have been read.
type Fact struct {
	State State  `json:"state"`
	Why   string `json:"why,omitempty"`  // it is unknown
	Hint  string `json:"hint,omitempty"` // what would make it known
	// Code is why the Kubernetes API of the cluster did not answer; "" for other
	// services, and where it was not called.
	Code kubeerr.Code `json:"code,omitempty"`
	// NotAsked: it comes from the Kubernetes API, which is read only with --kube.
	NotAsked bool `json:"notAsked,omitempty"`
}

// Known reports whether it was read.
func (f Fact) Known() bool { return f.State == Known }

// KnownFact is the Fact of what was read.
func KnownFact() Fact { return Fact{State: Known} }

// UnknownFact is the Fact of what was not, and why.
func UnknownFact(why, hint string) Fact { return Fact{State: Unknown, Why: why, Hint: hint} }

// A Cluster is one cluster as it was read. Where Error is set, nothing but its
// name is known.
type Cluster struct {
	Name      string       `json:"name"`
	Region    string       `json:"region"`
	Account   string       `json:"account"`
	Partition string       `json:"partition"`
	ARN       string       `json:"arn"`
	Error     *fault.Error `json:"error"`

	Status             string     `json:"status"`             // ACTIVE, UPDATING
	AuthenticationMode string     `json:"authenticationMode"` // CONFIG_MAP, API_AND_CONFIG_MAP, API
	Version            string     `json:"version"`            // of Kubernetes: "1.33"
	PlatformVersion    string     `json:"platformVersion"`    // "eks.5"
	RoleARN            string     `json:"roleArn"`            // the cluster's own role
	CreatedAt          *time.Time `json:"createdAt"`
	Endpoint           string     `json:"endpoint"`
	// TokenID is what a token for it is bound to: its name, or the id of a local cluster.
	TokenID string `json:"tokenId"`
	Issuer  string `json:"issuer"` // of the tokens of its service accounts; no way in for people

	Network   Network   `json:"network"`
	Logging   Logging   `json:"logging"`
	Providers Providers `json:"identityProviders"`
	// Authorities sign the certificate of the Kubernetes endpoint.
	Authorities Authorities `json:"certificateAuthorities"`

	Entries        Entries        `json:"entries"`
	Principals     []Principal    `json:"principals"`     // of the entries and of those declared, by ARN
	PermissionSets PermissionSets `json:"permissionSets"` // of the cluster's account
	Names          []Name         `json:"names"`          // declared by name, as IAM resolved them
	ReadBy         []string       `json:"readBy"`         // principals the reading was made as

	AWSAuth    AWSAuth    `json:"awsAuth"`
	RBAC       RBAC       `json:"rbac"`
	Namespaces Namespaces `json:"namespaces"`
}

// ID is the cluster's place.
func (c *Cluster) ID() arn.Cluster {
	return arn.Cluster{Partition: c.Partition, Account: c.Account, Region: c.Region, Name: c.Name}
}

// A Network is who can reach the cluster's Kubernetes API.
type Network struct {
	Fact
	Public      bool     `json:"public"`
	Private     bool     `json:"private"`
	PublicCIDRs []string `json:"publicCidrs"`
}

// A Logging is which logs of the control plane are kept: api, audit,
// authenticator, controllerManager, scheduler.
type Logging struct {
	Fact
	Enabled []string `json:"enabled"`
}

// Providers are OIDC identity providers attached to the cluster: a second way
// in, past IAM.
type Providers struct {
	Fact
	Items []Provider `json:"items"` // by name
}

// A Provider is one of them. No secret belongs to it.
type Provider struct {
	Name           string `json:"name"`
	Status         string `json:"status"`
	Issuer         string `json:"issuer"`
	ClientID       string `json:"clientId"`
	UsernameClaim  string `json:"usernameClaim"`
	UsernamePrefix string `json:"usernamePrefix"`
	GroupsClaim    string `json:"groupsClaim"`
	GroupsPrefix   string `json:"groupsPrefix"`
}

// Entries are the access entries; unknown in mode CONFIG_MAP, where EKS does
// not tell them.
type Entries struct {
	Fact
	Items []Entry `json:"items"` // by principal
}

// An Entry is an access entry with its policies and times.
type Entry struct {
	spec.Entry
	ARN        string    `json:"accessEntryArn"`
	CreatedAt  time.Time `json:"createdAt"`
	ModifiedAt time.Time `json:"modifiedAt"`
}

// A Principal is what IAM told of one.
type Principal struct {
	ARN           string         `json:"arn"`
	Existence     spec.Existence `json:"existence"`
	Why           string         `json:"why,omitempty"` // existence is unknown
	CreatedAt     *time.Time     `json:"createdAt"`
	LastUsed      LastUsed       `json:"lastUsed"`
	PermissionSet *PermissionSet `json:"permissionSet"`    // null for any other principal
	IAMARN        string         `json:"iamArn,omitempty"` // as IAM has it, where that differs
	// Trust is who can assume a role; null where it was not read.
	Trust *trust.Policy `json:"trust,omitempty"`
}

// A LastUsed is when a role was last used. Known and null: not within the time
// IAM keeps track of, which is 400 days (IAM API reference, RoleLastUsed).
type LastUsed struct {
	Fact
	At *time.Time `json:"at"`
}

// A PermissionSet is the one whose role a principal is.
type PermissionSet struct {
	Name   string `json:"name"`
	Suffix string `json:"suffix"`
	// Current says whether the account's role of that set has this suffix;
	// null where that is not known.
	Current *bool  `json:"current"`
	Why     string `json:"why,omitempty"`
}

// PermissionSets are the roles IAM Identity Center has in the cluster's account.
type PermissionSets struct {
	Fact
	Roles []string `json:"roles"` // ARNs
}

// A Name is a principal that a file declares by name.
type Name struct {
	Ref   string       `json:"ref"`   // role=NAME, user=NAME, permissionSet=NAME
	ARN   string       `json:"arn"`   // "" where it was not resolved
	Error *fault.Error `json:"error"` // why not
}

// An AWSAuth is the ConfigMap kube-system/aws-auth, its text as it was. Kept
// from time to time it is the one backup there is of it.
type AWSAuth struct {
	Fact
	Found bool              `json:"found"`
	Data  map[string]string `json:"data"`
	// Principals is what IAM knows of the principals of rows, by ARN. The ARN is
	// that of [spec.AWSAuthKey]: of a role without its path.
	Principals []Principal `json:"principals"`
}

// An RBAC is what binds users and groups to roles in the cluster. Service
// accounts are left out.
type RBAC struct {
	Fact
	Bindings []Binding `json:"bindings"` // by kind, namespace, name
	// Unlimited are the ClusterRoles that allow every verb on every resource.
	Unlimited []string `json:"unlimited"`
}

// A Binding is a ClusterRoleBinding, or a RoleBinding in a namespace.
type Binding struct {
	Name      string   `json:"name"`
	Namespace string   `json:"namespace"` // "" for a ClusterRoleBinding
	RoleKind  string   `json:"roleKind"`  // ClusterRole, Role
	Role      string   `json:"role"`
	Groups    []string `json:"groups"`
	Users     []string `json:"users"`
}

// Namespaces are those there are in the cluster.
type Namespaces struct {
	Fact
	Names []string `json:"names"`
}

// A Gap is a part of a cluster that is not known, or several for one reason.
type Gap struct {
	What string // "aws-auth, RBAC"
	Fact
}

// Gaps are the parts that were requested and could not be read.
func (c *Cluster) Gaps() []Gap {
	var gaps []Gap
	for _, g := range []Gap{{"endpoint access", c.Network.Fact}, {"logging", c.Logging.Fact},
		{"identity providers", c.Providers.Fact}, {"certificate authorities", c.Authorities.Fact},
		{"access entries", c.Entries.Fact}, {"permission sets", c.PermissionSets.Fact}, {"aws-auth", c.AWSAuth.Fact},
		{"RBAC", c.RBAC.Fact}, {"namespaces", c.Namespaces.Fact}} {
		switch last := len(gaps) - 1; {
		case g.Known() || g.NotAsked:
		case last >= 0 && gaps[last].Fact == g.Fact:
			gaps[last].What += ", " + g.What
		default:
			gaps = append(gaps, g)
		}
	}
	return gaps
}

// Readers returns the principals that read the clusters, sorted.
func (s *Snapshot) Readers() []string {
	var all []string
	for _, c := range s.Clusters {
		all = append(all, c.ReadBy...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
