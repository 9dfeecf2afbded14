package spec

import "time"

// APIVersion and Kind open every document of a file. Kind may be left out.
const (
	APIVersion = "eksaccess/v1"
	Kind       = "Access"
)

// The types of this file are a document as it is written, each value with its
// place. Their json tags are the keys of the format. Field names that are not
// in the file have no tag.

// A Document is one YAML document of a file.
type Document struct {
	Mark
	APIVersion Text         `json:"apiVersion"`
	Kind       Text         `json:"kind"`
	Owner      Text         `json:"owner"`
	Defaults   Settings     `json:"defaults"`
	Guards     GuardLines   `json:"guards"`
	Owners     []OwnerLine  `json:"owners"`  // how other tools mark what is theirs
	Ignore     []Text       `json:"ignore"`  // globs over principal ARNs
	Waivers    []WaiverLine `json:"waivers"` // findings of an audit that are accepted
	AccessLines
	Sets     SetLines      `json:"sets"`
	Clusters []ClusterLine `json:"clusters"`
	Tests    []TestLine    `json:"tests"` // what must follow from the rest
}

// AccessLines may stand on top of a document, in a set and on a cluster.
type AccessLines struct {
	Admins []AdminLine  `json:"admins"`
	Access []AccessLine `json:"access"`
	Absent []AbsentLine `json:"absent"`
}

// Settings stand under defaults and on a cluster, whose own win.
type Settings struct {
	Profile            Text  `json:"profile"`
	AssumeRole         Text  `json:"assumeRole"`
	ExternalID         Text  `json:"externalId"`
	Region             Text  `json:"region"`
	AuthenticationMode Text  `json:"authenticationMode"`
	Prune              Text  `json:"prune"`
	Tags               Pairs `json:"tags"`
	Watch              Flag  `json:"watch"`
}

// GuardLines are a document's guards.
type GuardLines struct {
	Mark
	MinAdmins       Count        `json:"minAdmins"`
	RequiredAdmins  []AbsentLine `json:"requiredAdmins"`
	MaxRemovals     ShareText    `json:"maxRemovals"`
	MaxHold         Period       `json:"maxHold"`
	MaxExpiry       Period       `json:"maxExpiry"`
	MustExpire      Text         `json:"mustExpire"`
	ReasonPattern   Text         `json:"reasonPattern"` // regular expression
	TrustedAccounts []Text       `json:"trustedAccounts"`
}

// An OwnerLine says by which tag another owner's entries are known.
type OwnerLine struct {
	Mark
	Name Text `json:"name"`
	Tag  Text `json:"tag"` // KEY=VALUE, or KEY for any value
}

// A WaiverLine accepts findings of an audit until a day.
type WaiverLine struct {
	Mark
	Rule       Text   `json:"rule"`       // id, name, or a glob over these
	Clusters   []Text `json:"clusters"`   // globs; none for all
	Principals []Text `json:"principals"` // globs over ARNs; none for all
	Reason     Text   `json:"reason"`
	Owner      Text   `json:"owner"`
	Until      Day    `json:"until"`
}

// A SetLine is a named set.
type SetLine struct {
	Mark
	Name     Text
	Clusters []Text `json:"clusters"` // globs
	AccessLines
}

// A ClusterLine declares a cluster: an ARN alone, arn and more, or name,
// region and account and more.
type ClusterLine struct {
	Mark
	ARN     Text `json:"arn" bare:"true"`
	Name    Text `json:"name"`
	Account Text `json:"account"`
	Settings
	Labels  Pairs  `json:"labels"`
	Include []Text `json:"include"` // names or globs of sets
	AccessLines
}

// A PrincipalLine names one principal, by exactly one of its fields. A bare
// string is an ARN.
type PrincipalLine struct {
	Principal     Text `json:"principal" bare:"true"`
	PermissionSet Text `json:"permissionSet"`
	Role          Text `json:"role"`
	User          Text `json:"user"`
}

// An AccessLine is an item of access.
type AccessLine struct {
	Mark
	PrincipalLine
	Type       Text         `json:"type"`
	Policy     Text         `json:"policy"`     // short for one item of policies,
	Namespaces []Text       `json:"namespaces"` // with these
	Policies   []PolicyLine `json:"policies"`
	Groups     []Text       `json:"groups"`
	Username   Text         `json:"username"`
	Tags       Pairs        `json:"tags"`
	Expires    Moment       `json:"expires"`
	Reason     Text         `json:"reason"`
}

// An AdminLine is an item of admins.
type AdminLine struct {
	Mark
	PrincipalLine
	Username Text   `json:"username"`
	Tags     Pairs  `json:"tags"`
	Expires  Moment `json:"expires"`
	Reason   Text   `json:"reason"`
}

// An AbsentLine is an item of absent or of requiredAdmins.
type AbsentLine struct {
	Mark
	PrincipalLine
}

// A PolicyLine is an item of policies: a name or an ARN alone, or with
// namespaces.
type PolicyLine struct {
	Mark
	Policy     Text   `json:"policy" bare:"true"`
	Namespaces []Text `json:"namespaces"`
}

// A TestLine says what a principal can and cannot do by this document.
type TestLine struct {
	Mark
	Principal     Text   `json:"principal"` // one of these four, as in a PrincipalLine
	PermissionSet Text   `json:"permissionSet"`
	Role          Text   `json:"role"`
	User          Text   `json:"user"`
	Clusters      []Text `json:"clusters"` // globs; left out: all of the document
	Can           []Text `json:"can"`      // questions as "kubectl auth can-i" takes them
	Cannot        []Text `json:"cannot"`
}

// A Mark is where a mapping, or what stands for one, begins.
type Mark struct {
	Pos Pos
	// Flawed: something in it was refused already. What seems to be missing
	// may be just that, and is not reported a second time.
	Flawed bool

	// What [Encode] writes as comments. Decode leaves them empty.
	Comments []string // lines above
	Aside    string   // behind the first line
}

// A Text is a string. One whose value was refused has a Pos and no Value.
type Text struct {
	Value string
	Pos   Pos
}

// Given reports whether the file has the key, good or bad.
func (t Text) Given() bool { return t.Pos.Line > 0 }

// A Flag is true or false.
type Flag struct {
	Value bool
	Pos   Pos
}

// A Count is a whole number.
type Count struct {
	Value int
	Pos   Pos
}

// A Moment is a time, and how it was written.
type Moment struct {
	Time time.Time
	Text string
	Pos  Pos
}

// A Day is a date.
type Day struct {
	Time time.Time // its beginning, in UTC
	Pos  Pos
}

// A Period is a length of time.
type Period struct {
	Value time.Duration
	Pos   Pos
}

// A ShareText is a count or a percentage.
type ShareText struct {
	Share
	Pos Pos
}

// Pairs is a mapping from names to strings, in the order written.
type Pairs []Pair

// A Pair is one line of a mapping.
type Pair struct{ Key, Value Text }

// SetLines are the sets of a document, in the order written.
type SetLines []SetLine
