package inventory

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// An Input is what [Compute] needs.
type Input struct {
	Snapshot    *snapshot.Snapshot
	Question    Question
	Declared    []*spec.Cluster // of the files; nil where none was given
	Files       []string        // their names
	Owners      []spec.OwnerTag // tags of other tools, from the files
	Filtered    []string        // only entries with these policies were listed; see [Question.Filter]
	Now         time.Time
	ToolVersion string
}

// Compute returns the report of a snapshot. Times are compared with the time of
// the snapshot, so that its report never changes.
func Compute(in Input) *Report {
	m := builder{in: in, principals: map[string]*Principal{}, byKey: map[string]string{},
		declared: map[arn.Cluster]*spec.Cluster{}}
	for _, c := range in.Declared {
		m.declared[c.ID] = c
	}
	m.report = &Report{
		APIVersion:  APIVersion,
		Kind:        Kind,
		CreatedAt:   in.Now.UTC().Truncate(time.Second),
		ReadAt:      in.Snapshot.CreatedAt,
		ToolVersion: in.ToolVersion,
		Asked:       in.Question.filter(),
		Clusters:    []Cluster{},
		Principals:  []Principal{},
		Files:       in.Files,
		ReadBy:      in.Snapshot.Readers(),
	}
	m.indexKeys()
	for i := range in.Snapshot.Clusters {
		m.cluster(&in.Snapshot.Clusters[i])
	}
	m.finish()
	m.report.Gaps, m.report.Notes = notRead(in), notes(in)
	m.report.NotRead = append([]snapshot.NotRead{}, in.Snapshot.NotRead...)
	return m.report
}

type builder struct {
	in         Input
	report     *Report
	principals map[string]*Principal         // by ARN, or by a key for those without
	byKey      map[string]string             // spec.AWSAuthKey → the one ARN of an entry that has it; "" for several
	declared   map[arn.Cluster]*spec.Cluster // clusters of the files
}

// indexKeys prepares for aws-auth, which names roles without their paths: a row
// belongs to the principal whose ARN an entry has in full.
func (m *builder) indexKeys() {
	for i := range m.in.Snapshot.Clusters {
		for _, e := range m.in.Snapshot.Clusters[i].Entries.Items {
			key := spec.AWSAuthKey(e.Principal)
			if known, ok := m.byKey[key]; ok && known != e.Principal {
				m.byKey[key] = ""
			} else {
				m.byKey[key] = e.Principal
			}
		}
	}
}

func (m *builder) cluster(c *snapshot.Cluster) {
	out := Cluster{Name: c.Name, Region: c.Region, Account: c.Account, ARN: c.ARN, Error: c.Error}
	if c.AuthenticationMode != "" && c.AuthenticationMode != eksfacts.ModeUnknown {
		mode := c.AuthenticationMode
		out.Mode = &mode
	}
	m.report.Clusters = append(m.report.Clusters, out)
	if c.Error != nil {
		return
	}
	r := bindingsOf(&c.RBAC)
	live := c.Live()
	state := access.NewState(live)
	found := map[string]*Access{} // by ARN of an entry, else by spec.AWSAuthKey
	var all []*pair
	add := func(p *Principal, a *Access) {
		a.Declared = m.declaration(c, p)
		all = append(all, &pair{p, a})
	}
	for i := range c.Entries.Items {
		e := &c.Entries.Items[i]
		a := m.entry(c, e, r, state.For(e.Principal))
		found[e.Principal] = a
		add(m.principal(c, e.Principal), a)
	}
	m.rows(c, r, state, found, add)
	if live.AWSAuth != nil {
		m.accounts(c, r, live.AWSAuth.Accounts, add)
	}
	if state.HasInvisibleCreator() {
		add(m.placeholder(KindCreator, "", "creator of the cluster"), &Access{Cluster: c.ARN, State: Works,
			Ways: []Way{
				{
					Via:   ViaCreator,
					Power: ClusterAdmin,
					Note:  "EKS does not report the creator; CloudTrail does (event CreateCluster)",
				},
			}})
	}
	common := r.commonWays()
	for _, p := range all {
		p.access.Ways = append(p.access.Ways, common...)
		sortWays(p.access.Ways)
		p.access.Power = strongest(p.access.Ways)
		m.keep(p)
	}
}

type pair struct {
	principal *Principal
	access    *Access
}

// declaration finds the item of a file that declares a principal in a cluster.
// An item whose end has passed declares nothing.
func (m *builder) declaration(c *snapshot.Cluster, p *Principal) Declared {
	d := Declared{Asked: m.in.Declared != nil}
	declared := m.declared[c.ID()]
	if declared == nil || p.Principal == nil {
		return d
	}
	for _, item := range declared.Items {
		ended := !item.Expires.IsZero() && !m.in.Snapshot.CreatedAt.Before(item.Expires)
		if !ended && item.Principal.Matches(*p.Principal, c.Account) {
			d.Source = item.Pos.String()
			break
		}
	}
	return d
}

