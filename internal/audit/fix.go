package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/spec"
)

// A fix is text that can be followed as it stands: commands, and edits of a
// file in these forms, which tests apply:
//
//	add under CLUSTER (FILE:LINE:COLUMN): KEY: VALUE
//	remove FILE:LINE:COLUMN
//	at FILE:LINE:COLUMN: remove PART
//	write FILE: YAML
//
// An edit is never about a line that other clusters share: what it changes is
// this cluster alone. Words in capitals are for the reader to fill in.

// files are the flags that name the files again.
func (v *view) files() string {
	if len(v.in.Files) == 0 {
		return "-f FILE"
	}
	flags := make([]string, len(v.in.Files))
	for i, f := range v.in.Files {
		flags[i] = "-f " + awscli.Quote(f)
	}
	return strings.Join(flags, " ")
}

// apply is the command that applies the file to this cluster.
func (v *view) apply(flags ...string) string {
	return strings.Join(append([]string{"eksaccess apply", v.files(), "--cluster", v.path()}, flags...), " ")
}

// command is a command for this cluster, reached as its file says.
func (v *view) command(what string) string {
	if v.needsFile() {
		what += " " + v.files()
	}
	return "eksaccess " + what + " --cluster " + v.path()
}

// needsFile reports whether the cluster is reached as its file says.
func (v *view) needsFile() bool {
	return v.declared != nil && (v.declared.AssumeRole != "" || v.declared.Profile != "")
}

// under is the edit that adds a line to this cluster, and the command that
// applies it. Where no file declares the cluster, the edit is a file of its
// own: it has no owner, so applying it does nothing but what it says.
func (v *view) under(line string, flags ...string) string {
	if v.declared != nil {
		return fmt.Sprintf("add under %s (%v): %s; then: %s", v.c.Name, v.declared.Pos, line, v.apply(flags...))
	}
	return fmt.Sprintf("write access.yaml: {apiVersion: eksaccess/v1, clusters: [{arn: %s, %s}]}; then: %s",
		spec.YAMLText(v.c.ARN), line,
		strings.Join(append([]string{"eksaccess apply -f access.yaml"}, flags...), " "))
}

// absent is the line that takes a principal's access. Names may hold a comma,
// which parts the items of a list.
func absent(principal string) string { return "absent: [" + spec.YAMLText(principal) + "]" }

// items are the items of the file that declare a principal.
func (v *view) items(principal string) []spec.Item {
	if v.declared == nil {
		return nil
	}
	var items []spec.Item
	for _, i := range v.declared.Items {
		if i.Principal.Matches(principal, v.c.Account) {
			items = append(items, i)
		}
	}
	return items
}

// remove is how the entry of a principal is removed from this cluster alone:
// "absent" overrides what sets and the top level declare, and the items on the
// cluster itself go, since the two contradict each other.
func (v *view) remove(principal string) string {
	e := v.live.Entry(principal)
	if e == nil {
		return v.under(absent(principal))
	}
	if owner := v.foreignOwner(e); owner != "" {
		way := fmt.Sprintf("remove it with %s, which owns it", owner)
		if v.declared != nil && v.declared.Owner != "" {
			way += "; or " + v.removal(principal, "--take-ownership")
		}
		return way
	}
	var flags []string
	if h, held := e.Hold(v.now, v.maxHold()); held && h.Invalid == "" {
		flags = append(flags, "--end-holds")
	}
	way := v.first(principal)
	if _, ok := v.state.Row(principal); ok { // else the row takes effect again, and the guards refuse
		way += removeRow + "; then "
	}
	return way + v.removal(principal, flags...)
}

func (v *view) removal(principal string, flags ...string) string {
	var edits []string
	for _, i := range v.items(principal) {
		if i.Own {
			edits = append(edits, fmt.Sprintf("remove %v", i.Pos))
		}
	}
	return phrase.And(append(edits, v.under(absent(principal), flags...)))
}

// first is what has to come before a removal that the guards would refuse.
func (v *view) first(principal string) string {
	way := v.lastAdminFirst(principal)
	if slices.Contains(v.c.ReadBy, principal) && v.state.For(principal).ClusterAdmin {
		way += "as another cluster admin, since it is the caller's own access: "
	}
	return way
}

