package snapshot

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/spec"
)

// New puts clusters together.
func New(clusters []Cluster, kube bool, now time.Time, toolVersion string) *Snapshot {
	s := &Snapshot{
		APIVersion:  APIVersion,
		Kind:        Kind,
		CreatedAt:   now.UTC().Truncate(time.Second),
		ToolVersion: toolVersion,
		Kube:        kube,
		Clusters:    slices.Clone(clusters),
	}
	slices.SortFunc(s.Clusters, func(a, b Cluster) int { return a.ID().Compare(b.ID()) })
	for i := range s.Clusters {
		s.Clusters[i].tidy()
	}
	s.Places(nil, nil)
	return s
}

// Places says which accounts and regions were asked for all of their clusters,
// and which of them could not be read. Where none was, the clusters themselves
// were named.
func (s *Snapshot) Places(asked []Asked, notRead []NotRead) {
	s.Asked, s.NotRead = slices.Clone(asked), slices.Clone(notRead)
	if len(asked) == 0 {
		for i := range s.Clusters {
			c := &s.Clusters[i]
			last := len(s.Asked) - 1
			if last < 0 || s.Asked[last].Account != c.Account || s.Asked[last].Region != c.Region {
				s.Asked = append(s.Asked, Asked{Account: c.Account, Region: c.Region, Known: true})
				last++
			}
			s.Asked[last].Clusters = append(s.Asked[last].Clusters, c.Name)
		}
	}
	if s.Asked == nil {
		s.Asked = []Asked{}
	}
	for i := range s.Clusters {
		if c := &s.Clusters[i]; c.Error != nil {
			reason := c.Error.Message
			if c.Error.Code != "" {
				reason = c.Error.Code + ": " + reason
			}
			s.NotRead = append(
				s.NotRead,
				NotRead{Account: c.Account, Region: &c.Region, Cluster: &c.Name, Reason: reason},
			)
		}
	}
	if s.NotRead == nil {
		s.NotRead = []NotRead{}
	}
	slices.SortStableFunc(s.NotRead, func(a, b NotRead) int { return strings.Compare(a.Place(), b.Place()) })
}

// UnlistedRegions are the accounts and regions of which it is not known which clusters
// they have.
func (s *Snapshot) UnlistedRegions() []NotRead {
	var list []NotRead
	for _, n := range s.NotRead {
		if n.Cluster == nil {
			list = append(list, n)
		}
	}
	return list
}

// kubeNotAsked is the Fact of what comes from the Kubernetes API, without --kube.
var kubeNotAsked = Fact{State: Unknown, Why: "the Kubernetes API was not read", Hint: "read it with --kube",
	NotAsked: true}

// kubeNotAskedBefore is kubeNotAsked as versions before NotAsked wrote it.
var kubeNotAskedBefore = UnknownFact("the cluster itself was not asked", "read it with --kube")

// Place begins a cluster of which nothing is known yet.
func Place(id arn.Cluster) Cluster {
	asked := UnknownFact("not requested", "")
	inside := kubeNotAsked
	return Cluster{Name: id.Name, Region: id.Region, Account: id.Account, Partition: id.Partition, ARN: id.ARN(),
		Network: Network{Fact: asked}, Logging: Logging{Fact: asked}, Providers: Providers{Fact: asked},
		Authorities: Authorities{Fact: asked},
		Entries:     Entries{Fact: asked}, PermissionSets: PermissionSets{Fact: asked},
		AWSAuth: AWSAuth{Fact: inside}, RBAC: RBAC{Fact: inside}, Namespaces: Namespaces{Fact: inside}}
}

// FailedCluster is a cluster that could not be read.
func FailedCluster(id arn.Cluster, e fault.Error) Cluster {
	c := Place(id)
	c.Error = &e
	unread := UnknownFact("the cluster could not be read", "")
	for _, f := range c.facts() {
		*f = unread
	}
	c.tidy()
	return c
}

func (c *Cluster) facts() []*Fact {
	return []*Fact{&c.Network.Fact, &c.Logging.Fact, &c.Providers.Fact, &c.Authorities.Fact, &c.Entries.Fact,
		&c.PermissionSets.Fact, &c.AWSAuth.Fact, &c.RBAC.Fact, &c.Namespaces.Fact}
}