// entry is the access that an entry gives.
func (m *builder) entry(c *snapshot.Cluster, e *snapshot.Entry, r bindings, effective access.Access) *Access {
	a := &Access{Cluster: c.ARN, State: Works, Ways: r.entryWays(&e.Entry), Type: &e.Type, Username: &e.Username,
		Owner: spec.OwnerOf(
			e.Tags,
			m.in.Owners,
		), Expires: tagTime(e.Tags, spec.TagExpires), HeldUntil: tagTime(e.Tags, spec.TagHoldUntil),
		Reason: e.Tags[spec.TagReason]}
	if !e.CreatedAt.IsZero() {
		a.CreatedAt = &e.CreatedAt
	}
	switch {
	case effective.Life == access.Orphaned:
		a.State = Orphaned
	case effective.Life == access.Stale:
		a.State = Stale
	case a.Expires != nil && !m.in.Snapshot.CreatedAt.Before(*a.Expires):
		a.State = Expired
	}
	return a
}

func tagTime(tags map[string]string, key string) *time.Time {
	t, err := time.Parse(time.RFC3339, tags[key])
	if err != nil {
		return nil
	}
	t = t.UTC()
	return &t
}

// rows adds the rows of aws-auth, with their effect.
func (m *builder) rows(c *snapshot.Cluster, r bindings, state *access.State, found map[string]*Access,
	add func(*Principal, *Access)) {
	for _, row := range state.Rows() {
		ways := r.rowWays(row.AWSAuthRow)
		hide := func(why string) {
			for i := range ways {
				ways[i].Hidden, ways[i].Note = true, phrase.Join("; ", ways[i].Note, why)
			}
		}
		key := spec.AWSAuthKey(row.ARN)
		switch {
		case row.Unmatched:
			hide("the row matches no principal: aws-auth needs the role without its path")
		case row.HiddenBy != nil && row.HiddenBy.Life == access.Stale:
			hide("hidden by its access entry, which is stale; it is not known whether EKS uses the row then")
			key = row.HiddenBy.Principal
		case row.HiddenBy != nil:
			hide("hidden by the access entry")
			key = row.HiddenBy.Principal
		}
		if a := found[key]; a != nil {
			a.Ways = append(a.Ways, ways...)
			continue
		}
		principal := row.ARN
		if whole := m.byKey[key]; whole != "" {
			principal = whole
		}
		a := &Access{Cluster: c.ARN, State: Works, Ways: ways}
		if row.Username != "" {
			a.Username = &row.Username
		}
		if row.Access.Life == access.Orphaned {
			a.State = Orphaned
		}
		found[key] = a
		add(m.principal(c, principal), a)
	}
}

// accounts adds the accounts of mapAccounts.
func (m *builder) accounts(c *snapshot.Cluster, r bindings, accounts []string, add func(*Principal, *Access)) {
	for _, account := range accounts {
		ways := []Way{{Via: ViaAccounts, Power: None, Note: "mapAccounts: no group, the ARN as username"}}
		if !r.known {
			ways[0].Power, ways[0].Note = Groups, "mapAccounts: no group; bindings of usernames were not read"
		}
		add(
			m.placeholder(KindAccount, account, "all principals of account "+account),
			&Access{Cluster: c.ARN, State: Works, Ways: ways},
		)
	}
}

// principal returns the principal with an ARN, with what IAM of the cluster's
// account reports about it.
func (m *builder) principal(c *snapshot.Cluster, principal string) *Principal {
	p := m.principals[principal]
	if p == nil {
		name := principal
		p = &Principal{Principal: &name, Existence: spec.Unknown, Access: []Access{}}
		p.describe(principal)
		m.principals[principal] = p
	}
	// Each account reports its own principals only.
	known := c.Principal(principal)
	switch {
	case known == nil:
	case known.Existence != spec.Unknown:
		p.Existence = known.Existence
		p.LastUsedWhy, p.IsUnused = known.LastUsed.Why, false
		if known.LastUsed.Known() {
			p.LastUsed, p.LastUsedWhy = known.LastUsed.At, ""
			if p.LastUsed == nil {
				p.LastUsedWhy, p.IsUnused = notUsed, true
			}
		}
	case p.Existence == spec.Unknown && p.LastUsedWhy == "":
		p.LastUsedWhy = known.Why
	}
	return p
}

