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
	"github.com/eksaccess/eksaccess/spec"
)

// files returns the flags that name the files.
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

// apply is the step that applies the file to this cluster.
func (v *view) apply(flags ...string) Step {
	return command(strings.Join(append([]string{"eksaccess apply", v.files(), "--cluster", v.path()}, flags...), " "))
}

// eksaccess is the step that runs a command for this cluster, reached as its
// file says.
func (v *view) eksaccess(what string) Step {
	if v.needsFile() {
		what += " " + v.files()
	}
	return command("eksaccess " + what + " --cluster " + v.path())
}

// needsFile reports whether the cluster is reached as its file says.
func (v *view) needsFile() bool {
	return v.declared != nil && (v.declared.AssumeRole != "" || v.declared.Profile != "")
}

// under returns the edit that adds a line to this cluster, and the command that
// applies it. Where no file declares the cluster, the edit is a file of its own:
// it has no owner, so applying it does only what it says.
func (v *view) under(line string, flags ...string) []Step {
	return v.edit(Step{Line: line}, flags...)
}

// underItem is like under, for an item of a list.
func (v *view) underItem(key, item string, flags ...string) []Step {
	return v.edit(Step{Key: key, Items: []string{item}}, flags...)
}

func (v *view) edit(s Step, flags ...string) []Step {
	s.isEdit = true
	if v.declared != nil {
		pos := v.declared.Pos
		s.Text = fmt.Sprintf("add under %s (%v)", v.c.Name, pos)
		s.Brief = fmt.Sprintf("add under %s (%s:%d)", v.c.Name, pos.File, pos.Line)
		return []Step{s, v.apply(flags...)}
	}
	s.Text = "write access.yaml"
	s.frame = [2]string{"{apiVersion: eksaccess/v1, clusters: [{arn: " + spec.YAMLText(v.c.ARN) + ", ", "}]}"}
	if s.Line != "" {
		s.Line = s.frame[0] + s.Line + s.frame[1]
	}
	return []Step{s, command(strings.Join(append([]string{"eksaccess apply -f access.yaml"}, flags...), " "))}
}

// absent returns the edit that removes the access of a principal.
func (v *view) absent(principal string, flags ...string) []Step {
	return v.underItem("absent", spec.YAMLText(principal), flags...)
}

// items returns the items of the file that declare a principal.
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

// remove returns how the entry of a principal is removed from this cluster alone:
// "absent" overrides what sets and the top level declare. The items on the
// cluster itself are removed, because they contradict "absent".
func (v *view) remove(principal string) Fix {
	e := v.live.Entry(principal)
	if e == nil {
		return one(v.absent(principal)...)
	}
	if owner := v.foreignOwner(e); owner != "" {
		fix := instruction(fmt.Sprintf("remove it with %s, which owns it", owner))
		if v.declared != nil && v.declared.Owner != "" {
			fix = fix.or("", v.removal(principal, "--take-ownership")...)
		}
		return fix
	}
	var flags []string
	if h, held := e.Hold(v.now, v.maxHold()); held && h.Invalid == "" {
		flags = append(flags, "--end-holds")
	}
	steps := v.first(principal)
	if _, ok := v.state.Row(principal); ok { // else the row takes effect again, and the guards refuse
		steps = append(steps, removeRow)
	}
	return one(append(steps, v.removal(principal, flags...)...)...)
}

func (v *view) removal(principal string, flags ...string) []Step {
	return append(v.removedItems(principal), v.absent(principal, flags...)...)
}

// removedItems returns the edits that remove the items of this cluster that
// declare a principal.
func (v *view) removedItems(principal string) []Step {
	var steps []Step
	for _, i := range v.items(principal) {
		if i.Own {
			steps = append(steps, Step{Text: fmt.Sprintf("remove %v", i.Pos), isEdit: true})
		}
	}
	return steps
}

// first returns what has to come before a removal that the guards would refuse.
func (v *view) first(principal string) []Step {
	steps := v.otherAdminFirst(principal)
	if slices.Contains(v.c.ReadBy, principal) && v.state.For(principal).ClusterAdmin {
		steps = append(steps, Step{Text: "continue as another cluster admin, because this is the access of the caller"})
	}
	return steps
}

// otherAdminFirst returns the step that keeps the guards for cluster admins from
// refusing a removal.
func (v *view) otherAdminFirst(principal string) []Step {
	if v.requires(principal) {
		return []Step{{Text: "name another principal under guards.requiredAdmins first"}}
	}
	least := 1
	if v.declared != nil && v.declared.Guards != nil {
		least = max(least, v.declared.Guards.MinAdmins)
	}
	isAdmin := func(a access.Access) bool { return a.Principal == principal }
	if slices.ContainsFunc(v.living, isAdmin) && len(v.living) <= least {
		return []Step{{Text: "make another principal cluster admin first"}}
	}
	return nil
}

