package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// awsAuth says what is to be known of the ConfigMap whatever is planned.
func (j Judgement) awsAuth(v *verdict) {
	a := j.Have.AWSAuth
	switch {
	case a == nil:
	case !a.Read && slices.ContainsFunc(v.guards, func(g Guard) bool { return g.Refuses() && strings.Contains(g.Detail, a.Why) }):
		// said already, with the hint
	case !a.Read:
		v.warn("aws-auth was not read: %s", joined("; ", a.Why, a.Hint))
	default:
		for _, m := range a.Malformed {
			v.warn("aws-auth: %s", m)
		}
		j.hidden(v)
	}
}

// unread ends a sentence with why aws-auth was not read, as far as anybody
// tried.
func (j Judgement) unread() string {
	if a := j.Have.AWSAuth; a != nil && a.Why != "" {
		return ": " + a.Why
	}
	return ""
}

func (j Judgement) readsAWSAuth() bool { return j.Have.AWSAuth != nil && j.Have.AWSAuth.Read }

// authMode: the step to API makes EKS ignore aws-auth for good. Whoever is
// still needed must have an entry by then, the roles of self-managed nodes
// too (EKS user guide, migrating-access-entries).
func (j Judgement) authMode(v *verdict) {
	switch {
	case j.Mode.Before == j.Mode.After:
	case j.Mode.After != eksfacts.ModeAPI:
		v.pass("authMode", "to %s; EKS does not go back from it", j.Mode.After)
	case j.Allow.APIOnly:
		v.pass("authMode", "to %s, which ends aws-auth; allowed", j.Mode.After)
	case !j.readsAWSAuth():
		hint := "read it with --kube, or make sure that every row of it that is still needed has an entry, and pass --allow-api-only"
		if a := j.Have.AWSAuth; a != nil {
			hint = joined("; ", a.Hint, "or make sure that every row of it that is still needed has an entry, and pass --allow-api-only")
		}
		v.refuse("authMode", hint, "to %s, which ends aws-auth, and aws-auth was not read%s", j.Mode.After, j.unread())
	default:
		j.covered(v)
	}
}

// covered holds the rows of aws-auth up against the entries of the end state.
func (j Judgement) covered(v *verdict) {
	a := j.Have.AWSAuth
	entries := j.living()
	unread := map[string]bool{}
	for _, principal := range j.Have.Unread {
		unread[spec.AWSAuthKey(principal)] = true
	}
	var lacking, nodes, unchecked []string
	for _, r := range a.Rows {
		switch {
		case entries[spec.AWSAuthKey(r.ARN)]:
		case isNodeRow(r) && !j.Have.EntriesRead:
			nodes = append(nodes, r.ARN) // EKS may make these at the switch
		case unread[spec.AWSAuthKey(r.ARN)]:
			unchecked = append(unchecked, r.ARN)
		default:
			lacking = append(lacking, fmt.Sprintf("%q (%s)", r.ARN, gives(r)))
		}
	}
	var why []string
	if len(lacking) > 0 {
		why = append(why, "no entry for its rows "+strings.Join(lacking, ", "))
	}
	if len(a.Accounts) > 0 {
		why = append(why, "no entry can stand for a whole account of mapAccounts: "+quoted(a.Accounts))
	}
	if len(a.Malformed) > 0 {
		why = append(why, "not all of it can be read: "+strings.Join(a.Malformed, "; "))
	}
	switch {
	case len(why) > 0:
		v.refuse("authMode", "give each an entry, or take it out of aws-auth; or pass --allow-api-only",
			"to %s, which ends aws-auth; %s", j.Mode.After, strings.Join(why, "; "))
	case len(nodes) > 0:
		v.open("authMode", "to %s, which ends aws-auth; EKS may make entries for its node rows %s at the switch, judged again when they can be read",
			j.Mode.After, quoted(nodes))
	case len(unchecked) > 0:
		v.open("authMode", "to %s, which ends aws-auth; its rows %s have entries that were not read", j.Mode.After, quoted(unchecked))
	default:
		v.pass("authMode", "to %s, which ends aws-auth; %s of it, none without an entry", j.Mode.After, count(len(a.Rows), "row"))
	}
}

// living are the entries of the end state that let somebody in, by
// [spec.AWSAuthKey].
func (j Judgement) living() map[string]bool {
	there := map[string]bool{} // by principal
	for i := range j.Have.Entries {
		e := &j.Have.Entries[i]
		there[e.Principal] = !j.Have.IsDead(e)
	}
	for _, c := range j.Changes {
		if c.PreviousPrincipal != nil && removes(c, *c.PreviousPrincipal) {
			there[*c.PreviousPrincipal] = false
		}
		live := j.Have.Entry(c.Principal)
		staysDead := c.Action == Update && live != nil && j.Have.IsDead(live)
		there[c.Principal] = c.After != nil && !staysDead
	}
	keys := map[string]bool{}
	for principal, is := range there {
		if is && j.Have.Identities[principal].Existence != spec.Gone {
			keys[spec.AWSAuthKey(principal)] = true
		}
	}
	return keys
}