// lastAdminFirst says what has to come before a removal that the guards would
// refuse otherwise.
func (v *view) lastAdminFirst(principal string) string {
	if v.requires(principal) {
		return "name another under guards.requiredAdmins first; then "
	}
	least := 1
	if v.declared != nil && v.declared.Guards != nil {
		least = max(least, v.declared.Guards.MinAdmins)
	}
	isAdmin := func(a access.Access) bool { return a.Principal == principal }
	if slices.ContainsFunc(v.living, isAdmin) && len(v.living) <= least {
		return "give another principal cluster admin first; then "
	}
	return ""
}

// foreignOwner names the owner of an entry that is not this file's: plan and
// apply leave it alone without --take-ownership.
func (v *view) foreignOwner(e *spec.LiveEntry) string {
	var taught []spec.OwnerTag
	own := ""
	if v.declared != nil {
		taught, own = v.declared.Owners, v.declared.Owner
	}
	owner := spec.OwnerOf(e.Tags, taught)
	_, emergency := e.Tags[spec.TagHoldUntil]
	if owner == own || owner == spec.OwnerBreakGlass && emergency {
		return ""
	}
	return owner
}

// declare is the edit that declares an entry in this cluster, with what it
// gives, and applies it.
func (v *view) declare(ref string, e spec.Entry, flags ...string) string {
	return v.under("access: ["+v.item(ref, e)+"]", flags...)
}

// keep is the alternative to a removal: the edit that declares an entry as it is;
// "" where a file cannot declare it so.
func (v *view) keep(e *spec.LiveEntry) string {
	isPlain := func(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) }
	account := accountOf(e.Principal)
	switch {
	case v.declared == nil || !isPlain(e.Username) || slices.ContainsFunc(e.Groups,
		func(g string) bool { return !isPlain(g) }):
		return ""
	case account != v.c.Account && (v.declared.Guards == nil || !slices.Contains(v.declared.Guards.TrustedAccounts,
		account)):
		return ""
	case v.foreignOwner(e) != "":
		return ""
	}
	return "; or, to keep it: " + v.declare(byARN(e.Principal), e.Entry)
}

// byARN is how an item names a principal.
func byARN(principal string) string { return "principal: " + spec.YAMLText(principal) }

