package audit

import (
	"fmt"
	"maps"
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

// A view is one cluster as the rules see it, with values that several of them
// need.
type view struct {
	in       *Input
	c        *snapshot.Cluster
	declared *spec.Cluster // nil where no file declares it
	live     *spec.Live
	state    *access.State
	readAt   time.Time
	now      time.Time

	maxAdmins  int
	unusedDays int

	own    []*spec.LiveEntry  // entries that EKS does not manage
	admins []access.Access    // cluster admins by an entry or a row
	living []access.Access    // those of admins that people or declared automation can use
	rows   []access.RowEffect // rows of aws-auth

	want       map[string]spec.Entry // declared entries by principal
	wanted     *spec.Want
	unresolved []string // why want and wanted are not known
}

func newView(in *Input, c *snapshot.Cluster, declared *spec.Cluster) *view {
	v := &view{in: in, c: c, declared: declared, live: c.Live(), readAt: in.Snapshot.CreatedAt, now: in.Now,
		maxAdmins: in.MaxAdmins, unusedDays: in.UnusedDays}
	v.state = access.NewState(v.live)
	for i := range v.live.Entries {
		if e := &v.live.Entries[i]; !v.live.IsSystem(e) {
			v.own = append(v.own, e)
		}
	}
	for _, a := range v.state.All() {
		if a.ClusterAdmin {
			v.admins = append(v.admins, a)
		}
	}
	v.living = v.state.LivingAdmins(func(principal string) bool {
		return declared == nil ||
			len(v.items(principal)) > 0
	})
	v.rows = v.state.Rows()
	v.resolve()
	return v
}

// resolve sets what the file declares, if the snapshot has all principals that it
// names.
func (v *view) resolve() {
	if v.declared == nil {
		return
	}
	arns := map[spec.PrincipalRef]string{}
	for _, ref := range v.declared.Refs() {
		name, err := v.c.Resolve(ref)
		if name == "" {
			why := "the snapshot does not have it"
			if err != nil {
				why = err.Message
			}
			v.unresolved = append(v.unresolved, fmt.Sprintf("%s cannot be resolved: %s", ref, why))
			continue
		}
		arns[ref] = name
	}
	if len(v.unresolved) > 0 {
		return
	}
	want, problems := v.declared.Resolve(arns)
	if problems.Failed() {
		v.unresolved = append(v.unresolved, "the file is invalid for this cluster: "+problems.Error())
		return
	}
	v.wanted = want
	v.want = make(map[string]spec.Entry, len(want.Entries))
	for _, w := range want.Entries {
		v.want[w.Principal] = w.Entry
	}
}

// maxHold is the longest hold that has an effect; 0 for the default.
func (v *view) maxHold() time.Duration {
	if v.declared == nil || v.declared.Guards == nil {
		return 0
	}
	return v.declared.Guards.MaxHold
}

// adminEntries returns the entries of the cluster admins.
func (v *view) adminEntries() []*spec.LiveEntry {
	var entries []*spec.LiveEntry
	for _, a := range v.admins {
		if e := v.live.Entry(a.Principal); e != nil && a.Via == access.ViaEntry {
			entries = append(entries, e)
		}
	}
	return entries
}

// entries reports whether the entries are known; otherwise it records why the rule
// is not checked.
func (v *view) entries(o *outcome) bool { return isKnown(o, "access entries", v.c.Entries.Fact) }

// authRows reports whether the rows of aws-auth are known, or the cluster does not
// use them.
func (v *view) authRows(o *outcome) bool {
	return !v.live.UsesAWSAuth() || isKnown(o, "aws-auth", v.c.AWSAuth.Fact)
}

// isKnown reports whether a part of the snapshot is known; otherwise it records
// why the rule is not checked.
func isKnown(o *outcome, what string, f snapshot.Fact) bool {
	switch {
	case f.Known():
		return true
	case f.NotAsked:
		o.skipFor(NeedsKube, "%s unknown: %s; %s", what, f.Why, f.Hint)
	default:
		o.skip("%s unknown: %s", what, f.Why)
	}
	return false
}

// source returns where the file declares a principal, or the cluster.
func (v *view) source(principal string) string {
	if v.declared == nil {
		return ""
	}
	if principal != "" {
		for _, item := range v.declared.Items {
			if item.Principal.Matches(principal, v.c.Account) {
				return item.Pos.String()
			}
		}
	}
	return v.declared.Pos.String()
}

// each calls do with what IAM reports about the principal of every entry, and
// records for which it reported nothing.
func (v *view) each(
	o *outcome,
	entries []*spec.LiveEntry,
	unknown func(*snapshot.Principal) string,
	do func(*spec.LiveEntry, *snapshot.Principal),
) {
	missing := map[string]int{}
	for _, e := range entries {
		p := v.c.Principal(e.Principal)
		switch {
		case p == nil:
			missing["IAM was not asked"]++
		case unknown(p) != "":
			missing[unknown(p)]++
		default:
			do(e, p)
		}
	}
	for _, why := range slices.Sorted(maps.Keys(missing)) {
		o.skip("%s: %s", phrase.Count(missing[why], "principal"), why)
	}
}

// existenceUnknown returns why the existence of a principal is unknown, or "".
func existenceUnknown(p *snapshot.Principal) string {
	if p.Existence != spec.Unknown {
		return ""
	}
	return p.Why
}

// path returns the cluster as an argument of a command.
func (v *view) path() string { return v.c.ID().Path() }

// grants returns the permissions of an entry as text.
func grants(e spec.Entry) string {
	var parts []string
	for _, p := range e.Policies {
		text := arn.PolicyName(p.ARN)
		if p.Scope == spec.ScopeNamespace {
			text += " in " + strings.Join(p.Namespaces, ", ")
		}
		parts = append(parts, text)
	}
	if len(e.Groups) > 0 {
		parts = append(parts, "groups "+phrase.QuotedList(e.Groups))
	}
	if len(parts) == 0 {
		return "no permissions"
	}
	return strings.Join(parts, ", ")
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// principalsOf returns the ARNs of principals.
func principalsOf(list []access.Access) []string {
	arns := make([]string, len(list))
	for i, a := range list {
		arns[i] = a.Principal
	}
	return arns
}

// isClusterWide reports whether a policy has cluster scope.
func isClusterWide(p spec.Policy) bool { return p.Scope == spec.ScopeCluster }

// policyNamed returns what is known about an access policy.
func policyNamed(policyARN string) (eksfacts.Policy, bool) {
	return eksfacts.PolicyNamed(arn.PolicyName(policyARN))
}