// uncover: without an entry, a principal's aws-auth row rules again
// (EKS user guide, migrating-access-entries).
func (j Judgement) uncover(v *verdict) {
	var deleted []Change
	for _, c := range j.Changes {
		if c.Action == Delete {
			deleted = append(deleted, c)
		} else if c.PreviousPrincipal != nil && removes(c, *c.PreviousPrincipal) {
			deleted = append(deleted, Change{Principal: *c.PreviousPrincipal, Source: c.Source})
		}
	}
	switch {
	case j.Mode.After != eksfacts.ModeAPIAndConfigMap || len(deleted) == 0:
	case !j.readsAWSAuth():
		for _, c := range deleted {
			v.warnings = append(v.warnings, Warning{Source: c.Source, Message: fmt.Sprintf(
				"aws-auth was not read: if it has a row for %s, that row rules once the entry is gone", c.Principal)})
		}
		v.open("uncover", "aws-auth was not read%s; it may have rows for what is deleted (%s)", j.unread(), count(len(deleted), "principal"))
	default:
		j.uncovered(v, deleted)
	}
}

func (j Judgement) uncovered(v *verdict, deleted []Change) {
	a := j.Have.AWSAuth
	rows := a.ByKey()
	var open []string
	for _, c := range deleted {
		r, ok := rows[spec.AWSAuthKey(c.Principal)]
		switch {
		case ok && j.Have.Identities[c.Principal].Existence == spec.Gone:
			v.warnings = append(v.warnings, Warning{Source: c.Source, Message: fmt.Sprintf(
				"IAM no longer has %s, and aws-auth still has a row for it (%s): it lets in whoever makes it again", c.Principal, gives(r))})
		case ok:
			open = append(open, fmt.Sprintf("%q (%s)", c.Principal, gives(r)))
		case a.Account(c.Principal) != "":
			open = append(open, fmt.Sprintf("%q (no groups; mapAccounts has its account %s)", c.Principal, a.Account(c.Principal)))
		}
	}
	switch {
	case len(open) == 0:
		v.pass("uncover", "aws-auth lets in nobody who is deleted")
	case j.Allow.Uncover:
		v.pass("uncover", "aws-auth rules again, and allowed, for %s", strings.Join(open, ", "))
	default:
		v.refuse("uncover", "take it out of aws-auth first, or pass --allow-uncover", "aws-auth rules again for %s", strings.Join(open, ", "))
	}
}

// hidden warns where a new entry takes the place of a row that gives more: the
// two are not merged (EKS user guide, migrating-access-entries).
func (j Judgement) hidden(v *verdict) {
	if j.Mode.Before == eksfacts.ModeAPI {
		return
	}
	rows := j.Have.AWSAuth.ByKey()
	for _, c := range j.Changes {
		if c.Action != Create && c.Action != Rekey || c.After == nil {
			continue
		}
		if r, ok := rows[spec.AWSAuthKey(c.Principal)]; ok {
			if lost := beyond(r, c.After); len(lost) > 0 {
				v.warnings = append(v.warnings, Warning{Source: c.Source, Message: fmt.Sprintf(
					"the entry of %s hides its aws-auth row, which has what the entry does not: %s", c.Principal, strings.Join(lost, ", "))})
			}
		}
	}
}

// beyond is what a row has and an entry has not. Groups and names matter to
// nobody who may do everything.
func beyond(r spec.AWSAuthRow, e *spec.Entry) []string {
	if e.IsClusterAdmin() || eksfacts.IsNode(e.Type) && isNodeRow(r) {
		return nil
	}
	var lost []string
	for _, g := range r.Groups {
		if !slices.Contains(e.Groups, g) {
			lost = append(lost, fmt.Sprintf("group %q", g))
		}
	}
	if r.Username != "" && r.Username != e.Username {
		lost = append(lost, fmt.Sprintf("username %q", r.Username))
	}
	return lost
}

// isNodeRow tells the rows of nodes, Fargate's too, by the name every kubelet
// has (Kubernetes, Node authorization).
func isNodeRow(r spec.AWSAuthRow) bool { return strings.HasPrefix(r.Username, "system:node:") }

// gives is what a row gives, for people.
func gives(r spec.AWSAuthRow) string {
	groups := "no groups"
	if len(r.Groups) > 0 {
		groups = "groups " + quoted(r.Groups)
	}
	if r.Username == "" {
		return groups
	}
	return fmt.Sprintf("username %q, %s", r.Username, groups)
}

// joined leaves empty parts out.
func joined(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}
