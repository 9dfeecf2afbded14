package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/spec"
)

// awsAuth warns of what is wrong with the ConfigMap whatever is planned, and
// once if a plan for which its rows matter had to do without them.
func (j Judgement) awsAuth(v *verdict, e effects) {
	a := j.Have.AWSAuth
	if j.readsAWSAuth() {
		for _, m := range a.Malformed {
			v.warn("", "aws-auth: %s", m)
		}
		return
	}
	if j.Mode.Before == eksfacts.ModeAPI {
		return
	}
	var why []string
	lessThanAdmin := slices.DeleteFunc(
		j.createdChanges(),
		func(c Change) bool { return e.after.For(c.Principal).ClusterAdmin },
	)
	if n := len(lessThanAdmin); n > 0 {
		why = append(why, fmt.Sprintf("%s may have a row that the new entry hides", phrase.Count(n, "principal")))
	}
	if n := len(j.deletions()); n > 0 && j.Mode.After != eksfacts.ModeAPI {
		why = append(why, fmt.Sprintf("%s may keep access through a row", phrase.Count(n, "deleted principal")))
	}
	refused := slices.ContainsFunc(
		v.guards,
		func(g Guard) bool { return g.Name == GuardAuthenticationMode && g.Refuses() },
	)
	switch {
	case len(why) > 0:
		v.warnings = append(v.warnings, Warning{Code: AWSAuthUnread, Message: fmt.Sprintf("aws-auth was not read%s: %s",
			j.unread(), phrase.Join("; ", strings.Join(why, ", "), j.unreadHint()))})
	case a != nil && a.Required && !refused:
		v.warn("", "aws-auth was not read%s", phrase.Join("; ", j.unread(), a.Hint))
	}
}

// unread says in parentheses why aws-auth was not read, if that was tried.
func (j Judgement) unread() string {
	if a := j.Have.AWSAuth; a != nil && a.Why != "" {
		return " (" + a.Why + ")"
	}
	return ""
}

func (j Judgement) unreadHint() string {
	switch a := j.Have.AWSAuth; {
	case a != nil && a.Hint != "":
		return a.Hint
	case a != nil && a.Why != "":
		return "run the command where the cluster's Kubernetes endpoint can be reached"
	}
	return "read it with --kube"
}

// requiredHint is what to do where --kube requires aws-auth.
func (j Judgement) requiredHint() string {
	if a := j.Have.AWSAuth; a != nil && a.Hint != "" {
		return a.Hint + "; or remove --kube"
	}
	return "run the command where the cluster's Kubernetes endpoint can be reached, or remove --kube"
}

func (j Judgement) readsAWSAuth() bool { return j.Have.AWSAuth != nil && j.Have.AWSAuth.Read }

// requiresAWSAuth reports whether the run must not go on without aws-auth.
func (j Judgement) requiresAWSAuth() bool { return j.Have.AWSAuth != nil && j.Have.AWSAuth.Required }

// authenticationMode: from the step to API on, EKS ignores aws-auth for good.
// Every principal that still needs access must have an entry by then, the roles
// of self-managed nodes too (EKS user guide, migrating-access-entries).
func (j Judgement) authenticationMode(v *verdict, e effects) {
	const needed = "create an entry for every row that is still needed, then pass --allow-api-only"
	switch {
	case j.Mode.Before == j.Mode.After:
	case j.Mode.After != eksfacts.ModeAPI:
		v.pass(GuardAuthenticationMode, "the change to mode %s cannot be undone", j.Mode.After)
	case j.Allow.APIOnly:
		v.pass(GuardAuthenticationMode, "mode %s disables aws-auth; allowed by --allow-api-only", j.Mode.After)
	case !j.readsAWSAuth():
		v.refuse(
			GuardAuthenticationMode,
			j.unreadHint()+", or "+needed,
			"mode %s disables aws-auth, and aws-auth was not read%s",
			j.Mode.After,
			j.unread(),
		)
	default:
		j.rowsWithoutEntry(v, e)
	}
}