// foreignOwner returns the owner of an entry if it is not the owner of this file:
// plan and apply skip such an entry without --take-ownership.
func (v *view) foreignOwner(e *spec.LiveEntry) string {
	var tags []spec.OwnerTag
	own := ""
	if v.declared != nil {
		tags, own = v.declared.Owners, v.declared.Owner
	}
	owner := spec.OwnerOf(e.Tags, tags)
	_, emergency := e.Tags[spec.TagHoldUntil]
	if owner == own || owner == spec.OwnerBreakGlass && emergency {
		return ""
	}
	return owner
}

// declare returns the edit that declares an entry in this cluster, and applies
// it.
func (v *view) declare(ref string, e spec.Entry, flags ...string) []Step {
	return v.underItem("access", v.item(ref, e), flags...)
}

// removeOrKeep returns how an undeclared entry is removed, or declared as it is
// where a file can do that.
func (v *view) removeOrKeep(e *spec.LiveEntry) Fix {
	return v.remove(e.Principal).or("to keep it", v.declaration(e)...)
}

// declaration returns the edit that declares an entry as it is; nil where a file
// cannot declare it.
func (v *view) declaration(e *spec.LiveEntry) []Step {
	isPlain := func(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) }
	account := accountOf(e.Principal)
	switch {
	case v.declared == nil || !isPlain(e.Username) || slices.ContainsFunc(e.Groups,
		func(g string) bool { return !isPlain(g) }):
		return nil
	case account != v.c.Account && (v.declared.Guards == nil || !slices.Contains(v.declared.Guards.TrustedAccounts,
		account)):
		return nil
	case v.foreignOwner(e) != "":
		return nil
	}
	return v.declare(byARN(e.Principal), e.Entry)
}

// byARN is how an item names a principal.
func byARN(principal string) string { return "principal: " + spec.YAMLText(principal) }

// item returns an entry as an item of access, in one line. An end is part of it:
// without it the access would never expire.
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