// item is an entry as an item of access, in one line. An end is part of it:
// declared without, the access would never end.
func (v *view) item(ref string, e spec.Entry) string {
	fields := []string{ref}
	if e.Type != eksfacts.Standard {
		fields = append(fields, "type: "+spec.YAMLText(e.Type))
	}
	if e.Username != "" && eksfacts.TakesNames(e.Type) && e.Username != eksfacts.DefaultUsername(e.Type, e.Principal) {
		fields = append(fields, "username: "+spec.YAMLText(e.Username))
	}
	if len(e.Groups) > 0 && eksfacts.TakesNames(e.Type) {
		fields = append(fields, "groups: "+list(e.Groups))
	}
	if len(e.Policies) > 0 && eksfacts.TakesPolicies(e.Type) {
		policies := make([]string, len(e.Policies))
		for i, p := range e.Policies {
			policies[i] = spec.YAMLText(arn.PolicyName(p.ARN))
			if p.Scope == spec.ScopeNamespace {
				policies[i] = "{policy: " + policies[i] + ", namespaces: " + list(p.Namespaces) + "}"
			}
		}
		fields = append(fields, "policies: ["+strings.Join(policies, ", ")+"]")
	}
	if end, err := time.Parse(time.RFC3339, e.Tags[spec.TagExpires]); err == nil && v.declared != nil &&
		v.declared.Owner != "" {
		fields = append(fields, "expires: "+end.UTC().Format(time.RFC3339))
		if reason := e.Tags[spec.TagReason]; reason != "" {
			fields = append(fields, "reason: "+spec.YAMLText(reason))
		}
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func list(names []string) string {
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = spec.YAMLText(n)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// correct is how the part of an entry that is wrong is removed. Where the file
// does not have it, applying the file is enough.
func (v *view) correct(e *spec.LiveEntry, wrong func(spec.Entry) bool, part string, right spec.Entry) string {
	var flags []string
	if owner := v.foreignOwner(e); owner != "" {
		if v.declared == nil || v.declared.Owner == "" {
			return fmt.Sprintf("with %s, which owns the entry: remove %s", owner, part)
		}
		flags = append(flags, "--take-ownership")
	}
	if h, held := e.Hold(v.now, v.maxHold()); held && h.Invalid == "" {
		flags = append(flags, "--end-holds")
	}
	items := v.items(e.Principal)
	want, resolved := v.want[e.Principal]
	switch {
	case len(items) == 0:
		return v.declare(byARN(e.Principal), right, flags...)
	case resolved && !wrong(want):
		return v.apply(flags...)
	case slices.ContainsFunc(items, func(i spec.Item) bool { return !i.Own }):
		return fmt.Sprintf(
			"%v serves other clusters too: give this cluster an item of its own without %s, and select the others "+
				"there",
			items[0].Pos,
			part,
		)
	}
	edits := make([]string, len(items))
	for n, i := range items {
		edits[n] = fmt.Sprintf("at %v: remove %s", i.Pos, part)
	}
	return phrase.And(edits) + "; then: " + v.apply(flags...)
}

// recreate is how a stale entry is made to work again, with what it has.
func (v *view) recreate(e *spec.LiveEntry) string {
	var flags []string
	if owner := v.foreignOwner(e); owner != "" {
		if v.declared == nil || v.declared.Owner == "" {
			return fmt.Sprintf("recreate it with %s, which owns it", owner)
		}
		flags = append(flags, "--take-ownership")
	}
	way := v.declare(byARN(e.Principal), e.Entry, flags...)
	if _, declared := v.want[e.Principal]; declared {
		way = v.apply(flags...)
	}
	if eksfacts.IsNode(e.Type) {
		way += "; or: " + awscli.RecreateNodeEntry(awscli.Options{Cluster: v.c.Name, Region: v.c.Region}, e.Principal,
			e.Type)
	}
	return way
}

// earlierEnd is how temporary access gets an end within 30 days: in the item
// that gives the end, where it is this cluster's own.
func (v *view) earlierEnd(e *spec.LiveEntry) string {
	items := slices.DeleteFunc(v.items(e.Principal), func(i spec.Item) bool { return i.Expires.IsZero() })
	switch {
	case len(items) == 0:
		return v.remove(e.Principal)
	case !spec.EndsLate(items[0].Expires, v.now):
		return v.apply()
	case !items[0].Own:
		return fmt.Sprintf("%v serves other clusters too: give this cluster an item of its own with an earlier end, "+
			"and select the others there", items[0].Pos)
	}
	return fmt.Sprintf("at %v: write expires: TIME, at most 30 days from now; then: %s", items[0].Pos, v.apply())
}

// cleanUp is how an orphaned entry is deleted. What a file declares is not
// cleaned up: the file goes first.
func (v *view) cleanUp(e *spec.LiveEntry) string {
	items := v.items(e.Principal)
	if len(items) > 0 {
		return v.removal(e.Principal)
	}
	flags := ""
	if eksfacts.IsNode(e.Type) {
		flags = " --allow-node-removal"
	}
	if owner := spec.OwnerOf(e.Tags, nil); owner != "" && e.Tags[spec.TagOwner] == "" {
		way := fmt.Sprintf("remove it with %s, which owns it", owner)
		if v.declared == nil || v.declared.Owner != "" || !v.needsFile() {
			way += "; or: " + v.command("cleanup --orphaned --take-ownership"+flags)
		}
		return way
	}
	return v.command("cleanup --orphaned" + flags)
}

// declareSet is how the access of an earlier role of a permission set moves to
// the one of today: the set is declared by name.
func (v *view) declareSet(set, role string, e *spec.LiveEntry) string {
	switch _, declared := v.want[role]; {
	case v.live.Entry(role) != nil && v.state.For(e.Principal).Life == access.Orphaned:
		return v.cleanUp(e)
	case v.live.Entry(role) != nil:
		return v.remove(e.Principal)
	case declared:
		return v.apply()
	}
	right := e.Entry.Clone()
	if right.Username == eksfacts.DefaultUsername(e.Type, e.Principal) {
		right.Username = ""
	}
	var edits []string
	for _, i := range v.items(e.Principal) {
		if i.Own {
			edits = append(edits, fmt.Sprintf("remove %v", i.Pos))
		}
	}
	return phrase.And(append(edits, v.declare("permissionSet: "+spec.YAMLText(set), right)))
}

func (v *view) defaultUsername(e *spec.LiveEntry) string {
	right := e.Entry.Clone()
	right.Username = ""
	return v.correct(e, func(w spec.Entry) bool { return w.Username == e.Username }, "username", right)
}

func (v *view) withoutGroup(e *spec.LiveEntry, group string) string {
	right := e.Entry.Clone()
	right.Groups = slices.DeleteFunc(right.Groups, func(g string) bool { return g == group })
	return v.correct(e, func(w spec.Entry) bool { return slices.Contains(w.Groups, group) },
		"group "+spec.YAMLText(group), right)
}

func (v *view) withoutPolicy(e *spec.LiveEntry, p spec.Policy) string {
	right := e.Entry.Clone()
	right.Policies = slices.DeleteFunc(right.Policies, func(q spec.Policy) bool { return q.ARN == p.ARN })
	has := func(w spec.Entry) bool { _, ok := w.Policy(p.ARN); return ok }
	return v.correct(e, has, "policy "+arn.PolicyName(p.ARN), right)
}

// withoutNamespace removes a namespace from a policy, or the policy with its
// last one.
func (v *view) withoutNamespace(e *spec.LiveEntry, p spec.Policy, namespace string) string {
	if len(p.Namespaces) == 1 {
		return v.withoutPolicy(e, p)
	}
	right := e.Entry.Clone()
	for i, q := range right.Policies {
		if q.ARN == p.ARN {
			right.Policies[i].Namespaces = slices.DeleteFunc(q.Namespaces,
				func(n string) bool { return n == namespace })
		}
	}
	has := func(w spec.Entry) bool {
		q, ok := w.Policy(p.ARN)
		return ok && slices.Contains(q.Namespaces, namespace)
	}
	return v.correct(e, has, "namespace "+spec.YAMLText(namespace)+" of "+arn.PolicyName(p.ARN), right)
}

// narrow gives a policy in namespaces instead of the whole cluster; which ones
// is for the reader to fill in.
func (v *view) narrow(e *spec.LiveEntry, p spec.Policy) string {
	if items := v.items(e.Principal); len(items) > 0 && items[0].Own {
		if want, ok := v.want[e.Principal]; ok {
			if q, has := want.Policy(p.ARN); !has || q.Scope != spec.ScopeCluster {
				return v.apply()
			}
		}
		return fmt.Sprintf("at %v: write {policy: %s, namespaces: [NAMES]}; then: %s", items[0].Pos,
			arn.PolicyName(p.ARN), v.apply())
	}
	right := e.Entry.Clone()
	for i, q := range right.Policies {
		if q.ARN == p.ARN {
			right.Policies[i].Scope, right.Policies[i].Namespaces = spec.ScopeNamespace, []string{"NAMES"}
		}
	}
	has := func(w spec.Entry) bool { q, ok := w.Policy(p.ARN); return ok && q.Scope == spec.ScopeCluster }
	return v.correct(e, has, "the scope of the whole cluster from "+arn.PolicyName(p.ARN), right)
}

// deletable are the entries that can be deleted and recreated: all but those of
// service-linked roles (EKS user guide, creating-access-entries).
func (v *view) deletable() []*spec.LiveEntry {
	var entries []*spec.LiveEntry
	for i := range v.live.Entries {
		if e := &v.live.Entries[i]; !arn.IsServiceLinked(e.Principal) {
			entries = append(entries, e)
		}
	}
	return entries
}
