package inventory

import (
	"encoding/json"
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

// A Report lists the principals of clusters and their permissions. Lists are
// sorted and never nil; what is not known is null.
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
	Notes       []string           `json:"notes"`      // access that cannot be listed

	Files  []string `json:"-"` // that declare access
	ReadBy []string `json:"-"` // principals that read the clusters
}

// Asked is the [Question] as the caller wrote it.
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
	Admins     int `json:"admins"`     // principals that exist and are cluster admin somewhere
	Access     int `json:"access"`     // pairs of principal and cluster
	Unresolved int `json:"unresolved"` // principals with groups whose bindings were not read
	Dead       int `json:"dead"`       // principals all of whose entries are orphaned or stale
}

// A Cluster is a cluster of a report.
type Cluster struct {
	Name    string       `json:"name"`
	Region  string       `json:"region"`
	Account string       `json:"account"`
	ARN     string       `json:"arn"`
	Mode    *string      `json:"authenticationMode"` // null where it was not read
	Error   *fault.Error `json:"error"`              // why it was not read
	Admins  int          `json:"admins"`             // its cluster admins
	Access  int          `json:"access"`             // principals in it
}

// A Kind of principal.
const (
	KindRole          = "role"
	KindPermissionSet = "permission-set" // the role of one
	KindUser          = "user"
	KindServiceLinked = "service-linked-role"
	KindRoot          = "root"
	KindAccount       = "account" // all principals of an account: mapAccounts
	KindCreator       = "creator" // of a cluster in CONFIG_MAP; EKS does not report it
	KindUnknown       = "unknown"
)

// A Principal is an IAM principal with its access in all clusters.
type Principal struct {
	Principal     *string        `json:"principal"` // ARN; null for the kinds account and creator
	Kind          string         `json:"kind"`
	Name          string         `json:"name"`          // with its path; of a permission set, the set's
	Account       string         `json:"account"`       // "" where the ARN has none
	PermissionSet *string        `json:"permissionSet"` // null for others
	Existence     spec.Existence `json:"existence"`
	LastUsed      *time.Time     `json:"lastUsed"` // null: not in the last 400 days, or not known
	LastUsedWhy   string         `json:"lastUsedWhy"`
	IsUnused      bool           `json:"-"`      // IAM recorded no use in the last 400 days
	Power         Power          `json:"power"`  // the strongest
	Works         bool           `json:"works"`  // false: none of its access works
	Access        []Access       `json:"access"` // the strongest first

	unresolved bool // has groups whose bindings were not read
}

// An Access is the access of one principal to one cluster.
type Access struct {
	Cluster   string     `json:"cluster"` // ARN
	Power     Power      `json:"power"`   // the strongest of its ways that have effect
	State     State      `json:"state"`
	Ways      []Way      `json:"ways"` // the strongest first
	Type      *string    `json:"type"` // of its entry; null without one
	Username  *string    `json:"username"`
	CreatedAt *time.Time `json:"createdAt"`
	Declared  Declared   `json:"declared,omitzero"`
	Owner     string     `json:"owner"` // by its tags; "" where they name none
	Expires   *time.Time `json:"expires"`
	Reason    string     `json:"reason"`
	HeldUntil *time.Time `json:"heldUntil"`
}

// Declared says where a file declares the access of a principal to a cluster.
// In JSON it is the source, null where no file declares it, and absent where no
// file was given.
type Declared struct {
	Asked  bool   // a file was given
	Source string // file:line:column; "" where no file declares it
}

// MarshalJSON writes the source or null.
func (d Declared) MarshalJSON() ([]byte, error) {
	if d.Source == "" {
		return []byte("null"), nil
	}
	return json.Marshal(d.Source)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (d *Declared) UnmarshalJSON(data []byte) error {
	d.Asked = true
	return json.Unmarshal(data, &d.Source)
}

// IsUndeclared reports whether a file was given and none declares the access.
func (a Access) IsUndeclared() bool { return a.Declared.Asked && a.Declared.Source == "" }

// Works reports whether the access has effect. An expired entry works until it
// is deleted: EKS does not know its end.
func (a Access) Works() bool { return a.State == Works || a.State == Expired }

// A State says whether an access works.
type State string

const (
	Works    State = "works"      // as far as is known
	Orphaned State = "gone"       // IAM no longer has the principal
	Stale    State = "made-again" // the principal was recreated after its entry
	Expired  State = "expired"    // its end has passed, and the entry still exists
)

// Via says what gives access.
type Via string

const (
	ViaPolicy   Via = "policy"
	ViaGroup    Via = "group"
	ViaUsername Via = "username" // bound by name in RBAC
	ViaType     Via = "type"     // of a node's entry
	ViaAWSAuth  Via = "aws-auth"
	ViaAccounts Via = "aws-auth-accounts"
	ViaCreator  Via = "creator"
	ViaEntry    Via = "entry" // an entry without a policy or group
)

// A Way is one way in which a principal gets its permissions.
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
	Hidden     bool     `json:"hidden,omitempty"`   // it has no effect; the note says why
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

// A Gap is a part of clusters that was not read, and why.
type Gap struct {
	What     string   `json:"what"`
	Reason   string   `json:"reason"`
	Hint     string   `json:"hint"`
	Clusters []string `json:"clusters"` // ARNs; empty: all
	Count    int      `json:"count"`    // principals it is about, for iam and last-used

	NotAsked bool `json:"-"` // it is read with --kube only
	IsFilter bool `json:"-"` // EKS filtered the entries by policy
}
