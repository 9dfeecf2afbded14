package transfer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/spec"
)

// Options say how a file is written.
type Options struct {
	Sets bool // what is the same on several clusters becomes sets
}

// Write makes a file of what was found. It returns what was found, too, with
// notes on all that is not in the file. The file is nil where no cluster is
// left to be written.
func Write(f *Import, o Options) ([]byte, *Import) {
	f = f.sortedCopy()
	doc := &spec.Document{Mark: spec.Mark{Comments: head(f)}, APIVersion: spec.Text{Value: spec.APIVersion}}
	var written []*Cluster
	for i := range f.Clusters {
		c := &f.Clusters[i]
		if c.LeftOut {
			continue
		}
		c.dropUnwritable()
		written = append(written, c)
	}
	if len(written) == 0 {
		return nil, f
	}
	if f.AsSet != "" {
		return setAlone(f, written[0]), f
	}
	doc.Guards.TrustedAccounts = texts(trustedAccounts(written))
	if len(doc.Guards.TrustedAccounts) > 0 {
		doc.Guards.Comments = []string{"accounts whose principals have access here"}
	}
	doc.Defaults.AssumeRole.Value = f.AssumeRole
	doc.Defaults.Watch.Value = f.Watch
	for _, c := range written {
		doc.Clusters = append(doc.Clusters, clusterLine(c))
	}
	text := spec.Encode(doc)
	if o.Sets {
		shared := *doc
		shared.Clusters = slices.Clone(doc.Clusters)
		share(&shared, written)
		if s := spec.Encode(&shared); lines(s) < lines(text) && sameMeaning(s, text) {
			text = s
		}
	}
	for _, c := range written {
		c.reportRows()
	}
	return text, f
}

// setAlone is a file that holds a set and no cluster, for access of which
// the file does not say where it belongs.
func setAlone(f *Import, c *Cluster) []byte {
	set := spec.SetLine{Name: spec.Text{Value: f.AsSet}}
	for i := range c.Entries {
		lineOf(&c.Entries[i]).add(&set.AccessLines)
	}
	c.reportRows()
	return spec.Encode(
		&spec.Document{
			Mark:       spec.Mark{Comments: head(f)},
			APIVersion: spec.Text{Value: spec.APIVersion},
			Sets:       spec.SetLines{set},
		},
	)
}

// head opens the file; it names what is not in it.
func head(f *Import) []string {
	comments := slices.Clone(f.Comments)
	for i := range f.Clusters {
		if c := &f.Clusters[i]; c.LeftOut {
			comments = append(comments, fmt.Sprintf("Left out: %s: %s", c.ID.Path(), c.Notes[0].Why))
		}
	}
	return comments
}

func clusterLine(c *Cluster) spec.ClusterLine {
	cl := spec.ClusterLine{Mark: spec.Mark{Comments: c.Comments}, ARN: spec.Text{Value: c.ID.ARN()},
		Settings: spec.Settings{AuthenticationMode: spec.Text{Value: c.Mode}, Profile: spec.Text{Value: c.Profile}}}
	for i := range c.Entries {
		lineOf(&c.Entries[i]).add(&cl.AccessLines)
	}
	return cl
}

func trustedAccounts(clusters []*Cluster) []string {
	var accounts []string
	for _, c := range clusters {
		accounts = append(accounts, foreign(c.ID, c.Entries)...)
	}
	slices.Sort(accounts)
	return slices.Compact(accounts)
}

// reportRows notes the entries that are to be reported whatever becomes of
// them, and brings the notes into the order of the rows.
func (c *Cluster) reportRows() {
	for i := range c.Entries {
		switch e := &c.Entries[i]; {
		case len(e.Doubts) > 0:
			c.note(Doubt, e, strings.Join(append(summary(e), e.Doubts...), "; "), e.Hint)
		case e.Report:
			c.note(Carried, e, strings.Join(summary(e), "; "), "")
		}
	}
	slices.SortStableFunc(c.Notes, func(a, b Note) int { return cmp.Compare(a.Order, b.Order) })
}

// summary is an entry in a few words.
func summary(e *Entry) []string {
	out := []string{e.Type}
	for _, p := range e.Policies {
		s := policyName(p.ARN, e.Principal)
		if p.Scope == spec.ScopeNamespace {
			s += " in " + strings.Join(p.Namespaces, ", ")
		}
		out = append(out, s)
	}
	if len(e.Groups) > 0 {
		out = append(out, "groups "+strings.Join(e.Groups, ", "))
	}
	return out
}
