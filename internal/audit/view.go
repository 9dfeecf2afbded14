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

// A view is one cluster as rules look at it. What several need is worked out
// once.
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

	own    []*spec.LiveEntry  // not AWS's own
	admins []access.Access    // cluster admins by an entry or a row
	living []access.Access    // those of admins that people or declared automation can use
	rows   []access.RowEffect // of aws-auth that count

	want       map[string]spec.Entry // declared entries by principal
	wanted     *spec.Want
	unresolved []string // why want and wanted are not known
}

func newView(in *Input, c *snapshot.Cluster, declared *spec.Cluster) *view {
	v := &view{in: in, c: c, declared: declared, live: c.Live(), readAt: in.Snapshot.CreatedAt, now: in.Now,
		maxAdmins: in.MaxAdmins, unusedDays: in.UnusedDays}
	v.state = access.Of(v.live)
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

// resolve fills in what the file declares, as far as the snapshot tells who is
// meant.
func (v *view) resolve() {
	if v.declared == nil {
		return
	}
	arns := map[spec.PrincipalRef]string{}
	for _, ref := range v.declared.Refs() {
		name, err := v.c.Resolve(ref)
		if name == "" {
			why := "the snapshot does not tell who it is"
			if err != nil {
				why = err.Message
			}
			v.unresolved = append(v.unresolved, fmt.Sprintf("%s can't be resolved: %s", ref, why))
			continue
		}
		arns[ref] = name
	}
	if len(v.unresolved) > 0 {
		return
	}
	want, problems := v.declared.Resolve(arns)
	if problems.Failed() {
		v.unresolved = append(v.unresolved, "the file does not hold together here: "+problems.Error())
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

// adminEntries are the entries of the cluster admins.
func (v *view) adminEntries() []*spec.LiveEntry {
	var entries []*spec.LiveEntry
	for _, a := range v.admins {
		if e := v.live.Entry(a.Principal); e != nil && a.Via == access.ViaEntry {
			entries = append(entries, e)
		}
	}
	return entries
}

// entries reports whether there are entries to look at; else o says why not.
func (v *view) entries(o *outcome) bool { return known(o, "access entries", v.c.Entries.Fact) }

// authRows reports whether the rows of aws-auth are known, or don't matter.
func (v *view) authRows(o *outcome) bool {
	return !v.live.UsesAWSAuth() || known(o, "aws-auth", v.c.AWSAuth.Fact)
}

func known(o *outcome, what string, f snapshot.Fact) bool {
	if f.Known() {
		return true
	}
	why := f.Why
	if f.Hint != "" && !f.Asked() {
		why += "; " + f.Hint
	}
	o.skip("%s unknown: %s", what, why)
	return false
}

// source is where the file declares a principal, or the cluster.
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

// each calls do with what IAM told of every entry's principal, and says of
// which it told nothing.
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

// unexplored is why existence is unknown, or "".
func unexplored(p *snapshot.Principal) string {
	if p.Existence != spec.Unknown {
		return ""
	}
	return p.Why
}

// path is how the cluster is named on a command line.
func (v *view) path() string { return v.c.ID().Path() }

// grants of an entry, in words.
func grants(e spec.Entry) string {
	var parts []string
	for _, p := range e.Policies {
		where := "in the whole cluster"
		if p.Scope == spec.ScopeNamespace {
			where = "in " + strings.Join(p.Namespaces, ", ")
		}
		parts = append(parts, arn.PolicyName(p.ARN)+" "+where)
	}
	if len(e.Groups) > 0 {
		parts = append(parts, "groups "+phrase.QuotedList(e.Groups))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// namesOf are principals, for a message.
func namesOf(list []access.Access) string {
	const most = 5
	var names []string
	for i, a := range list {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(list)-most))
			break
		}
		names = append(names, a.Principal)
	}
	return strings.Join(names, ", ")
}

// clusterWide reports whether an entry has a policy in the whole cluster.
func clusterWide(p spec.Policy) bool { return p.Scope == spec.ScopeCluster }

// policyNamed is the entry of the catalogue for a policy's ARN.
func policyNamed(policyARN string) (eksfacts.Policy, bool) {
	return eksfacts.PolicyNamed(arn.PolicyName(policyARN))
}