// FromLive is the stored form of what EKS reported of a cluster. The callers add
// what IAM and the Kubernetes API reported: [NewPrincipal], [AWSAuth].
func FromLive(have *spec.Live) Cluster {
	c := Place(have.ID)
	c.Status, c.AuthenticationMode = have.Status, have.Mode
	c.Version, c.PlatformVersion, c.RoleARN = have.Version, have.PlatformVersion, have.RoleARN
	c.Endpoint, c.TokenID, c.Issuer = have.Endpoint, have.TokenID, have.Issuer
	c.CreatedAt = moment(have.CreatedAt)
	if have.PublicEndpoint != nil {
		c.Network = Network{
			Fact:        KnownFact(),
			Public:      *have.PublicEndpoint,
			Private:     have.PrivateEndpoint,
			PublicCIDRs: have.PublicCIDRs,
		}
	} else {
		c.Network.Fact = UnknownFact("EKS does not report it", "")
	}
	if have.Logging != nil {
		c.Logging = Logging{Fact: KnownFact(), Enabled: have.Logging}
	} else {
		c.Logging.Fact = UnknownFact("EKS does not report it", "")
	}
	c.Entries.Fact = UnknownFact(
		"EKS does not report access entries in mode CONFIG_MAP",
		"declare authenticationMode: API_AND_CONFIG_MAP",
	)
	if have.EntriesRead {
		c.Entries = Entries{Fact: KnownFact(), Items: make([]Entry, len(have.Entries))}
		for i, e := range have.Entries {
			c.Entries.Items[i] = Entry{
				Entry:      e.Entry,
				ARN:        e.ARN,
				CreatedAt:  e.CreatedAt.UTC(),
				ModifiedAt: e.ModifiedAt.UTC(),
			}
		}
	}
	return c
}

// Live is the value that the cluster is the stored form of. The certificate of
// the endpoint is not stored, because a snapshot is not for connecting.
func (c *Cluster) Live() *spec.Live {
	l := &spec.Live{ID: c.ID(), Status: c.Status, Mode: c.AuthenticationMode, RoleARN: c.RoleARN, Version: c.Version,
		PlatformVersion: c.PlatformVersion, Endpoint: c.Endpoint, TokenID: c.TokenID, Issuer: c.Issuer,
		Identities: make(map[string]spec.Identity, len(c.Principals))}
	if c.CreatedAt != nil {
		l.CreatedAt = *c.CreatedAt
	}
	if c.Network.Known() {
		public := c.Network.Public
		l.PublicEndpoint, l.PrivateEndpoint, l.PublicCIDRs = &public, c.Network.Private, slices.Clone(
			c.Network.PublicCIDRs,
		)
	}
	if c.Logging.Known() {
		l.Logging = append([]string{}, c.Logging.Enabled...)
	}
	if l.EntriesRead = c.Entries.Known(); l.EntriesRead {
		l.Entries = make([]spec.LiveEntry, len(c.Entries.Items))
		for i := range c.Entries.Items {
			l.Entries[i] = c.Entries.Items[i].Live()
		}
	}
	for _, p := range c.Principals {
		l.Identities[p.ARN] = p.Identity()
	}
	if l.UsesAWSAuth() {
		l.AWSAuth = c.AWSAuth.Parse()
	}
	return l
}

// Live is the entry as a reading has it.
func (e *Entry) Live() spec.LiveEntry {
	return spec.LiveEntry{Entry: e.Entry.Canonical(), ARN: e.ARN, CreatedAt: e.CreatedAt, ModifiedAt: e.ModifiedAt}
}

// NewPrincipal is the stored form of what IAM reported of a principal. When it
// was last used is not part of that.
func NewPrincipal(principal string, id spec.Identity) Principal {
	return Principal{ARN: principal, Existence: id.Existence, Why: id.Why, CreatedAt: moment(id.CreatedAt),
		LastUsed: LastUsed{Fact: UnknownFact("not requested", "")}, Trust: id.Trust, IAMARN: id.ARN}
}

// Identity is the value that the principal is the stored form of.
func (p *Principal) Identity() spec.Identity {
	id := spec.Identity{Existence: p.Existence, Why: p.Why, Trust: p.Trust, ARN: p.IAMARN}
	if p.CreatedAt != nil {
		id.CreatedAt = *p.CreatedAt
	}
	return id
}

// Parse returns the rows of aws-auth; nil where it was not read for lack of
// --kube.
func (a *AWSAuth) Parse() *spec.AWSAuth {
	switch {
	case a.Known():
		parsed := awsauth.Parse(a.Data)
		parsed.Identities = make(map[string]spec.Identity, len(a.Principals))
		for _, p := range a.Principals {
			parsed.Identities[p.ARN] = p.Identity()
		}
		return parsed
	case a.NotAsked:
		return nil
	}
	return &spec.AWSAuth{Why: a.Why, Hint: a.Hint}
}

// Identify adds what IAM knows of the principals of rows, by [spec.AWSAuthKey].
func (a *AWSAuth) Identify(identities map[string]spec.Identity) {
	a.Principals = make([]Principal, 0, len(identities))
	for key, id := range identities {
		a.Principals = append(a.Principals, NewPrincipal(key, id))
	}
	sortedBy(&a.Principals, func(a, b Principal) int { return cmp.Compare(a.ARN, b.ARN) })
}

// Principal is what IAM told of a principal, or nil.
func (c *Cluster) Principal(principal string) *Principal {
	i, ok := slices.BinarySearchFunc(
		c.Principals,
		principal,
		func(p Principal, s string) int { return strings.Compare(p.ARN, s) },
	)
	if !ok {
		return nil
	}
	return &c.Principals[i]
}

