package transfer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/spec"
)

// Merge adds to a file what it lacks of what was found, and marks it. Nothing
// that is in the file changes: an entry that it declares otherwise is noted
// and left, so is one that it ignores or names as absent. It returns what was
// found with notes on all of it that is not simply in the file now.
//
// The error is of type [spec.Problems] where the file is not one to add to.
func Merge(file spec.Source, f *Import) ([]byte, *Import, error) {
	fleet, problems := spec.Load([]spec.Source{file})
	if problems.Failed() {
		return nil, f, problems
	}
	f = f.sortedCopy()
	mark := "new: from " + f.Source
	add := spec.Additions{Comment: mark, Access: map[arn.Cluster]spec.AccessLines{}}
	declared := map[arn.Cluster]*spec.Cluster{}
	for _, c := range fleet.Clusters {
		declared[c.ID] = c
	}
	var trusting []*Cluster
	placed := map[arn.Cluster]*Cluster{}
	for i := range f.Clusters {
		c := &f.Clusters[i]
		if c.LeftOut {
			continue
		}
		there := declared[c.ID]
		if there == nil {
			c.dropUnwritable()
			add.Clusters = append(add.Clusters, newCluster(c, f, mark))
			trusting = append(trusting, c)
			c.reportRows()
			continue
		}
		c.dropDeclared(there)
		c.dropUnwritable()
		placed[c.ID] = c
		if c.Mode != "" && there.Mode == "" {
			c.Notes = append(c.Notes, Note{Outcome: Left, Subject: "authenticationMode", Source: there.Pos.String(),
				Why: "the file names none for the cluster", Hint: "add the line: authenticationMode: " + c.Mode})
		}
		if len(c.Entries) == 0 {
			continue
		}
		var lines spec.AccessLines
		for j := range c.Entries {
			l := lineOf(&c.Entries[j])
			l.mark().Comments = append([]string{mark}, l.mark().Comments...)
			l.add(&lines)
		}
		add.Access[c.ID] = lines
		trusting = append(trusting, c)
	}
	add.TrustedAccounts = untrustedAccounts(trustedAccounts(trusting), fleet)
	out, left, err := spec.Extend(file, add)
	if err != nil {
		return nil, f, err
	}
	if len(left) > 0 { // once more, without what only those would need
		for _, id := range left {
			placed[id].byHand(add.Access[id])
			delete(add.Access, id)
		}
		add.TrustedAccounts = untrustedAccounts(trustedAccounts(trusting), fleet)
		if out, _, err = spec.Extend(file, add); err != nil {
			return nil, f, err
		}
	}
	for id, c := range placed {
		if !slices.Contains(left, id) {
			c.reportAdded()
			c.reportRows()
		}
	}
	return out, f, nil
}

// newCluster is a cluster that the file does not declare, with all it needs on
// its own lines: what stands under defaults there is not ours to know.
func newCluster(c *Cluster, f *Import, mark string) spec.ClusterLine {
	line := clusterLine(c)
	line.Comments = append([]string{mark}, line.Comments...)
	line.AssumeRole.Value = f.AssumeRole
	line.Watch.Value = f.Watch
	return line
}

// dropDeclared takes out of c what a cluster of a file has already, or does not
// want, with a note on each that needs one.
func (c *Cluster) dropDeclared(there *spec.Cluster) {
	// A temporary grant that the file declares, it declares with its end.
	c.Notes = slices.DeleteFunc(c.Notes, func(n Note) bool {
		return n.Temporary && slices.ContainsFunc(there.Items, func(i spec.Item) bool {
			return i.Principal.Matches(n.Subject, there.ID.Account)
		})
	})
	want := resolveEntries(there, c.Entries)
	c.Entries = slices.DeleteFunc(c.Entries, func(e Entry) bool {
		for _, a := range there.Absent {
			if a.Principal.Matches(e.Principal, there.ID.Account) {
				c.note(Left, &e, "the file names it as absent at "+a.Pos.String(), "")
				return true
			}
		}
		for _, item := range there.Items {
			if names(item.Principal, &e, there.ID.Account) {
				c.compare(&e, item, want)
				return true
			}
		}
		for _, glob := range there.Ignore {
			if arn.Match(glob, e.Principal) {
				if e.Report {
					c.note(Left, &e, fmt.Sprintf("the file ignores it, by %q", glob), "")
				}
				return true
			}
		}
		return false
	})
}

