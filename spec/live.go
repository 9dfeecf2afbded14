package spec

import (
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/trust"
)

// Live is a cluster as it was read.
type Live struct {
	ID              arn.Cluster
	Status          string // ACTIVE or UPDATING; others are not read further
	Mode            string // CONFIG_MAP, API_AND_CONFIG_MAP or API
	RoleARN         string // the cluster's own role
	Version         string // Kubernetes version, "1.33"
	PlatformVersion string // "eks.5"

	// Where the cluster's own Kubernetes API is, and what a token for it is
	// bound to: the cluster's name, or its id for a local one on Outposts.
	Endpoint string
	CA       []byte // PEM
	TokenID  string
	// PublicEndpoint says whether that is reachable from outside its network;
	// nil where EKS does not report it.
	PublicEndpoint  *bool
	PrivateEndpoint bool     // reachable from inside its network
	PublicCIDRs     []string // from where the public one can be reached

	// What a plan does not need, and an audit does.
	CreatedAt time.Time
	Issuer    string   // of the tokens of its service accounts
	Logging   []string // logs of the control plane that are kept; nil where EKS does not report them

	// AWSAuth is the ConfigMap aws-auth; nil where it was not requested.
	AWSAuth *AWSAuth

	// Entries are sorted by principal. They are nil, and EntriesRead is false,
	// in mode CONFIG_MAP, where EKS refuses to tell them.
	Entries     []LiveEntry
	EntriesRead bool
	// Partial says that of the entries only some were asked for: those that
	// are declared, and all with the cluster admin policy. The principals of
	// the others, which were listed and not read, are in Unread, sorted.
	Partial bool
	Unread  []string

	// Identities says what IAM knows of principals that are in Entries or
	// declared, by ARN. One that is missing was not asked about.
	Identities map[string]Identity
}

// A LiveEntry is an access entry with what only a reading has.
type LiveEntry struct {
	Entry
	ARN        string // accessEntryArn; new with each re-creation, so no identity
	CreatedAt  time.Time
	ModifiedAt time.Time
}

// Entry returns the live entry of a principal, or nil.
func (l *Live) Entry(principal string) *LiveEntry {
	for i := range l.Entries {
		if l.Entries[i].Principal == principal {
			return &l.Entries[i]
		}
	}
	return nil
}

// Existence is what IAM answered about a principal.
type Existence string

const (
	Exists  Existence = "exists"
	Gone    Existence = "gone"    // IAM has no such role or user
	Unknown Existence = "unknown" // IAM could not be asked; Identity.Why says why
)

// An Identity is what IAM knows of one principal.
type Identity struct {
	Existence Existence
	CreatedAt time.Time     // of the role or user; an entry older than that is stale
	Why       string        // for Unknown
	Trust     *trust.Policy // of a role; nil where it was not read
	// ARN is the principal as IAM has it, where that is not byte for byte what
	// was asked about: another path, or other letters. EKS takes no other.
	ARN string
}

// Elsewhere says in a sentence that IAM has the principal under another ARN; ""
// if it does not.
func (id Identity) Elsewhere() string {
	if id.ARN == "" {
		return ""
	}
	kind := "role"
	if p, err := arn.ParsePrincipal(id.ARN); err == nil && p.Kind == arn.User {
		kind = "user"
	}
	return "IAM has this " + kind + " as " + id.ARN
}

// A NodeRole is an IAM role that nodes of a cluster have.
type NodeRole struct {
	Role string // ARN
	Type string // of the entry it needs
	Of   string // "node group workers", "Fargate profile fp"
}
