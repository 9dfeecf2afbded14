package spec

import (
	"regexp"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// A Fleet is everything the files of one run declare.
type Fleet struct {
	Clusters []*Cluster                // sorted by account, region, name
	Guards   Guards                    // of all files together
	files    map[string]int            // order of the files, for problems that are found later
	judge    func(now time.Time) Tests // the tests of all files together; nil for none
}

// A Cluster is one declared cluster, with all that holds for it brought
// together: its own lines, its sets, and the top level of its document.
type Cluster struct {
	ID     arn.Cluster
	Labels map[string]string
	Pos    Pos

	Owner      string // "" where the document names none
	Profile    string // AWS shared-config profile
	AssumeRole string // ARN; placeholders filled in
	ExternalID string
	Mode       string // the least authentication mode wanted; "" leaves it
	Prune      Prune
	PruneHere  bool              // prune is written on this very cluster
	Watch      bool              // planned and audited, never written
	Guards     *Guards           // of all files together, placeholders filled in
	Owners     []OwnerTag        // of all files together
	Waivers    []Waiver          // of all files together, in the order written
	Tags       map[string]string // on every declared entry that has not its own of that key

	Ignore []string // globs over principal ARNs
	Items  []Item   // in the order written; one principal may occur often
	Absent []Absent
}

// An OwnerTag is a tag by which another tool's entries are known.
type OwnerTag struct {
	Name string `json:"name"`
	Tag  string `json:"tag"` // KEY=VALUE, or KEY for any value
}

// On reports whether an entry with these tags carries it.
func (o OwnerTag) On(tags map[string]string) bool {
	key, value, exact := strings.Cut(o.Tag, "=")
	have, ok := tags[key]
	return ok && (!exact || have == value)
}

// Prune says which undeclared entries are deleted.
type Prune string

const (
	PruneNone  Prune = "none"
	PruneOwned Prune = "owned" // those that carry our eksaccess:owner
	PruneAll   Prune = "all"   // every unmanaged one too
)

// An Item is one principal with access, as one place of a file declares it.
// Policies are ARNs already; tags are those written there, see [Cluster.Tags].
type Item struct {
	Principal PrincipalRef
	Type      string // "" where the file does not say
	Username  string // "" where the file does not say
	Groups    []string
	Policies  []Policy
	Tags      map[string]string
	Expires   time.Time // zero where the file does not say
	Reason    string
	Own       bool // written on the cluster itself, not in a set or on top
	Pos       Pos
}

// An Absent names a principal that must have no access.
type Absent struct {
	Principal PrincipalRef // ARN may hold "*"
	Pos       Pos
}

// Guards are the limits of a file's guards section. Zero values are unset.
type Guards struct {
	MinAdmins       int
	RequiredAdmins  []RequiredAdmin
	MaxRemovals     Share
	TrustedAccounts []string
	MaxHold         time.Duration // longest hold that is respected; 0 for [DefaultMaxHold]
	EndRules
}

// A RequiredAdmin must be a cluster admin in every cluster.
type RequiredAdmin struct {
	Principal PrincipalRef
	Pos       Pos
}

// A Share is a limit written as a count or as a percentage.
type Share struct {
	Set     bool
	Percent bool
	Value   int // entries, or percent
}

// A PrincipalRef is a principal as written: exactly one field is set.
type PrincipalRef struct {
	ARN           string
	PermissionSet string
	Role          string
	User          string
}

func (r PrincipalRef) String() string {
	switch {
	case r.PermissionSet != "":
		return "permissionSet=" + r.PermissionSet
	case r.Role != "":
		return "role=" + r.Role
	case r.User != "":
		return "user=" + r.User
	}
	return r.ARN
}

// Matches reports whether principal, an ARN of a live entry of a cluster in
// account, is one that r names: by glob for an ARN, under any suffix for a
// permission set, under any path for a role or user. Names are looked for in
// the cluster's account only, where IAM keeps them unique.
func (r PrincipalRef) Matches(principal, account string) bool {
	if r.ARN != "" {
		return arn.Match(r.ARN, principal)
	}
	p, err := arn.ParsePrincipal(principal)
	if err != nil || p.Account != account {
		return false
	}
	if r.PermissionSet != "" {
		name, _, ok := p.PermissionSet()
		return ok && name == r.PermissionSet
	}
	return r.Role != "" && p.Kind == arn.Role && p.Name == r.Role ||
		r.User != "" && p.Kind == arn.User && p.Name == r.User
}

// A Want is what a cluster should have, once every principal has its ARN.
type Want struct {
	Cluster *Cluster
	Entries []WantEntry // sorted by principal, one a principal
}

// A WantEntry is one declared entry. Its Tags are those declared and our own
// (eksaccess:owner, :expires, :reason); a live entry may have more.
type WantEntry struct {
	Entry
	Ref     PrincipalRef // as first written
	Expires time.Time    // zero: never
	Pos     Pos          // the first place that declares it
}

// Tag keys of this program. They are refused under tags in a file.
const (
	TagPrefix    = "eksaccess:"
	TagOwner     = TagPrefix + "owner"
	TagExpires   = TagPrefix + "expires"
	TagReason    = TagPrefix + "reason"
	TagHoldUntil = TagPrefix + "hold-until"
)

// OwnerBreakGlass is the owner of what an emergency grant creates.
const OwnerBreakGlass = "break-glass"

// ownerName keeps an owner fit for a tag value, a file name and a shell.
var ownerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/@+=-]{0,127}$`)

// IsOwner reports whether s may be written as an owner.
func IsOwner(s string) bool { return ownerName.MatchString(s) }
