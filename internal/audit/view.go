package audit

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// A view is one cluster as rules look at it. What several need is worked out
// once.
type view struct {
	c        *snapshot.Cluster
	declared *spec.Cluster // nil where no file declares it
	files    bool          // there are files
	live     *spec.Live
	readAt   time.Time
	now      time.Time

	maxAdmins  int
	unusedDays int

	own    []*spec.LiveEntry // not AWS's own
	admins []*spec.LiveEntry // living cluster admins
	rows   []spec.AWSAuthRow // of aws-auth that count
}

func newView(in *Input, c *snapshot.Cluster, declared *spec.Cluster) *view {
	v := &view{c: c, declared: declared, files: in.Declared != nil, live: c.Live(), readAt: in.Snapshot.CreatedAt, now: in.Now,
		maxAdmins: in.MaxAdmins, unusedDays: in.UnusedDays}
	for i := range v.live.Entries {
		e := &v.live.Entries[i]
		if !v.live.IsSystem(e) {
			v.own = append(v.own, e)
		}
		if e.IsClusterAdmin() && v.lives(e) {
			v.admins = append(v.admins, e)
		}
	}
	if a := v.live.AWSAuth; a != nil && a.Read {
		v.rows = a.Rows
	}
	return v
}

// lives reports whether the principal of an entry is still the one it was made
// for, as far as IAM could be asked.
func (v *view) lives(e *spec.LiveEntry) bool {
	return !v.live.IsDead(e) && v.live.Identities[e.Principal].Existence != spec.Gone
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

// item is the line of the file that declares a principal, or nil.
func (v *view) item(principal string) *spec.Item {
	if v.declared == nil {
		return nil
	}
	for i := range v.declared.Items {
		if v.declared.Items[i].Principal.Matches(principal, v.c.Account) {
			return &v.declared.Items[i]
		}
	}
	return nil
}

// each calls do with what IAM told of every entry's principal, and says of
// which it told nothing.
func (v *view) each(o *outcome, entries []*spec.LiveEntry, unknown func(*snapshot.Principal) string, do func(*spec.LiveEntry, *snapshot.Principal)) {
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
		o.skip("%s: %s", count(missing[why], "principal"), why)
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

// command is a line to type.
func (v *view) command(what string) string { return "eksaccess " + what + " --cluster " + v.path() }

// inFile says what to write on the cluster, and how it gets there.
func inFile(format string, args ...any) string {
	return fmt.Sprintf(format, args...) + "; then: eksaccess plan -f FILE"
}

// remove is how an entry goes: out of the file that declares it, or by absent.
func (v *view) remove(principal string) string {
	if i := v.item(principal); i != nil {
		return fmt.Sprintf("take it out of the file (%s), or write under the cluster: %s", i.Pos, absent(principal))
	}
	return inFile("write under the cluster: %s", absent(principal))
}

// absent is the line that takes a principal's access. Names may hold a comma,
// which parts the items of a list.
func absent(principal string) string { return "absent: [" + spec.YAMLText(principal) + "]" }

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
		parts = append(parts, "groups "+quoted(e.Groups))
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// rowGives is what a row of aws-auth gives, in words.
func rowGives(r spec.AWSAuthRow) string {
	groups := "no groups"
	if len(r.Groups) > 0 {
		groups = "groups " + quoted(r.Groups)
	}
	if r.Username == "" {
		return groups
	}
	return fmt.Sprintf("username %q, %s", r.Username, groups)
}

// isNodeRow tells the rows of nodes by the name every kubelet has
// (Kubernetes, Node authorization).
func isNodeRow(r spec.AWSAuthRow) bool { return strings.HasPrefix(r.Username, "system:node:") }

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = strconv.Quote(n)
	}
	return strings.Join(q, ", ")
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// namesOf are the principals of entries, for a message.
func namesOf(entries []*spec.LiveEntry) string {
	const most = 5
	var names []string
	for i, e := range entries {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(entries)-most))
			break
		}
		names = append(names, e.Principal)
	}
	return strings.Join(names, ", ")
}

// clusterWide reports whether an entry has a policy in the whole cluster.
func clusterWide(p spec.Policy) bool { return p.Scope == spec.ScopeCluster }

// policyNamed is the entry of the catalogue for a policy's ARN.
func policyNamed(policyARN string) (eksfacts.Policy, bool) {
	return eksfacts.PolicyNamed(arn.PolicyName(policyARN))
}
