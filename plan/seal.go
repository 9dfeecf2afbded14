package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/spec"
)

// New puts the clusters' plans together, counts, and seals the whole.
func New(clusters []Cluster, now time.Time, toolVersion string) *Plan {
	p := &Plan{APIVersion: APIVersion, Kind: Kind, CreatedAt: now.UTC().Truncate(time.Second), ToolVersion: toolVersion,
		Clusters: slices.Clone(clusters)}
	if p.Clusters == nil {
		p.Clusters = []Cluster{}
	}
	slices.SortStableFunc(p.Clusters, func(a, b Cluster) int { return a.ID().Compare(b.ID()) })
	for i := range p.Clusters {
		p.Summary.add(&p.Clusters[i])
	}
	p.Digest = p.digest()
	return p
}

func (s *Summary) add(c *Cluster) {
	s.Clusters++
	for _, change := range c.Changes {
		switch change.Action {
		case Create:
			s.Create++
		case Update:
			s.Update++
		case Replace:
			s.Replace++
		case Rekey:
			s.Rekey++
		case Delete:
			s.Delete++
		}
	}
	if c.Counts != nil {
		s.Unchanged += c.Counts.Unchanged
		s.Ignored += c.Counts.Ignored
		s.System += c.Counts.System
	}
	if c.DeclaredOnly {
		s.DeclaredOnly++
		if c.Counts != nil {
			s.Unread += c.Counts.Unread
		}
	}
	s.LeftOut += c.LeftOut
	s.Unmanaged += len(c.Unmanaged)
	s.Held += len(c.Held)
	s.NotUndone += len(c.NotUndone)
	if c.AuthenticationMode.Moves() {
		s.ModeChanges++
	}
	switch c.Status {
	case Refused:
		s.Refused++
	case Failed:
		s.Failed++
	}
}

// digest is over everything but the digest itself and the time: the same input
// gives the same one. It finds damage, not malice.
func (p *Plan) digest() string {
	q := *p
	q.Digest, q.CreatedAt = "", time.Time{}
	return sum(q)
}

// Check reports whether the plan is of a form this program reads and is the
// one that was sealed.
func (p *Plan) Check() error {
	switch {
	case p.Kind != Kind:
		return fmt.Errorf("kind is %q, not %q", p.Kind, Kind)
	case p.APIVersion != APIVersion:
		return fmt.Errorf("apiVersion is %q; this program reads %q", p.APIVersion, APIVersion)
	case p.Digest != p.digest():
		return fmt.Errorf("the digest does not match: the file was changed or damaged")
	}
	return nil
}

// Fingerprint is of what a cluster's plan was made from: its mode, the entries
// the plan touches, and who is cluster admin.
func Fingerprint(have *spec.Live, changes []Change) string {
	var from struct {
		Mode    string
		Touched []spec.Entry
		Admins  []string
	}
	from.Mode = have.Mode
	for _, e := range have.Entries {
		if e.IsClusterAdmin() {
			from.Admins = append(from.Admins, e.Principal)
		}
		if slices.ContainsFunc(changes, func(c Change) bool {
			return c.Principal == e.Principal || c.PreviousPrincipal != nil && *c.PreviousPrincipal == e.Principal
		}) {
			from.Touched = append(from.Touched, e.Entry.Canonical())
		}
	}
	slices.Sort(from.Admins)
	slices.SortFunc(from.Touched, spec.Entry.Compare)
	return sum(from)
}

func sum(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("plan: encoding JSON: " + err.Error())
	}
	h := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(h[:])
}
