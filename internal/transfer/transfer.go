package transfer

import (
	"cmp"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/spec"
)

// An Import is access that was read and that becomes a file of ours.
type Import struct {
	// Source says where it was read, in a few words: "live access", "aws-auth.yaml".
	Source   string
	Comments []string // for the head of the file
	Clusters []Cluster
	Notes    []Note // that are of no single cluster

	// AssumeRole is how the clusters were reached, as a template for all of
	// them; "" for none.
	AssumeRole string
	Watch      bool // write watch: true

	// AsSet: the one cluster of Clusters is not known, so its access is written
	// as a set of this name.
	AsSet string
}

// A Cluster is the access of one cluster.
type Cluster struct {
	ID      arn.Cluster // without account or region where a file does not say them
	Mode    string      // authentication mode; "" where it is not known, or not to be written
	Entries []Entry     // sorted by principal, one a principal
	// Rows are for the ConfigMap aws-auth, and Accounts for its mapAccounts, where
	// another tool's file has such.
	Rows     []awsauth.Item
	Accounts []string

	Comments []string // above the cluster in a file of ours
	Profile  string   // by which it was reached, where that is worth a line
	Notes    []Note
	// LeftOut: the cluster is reported and not written, as its notes say.
	LeftOut bool
	Failed  bool // left out since it could not be read
}

// An Entry is one principal's access, in the form EKS answers in. Of its tags
// those that are ours, AWS's or another tool's mark are not written.
type Entry struct {
	spec.Entry
	Source string // "cluster.yaml:12:5", or a Terraform address; may be empty

	Ref      spec.PrincipalRef // how to name the principal; zero: by its ARN
	Owner    string            // its owner now, for a comment; "" for none
	Comments []string          // what is unusual about it
	Report   bool              // report it also where it is carried over unchanged
	Doubts   []string          // for the report, in full
	Hint     string            // what to do about them
	Order    int               // place among the rows of aws-auth, from 1; 0 for none
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
	Cluster string // its name; "" for the file as a whole, and for a note of [Cluster.Notes]
	Subject string // what: a principal, a row, an address, a key; may be empty
	Source  string // where it stands; may be empty
	Why     string // lower case, no full stop; may be empty
	Hint    string // what to do, in lines; may be empty

	Order     int  // as in [Entry]
	Temporary bool // about a grant that ends by itself
}

// String is a note in one line, without its hint.
func (n Note) String() string {
	why := n.Why
	if n.Outcome == Left {
		why = "left out: " + why
	}
	var parts []string
	for _, p := range []string{n.Cluster, n.Source, n.Subject, why} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ": ")
}

// SortNotes puts those of a cluster together, in the order in which they came
// up, and removes repetitions.
func SortNotes(notes []Note) []Note {
	slices.SortStableFunc(notes, func(a, b Note) int { return cmp.Compare(a.Cluster, b.Cluster) })
	return slices.Compact(notes)
}

// Sort puts clusters and their entries in order.
func Sort(clusters []Cluster) {
	for i := range clusters {
		slices.SortFunc(clusters[i].Entries, func(a, b Entry) int { return a.Entry.Compare(b.Entry) })
	}
	slices.SortFunc(clusters, func(a, b Cluster) int { return a.ID.Compare(b.ID) })
}

// sortedCopy is a copy of an import in the order of clusters and principals. Notes
// and entries can be added to it without changing the original.
func (i *Import) sortedCopy() *Import {
	out := *i
	out.Clusters = slices.Clone(i.Clusters)
	slices.SortStableFunc(out.Clusters, func(a, b Cluster) int { return a.ID.Compare(b.ID) })
	for j := range out.Clusters {
		c := &out.Clusters[j]
		c.Entries = slices.Clone(c.Entries)
		slices.SortStableFunc(c.Entries, func(a, b Entry) int { return cmp.Compare(a.Principal, b.Principal) })
		c.Notes = slices.Clone(c.Notes)
	}
	return &out
}

func (c *Cluster) note(outcome Outcome, e *Entry, why, hint string) {
	c.Notes = append(c.Notes, Note{
		Outcome: outcome,
		Subject: e.Principal,
		Source:  e.Source,
		Why:     why,
		Hint:    hint,
		Order:   e.Order,
	})
}
