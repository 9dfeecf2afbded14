package handover

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/eksaccess/eksaccess/internal/adopt"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// Placed completes clusters of which a file does not say the region or the
// account; account may be "" where nobody knows it. Those that it can't
// complete are left out, with a note. What then is one cluster is made one.
func Placed(clusters []Cluster, account, region string) ([]Cluster, []Note) {
	var out []Cluster
	var notes []Note
	for _, c := range clusters {
		if c.ID.Region == "" && region != "" {
			c.ID.Region, c.ID.Partition = region, arn.PartitionOf(region)
		}
		if c.ID.Account == "" {
			c.ID.Account = account
		}
		if c.ID.Region == "" || c.ID.Account == "" {
			what, hint := "account", "--account ACCOUNT"
			if c.ID.Region == "" {
				what, hint = "region", "--region REGION"
			}
			notes = append(
				notes,
				Note{
					Left:    true,
					Cluster: c.ID.Name,
					Subject: fmt.Sprintf("%d of its entries", len(c.Entries)),
					Why:     "the file does not say its " + what,
					Hint:    "pass " + hint,
				},
			)
			continue
		}
		i := slices.IndexFunc(out, func(have Cluster) bool { return have.ID == c.ID })
		if i < 0 {
			out = append(out, c)
			continue
		}
		for _, e := range c.Entries {
			if slices.ContainsFunc(out[i].Entries, func(have Entry) bool { return have.Principal == e.Principal }) {
				notes = append(
					notes,
					Note{
						Left:    true,
						Cluster: c.ID.Name,
						Source:  e.Source,
						Subject: e.Principal,
						Why:     "the file has it twice, once without saying in which account and region",
					},
				)
				continue
			}
			out[i].Entries = append(out[i].Entries, e)
		}
		if out[i].Mode == "" {
			out[i].Mode = c.Mode
		}
	}
	Sort(out)
	return out, notes
}

// Found is what an importer hands on. The clusters have their places.
func Found(source string, head []string, clusters []Cluster, notes []Note) *adopt.Found {
	f := &adopt.Found{Source: source, Comments: head}
	byName := map[string][]int{}
	for i, c := range clusters {
		out := adopt.Cluster{ID: c.ID}
		for _, e := range c.Entries {
			out.Entries = append(out.Entries, adopt.Entry{Entry: e.Entry, Source: e.Source})
		}
		f.Clusters = append(f.Clusters, out)
		mode(&f.Clusters[i], c)
		byName[c.ID.Name] = append(byName[c.ID.Name], i)
	}
	for _, n := range notes {
		note := adopt.Note{Outcome: adopt.Doubt, Subject: n.Subject, Source: n.Source, Why: n.Why, Do: n.Hint}
		if n.Left {
			note.Outcome = adopt.Left
		}
		if at := byName[n.Cluster]; len(at) == 1 {
			f.Clusters[at[0]].Notes = append(f.Clusters[at[0]].Notes, note)
			continue
		}
		if n.Cluster != "" && n.Subject != "" {
			note.Subject = n.Cluster + ": " + n.Subject
		} else if n.Cluster != "" {
			note.Subject = n.Cluster
		}
		f.Notes = append(f.Notes, note)
	}
	return f
}

// AuthRows are the rows of a cluster that are for aws-auth, to be translated
// into entries. The entries that the file has beside them hide theirs.
func AuthRows(c Cluster) *adopt.AuthRows {
	have := &spec.Live{ID: c.ID, Mode: cmp.Or(c.Mode, eksfacts.ModeAPIAndConfigMap), EntriesRead: true}
	for _, e := range c.Entries {
		have.Entries = append(have.Entries, spec.LiveEntry{Entry: e.Entry})
	}
	return &adopt.AuthRows{
		ID:         c.ID,
		Items:      c.Rows,
		Accounts:   c.Accounts,
		Live:       have,
		Principals: map[string]adopt.Resolved{},
	}
}

// Add adds to a cluster what became of its rows.
func Add(to *adopt.Cluster, translated adopt.Cluster) {
	to.Entries = append(to.Entries, translated.Entries...)
	to.Notes = append(to.Notes, translated.Notes...)
	to.Mode = cmp.Or(to.Mode, translated.Mode)
}

// mode takes over an authentication mode, where a file of ours may hold it: it
// is the least wanted, and never CONFIG_MAP.
func mode(out *adopt.Cluster, c Cluster) {
	switch {
	case c.Mode == "":
	case c.Mode == eksfacts.ModeConfigMap && len(c.Rows) > 0: // they ask for more
	case c.Mode == eksfacts.ModeConfigMap && len(c.Entries) == 0:
		out.LeftOut = true
		out.Notes = append(
			out.Notes,
			adopt.Note{
				Outcome: adopt.Left,
				Subject: "the cluster",
				Why:     "it is in mode " + c.Mode + " and has no access entries",
				Do:      "eksaccess import aws-auth --cluster " + c.ID.ARN() + " makes a file of its aws-auth",
			},
		)
	case eksfacts.ModeRank(c.Mode) > 0:
		out.Mode = c.Mode
	default:
		out.Notes = append(
			out.Notes,
			adopt.Note{
				Outcome: adopt.Left,
				Subject: "authenticationMode",
				Why:     fmt.Sprintf("%.80q is no mode in which a cluster has access entries", c.Mode),
			},
		)
	}
}
