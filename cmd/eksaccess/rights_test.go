package main

import (
	"fmt"
	"slices"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// holdings are the single things that an entry gives whoever can still use it:
// to be a name, to be in a group, to have a policy in a place. This is what
// the simulator says, not what the program thinks.
func holdings(r *ekssim.Right) map[string]bool {
	h := map[string]bool{}
	if r == nil || !r.Alive {
		return h
	}
	h["username "+r.Username] = true
	for _, g := range r.Groups {
		h["group "+g] = true
	}
	for _, p := range r.Policies {
		if len(p.Namespaces) == 0 {
			h[p.Policy] = true
		}
		for _, n := range p.Namespaces {
			h[p.Policy+" in "+n] = true
		}
	}
	return h
}

// gives reports whether an entry gives a holding of some entry, be it by
// giving more: cluster scope holds in every namespace.
func gives(r *ekssim.Right, holding string) bool {
	h := holdings(r)
	if h[holding] {
		return true
	}
	for have := range h {
		if len(holding) > len(have)+4 && holding[:len(have)+4] == have+" in " {
			return true
		}
	}
	return false
}

// A timeline is what became of a cluster's rights.
type timeline struct {
	cluster ekssim.ClusterID
	before  map[string]ekssim.Right
	after   map[string]ekssim.Right
	changes []ekssim.RightsChange
}

func timelines(sim *ekssim.Server) []timeline {
	var out []timeline
	for _, c := range sim.World().Clusters {
		id := ekssim.ClusterID{Account: c.Account, Region: c.Region, Name: c.Name}
		l := timeline{cluster: id, before: sim.RightsAfter(id, 0), after: sim.Rights(id)}
		for _, h := range sim.History() {
			if h.Cluster == id {
				l.changes = append(l.changes, h)
			}
		}
		out = append(out, l)
	}
	return out
}

// gaps are the moments at which somebody lacked what they had before and have
// after. Who is replaced is told so, and left out.
func (l timeline) gaps(replaced []string) (out []string) {
	for _, h := range l.changes {
		b, hadEntry := l.before[h.Principal]
		a, hasEntry := l.after[h.Principal]
		if !hadEntry || !hasEntry || slices.Contains(replaced, l.cluster.Name+" "+h.Principal) {
			continue
		}
		for holding := range holdings(&b) {
			if gives(&a, holding) && !gives(h.After, holding) {
				out = append(
					out,
					fmt.Sprintf(
						"%s: %s lacks %q after %s, call %d",
						l.cluster.Name,
						h.Principal,
						holding,
						h.Operation,
						h.Seq,
					),
				)
			}
		}
		for holding := range holdings(&a) {
			if gives(&b, holding) && !gives(h.After, holding) {
				out = append(
					out,
					fmt.Sprintf(
						"%s: %s lacks %q after %s, call %d",
						l.cluster.Name,
						h.Principal,
						holding,
						h.Operation,
						h.Seq,
					),
				)
			}
		}
	}
	return out
}

// lockouts are the moments with fewer living admins than both before and after.
func (l timeline) lockouts() (out []string) {
	least := min(admins(l.before), admins(l.after))
	for _, h := range l.changes {
		if h.LivingAdmins < least {
			out = append(
				out,
				fmt.Sprintf("%s: %d living admins after %s of %s, call %d; before and after there are at least %d",
					l.cluster.Name, h.LivingAdmins, h.Operation, h.Principal, h.Seq, least),
			)
		}
	}
	return out
}

func admins(rights map[string]ekssim.Right) (n int) {
	for _, r := range rights {
		if r.Admin {
			n++
		}
	}
	return n
}
