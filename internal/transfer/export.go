package transfer

import (
	"fmt"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/spec"
)

// DeclaredCluster is what a file declares in a cluster, for another tool to keep.
// What ends by itself stays behind: no other tool has a clock for it, and a
// grant for an hour must not become one for good. Our own tags stay behind too,
// for they say that the entry is ours.
func DeclaredCluster(want *spec.Want) (Cluster, []Note) {
	c := want.Cluster
	out := Cluster{ID: c.ID, Mode: c.Mode}
	var notes []Note
	leave := func(n Note) {
		n.Outcome, n.Cluster = Left, c.ID.Name
		notes = append(notes, n)
	}
	for _, w := range want.Entries {
		if !w.Expires.IsZero() {
			leave(
				Note{
					Source:  w.Pos.String(),
					Subject: w.Principal,
					Why:     "it ends at " + w.Expires.UTC().Format(time.RFC3339) + ", and no other tool would end it",
				},
			)
			continue
		}
		out.Entries = append(out.Entries, Entry{Entry: plain(w.Entry), Source: w.Pos.String()})
	}
	if n := len(c.Absent); n > 0 {
		leave(
			Note{
				Subject: "absent",
				Why:     phrase.Count(n, "line") + "; other tools take away only what they made",
				Hint:    "apply it here before, so that there is nothing left to delete",
			},
		)
	}
	if n := len(c.Ignore); n > 0 {
		leave(Note{Subject: "ignore", Why: phrase.Count(n, "line") + "; other tools know only of what they made"})
	}
	if c.Owner != "" && len(out.Entries) > 0 {
		notes = append(
			notes,
			Note{
				Outcome: Left,
				Subject: "owner",
				Why:     "entries will not carry " + spec.TagOwner + "=" + c.Owner + " there",
				Hint: "once another tool has them, write watch: true on their clusters, or take those out of the " +
					"file",
			},
		)
	}
	return out, notes
}

// LiveCluster is what a cluster has, for another tool to keep. What is AWS's own
// business and what ends by itself stays behind.
func LiveCluster(have *spec.Live) (Cluster, []Note) {
	out := Cluster{ID: have.ID, Mode: have.Mode}
	var notes []Note
	note := func(subject, why, hint string) {
		notes = append(notes, Note{Outcome: Doubt, Cluster: have.ID.Name, Subject: subject, Why: why, Hint: hint})
	}
	leave := func(subject, why, hint string) {
		notes = append(notes, Note{Outcome: Left, Cluster: have.ID.Name, Subject: subject, Why: why, Hint: hint})
	}
	if !have.EntriesRead {
		leave("", "in mode "+have.Mode+" it has no access entries", "")
		return out, notes
	}
	left := 0
	for i := range have.Entries {
		e := &have.Entries[i]
		owner := eksfacts.OwnerByTags(e.Tags)
		switch {
		case have.IsSystem(e):
			left++
			continue
		case e.Tags[spec.TagExpires] != "":
			leave(
				e.Principal,
				"it ends at "+e.Tags[spec.TagExpires]+", and no other tool would end it",
				"eksaccess cleanup --expired ends it",
			)
			continue
		case e.Tags[spec.TagOwner] == spec.OwnerBreakGlass:
			leave(e.Principal, "an emergency made it, and no other tool would end it",
				"declare it in a file if it is to stay")
			continue
		case e.Tags[spec.TagHoldUntil] != "":
			note(
				e.Principal,
				"it is held until "+e.Tags[spec.TagHoldUntil]+" for an emergency: what it was given for that goes "+
					"along",
				"",
			)
		case owner != "":
			note(e.Principal, "it belongs to "+owner, "take it out there first, without deleting it")
		}
		out.Entries = append(out.Entries, Entry{Entry: plain(e.Entry)})
	}
	if left > 0 {
		leave(
			"system entries",
			fmt.Sprintf("AWS keeps %d by itself: those of nodes, services and capabilities", left),
			"",
		)
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