// correct returns how a wrong part of an entry is removed. Where the file does not
// have it, applying the file is enough.
func (v *view) correct(e *spec.LiveEntry, wrong func(spec.Entry) bool, part string, right spec.Entry) Fix {
	var flags []string
	if owner := v.foreignOwner(e); owner != "" {
		if v.declared == nil || v.declared.Owner == "" {
			return instruction(fmt.Sprintf("remove %s with %s, which owns the entry", part, owner))
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
		return one(v.declare(byARN(e.Principal), right, flags...)...)
	case resolved && !wrong(want):
		return one(v.apply(flags...))
	case slices.ContainsFunc(items, func(i spec.Item) bool { return !i.Own }):
		return instruction(sharedItemAdvice(items[0], "without "+part))
	}
	steps := make([]Step, len(items))
	for n, i := range items {
		steps[n] = Step{Text: fmt.Sprintf("at %v: remove %s", i.Pos, part), isEdit: true}
	}
	return one(append(steps, v.apply(flags...))...)
}

// sharedItemAdvice says what to do about an item that several clusters have.
func sharedItemAdvice(i spec.Item, how string) string {
	return fmt.Sprintf("%v serves other clusters too: write an item %s under this cluster, and select the other "+
		"clusters in the shared item", i.Pos, how)
}

// recreate returns how a stale entry is recreated with the same access.
func (v *view) recreate(e *spec.LiveEntry) Fix {
	var flags []string
	if owner := v.foreignOwner(e); owner != "" {
		if v.declared == nil || v.declared.Owner == "" {
			return instruction(fmt.Sprintf("recreate it with %s, which owns it", owner))
		}
		flags = append(flags, "--take-ownership")
	}
	fix := one(v.declare(byARN(e.Principal), e.Entry, flags...)...)
	if _, declared := v.want[e.Principal]; declared {
		fix = one(v.apply(flags...))
	}
	if eksfacts.IsNode(e.Type) {
		fix = fix.or("", command(awscli.RecreateNodeEntry(awscli.Options{Cluster: v.c.Name, Region: v.c.Region},
			e.Principal, e.Type)))
	}
	return fix
}

// earlierEnd returns how temporary access gets an end within 30 days: in the item
// that gives the end, where it is this cluster's own.
func (v *view) earlierEnd(e *spec.LiveEntry) Fix {
	items := slices.DeleteFunc(v.items(e.Principal), func(i spec.Item) bool { return i.Expires.IsZero() })
	switch {
	case len(items) == 0:
		return v.remove(e.Principal)
	case !spec.EndsLate(items[0].Expires, v.now):
		return one(v.apply())
	case !items[0].Own:
		return instruction(sharedItemAdvice(items[0], "with an earlier end"))
	}
	return one(Step{Text: fmt.Sprintf("at %v: write expires: TIME, at most 30 days from now", items[0].Pos),
		isEdit: true}, v.apply())
}

// cleanUp returns how an orphaned entry is deleted. cleanup skips what a file
// declares, so that is removed from the file first.
func (v *view) cleanUp(e *spec.LiveEntry) Fix {
	if len(v.items(e.Principal)) > 0 {
		return one(v.removal(e.Principal)...)
	}
	flags := ""
	if eksfacts.IsNode(e.Type) {
		flags = " --allow-node-removal"
	}
	if owner := spec.OwnerOf(e.Tags, nil); owner != "" && e.Tags[spec.TagOwner] == "" {
		fix := instruction(fmt.Sprintf("remove it with %s, which owns it", owner))
		if v.declared == nil || v.declared.Owner != "" || !v.needsFile() {
			fix = fix.or("", v.eksaccess("cleanup --orphaned --take-ownership"+flags))
		}
		return fix
	}
	return one(v.eksaccess("cleanup --orphaned" + flags))
}

// declareSet returns how the access of an earlier role of a permission set moves
// to its present role: the permission set is declared by name.
func (v *view) declareSet(set, role string, e *spec.LiveEntry) Fix {
	switch _, declared := v.want[role]; {
	case v.live.Entry(role) != nil && v.state.For(e.Principal).Life == access.Orphaned:
		return v.cleanUp(e)
	case v.live.Entry(role) != nil:
		return v.remove(e.Principal)
	case declared:
		return one(v.apply())
	}
	right := e.Entry.Clone()
	if right.Username == eksfacts.DefaultUsername(e.Type, e.Principal) {
		right.Username = ""
	}
	return one(append(v.removedItems(e.Principal), v.declare("permissionSet: "+spec.YAMLText(set), right)...)...)
}

// defaultUsername returns how an entry gets the username that EKS derives.
func (v *view) defaultUsername(e *spec.LiveEntry) Fix {
	right := e.Entry.Clone()
	right.Username = ""
	return v.correct(e, func(w spec.Entry) bool { return w.Username == e.Username }, "username", right)
}

// withoutGroup returns how a group is removed from an entry.
func (v *view) withoutGroup(e *spec.LiveEntry, group string) Fix {
	right := e.Entry.Clone()
	right.Groups = slices.DeleteFunc(right.Groups, func(g string) bool { return g == group })
	return v.correct(e, func(w spec.Entry) bool { return slices.Contains(w.Groups, group) },
		"group "+spec.YAMLText(group), right)
}

// withoutPolicy returns how a policy is removed from an entry.
func (v *view) withoutPolicy(e *spec.LiveEntry, p spec.Policy) Fix {
	right := e.Entry.Clone()
	right.Policies = slices.DeleteFunc(right.Policies, func(q spec.Policy) bool { return q.ARN == p.ARN })
	has := func(w spec.Entry) bool { _, ok := w.Policy(p.ARN); return ok }
	return v.correct(e, has, "policy "+arn.PolicyName(p.ARN), right)
}

// withoutNamespace returns how a namespace is removed from a policy, or the policy
// with its last namespace.
func (v *view) withoutNamespace(e *spec.LiveEntry, p spec.Policy, namespace string) Fix {
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

// narrow returns how a policy is given in namespaces instead of the whole cluster;
// the reader fills in the namespaces.
func (v *view) narrow(e *spec.LiveEntry, p spec.Policy) Fix {
	if items := v.items(e.Principal); len(items) > 0 && items[0].Own {
		if want, ok := v.want[e.Principal]; ok {
			if q, has := want.Policy(p.ARN); !has || q.Scope != spec.ScopeCluster {
				return one(v.apply())
			}
		}
		return one(Step{Text: fmt.Sprintf("at %v: write {policy: %s, namespaces: [NAMES]}", items[0].Pos,
			arn.PolicyName(p.ARN)), isEdit: true}, v.apply())
	}
	right := e.Entry.Clone()
	for i, q := range right.Policies {
		if q.ARN == p.ARN {
			right.Policies[i].Scope, right.Policies[i].Namespaces = spec.ScopeNamespace, []string{"NAMES"}
		}
	}
	has := func(w spec.Entry) bool { q, ok := w.Policy(p.ARN); return ok && q.Scope == spec.ScopeCluster }
	return v.correct(e, has, "scope cluster of "+arn.PolicyName(p.ARN), right)
}

// deletable returns the entries that can be deleted and recreated: all but those of
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
