package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A safetyTrial is a world that contains what real clusters contain (rows of
// aws-auth, node roles, entries that EKS manages, holds), a file for it, and a
// writer outside that changes the cluster while the file is applied.
type safetyTrial struct {
	world, file string
	seed        uint64
	edits       int  // of the writer outside, at most
	denied      int  // AssociateAccessPolicy is refused from this call on; 0 for never
	saved       bool // the plan is saved and applied later
}

var safetyTrials = rapid.Custom(drawSafetyTrial)

func drawSafetyTrial(t *rapid.T) safetyTrial {
	oneOf := func(label string, s ...string) string { return rapid.SampledFrom(s).Draw(t, label) }
	chance := func(label string, outOf int) bool { return rapid.IntRange(1, outOf).Draw(t, label) == 1 }
	var world, file, rows strings.Builder
	roles := []string{"a", "team/b", "c", "x/y/d", "e", "f"}

	fmt.Fprintf(
		&world,
		"settings: {updatePolls: 1}\naccounts:\n- id: %q\n  users: [u]\n  roles:\n  - eksaccess\n  - {name: nodes, "+
			"trust: %s}\n"+
			"  - {name: capability, trust: %s}\n  - %s\n",
		account,
		trustOf("ec2"),
		trustOf("capabilities.eks"),
		strings.Join(roles, "\n  - "),
	)
	mode := oneOf("mode", "API_AND_CONFIG_MAP", "API_AND_CONFIG_MAP", "API_AND_CONFIG_MAP", "CONFIG_MAP", "API")
	fmt.Fprintf(
		&world,
		"clusters:\n- name: one\n  mode: %s\n  creator: role/a\n  nodeGroups: [{name: ng, role: role/nodes}]\n",
		mode,
	)
	callerByRow := mode != "API" && chance("caller by row", 2)
	for i, r := range append([]string{"eksaccess"}, roles...) {
		if i == 0 && callerByRow || i > 0 && chance("row of "+r, 2) {
			groups := oneOf("groups of row", "system:masters", "system:masters", "g1", "g1, g2")
			if i == 0 {
				groups = "system:masters"
			}
			name := r[strings.LastIndexByte(r, '/')+1:]
			fmt.Fprintf(
				&rows,
				"      - {rolearn: 'arn:aws:iam::%s:role/%s', username: %s, groups: ['%s']}\n",
				account,
				name,
				name,
				strings.ReplaceAll(groups, ", ", "', '"),
			)
		}
	}
	fmt.Fprintf(
		&rows,
		"      - {rolearn: 'arn:aws:iam::%s:role/nodes', username: 'system:node:{{EC2PrivateDNSName}}', groups: "+
			"[system:bootstrappers, system:nodes]}\n",
		account,
	)
	fmt.Fprintf(&world, "  awsAuth: |\n    mapRoles: |\n%s", rows.String())
	if mode != "CONFIG_MAP" {
		fmt.Fprintf(&world, "  entries:\n  - {principal: role/nodes, type: EC2_LINUX}\n"+
			"  - {principal: role/capability, policies: [AmazonEKSACKPolicy], tags: {\"aws:eks:managed\": \"true\"}}\n")
		if !callerByRow {
			fmt.Fprintf(&world, "  - {principal: role/eksaccess, policies: [AmazonEKSClusterAdminPolicy]}\n")
		}
		for _, r := range append([]string{"user/u"}, prefixed(roles)...) {
			if !chance("entry of "+r, 3) {
				continue
			}
			fmt.Fprintf(
				&world,
				"  - principal: %s\n    tags: {%s}\n",
				r,
				oneOf("tags", "", "eksaccess:owner: platform", "eksaccess:owner: platform", "eksaccess:owner: other"),
			)
			if chance("groups", 2) {
				fmt.Fprintf(&world, "    groups: [%s]\n", oneOf("group", "g1", "g1, g2"))
			}
			drawPolicies(&world, "    policies", oneOf, chance)
		}
	}

	fmt.Fprintf(
		&file,
		"apiVersion: eksaccess/v1\nowner: platform\ndefaults: {prune: %s}\nguards: {maxRemovals: 100%%}\nclusters:\n"+
			"- name: one\n  region: eu-west-1\n  account: %q\n  authenticationMode: API_AND_CONFIG_MAP\n",
		oneOf("prune", "owned", "none", "all"),
		account,
	)
	fmt.Fprintf(&file, "  admins:\n  - {role: eksaccess}\n")
	var access strings.Builder
	for _, r := range append([]string{"nodes", "capability", "u"}, roles...) {
		name := r[strings.LastIndexByte(r, '/')+1:]
		switch {
		case r == "nodes" || r == "capability":
			if chance("declared "+r, 5) {
				fmt.Fprintf(&access, "  - {role: %s, policy: AmazonEKSViewPolicy}\n", r)
			}
		case r != "u" && chance("admin "+r, 3):
			fmt.Fprintf(&file, "  - {role: %s}\n", name)
		case chance("declared "+r, 3):
			fmt.Fprintf(
				&access,
				"  - %s: %s\n    groups: [%s]\n",
				map[bool]string{true: "user", false: "role"}[r == "u"],
				name,
				oneOf("group", "g1", "g1, g2", "g3"),
			)
			drawPolicies(&access, "    policies", oneOf, chance)
		}
	}
	if access.Len() > 0 {
		fmt.Fprintf(&file, "  access:\n%s", access.String())
	}
	x := safetyTrial{
		world: world.String(),
		file:  file.String(),
		seed:  rapid.Uint64().Draw(t, "seed"),
		edits: rapid.IntRange(0, 4).Draw(t, "edits"),
		saved: rapid.Bool().Draw(t, "saved plan"),
	}
	if chance("denied", 4) {
		x.denied = rapid.IntRange(1, 4).Draw(t, "denied from")
	}
	return x
}

// trustOf is a trust policy for an AWS service, in YAML.
func trustOf(service string) string {
	return fmt.Sprintf(
		`{Statement: [{Effect: Allow, Principal: {Service: %s.amazonaws.com}, Action: "sts:AssumeRole"}]}`,
		service,
	)
}

func (x safetyTrial) String() string {
	return fmt.Sprintf(
		"seed %d, %d edits, denied from %d, saved %v\n--- world\n%s\n--- file\n%s",
		x.seed,
		x.edits,
		x.denied,
		x.saved,
		x.world,
		x.file,
	)
}

// An outsideEdit is a change that another writer made during a run.
type outsideEdit struct {
	after     int // number of calls that were answered before it
	principal string
	protects  bool // afterwards nothing may be taken from the entry: a hold, another owner, or more access
	what      string
}

// An outsider changes a cluster before calls of the program, as recover, another
// owner's apply or a person would.
type outsider struct {
	l    *lab
	id   ekssim.ClusterID
	rand *rand.Rand
	left int

	mu    sync.Mutex
	edits []outsideEdit
}

func (o *outsider) arrive(c ekssim.Call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.left == 0 || c.Service == "kubernetes" || o.rand.IntN(12) != 0 {
		return
	}
	o.left--
	names := []string{"a", "team/b", "c", "x/y/d", "e", "f"}
	principal := "role/" + names[o.rand.IntN(len(names))]
	if strings.Contains(c.Principal, ":role/") && o.rand.IntN(2) == 0 {
		principal = c.Principal[strings.Index(c.Principal, "role/"):]
	}
	if principal == "role/eksaccess" || principal == "role/nodes" || principal == "role/capability" {
		return // of the caller, nodes and EKS others keep away here
	}
	admin := []ekssim.Association{{Policy: eksfacts.ClusterAdminPolicy}}
	e := outsideEdit{
		after:     len(o.l.sim.Calls(ekssim.CallFilter{})),
		principal: "arn:aws:iam::" + account + ":" + principal,
	}
	var err error
	switch o.rand.IntN(5) {
	case 0:
		e.what, e.protects = "emergency grant", true
		err = o.l.sim.PutEntry(o.id, ekssim.Entry{Principal: principal, Policies: admin, Tags: map[string]string{
			spec.TagOwner: spec.OwnerBreakGlass, spec.TagReason: "INC-1",
			spec.TagHoldUntil: o.l.time().Add(2 * time.Hour).UTC().Format(time.RFC3339)}})
	case 1:
		e.what, e.protects = "entry of another owner", true
		err = o.l.sim.PutEntry(
			o.id,
			ekssim.Entry{
				Principal: principal,
				Groups:    []string{"theirs"},
				Tags:      map[string]string{spec.TagOwner: "other"},
			},
		)
	case 2:
		had := o.l.sim.Access(o.id)[e.principal]
		e.what, e.protects = "more access", !had.Admin() // an admin has all of it already
		err = o.l.sim.PutEntry(
			o.id,
			ekssim.Entry{Principal: principal, Groups: []string{"theirs", "g1"}, Policies: admin,
				Tags: map[string]string{spec.TagOwner: "platform"}},
		)
	case 3:
		e.what = "delete"
		err = o.l.sim.DeleteEntry(o.id, principal)
	case 4:
		e.what = "row removed"
		err = o.l.sim.Edit(
			ekssim.Edit{Cluster: o.id, DeleteRow: "role/" + principal[strings.LastIndexByte(principal, '/')+1:]},
		)
	}
	if err == nil {
		o.edits = append(o.edits, e)
	}
}

// trySafely applies a file while another writer writes, and checks what became of
// everyone's effective access after every write.
func (l *lab) trySafely(t fataler, x safetyTrial) (f findings) {
	t.Helper()
	l.load(t, x.world, x.file, nil)
	id := ekssim.ClusterID{Account: account, Region: "eu-west-1", Name: "one"}
	o := &outsider{l: l, id: id, rand: rand.New(rand.NewPCG(x.seed, 7)), left: x.edits}
	before := l.sim.Access(id)
	args := []string{"apply", "-f", l.file, "--yes", "-o", "json", "--quiet", "--no-journal"}
	var planned plan.Plan
	if x.saved {
		file := filepath.Join(filepath.Dir(l.file), "plan.json")
		if e := l.plainly("plan", "-f", l.file, "--save", file, "-o", "json", "--quiet"); json.Unmarshal(
			[]byte(e.stdout),
			&planned,
		) != nil {
			t.Fatalf("plan ends with %d\n%s\n%s\n%s", e.code, e.stdout, e.stderr, x)
		}
		args = []string{"apply", "--plan", file, "--yes", "-o", "json", "--quiet", "--no-journal"}
	}
	l.sim.ForgetCalls()
	first := len(l.sim.Calls(ekssim.CallFilter{})) // 0: sequence numbers go on
	if x.denied > 0 {
		denied := ekssim.Fault{
			Name: "denied", Operation: "AssociateAccessPolicy", Effect: "deny", After: x.denied - 1,
		}
		if err := l.sim.AddFault(denied); err != nil {
			t.Fatalf("%v", err)
		}
	}
	l.outside = o.arrive
	e := l.plainly(args...)
	l.outside = nil
	l.sim.RemoveFaults("denied")
	calls := l.sim.Calls(ekssim.CallFilter{})[first:]
	f.mutations = applied(l.sim.Calls(ekssim.CallFilter{Mutating: true}))

	wrong := func(list *[]string, format string, args ...any) {
		*list = append(
			*list,
			fmt.Sprintf(
				format,
				args...)+fmt.Sprintf(
				"; exit code %d, edits %+v\n%s\n%s",
				e.code,
				o.edits,
				e.stdout,
				e.stderr,
			),
		)
	}
	var history []ekssim.AccessChange
	for _, h := range l.sim.AccessHistory() {
		if h.Cluster == id {
			history = append(history, h)
		}
	}
	// Where the caller may not read aws-auth, rows that an entry hides are not
	// known, which the plan says.
	unread := strings.Contains(e.stdout, "aws-auth was not read")
	created, inGap := map[string]bool{}, map[string]bool{}
	admins := count2(before)
	for _, h := range history {
		ours := h.AccessKeyID != "" && h.Operation != "edit"
		if h.After.Admin() {
			delete(inGap, h.Principal)
		}
		if ours && h.Before.Admin() && !h.After.Admin() {
			moved := h.Operation == "CreateAccessEntry" && h.Before.By == ekssim.ByRow
			if moved {
				inGap[h.Principal] = true
			}
			if n := len(inGap); !unread && n > 1 && n > (h.Admins+n)/4 {
				wrong(&f.gaps, "%d admins have nothing at once, %d are left", n, h.Admins)
			}
			if h.Admins == 0 && !(moved && admins == 1) {
				wrong(&f.lockouts, "%s of %s leaves no cluster admin", h.Operation, h.Principal)
			}
		}
		admins = h.Admins
		lost := h.After.Missing(h.Before)
		if !ours || len(lost) == 0 {
			created[h.Principal] = created[h.Principal] || ours && h.Operation == "CreateAccessEntry"
			continue
		}
		read := lastRead(calls, h.Principal, h.Seq)
		// EKS has no write that depends on what is there: what is written between
		// the reading and the call cannot be seen.
		raced := slices.ContainsFunc(
			o.edits,
			func(e outsideEdit) bool { return e.principal == h.Principal && e.after >= read },
		)
		if x.saved && !raced && !created[h.Principal] && h.Before.By == ekssim.ByEntry {
			if extra := notIn(lost, plannedLosses(&planned, h.Principal)); len(extra) > 0 {
				wrong(
					&f.unplanned,
					"%s took %q from %s, which the plan does not contain",
					h.Operation,
					extra,
					h.Principal,
				)
			}
		}
		for _, edit := range o.edits {
			if !x.saved && edit.after <= firstRead(calls, h.Principal) {
				continue // the plan of this run saw it
			}
			if edit.protects && edit.principal == h.Principal && edit.after < read && !created[h.Principal] &&
				!laterDelete(o.edits, edit) {
				wrong(
					&f.unplanned,
					"%s took %q from %s after %q (call %d, read at %d)",
					h.Operation,
					lost,
					h.Principal,
					edit.what,
					edit.after,
					read,
				)
			}
		}
		created[h.Principal] = created[h.Principal] || h.Operation == "CreateAccessEntry"
	}
	// What a row gave and the new entry does not is an unplanned loss.
	after := l.sim.Access(id)
	for principal, b := range before {
		touched := slices.ContainsFunc(
			o.edits,
			func(e outsideEdit) bool { return spec.AWSAuthKey(e.principal) == spec.AWSAuthKey(principal) },
		)
		a, ok := after[principal]
		if !unread && b.By == ekssim.ByRow && !touched && ok && a.By == ekssim.ByEntry {
			if lost := a.Missing(&b); len(lost) > 0 {
				wrong(&f.gaps, "%s has an entry that hides its row and lacks %q", principal, lost)
			}
		}
	}
	if count2(after) == 0 && count2(before) > 0 {
		for _, h := range slices.Backward(history) {
			if h.Before.Admin() && !h.After.Admin() {
				if h.AccessKeyID != "" && h.Operation != "edit" {
					wrong(&f.lockouts, "no cluster admin is left; %s of %s took the last one", h.Operation, h.Principal)
				}
				break
			}
		}
	}
	// Success means that all that is declared was there in the last reading.
	if e.code == 0 {
		lastList := 0
		for i, c := range calls {
			if c.Operation == "ListAccessEntries" {
				lastList = i
			}
		}
		if len(o.edits) == 0 || o.edits[len(o.edits)-1].after < lastList {
			var again plan.Plan
			r := l.plainly("plan", "-f", l.file, "-o", "json", "--quiet")
			if err := json.Unmarshal([]byte(r.stdout), &again); err != nil {
				t.Fatalf("%v\n%s", err, r.stderr)
			}
			if s := again.Summary; s.Create+s.Update+s.Replace+s.Rekey > 0 {
				wrong(&f.wrong, "exit code 0, and the next plan has changes:\n%s", r.stdout)
			}
		}
	}
	for n := 0; ; n++ {
		r := l.plainly("apply", "-f", l.file, "--yes", "-o", "json", "--quiet", "--no-journal")
		if r.code == 0 || r.code == 3 {
			break
		}
		if n == 4 {
			f.unconverged = append(
				f.unconverged,
				fmt.Sprintf("the run %d afterwards ends with %d\n%s\n%s", n+1, r.code, r.stdout, r.stderr),
			)
			break
		}
	}
	l.wait(context.Background(), time.Minute)
	return f
}

func count2(access map[string]ekssim.Access) (n int) {
	for _, a := range access {
		if a.Admin() {
			n++
		}
	}
	return n
}

// laterDelete reports whether the entry that an edit made was deleted by another
// edit later: what is there then is not what the edit protects.
func laterDelete(edits []outsideEdit, e outsideEdit) bool {
	return slices.ContainsFunc(edits, func(d outsideEdit) bool {
		return d.principal == e.principal && d.after >= e.after && d.what == "delete"
	})
}

// lastRead is the index of the last call before a write that read the entry of a
// principal.
func lastRead(calls []ekssim.Call, principal string, seq int) int {
	last := 0
	for i, c := range calls {
		if c.Seq < seq && c.Operation == "DescribeAccessEntry" && c.Principal == principal {
			last = i
		}
	}
	return last
}

// firstRead is the index of the call that ended the first reading of the entry
// of a principal: until then the plan may see what is written.
func firstRead(calls []ekssim.Call, principal string) int {
	for i, c := range calls {
		if c.Operation == "ListAssociatedAccessPolicies" && c.Principal == principal {
			return i
		}
	}
	return len(calls)
}

func notIn(list, allowed []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		wide, _, _ := strings.Cut(s, " in ")
		return slices.Contains(allowed, s) || slices.Contains(allowed, wide)
	})
}

