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

// An Input is what a report is made of.
type Input struct {
	Snapshot    *snapshot.Snapshot
	Question    Question
	Owners      []spec.OwnerTag // what files teach about other tools' tags
	Filtered    []string        // EKS was asked for entries with these policies only; see [Question.Filter]
	Now         time.Time
	ToolVersion string
}

// Compute answers who has what. Times are judged as of the reading, so that a
// snapshot says the same whenever it is looked at.
func Compute(in Input) *Report {
	m := maker{in: in, people: map[string]*Principal{}, byKey: map[string]string{}}
	m.report = &Report{
		APIVersion:  APIVersion,
		Kind:        Kind,
		CreatedAt:   in.Now.UTC().Truncate(time.Second),
		ReadAt:      in.Snapshot.CreatedAt,
		ToolVersion: in.ToolVersion,
		Asked:       in.Question.asked(),
		Clusters:    []Cluster{},
		Principals:  []Principal{},
	}
	m.learnKeys()
	for i := range in.Snapshot.Clusters {
		m.cluster(&in.Snapshot.Clusters[i])
	}
	m.finish()
	m.report.Gaps, m.report.Notes = notRead(in), notes(in)
	m.report.NotRead = append([]snapshot.NotRead{}, in.Snapshot.NotRead...)
	return m.report
}

type maker struct {
	in     Input
	report *Report
	people map[string]*Principal // by ARN, or by what stands for those without
	byKey  map[string]string     // spec.AWSAuthKey → the one ARN of an entry that has it; "" for several
}

// learnKeys prepares for aws-auth, which names roles without their paths: a
// row is of the principal that some entry names whole.
func (m *maker) learnKeys() {
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

func (m *maker) cluster(c *snapshot.Cluster) {
	out := Cluster{Name: c.Name, Region: c.Region, Account: c.Account, ARN: c.ARN, Error: c.Error}
	if c.AuthenticationMode != "" && c.AuthenticationMode != eksfacts.ModeUnknown {
		mode := c.AuthenticationMode
		out.Mode = &mode
	}
	m.report.Clusters = append(m.report.Clusters, out)
	if c.Error != nil {
		return
	}
	r := rightsOf(&c.RBAC)
	live := c.Live()
	state := access.Of(live)
	found := map[string]*Access{} // by ARN of an entry, else by spec.AWSAuthKey
	var all []*pair
	add := func(p *Principal, a *Access) { all = append(all, &pair{p, a}) }
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
		add(m.stand(KindCreator, "", "creator of the cluster"), &Access{Cluster: c.ARN, State: Works,
			Ways: []Way{
				{
					Via:   ViaCreator,
					Power: ClusterAdmin,
					Note:  "EKS does not say who made the cluster; CloudTrail may (CreateCluster)",
				},
			}})
	}
	everybody := r.everybodyWays()
	for _, p := range all {
		p.access.Ways = append(p.access.Ways, everybody...)
		sortWays(p.access.Ways)
		p.access.Power = strongest(p.access.Ways)
		m.keep(p)
	}
}

type pair struct {
	principal *Principal
	access    *Access
}

// entry is the access that an entry gives.
func (m *maker) entry(c *snapshot.Cluster, e *snapshot.Entry, r rights, effective access.Access) *Access {
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
		a.State = Gone
	case effective.Life == access.Stale:
		a.State = MadeAgain
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
func (m *maker) rows(c *snapshot.Cluster, r rights, state *access.State, found map[string]*Access,
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
			hide("the row matches nobody: a role is written without its path there")
		case row.HiddenBy != nil && row.HiddenBy.Life == access.Stale:
			hide("its entry hides it, and is stale; it is not known whether EKS uses the row instead")
			key = row.HiddenBy.Principal
		case row.HiddenBy != nil:
			hide("the access entry rules in its place")
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
			a.State = Gone
		}
		found[key] = a
		add(m.principal(c, principal), a)
	}
}

// accounts adds the accounts of mapAccounts.
func (m *maker) accounts(c *snapshot.Cluster, r rights, accounts []string, add func(*Principal, *Access)) {
	for _, account := range accounts {
		ways := []Way{{Via: ViaAccounts, Power: None, Note: "mapAccounts: no group, the ARN as username"}}
		if !r.known {
			ways[0].Power, ways[0].Note = Groups, "mapAccounts: no group; what binds the ARNs as usernames was not read"
		}
		add(
			m.stand(KindAccount, account, "everybody of account "+account),
			&Access{Cluster: c.ARN, State: Works, Ways: ways},
		)
	}
}