// rowsWithoutEntry compares the rows of aws-auth with the entries after the
// plan.
func (j Judgement) rowsWithoutEntry(v *verdict, e effects) {
	a := j.Have.AWSAuth
	living := map[string]bool{}
	unread := map[string]bool{}
	for _, s := range e.after.All() {
		switch key := spec.AWSAuthKey(s.Principal); {
		case s.Via != access.ViaEntry:
		case s.Unknown != "":
			unread[key] = true
		case s.Life != access.Stale && s.Life != access.Orphaned:
			living[key] = true
		}
	}
	var lacking, nodes, unchecked []string
	for _, r := range a.Rows {
		switch key := spec.AWSAuthKey(r.ARN); {
		case living[key]:
		case access.IsNodeRow(r) && !j.Have.EntriesRead:
			nodes = append(nodes, r.ARN) // EKS may create these entries at the mode step
		case unread[key]:
			unchecked = append(unchecked, r.ARN)
		default:
			lacking = append(lacking, fmt.Sprintf("%q (%s)", r.ARN, access.RowText(r)))
		}
	}
	var why []string
	if len(lacking) > 0 {
		why = append(why, "rows without an entry: "+strings.Join(lacking, ", "))
	}
	if len(a.Accounts) > 0 {
		why = append(why, "mapAccounts, which entries cannot replace: "+phrase.QuotedList(a.Accounts))
	}
	if len(a.Malformed) > 0 {
		why = append(why, "parts that cannot be read: "+strings.Join(a.Malformed, "; "))
	}
	switch {
	case len(why) > 0:
		v.refuse(
			GuardAuthenticationMode,
			"declare an entry for each, or remove it from aws-auth; or pass --allow-api-only",
			"mode %s disables aws-auth; %s",
			j.Mode.After,
			strings.Join(why, "; "),
		)
	case len(nodes) > 0:
		v.notChecked(
			GuardAuthenticationMode,
			"mode %s disables aws-auth; EKS may create entries for its node rows %s when the mode changes; "+
				"checked again when the entries can be read",
			j.Mode.After,
			phrase.QuotedList(nodes),
		)
	case len(unchecked) > 0:
		v.notChecked(
			GuardAuthenticationMode,
			"mode %s disables aws-auth; the entries of its rows %s were not read",
			j.Mode.After,
			phrase.QuotedList(unchecked),
		)
	default:
		v.pass(
			GuardAuthenticationMode,
			"mode %s disables aws-auth; each of its rows (%d) has an entry",
			j.Mode.After,
			len(a.Rows),
		)
	}
}

// awsAuthHidden: an entry and a row are not merged, so a new entry takes what
// only the row gives (EKS user guide, migrating-access-entries). Node access has
// a guard of its own.
func (j Judgement) awsAuthHidden(v *verdict, e effects) {
	created := j.createdChanges()
	if j.Mode.Before == eksfacts.ModeAPI || len(created) == 0 {
		return
	}
	if !j.readsAWSAuth() {
		j.hiddenUnknown(v, e, created)
		return
	}
	var lost []string
	moving := 0
	for _, c := range created {
		before, after := e.before.For(c.Principal), e.after.For(c.Principal)
		if before.Via != access.ViaRow {
			continue
		}
		moving++
		if missing := withoutNode(access.Excess(before, after)); len(missing) > 0 {
			lost = append(lost, fmt.Sprintf("%q (%s)", c.Principal, permissions(missing)))
		} else if !after.ClusterAdmin && !after.Node && before.Username != "" && before.Username != after.Username {
			v.warn(c.Source, "the entry of %s hides its aws-auth row with username %q; bindings to this name no "+
				"longer apply to it", c.Principal, before.Username)
		}
	}
	if moving > 0 {
		v.warn(
			"",
			"%s from aws-auth to access entries: each has no access for a moment, between its entry and its policies; "+
				"order: one first, then a few at a time, at most a quarter of the cluster admins at once, the caller "+
				"last",
			phrase.CountOf(moving, "principal moves", "principals move"),
		)
	}
	switch {
	case len(lost) == 0:
		v.pass(GuardAWSAuthHidden, "no new entry hides a row that grants more")
	case j.Allow.AWSAuthHidden:
		v.pass(
			GuardAWSAuthHidden,
			"new entries hide rows that grant more, allowed by --allow-aws-auth-hidden: %s",
			strings.Join(lost, ", "),
		)
	default:
		v.refuse(GuardAWSAuthHidden, "declare what the rows grant too, or pass --allow-aws-auth-hidden",
			"new entries would hide aws-auth rows that grant more: %s", strings.Join(lost, ", "))
	}
}