// notUsed is why a role that exists has no time of use (IAM API reference,
// RoleLastUsed).
const notUsed = "no use recorded in the last 400 days"

func (p *Principal) describe(principal string) {
	a, err := arn.ParsePrincipal(principal)
	p.Kind, p.Name = KindUnknown, principal
	if err != nil {
		return
	}
	p.Account = a.Account
	path := strings.TrimPrefix(a.Path, "/")
	switch set, _, ok := a.PermissionSet(); {
	case ok:
		p.Kind, p.Name, p.PermissionSet = KindPermissionSet, set, &set
	case arn.IsServiceLinked(principal):
		p.Kind, p.Name = KindServiceLinked, a.Name
	case a.Kind == arn.Role:
		p.Kind, p.Name = KindRole, path+a.Name
	case a.Kind == arn.User:
		p.Kind, p.Name = KindUser, path+a.Name
	case a.Kind == arn.Root:
		p.Kind, p.Name = KindRoot, "root"
	}
}

// placeholder returns the principal that stands for one or many without an ARN.
func (m *builder) placeholder(kind, account, name string) *Principal {
	key := kind + "\x00" + account
	p := m.principals[key]
	if p == nil {
		p = &Principal{
			Kind:        kind,
			Account:     account,
			Name:        name,
			Existence:   spec.Unknown,
			LastUsedWhy: "not a single principal",
			Access:      []Access{},
		}
		m.principals[key] = p
	}
	return p
}

// keep adds an access that the question asks for, and counts it.
func (m *builder) keep(p *pair) {
	q := m.in.Question
	if len(q.Principals) > 0 &&
		!slices.ContainsFunc(q.Principals, func(match Match) bool { return p.principal.matches(match) }) {
		return
	}
	if len(q.Policies) > 0 &&
		!slices.ContainsFunc(p.access.Ways, func(w Way) bool { return w.Policy != "" && q.policy(w.Policy) }) {
		return
	}
	if p.access.Power != ClusterAdmin &&
		slices.ContainsFunc(p.access.Ways, func(w Way) bool { return w.Power == Groups && !w.Hidden }) {
		p.principal.unresolved = true
	}
	if q.AdminsOnly && p.access.Power != ClusterAdmin {
		return
	}
	c := &m.report.Clusters[len(m.report.Clusters)-1]
	c.Access++
	if p.access.Power == ClusterAdmin && p.access.Works() {
		c.Admins++
	}
	p.principal.Access = append(p.principal.Access, *p.access)
}

func (p *Principal) matches(m Match) bool {
	if p.Principal == nil {
		return false
	}
	a, err := arn.ParsePrincipal(*p.Principal)
	return err == nil && m.Matches(a)
}

func (m *builder) finish() {
	order := map[string]int{}
	s := &m.report.Summary
	for i, c := range m.report.Clusters {
		order[c.ARN] = i
		if s.Clusters++; c.Error != nil {
			s.Failed++
		}
	}
	for _, p := range m.principals {
		if p.unresolved {
			s.Unresolved++
		}
		if len(p.Access) == 0 {
			continue
		}
		slices.SortFunc(p.Access, func(a, b Access) int {
			return cmp.Or(
				compareBools(!a.Works(), !b.Works()),
				cmp.Compare(a.Power.Rank(), b.Power.Rank()),
				cmp.Compare(order[a.Cluster], order[b.Cluster]),
			)
		})
		p.Power, p.Works = p.Access[0].Power, p.Access[0].Works()
		s.Access += len(p.Access)
		if p.Principal != nil {
			s.Principals++
			switch {
			case !p.Works:
				s.Dead++
			case p.Power == ClusterAdmin:
				s.Admins++
			}
		}
		m.report.Principals = append(m.report.Principals, *p)
	}
	slices.SortFunc(m.report.Principals, comparePrincipals)
}

// compareBools puts false first.
func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// comparePrincipals puts principals whose access works first, then the
// strongest, then those that are so strong in most clusters.
func comparePrincipals(a, b Principal) int {
	arnOf := func(p Principal) string {
		if p.Principal == nil {
			return ""
		}
		return *p.Principal
	}
	return cmp.Or(
		compareBools(!a.Works, !b.Works),
		cmp.Compare(a.Power.Rank(), b.Power.Rank()),
		-cmp.Compare(a.strongestCount(), b.strongestCount()),
		cmp.Compare(arnOf(a), arnOf(b)),
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Account, b.Account),
	)
}

// strongestCount counts the clusters in which p has its strongest power.
func (p *Principal) strongestCount() int {
	n := 0
	for _, a := range p.Access {
		if a.Power == p.Power && a.Works() == p.Works {
			n++
		}
	}
	return n
}
