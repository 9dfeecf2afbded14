package inventory

import (
	"time"

	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// APIVersion and Kind open the JSON of a report.
const (
	APIVersion = "eksaccess/v1"
	Kind       = "Who"
)

// A Report says who has what. Lists are sorted and never nil; what is not
// known is null.
type Report struct {
	APIVersion  string             `json:"apiVersion"`
	Kind        string             `json:"kind"`
	CreatedAt   time.Time          `json:"createdAt"` // UTC, whole seconds
	ReadAt      time.Time          `json:"readAt"`    // when the clusters were read
	ToolVersion string             `json:"toolVersion"`
	Asked       Asked              `json:"asked"`
	Summary     Summary            `json:"summary"`
	Clusters    []Cluster          `json:"clusters"`   // by account, region, name; none is left out
	Principals  []Principal        `json:"principals"` // the strongest first
	Gaps        []Gap              `json:"gaps"`       // parts of clusters that were not read
	NotRead     []snapshot.NotRead `json:"notRead"`    // accounts, regions and clusters that were not
	Notes       []string           `json:"notes"`      // what no reading can tell
}

// Asked is the [Question] as it was written.
type Asked struct {
	Principals []string `json:"principals"`
	Policies   []string `json:"policies"` // names or ARNs
	AdminsOnly bool     `json:"adminsOnly"`
}

// A Summary counts what the report holds.
type Summary struct {
	Clusters   int `json:"clusters"`
	Failed     int `json:"failed"` // clusters that could not be read
	Principals int `json:"principals"`
	Admins     int `json:"admins"`     // principals that are cluster admin somewhere, dead ones left out
	Access     int `json:"access"`     // pairs of principal and cluster
	Unresolved int `json:"unresolved"` // principals with groups whose bindings were not read
	Dead       int `json:"dead"`       // principals none of whose entries lets them in: gone, or made again since
}

// A Cluster is one that was looked at.
type Cluster struct {
	Name    string       `json:"name"`
	Region  string       `json:"region"`
	Account string       `json:"account"`
	ARN     string       `json:"arn"`
	Mode    *string      `json:"authenticationMode"` // null where it was not read
	Error   *fault.Error `json:"error"`              // why it was not read
	Admins  int          `json:"admins"`             // who are cluster admin in it
	Access  int          `json:"access"`             // principals in it
}

// A Kind of principal.
const (
	KindRole          = "role"
	KindPermissionSet = "permission-set" // the role of one
	KindUser          = "user"
	KindServiceLinked = "service-linked-role"
	KindRoot          = "root"
	KindAccount       = "account" // everybody of an account: mapAccounts
	KindCreator       = "creator" // of a cluster in CONFIG_MAP, whom EKS does not name
	KindUnknown       = "unknown"
)

// A Principal is one IAM principal with all it may do.
type Principal struct {
	Principal     *string        `json:"principal"` // ARN; null for the kinds account and creator
	Kind          string         `json:"kind"`
	Name          string         `json:"name"`          // with its path; of a permission set, the set's
	Account       string         `json:"account"`       // "" where the ARN has none
	PermissionSet *string        `json:"permissionSet"` // null for others
	Existence     spec.Existence `json:"existence"`
	LastUsed      *time.Time     `json:"lastUsed"` // null: never, or not known
	LastUsedWhy   string         `json:"lastUsedWhy"`
	IsNeverUsed   bool           `json:"-"`      // IAM knows the role, and no use of it
	Power         Power          `json:"power"`  // the strongest
	Works         bool           `json:"works"`  // false: none of it lets anybody in
	Access        []Access       `json:"access"` // the strongest first

	unresolved bool // has groups whose bindings were not read
}

// An Access is what one principal is in one cluster.
type Access struct {
	Cluster   string     `json:"cluster"` // ARN
	Power     Power      `json:"power"`   // the strongest of its ways that hold
	State     State      `json:"state"`
	Ways      []Way      `json:"ways"` // the strongest first
	Type      *string    `json:"type"` // of its entry; null without one
	Username  *string    `json:"username"`
	CreatedAt *time.Time `json:"createdAt"`
	Owner     string     `json:"owner"` // by its tags; "" where they don't tell
	Expires   *time.Time `json:"expires"`
	Reason    string     `json:"reason"`
	HeldUntil *time.Time `json:"heldUntil"`
}

// A State says whether an access works.
type State string

const (
	Works     State = "works"      // as far as is known
	Gone      State = "gone"       // IAM no longer has the principal
	MadeAgain State = "made-again" // the principal was made again after its entry, which lets nobody in
	Expired   State = "expired"    // past its end, and still there: EKS has no timer
)

// Via says what lets somebody in.
type Via string

const (
	ViaPolicy   Via = "policy"
	ViaGroup    Via = "group"
	ViaUsername Via = "username" // bound by name in RBAC
	ViaType     Via = "type"     // of a node's entry
	ViaAWSAuth  Via = "aws-auth"
	ViaAccounts Via = "aws-auth-accounts"
	ViaCreator  Via = "creator"
	ViaEntry    Via = "entry" // an entry with nothing in it
)

// A Way is one way in which a principal gets its rights.
type Way struct {
	Via        Via      `json:"via"`
	Power      Power    `json:"power"`
	Policy     string   `json:"policy,omitempty"` // ARN
	Scope      string   `json:"scope,omitempty"`  // cluster or namespace
	Namespaces []string `json:"namespaces,omitempty"`
	Group      string   `json:"group,omitempty"`
	Username   string   `json:"username,omitempty"` // that is bound, or may be
	Binding    string   `json:"binding,omitempty"`  // "ClusterRoleBinding ops", where bindings were read
	Role       string   `json:"role,omitempty"`     // "ClusterRole admin"
	Hidden     bool     `json:"hidden,omitempty"`   // it does not hold; the note says why
	Note       string   `json:"note,omitempty"`
}

// What a Gap is about.
const (
	WhatCluster  = "cluster"
	WhatEntries  = "entries"
	WhatBindings = "rbac"
	WhatAWSAuth  = "aws-auth"
	WhatIAM      = "iam"
	WhatLastUsed = "last-used"
)

// A Gap is something the report can't tell, and why.
type Gap struct {
	What     string   `json:"what"`
	Reason   string   `json:"reason"`
	Hint     string   `json:"hint"`
	Clusters []string `json:"clusters"` // ARNs; empty: all
	Count    int      `json:"count"`    // principals it is about, for iam and last-used
}