// hiddenUnknown decides without aws-auth: an entry that gives cluster admin
// hides nothing but node access, so an emergency can go on.
func (j Judgement) hiddenUnknown(v *verdict, e effects, created []Change) {
	var less []string
	for _, c := range created {
		if !e.after.For(c.Principal).ClusterAdmin {
			less = append(less, c.Principal)
		}
	}
	byEntry := slices.ContainsFunc(
		e.after.LivingAdmins(j.Declared),
		func(a access.Access) bool { return a.Via == access.ViaEntry },
	)
	detail := fmt.Sprintf(
		"aws-auth was not read%s; %s may have a row that the new entry hides",
		j.unread(),
		phrase.Count(cmp.Or(len(less), len(created)), "principal"),
	)
	switch {
	case j.Allow.AWSAuthHidden:
		v.pass(GuardAWSAuthHidden, "%s; allowed by --allow-aws-auth-hidden", detail)
	case !byEntry && j.Have.EntriesRead:
		v.refuse(GuardAWSAuthHidden, "declare an admin, "+j.unreadHint()+", or pass --allow-aws-auth-hidden",
			"%s, and no cluster admin by entry would remain", detail)
	case len(less) > 0 && j.requiresAWSAuth():
		v.refuse(GuardAWSAuthHidden, j.requiredHint(), "%s, and --kube requires it", detail)
	case len(less) == 0:
		v.pass(
			GuardAWSAuthHidden,
			"the new entries grant cluster admin, which includes everything that a row can grant except node access",
		)
	default:
		v.notChecked(GuardAWSAuthHidden, "%s", detail)
	}
}

func withoutNode(list []access.Permission) []access.Permission {
	return slices.DeleteFunc(list, func(p access.Permission) bool { return p.Node })
}

// permissions lists permissions for people.
func permissions(list []access.Permission) string {
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = p.String()
	}
	return strings.Join(words, ", ")
}

// awsAuthRestored: without an entry, a principal's row of aws-auth takes effect
// again (EKS user guide, migrating-access-entries).
func (j Judgement) awsAuthRestored(v *verdict, e effects) {
	deleted := j.deletions()
	switch {
	case j.Mode.After == eksfacts.ModeConfigMap || j.Mode.After == eksfacts.ModeAPI || len(deleted) == 0:
	case !j.readsAWSAuth() && j.Allow.AWSAuthRestored:
		v.pass(GuardAWSAuthRestored, "aws-auth was not read%s; allowed by --allow-aws-auth-restored", j.unread())
	case !j.readsAWSAuth() && j.requiresAWSAuth():
		v.refuse(
			GuardAWSAuthRestored,
			j.requiredHint(),
			"aws-auth was not read%s, and --kube requires it; %s may keep access through it",
			j.unread(),
			phrase.Count(len(deleted), "deleted principal"),
		)
	case !j.readsAWSAuth():
		v.notChecked(
			GuardAWSAuthRestored,
			"aws-auth was not read%s; %s may keep access through it",
			j.unread(),
			phrase.Count(len(deleted), "deleted principal"),
		)
	default:
		j.checkRestoredRows(v, e, deleted)
	}
}

func (j Judgement) checkRestoredRows(v *verdict, e effects, deleted []deletion) {
	a := j.Have.AWSAuth
	var open []string
	for _, d := range deleted {
		r, ok := e.after.Row(d.principal)
		switch {
		case ok && e.after.For(d.principal).Via == access.ViaEntry: // another path, another entry
		case ok && j.Have.Identities[d.principal].Existence == spec.Gone:
			v.warn(
				d.source,
				"%s no longer exists in IAM, but aws-auth has a row for it (%s): a new role with this name gets its "+
					"access",
				d.principal,
				access.RowText(r),
			)
		case ok:
			open = append(open, fmt.Sprintf("%q (%s)", d.principal, access.RowText(r)))
		case a.Account(d.principal) != "":
			open = append(
				open,
				fmt.Sprintf("%q (no groups; mapAccounts has its account %s)", d.principal, a.Account(d.principal)),
			)
		}
	}
	switch {
	case len(open) == 0:
		v.pass(GuardAWSAuthRestored, "no principal whose entry is deleted has a row in aws-auth")
	case j.Allow.AWSAuthRestored:
		v.pass(
			GuardAWSAuthRestored,
			"rows of aws-auth take effect again, allowed by --allow-aws-auth-restored: %s",
			strings.Join(open, ", "),
		)
	default:
		v.refuse(
			GuardAWSAuthRestored,
			"remove the rows from aws-auth, or pass --allow-aws-auth-restored",
			"rows of aws-auth would take effect again: %s",
			strings.Join(open, ", "),
		)
	}
}