// principal is the one of an ARN, with what the cluster's account knows of it.
func (m *maker) principal(c *snapshot.Cluster, principal string) *Principal {
	p := m.people[principal]
	if p == nil {
		name := principal
		p = &Principal{Principal: &name, Existence: spec.Unknown, Access: []Access{}}
		p.describe(principal)
		m.people[principal] = p
	}
	// Each account tells of its own principals only, so one that knows is
	// never contradicted by one that does not.
	known := c.Principal(principal)
	switch {
	case known == nil:
	case known.Existence != spec.Unknown:
		p.Existence = known.Existence
		p.LastUsedWhy, p.IsNeverUsed = known.LastUsed.Why, false
		if known.LastUsed.Known() {
			p.LastUsed, p.LastUsedWhy = known.LastUsed.At, ""
			if p.LastUsed == nil {
				p.LastUsedWhy, p.IsNeverUsed = neverUsed, true
			}
		}
	case p.Existence == spec.Unknown && p.LastUsedWhy == "":
		p.LastUsedWhy = known.Why
	}
	return p
}

// neverUsed is why a role that IAM knows has no time of use.
const neverUsed = "never, within the time IAM keeps track of"

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

// stand is what stands for those who have no ARN here.
func (m *maker) stand(kind, account, name string) *Principal {
	key := kind + "\x00" + account
	p := m.people[key]
	if p == nil {
		p = &Principal{
			Kind:        kind,
			Account:     account,
			Name:        name,
			Existence:   spec.Unknown,
			LastUsedWhy: "it is no single principal",
			Access:      []Access{},
		}
		m.people[key] = p
	}
	return p
}

// keep adds an access that the question asks for, and counts.
func (m *maker) keep(p *pair) {
	q := m.in.Question
	if len(q.Principals) > 0 &&
		!slices.ContainsFunc(q.Principals, func(match Match) bool { return p.principal.fits(match) }) {
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
	if p.access.Power == ClusterAdmin && p.access.State.works() {
		c.Admins++
	}
	p.principal.Access = append(p.principal.Access, *p.access)
}

func (p *Principal) fits(m Match) bool {
	if p.Principal == nil {
		return false
	}
	a, err := arn.ParsePrincipal(*p.Principal)
	return err == nil && m.On(a)
}

// works: an entry past its end still lets in, since EKS has no timer.
func (s State) works() bool { return s == Works || s == Expired }

func (m *maker) finish() {
	order := map[string]int{}
	s := &m.report.Summary
	for i, c := range m.report.Clusters {
		order[c.ARN] = i
		if s.Clusters++; c.Error != nil {
			s.Failed++
		}
	}
	for _, p := range m.people {
		if p.unresolved {
			s.Unresolved++
		}
		if len(p.Access) == 0 {
			continue
		}
		slices.SortFunc(p.Access, func(a, b Access) int {
			return cmp.Or(
				compareStates(a.State, b.State),
				cmp.Compare(a.Power.Rank(), b.Power.Rank()),
				cmp.Compare(order[a.Cluster], order[b.Cluster]),
			)
		})
		p.Power, p.Works = p.Access[0].Power, p.Access[0].State.works()
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

func compareStates(a, b State) int {
	switch {
	case a.works() == b.works():
		return 0
	case a.works():
		return -1
	}
	return 1
}

// comparePrincipals puts those that get in before the dead, then the stronger
// first, then those who are that in more clusters.
func comparePrincipals(a, b Principal) int {
	dead := func(p Principal) int {
		if p.Works {
			return 0
		}
		return 1
	}
	arnOf := func(p Principal) string {
		if p.Principal == nil {
			return ""
		}
		return *p.Principal
	}
	return cmp.Or(
		cmp.Compare(dead(a), dead(b)),
		cmp.Compare(a.Power.Rank(), b.Power.Rank()),
		-cmp.Compare(a.strongestIn(), b.strongestIn()),
		cmp.Compare(arnOf(a), arnOf(b)),
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Account, b.Account),
	)
}

// strongestIn counts the clusters in which p has its strongest power.
func (p *Principal) strongestIn() int {
	n := 0
	for _, a := range p.Access {
		if a.Power == p.Power && a.State.works() == p.Works {
			n++
		}
	}
	return n
}
