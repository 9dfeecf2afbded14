package handover

import (
	"fmt"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// Declared is what a file declares in a cluster, for another tool to keep.
// What ends by itself stays behind: no other tool has a clock for it, and a
// grant for an hour must not become one for good. Our own tags stay behind too,
// for they say that the entry is ours.
func Declared(want *spec.Want) (Cluster, []Note) {
	c := want.Cluster
	out := Cluster{ID: c.ID, Mode: c.Mode}
	var notes []Note
	note := func(subject, why, hint string) {
		notes = append(notes, Note{Cluster: c.ID.Name, Subject: subject, Why: why, Hint: hint})
	}
	for _, w := range want.Entries {
		if !w.Expires.IsZero() {
			note(w.Principal, "left out: it ends at "+w.Expires.UTC().Format(time.RFC3339)+", and no other tool would end it", "")
			continue
		}
		out.Entries = append(out.Entries, Entry{Entry: plain(w.Entry), Source: w.Pos.String()})
	}
	for _, left := range []struct {
		count     int
		key, hint string
	}{
		{len(c.Absent), "absent", "apply it here before, so that there is nothing left to delete"},
		{len(c.Ignore), "ignore", ""},
	} {
		if left.count > 0 {
			note(left.key, fmt.Sprintf("left out, with %d lines: other tools only know of what they made", left.count), left.hint)
		}
	}
	if c.Owner != "" && len(out.Entries) > 0 {
		note("owner", "left out: the entries will not carry "+spec.TagOwner+"="+c.Owner+" there",
			"once another tool has them, write watch: true on the cluster, or take it out of the file")
	}
	return out, notes
}

// Live is what a cluster has, for another tool to keep. What is AWS's own
// business, as system says, and emergency grants stay behind.
func Live(have *spec.Live, system func(*spec.LiveEntry) bool) (Cluster, []Note) {
	out := Cluster{ID: have.ID, Mode: have.Mode}
	var notes []Note
	note := func(subject, why, hint string) {
		notes = append(notes, Note{Cluster: have.ID.Name, Subject: subject, Why: why, Hint: hint})
	}
	if !have.EntriesRead {
		note("", "left out: in mode "+have.Mode+" it has no access entries", "")
		return out, notes
	}
	left := 0
	for i := range have.Entries {
		e := &have.Entries[i]
		owner := eksfacts.OwnerByTags(e.Tags)
		switch {
		case system(e):
			left++
			continue
		case e.Tags[spec.TagExpires] != "":
			note(e.Principal, "left out: it ends at "+e.Tags[spec.TagExpires]+", and no other tool would end it", "eksaccess cleanup --expired ends it")
			continue
		case e.Tags[spec.TagHoldUntil] != "":
			note(e.Principal, "it is held until "+e.Tags[spec.TagHoldUntil]+" for an emergency: what it was given for that goes along", "")
		case owner != "":
			note(e.Principal, "it belongs to "+owner, "take it out there first, without deleting it")
		}
		out.Entries = append(out.Entries, Entry{Entry: plain(e.Entry)})
	}
	if left > 0 {
		note("", fmt.Sprintf("left out: %d entries that are AWS's own: of nodes, services and capabilities", left), "")
	}
	return out, notes
}

// plain is an entry without our tags and AWS's.
func plain(e spec.Entry) spec.Entry {
	e = e.Clone()
	for key := range e.Tags {
		if lower := strings.ToLower(key); strings.HasPrefix(lower, spec.TagPrefix) || strings.HasPrefix(lower, "aws:") {
			delete(e.Tags, key)
		}
	}
	return e
}

// OwnUsername is the username to write for an entry: "" where it is the one
// EKS derives, or where the type takes none.
func (e Entry) OwnUsername() string {
	if !eksfacts.TakesNames(e.Type) || e.Username == eksfacts.DefaultUsername(e.Type, e.Principal) {
		return ""
	}
	return e.Username
}

// OwnGroups are the groups to write for an entry: none where the type takes
// none, since those it has are EKS's.
func (e Entry) OwnGroups() []string {
	if !eksfacts.TakesNames(e.Type) {
		return nil
	}
	return e.Groups
}

// OwnType is the type to write for an entry: "" for the one it gets where none
// is named.
func (e Entry) OwnType() string {
	if e.Type == eksfacts.Standard {
		return ""
	}
	return e.Type
}

// Name is what people call a principal: the name of the role or user, or of
// the permission set.
func (e Entry) Name() string {
	p, err := arn.ParsePrincipal(e.Principal)
	if err != nil {
		return e.Principal
	}
	if set, _, ok := p.PermissionSet(); ok {
		return set
	}
	if p.Name == "" {
		return p.Account
	}
	return p.Name
}
