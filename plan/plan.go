package plan

import (
	"time"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/spec"
)

// APIVersion and Kind open every saved plan.
const (
	APIVersion = "eksaccess/v1"
	Kind       = "Plan"
)

// A Plan says what would change in every cluster of a run. Its JSON form is
// what is shown, saved and applied. Lists are sorted and never nil; what was
// not read is null.
type Plan struct {
	APIVersion  string    `json:"apiVersion"`
	Kind        string    `json:"kind"`
	CreatedAt   time.Time `json:"createdAt"` // UTC, whole seconds
	ToolVersion string    `json:"toolVersion"`
	Digest      string    `json:"digest"` // see Seal
	Summary     Summary   `json:"summary"`
	Clusters    []Cluster `json:"clusters"` // by account, region, name

	// Of a run with --shard, which part of a fleet this is; of what was merged
	// from such, which parts there were not.
	Shard         *Shard `json:"shard,omitempty"`
	MissingShards []int  `json:"missingShards,omitempty"`
}

// A Summary counts. Clusters, ModeChanges, Refused and Failed count clusters,
// the others entries.
type Summary struct {
	Clusters    int `json:"clusters"`
	Create      int `json:"create"`
	Update      int `json:"update"`
	Replace     int `json:"replace"`
	Rekey       int `json:"rekey"`
	Delete      int `json:"delete"`
	Unchanged   int `json:"unchanged"`
	Unmanaged   int `json:"unmanaged"`
	Held        int `json:"held"`
	Ignored     int `json:"ignored"`
	System      int `json:"system"`
	ModeChanges int `json:"modeChanges"`
	Refused     int `json:"refused"`
	Failed      int `json:"failed"`
	NotUndone   int `json:"notUndone,omitempty"` // of an undo

	// Of clusters of which only what is declared was read: how many these are,
	// and how many of their entries were left unread.
	DeclaredOnly int `json:"declaredOnly,omitempty"`
	Unread       int `json:"unread,omitempty"`

	// LeftOut counts the changes that --add-only left out.
	LeftOut int `json:"leftOut,omitempty"`
}

// A Status is how a cluster stands.
type Status string

const (
	InSync  Status = "in-sync"
	Changed Status = "changed"
	Drifted Status = "drifted" // nothing to change, but there are entries that no file declares
	Refused Status = "refused" // a guard says no; nothing of it will be applied
	Failed  Status = "failed"  // it could not be read or resolved
	Left    Status = "left"    // an undo changes nothing, and leaves something of the run
)

// A Cluster is the plan for one cluster.
type Cluster struct {
	Name    string `json:"name"`
	Region  string `json:"region"`
	Account string `json:"account"`
	ARN     string `json:"arn"`
	Status  Status `json:"status"`
	Error   *Error `json:"error"`

	// Fingerprint is of the mode, the entries the plan touches and the admins
	// as they were read; null where nothing was read.
	Fingerprint        *string     `json:"fingerprint"`
	AuthenticationMode *ModeChange `json:"authenticationMode"`
	Changes            []Change    `json:"changes"`   // by principal
	Unmanaged          []Unmanaged `json:"unmanaged"` // by principal; null where entries were not read
	Guards             []Guard     `json:"guards"`
	Warnings           []Warning   `json:"warnings"`

	// DeclaredEnds are declared entries, by principal, that the guards on
	// temporary access check; left out where no file sets such a guard.
	DeclaredEnds []DeclaredEnd `json:"declaredEnds,omitzero"`

	// Held are entries under an emergency's hold: by principal, like Unmanaged.
	// Both are null where entries were not read.
	Held   []Held  `json:"held"`
	Ending []Held  `json:"ending,omitempty"` // entries of this program that have an end and stay until then
	Counts *Counts `json:"counts"`

	// AWSAuth are the rows of aws-auth, by ARN; left out where it was not read,
	// or is not looked at.
	AWSAuth []AuthRow `json:"awsAuth,omitzero"`

	// DeclaredOnly says that nothing but what is declared was looked at:
	// Unmanaged is null, and Held and Counts are of declared entries.
	DeclaredOnly bool `json:"declaredOnly,omitempty"`

	// Unchanged are the entries that are as the file declares them, of a cluster
	// with changes: after the last write they are checked too.
	Unchanged []spec.Entry `json:"unchanged,omitempty"`

	// LeftOut counts the changes that --add-only left out.
	LeftOut int `json:"leftOut,omitempty"`
	// NotUndone is what an undo leaves as it is.
	NotUndone []NotUndone `json:"notUndone,omitempty"`

	// Connection and Rules let a saved plan be applied without its files.
	Connection Connection `json:"connection"`
	Rules      Rules      `json:"rules"`
	// Watch clusters are planned and never written.
	Watch bool `json:"watch"`
}