// plannedLosses are the permissions that a plan takes from a principal.
func plannedLosses(p *plan.Plan, principal string) []string {
	var lost []string
	for _, c := range p.Clusters {
		for _, ch := range c.Changes {
			switch {
			case ch.PreviousPrincipal != nil && *ch.PreviousPrincipal == principal:
				lost = append(lost, simulated(ch.Before).Permissions()...)
			case ch.Principal == principal && ch.Action != plan.Rekey:
				lost = append(lost, simulated(ch.After).Missing(simulated(ch.Before))...)
			}
		}
	}
	return lost
}

// simulated is an entry as the simulator describes its access.
func simulated(e *spec.Entry) *ekssim.Access {
	if e == nil {
		return nil
	}
	a := &ekssim.Access{
		By:           ekssim.ByEntry,
		Groups:       e.Groups,
		ClusterAdmin: e.IsClusterAdmin(),
		Node:         eksfacts.IsNode(e.Type),
	}
	for _, p := range e.Policies {
		a.Policies = append(a.Policies, ekssim.Grant{Policy: p.ARN, Namespaces: p.Namespaces})
	}
	slices.SortFunc(a.Policies, func(a, b ekssim.Grant) int { return cmp.Compare(a.Policy, b.Policy) })
	return a
}

// Whatever the cluster contains and others write: no lockout, no gap that
// can be avoided, nothing revoked that the plan does not contain, nothing taken
// from an entry that changed since, and exit code 0 only if all that is declared
// is there.
func TestSafety(t *testing.T) {
	l := newLab(t)
	for seed := range max(10, checks()/25) {
		x := safetyTrials.Example(seed)
		if f := l.trySafely(t, x); len(f.bad()) > 0 {
			t.Fatalf("world %d: %s\n%s", seed, strings.Join(f.bad(), "\n"), x)
		}
	}
}