// names reports whether a line of a file names the principal of an entry.
func names(ref spec.PrincipalRef, e *Entry, account string) bool {
	return ref == e.Ref && e.Ref != spec.PrincipalRef{} || ref.Matches(e.Principal, account)
}

// compare notes how an entry that the file has stands to what was found.
func (c *Cluster) compare(e *Entry, item spec.Item, want map[string]spec.Entry) {
	declared, known := want[e.Principal]
	var differ []string
	if known {
		differ = differences(e.Entry, declared)
	}
	switch {
	case len(differ) > 0:
		c.note(Differs, e, "declared at "+item.Pos.String()+", with other "+strings.Join(differ, ", "), "")
	case e.Report:
		c.note(Covered, e, "declared at "+item.Pos.String(), "")
	}
}

// differences name the parts in which two entries differ. Tags are the file's
// own affair.
func differences(a, b spec.Entry) []string {
	a, b = a.Canonical(), b.Canonical()
	var parts []string
	if a.Type != b.Type {
		parts = append(parts, "type")
	}
	if a.Username != b.Username {
		parts = append(parts, "username")
	}
	if !slices.Equal(a.Groups, b.Groups) {
		parts = append(parts, "groups")
	}
	if !slices.EqualFunc(a.Policies, b.Policies, spec.Policy.Equal) {
		parts = append(parts, "policies")
	}
	return parts
}

// resolveEntries are the entries that a cluster of a file declares, as far as the
// principals found tell which its names mean.
func resolveEntries(there *spec.Cluster, entries []Entry) map[string]spec.Entry {
	arns := map[spec.PrincipalRef]string{}
	for _, ref := range there.Refs() {
		for _, e := range entries {
			if names(ref, &e, there.ID.Account) {
				if arns[ref] != "" { // two suffixes of a permission set: IAM would have to tell
					arns[ref] = ""
					break
				}
				arns[ref] = e.Principal
			}
		}
	}
	known := *there
	known.Items = slices.DeleteFunc(slices.Clone(there.Items), func(i spec.Item) bool {
		return i.Principal.ARN == "" && arns[i.Principal] == ""
	})
	want, _ := known.Resolve(arns)
	out := map[string]spec.Entry{}
	if want != nil {
		for _, w := range want.Entries {
			out[w.Principal] = w.Entry
		}
	}
	return out
}

// untrustedAccounts are the accounts that the file does not trust yet.
func untrustedAccounts(accounts []string, fleet *spec.Fleet) []string {
	return slices.DeleteFunc(accounts, func(a string) bool { return slices.Contains(fleet.Guards.TrustedAccounts, a) })
}

// reportAdded notes what is new in a cluster that was there.
func (c *Cluster) reportAdded() {
	for i := range c.Entries {
		if e := &c.Entries[i]; !e.Report {
			c.note(Carried, e, strings.Join(summary(e), "; "), "")
		}
	}
}

// byHand notes lines for which there is no place in the file.
func (c *Cluster) byHand(lines spec.AccessLines) {
	var text strings.Builder
	for _, part := range []struct {
		key   string
		n     int
		lines func(int) []byte
	}{
		{"admins", len(lines.Admins), func(i int) []byte { return spec.EncodeAdmin(2, lines.Admins[i]) }},
		{"access", len(lines.Access), func(i int) []byte { return spec.EncodeAccess(2, lines.Access[i]) }},
	} {
		if part.n > 0 {
			fmt.Fprintf(&text, "%s:\n", part.key)
		}
		for i := range part.n {
			text.Write(part.lines(i))
		}
	}
	c.Notes = append(c.Notes, Note{Outcome: Left, Subject: phrase.Count(len(c.Entries), "entry"),
		Why:  "the cluster's lines in the file are shared with others by an anchor or an alias",
		Hint: "add by hand:\n" + text.String()})
	c.Entries = nil
}
