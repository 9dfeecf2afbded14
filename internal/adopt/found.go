package adopt

import (
	"cmp"
	"slices"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/spec"
)

// A Found is what an importer found.
type Found struct {
	// Source says where, in a few words: "live access", "aws-auth.yaml".
	Source   string
	Comments []string // for the head of the file
	Clusters []Cluster
	Notes    []Note // that are of no one cluster

	// AssumeRole is how the clusters were reached, as a template for all of
	// them; "" for none.
	AssumeRole string
	Watch      bool // write watch: true

	// AsSet: nobody says which cluster the one of Clusters is, so it is written
	// as a set of this name.
	AsSet string
}

// A Cluster is the access of one cluster.
type Cluster struct {
	ID       arn.Cluster
	Comments []string // above it
	Mode     string   // authenticationMode to be written; "" for none
	Profile  string   // by which it was reached, where that is worth a line
	Entries  []Entry
	Notes    []Note
	// LeftOut: the cluster is told of and not written, as its notes say.
	LeftOut bool
	Failed  bool // left out since it could not be read
}

// An Entry is one principal's access, in the form EKS answers in. Of its tags
// those that are ours, AWS's or another tool's mark are not written.
type Entry struct {
	spec.Entry
	Ref      spec.PrincipalRef // how to name the principal; zero: by its ARN
	Owner    string            // whose it is now, for a comment; "" for nobody's
	Comments []string          // what is odd about it
	Source   string            // where it stands in what was read; may be empty
	Row      bool              // report it, whatever becomes of it
	Doubts   []string          // for the report, in full
	Do       string            // about them

	at int // place among the rows
}

// An Outcome is what became of something that was read.
type Outcome string

const (
	Carried Outcome = "carried over"     // it is in the file now
	Covered Outcome = "already covered"  // an entry that is there has it
	Differs Outcome = "there, but other" // there is an entry, with other access
	Left    Outcome = "not carried over"
	Doubt   Outcome = "carried over, look at it"
)

// A Note says what became of something, and what to do.
type Note struct {
	Outcome Outcome
	Subject string // what: a principal, a row, a key
	Source  string // where it stands; may be empty
	Why     string // lower case, no full stop; may be empty
	Do      string // lines, to paste or to follow; may be empty

	at        int  // place among the rows that were read
	temporary bool // about a grant that ends by itself
}

// sorted is f in the order of clusters and principals.
func (f *Found) sorted() *Found {
	g := *f
	g.Clusters = slices.Clone(f.Clusters)
	slices.SortStableFunc(g.Clusters, func(a, b Cluster) int { return a.ID.Compare(b.ID) })
	for i := range g.Clusters {
		c := &g.Clusters[i]
		c.Entries = slices.Clone(c.Entries)
		slices.SortStableFunc(c.Entries, func(a, b Entry) int { return cmp.Compare(a.Principal, b.Principal) })
		c.Notes = slices.Clone(c.Notes)
	}
	return &g
}

func (c *Cluster) note(outcome Outcome, e *Entry, why, do string) {
	c.Notes = append(
		c.Notes,
		Note{Outcome: outcome, Subject: e.Principal, Source: e.Source, Why: why, Do: do, at: e.at},
	)
}