// Counts are the entries that need no line of their own.
type Counts struct {
	Unchanged int `json:"unchanged"`
	Ignored   int `json:"ignored"`
	System    int `json:"system"`
	Unread    int `json:"unread,omitempty"` // not looked at, see Cluster.DeclaredOnly
}

// A ModeChange is the authentication mode before and after; the same twice
// where it stays.
type ModeChange struct {
	Before string `json:"before"`
	After  string `json:"after"`
}

// Moves reports whether the mode changes.
func (m *ModeChange) Moves() bool { return m != nil && m.Before != m.After }

// An Action says what happens to one entry.
type Action string

const (
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace" // deleted and created again, where EKS changes nothing in place
	Rekey   Action = "rekey"   // a permission set's role has another suffix: new entry, then the old one goes
	Delete  Action = "delete"
)

// Symbol is how the action is drawn.
func (a Action) Symbol() string {
	return map[Action]string{Create: "+", Update: "~", Replace: "-/+", Rekey: "=>", Delete: "-"}[a]
}

// A Change is what happens to one entry, and why.
type Change struct {
	Action            Action      `json:"action"`
	Principal         string      `json:"principal"`
	PreviousPrincipal *string     `json:"previousPrincipal"` // of a rekey
	Reason            string      `json:"reason"`
	Source            string      `json:"source"`              // file:line:column, "" where no line asks for it
	Expired           bool        `json:"expired,omitempty"`   // deleted because its expiry has passed
	Finishes          bool        `json:"finishes,omitempty"`  // sees a replace through that an earlier run began
	Emergency         bool        `json:"emergency,omitempty"` // recover's; see Meeting
	EndByRun          bool        `json:"endByRun,omitempty"`  // created with the end of --expires; see Meeting
	Before            *spec.Entry `json:"before"`
	After             *spec.Entry `json:"after"`
	Steps             []Step      `json:"steps"` // in the order they are sent

	// What the principal gains and loses by effective access; of a rekey, the
	// new role compared with the old one.
	Gains []access.Permission `json:"gains"`
	Loses []access.Permission `json:"loses"`
	// EndsHold is the tag value of the hold that the change is meant to end:
	// that of the emergency which an undo takes back.
	EndsHold string `json:"endsHold,omitempty"`
}

// A Phase parts the steps of a cluster: every grant is made, and read back,
// before the first revocation.
type Phase string

const (
	Grant  Phase = "grant"
	Revoke Phase = "revoke"
)

// Operations are the EKS calls a step can be.
const (
	CreateAccessEntry        = "CreateAccessEntry"
	UpdateAccessEntry        = "UpdateAccessEntry"
	DeleteAccessEntry        = "DeleteAccessEntry"
	AssociateAccessPolicy    = "AssociateAccessPolicy"
	DisassociateAccessPolicy = "DisassociateAccessPolicy"
	TagResource              = "TagResource"
	UntagResource            = "UntagResource"
	UpdateClusterConfig      = "UpdateClusterConfig"
)

