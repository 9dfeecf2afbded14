package handover

import (
	"cmp"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// A Cluster is the access of one cluster as a file says it.
type Cluster struct {
	ID      arn.Cluster // without account or region where the file does not say
	Mode    string      // authentication mode; "" where the file does not say
	Entries []Entry     // sorted by principal, one a principal
	// Rows are for the ConfigMap aws-auth, and Accounts for its mapAccounts, where
	// the file has such.
	Rows     []awsauth.Item
	Accounts []string
}

// An Entry is an access entry, and where it stands in the file it is from.
type Entry struct {
	spec.Entry
	Source string // "cluster.yaml:12:5", or a Terraform address; may be empty
}

// A Note is something that does not go along, or goes along and has to be
// looked at.
type Note struct {
	Left    bool   // it does not go along
	Cluster string // its name, or "" for the file as a whole
	Subject string // what: a principal, an address, a key; may be empty
	Source  string // where it stands; may be empty
	Why     string // lower case, no full stop
	Hint    string // what to do; may be empty
}

func (n Note) String() string {
	why := n.Why
	if n.Left {
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
// up, and takes out repetitions.
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

// Fill brings an entry that a file declares into the form EKS answers in: with
// the type and the username it gets where none is named, and canonical. Groups
// and username of a type that takes none are EKS's own, and are left out: a
// Terraform state has them. A known type is taken in any case: EKS answers in
// upper case, and its guide has written EC2_Linux.
func Fill(e spec.Entry) spec.Entry {
	if e.Type == "" {
		e.Type = eksfacts.Standard
	}
	if upper := strings.ToUpper(e.Type); eksfacts.IsKnownType(upper) {
		e.Type = upper
	}
	if !eksfacts.TakesNames(e.Type) {
		e.Groups, e.Username = nil, ""
	}
	if e.Username == "" {
		e.Username = eksfacts.DefaultUsername(e.Type, e.Principal)
	}
	return e.Canonical()
}