// Resolve is the ARN of a principal that a file declares: as it was resolved
// when the snapshot was taken, or the one role the account had of a permission
// set, or the one principal among those that were read that has the name. What
// the snapshot does not tell is nil without an error.
func (c *Cluster) Resolve(ref spec.PrincipalRef) (string, *fault.Error) {
	if ref.ARN != "" {
		return ref.ARN, nil
	}
	for _, n := range c.Names {
		if n.Ref == ref.String() {
			return n.ARN, n.Error
		}
	}
	var candidates []string
	if ref.PermissionSet != "" && c.PermissionSets.Known() {
		candidates = c.PermissionSets.Roles
	} else if ref.PermissionSet == "" {
		for _, p := range c.Principals {
			if p.Existence == spec.Exists {
				candidates = append(candidates, p.ARN)
			}
		}
	}
	found := ""
	for _, candidate := range candidates {
		if ref.Matches(candidate, c.Account) {
			if found != "" {
				return "", nil
			}
			found = candidate
		}
	}
	return found, nil
}

// Cluster is the one of an id, or nil.
func (s *Snapshot) Cluster(id arn.Cluster) *Cluster {
	i, ok := slices.BinarySearchFunc(s.Clusters, id, func(c Cluster, id arn.Cluster) int { return c.ID().Compare(id) })
	if !ok {
		return nil
	}
	return &s.Clusters[i]
}

// Of is the snapshot of some of its clusters. One that it does not hold is
// there as one that could not be read.
func (s *Snapshot) Of(ids []arn.Cluster) *Snapshot {
	part := *s
	part.Clusters = make([]Cluster, 0, len(ids))
	for _, id := range ids {
		if c := s.Cluster(id); c != nil {
			part.Clusters = append(part.Clusters, *c)
		} else {
			part.Clusters = append(part.Clusters, FailedCluster(id, *Lacking(id)))
		}
	}
	slices.SortFunc(part.Clusters, func(a, b Cluster) int { return a.ID().Compare(b.ID()) })
	part.Places(nil, nil)
	return &part
}

// Lacking is the error of a cluster that a snapshot does not hold.
func Lacking(id arn.Cluster) *fault.Error {
	return &fault.Error{
		Code:     fault.NotInSnapshot,
		Resource: id.ARN(),
		Message:  "the snapshot does not contain this cluster",
		Hint:     "take a snapshot with it: eksaccess snapshot -f FILE --save FILE",
	}
}

// FailedClusters counts the clusters that could not be read.
func (s *Snapshot) FailedClusters() int {
	n := 0
	for i := range s.Clusters {
		if s.Clusters[i].Error != nil {
			n++
		}
	}
	return n
}

// Inside says of everything the cluster itself would tell why it is unknown.
func (c *Cluster) Inside(why Fact) {
	c.AWSAuth, c.RBAC, c.Namespaces = AWSAuth{Fact: why}, RBAC{Fact: why}, Namespaces{Fact: why}
}

// tidy sorts and leaves no list nil.
func (c *Cluster) tidy() {
	sortList(&c.Network.PublicCIDRs)
	sortList(&c.Logging.Enabled)
	sortList(&c.PermissionSets.Roles)
	sortList(&c.ReadBy)
	sortList(&c.RBAC.Unlimited)
	sortList(&c.Namespaces.Names)
	for i := range c.RBAC.Bindings {
		sortList(&c.RBAC.Bindings[i].Groups)
		sortList(&c.RBAC.Bindings[i].Users)
	}
	sortedBy(&c.RBAC.Bindings, func(a, b Binding) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	sortedBy(&c.Providers.Items, func(a, b Provider) int { return cmp.Compare(a.Name, b.Name) })
	sortedBy(&c.Authorities.Items, func(a, b Authority) int {
		return cmp.Or(deref(a.CreatedAt).Compare(deref(b.CreatedAt)), cmp.Compare(a.ID, b.ID))
	})
	sortedBy(&c.Principals, func(a, b Principal) int { return cmp.Compare(a.ARN, b.ARN) })
	sortedBy(&c.AWSAuth.Principals, func(a, b Principal) int { return cmp.Compare(a.ARN, b.ARN) })
	sortedBy(&c.Names, func(a, b Name) int { return cmp.Compare(a.Ref, b.Ref) })
	sortedBy(&c.Entries.Items, func(a, b Entry) int { return a.Compare(b.Entry) })
	for i := range c.Entries.Items {
		c.Entries.Items[i].Entry = c.Entries.Items[i].Canonical()
	}
	if c.AWSAuth.Data == nil {
		c.AWSAuth.Data = map[string]string{}
	}
}

func sortList(list *[]string) {
	s := slices.Clone(*list)
	slices.Sort(s)
	if *list = slices.Compact(s); *list == nil {
		*list = []string{}
	}
}

func sortedBy[T any](list *[]T, compare func(a, b T) int) {
	s := slices.Clone(*list)
	slices.SortFunc(s, compare)
	if *list = s; s == nil {
		*list = []T{}
	}
}

func deref(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