// A Step is one call. Which fields are set depends on the operation:
//
//	CreateAccessEntry         type, groups, tags; username unless it is the one EKS derives
//	UpdateAccessEntry         groups, username
//	DeleteAccessEntry         –
//	AssociateAccessPolicy     policy, scope, namespaces
//	DisassociateAccessPolicy  policy
//	TagResource               tags
//	UntagResource             tagKeys
//
// Groups that are set and empty are sent as [], which clears them; nil groups
// are not sent, which EKS takes as "none" too (terraform-provider-aws #36480).
type Step struct {
	Operation  string            `json:"operation"`
	Principal  string            `json:"principal"`
	Phase      Phase             `json:"phase"`
	Type       string            `json:"type,omitempty"`
	Username   *string           `json:"username,omitempty"`
	Groups     []string          `json:"groups,omitzero"`
	Tags       map[string]string `json:"tags,omitempty"`
	TagKeys    []string          `json:"tagKeys,omitempty"`
	Policy     string            `json:"policy,omitempty"`
	Scope      string            `json:"scope,omitempty"`
	Namespaces []string          `json:"namespaces,omitzero"`
}

// An Unmanaged entry is in the cluster and in no file.
type Unmanaged struct {
	Principal string        `json:"principal"`
	Type      string        `json:"type"`
	Owner     string        `json:"owner"` // the tool or owner its tags name, or ""
	Policies  []spec.Policy `json:"policies"`
	Groups    []string      `json:"groups"`
	// ClusterSource is the place of the cluster in a file, where "absent" under
	// it removes the entry; left out where another owner has the entry, and where
	// the cluster is never written.
	ClusterSource string `json:"clusterSource,omitempty"`
}

// A Held entry keeps what it has until a time, whatever the file says.
type Held struct {
	Principal string    `json:"principal"`
	Until     time.Time `json:"until"`
	Reason    string    `json:"reason"`
}

// A Guard is one judgement on the state the plan leads to. OK is null where it
// can't be judged.
type Guard struct {
	Name   string `json:"name"`
	OK     *bool  `json:"ok"`
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"` // of a refusal: the flag or line that would allow it
}

// Refuses reports whether the guard says no.
func (g Guard) Refuses() bool { return g.OK != nil && !*g.OK }

// Codes of warnings.
const (
	NewEntries    = "newEntries"    // EKS adds entries at a mode step
	AWSAuthUnread = "awsAuthUnread" // what the guards on aws-auth could not check
)

// A Warning is something to know that stops nothing.
type Warning struct {
	Message string `json:"message"`
	Source  string `json:"source"`
	Code    string `json:"code,omitempty"` // one of the codes below, where a program may look for it

	// IsLeft marks what an undo leaves as it is and another run can undo: the
	// result of the undo has it in a list of its own. No saved plan has any.
	IsLeft bool `json:"-"`
}

// An Error is why a cluster or a step failed: its code is AWS's, or one of
// package fault.
type Error = fault.Error

// A Connection is how the cluster is reached.
type Connection struct {
	Partition  string `json:"partition"`
	Profile    string `json:"profile,omitempty"`
	AssumeRole string `json:"assumeRole,omitempty"`
	ExternalID string `json:"externalId,omitempty"`
}

// Rules are the limits of the files, kept so that a saved plan is judged by
// them again. Flags that allow something are never among them.
type Rules struct {
	MinAdmins      int      `json:"minAdmins"`
	RequiredAdmins []string `json:"requiredAdmins"`    // as written: ARN, role=NAME, …
	MaxRemovals    string   `json:"maxRemovals"`       // "25%", "3"; "" for the default
	MaxHold        string   `json:"maxHold,omitempty"` // "24h0m0s"; "" for the default
	MaxExpiry      string   `json:"maxExpiry,omitempty"`
	MustExpire     string   `json:"mustExpire,omitempty"` // admins or all
	ReasonPatterns []string `json:"reasonPatterns,omitempty"`
	Owner          string   `json:"owner"`
	// AnyOwner: there was no file, so the owner tag that an entry
	// carries owns it; only other tools' entries are another's.
	AnyOwner bool `json:"anyOwner,omitempty"`
	// Owners are the tags by which the files know other tools' entries.
	Owners []spec.OwnerTag `json:"owners"`
}
