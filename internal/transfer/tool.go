package transfer

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// CompleteClusters completes clusters of which a file does not say the region or the
// account; account may be "" where it is not known. Those that cannot be
// completed are left out, with a note. Clusters that turn out to be the same are
// united.
func CompleteClusters(clusters []Cluster, account, region string) ([]Cluster, []Note) {
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
			notes = append(notes, Note{
				Outcome: Left,
				Cluster: c.ID.Name,
				Subject: fmt.Sprintf("%d of its entries", len(c.Entries)),
				Why:     "the file does not say its " + what,
				Hint:    "pass " + hint,
			})
			continue
		}
		i := slices.IndexFunc(out, func(have Cluster) bool { return have.ID == c.ID })
		if i < 0 {
			out = append(out, c)
			continue
		}
		for _, e := range c.Entries {
			if slices.ContainsFunc(out[i].Entries, func(have Entry) bool { return have.Principal == e.Principal }) {
				notes = append(notes, Note{
					Outcome: Left,
					Cluster: c.ID.Name,
					Source:  e.Source,
					Subject: e.Principal,
					Why:     "the file has it twice, once without saying in which account and region",
				})
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

// A Resolver asks IAM for the principals of rows of aws-auth, by their ARNs.
type Resolver func(id arn.Cluster, ask []arn.Principal) map[string]Resolved

// FromTool makes an import of what another tool's file holds. The clusters are
// complete, see [CompleteClusters]. The rows that it has for aws-auth become
// entries, with the paths that resolve finds.
func FromTool(source string, head []string, clusters []Cluster, notes []Note, resolve Resolver) *Import {
	out := &Import{Source: source, Comments: head}
	byName := map[string][]int{}
	for i, c := range clusters {
		byName[c.ID.Name] = append(byName[c.ID.Name], i)
		from := Cluster{ID: c.ID}
		for _, e := range c.Entries {
			from.Entries = append(from.Entries, Entry{Entry: e.Entry, Source: e.Source})
		}
		from.setMode(c)
		out.Clusters = append(out.Clusters, from)
	}
	for _, n := range notes {
		cluster := n.Cluster
		n.Cluster = ""
		if at := byName[cluster]; len(at) == 1 {
			out.Clusters[at[0]].Notes = append(out.Clusters[at[0]].Notes, n)
			continue
		}
		if cluster != "" && n.Subject != "" {
			n.Subject = cluster + ": " + n.Subject
		} else if cluster != "" {
			n.Subject = cluster
		}
		out.Notes = append(out.Notes, n)
	}
	for i, c := range clusters {
		if len(c.Rows)+len(c.Accounts) > 0 {
			out.Clusters[i].addRows(c, resolve)
		}
	}
	return out
}

// addRows translates the rows for aws-auth of a tool's file into entries. The
// entries that the file has beside them hide theirs.
func (c *Cluster) addRows(from Cluster, resolve Resolver) {
	have := &spec.Live{ID: from.ID, Mode: cmp.Or(from.Mode, eksfacts.ModeAPIAndConfigMap), EntriesRead: true}
	for _, e := range from.Entries {
		have.Entries = append(have.Entries, spec.LiveEntry{Entry: e.Entry})
	}
	rows := AuthRows{ID: from.ID, Items: from.Rows, Accounts: from.Accounts, Live: have}
	if ask := rows.Ask(); len(ask) > 0 {
		rows.Principals = resolve(from.ID, ask)
	}
	translated := rows.Cluster()
	c.Entries = append(c.Entries, translated.Entries...)
	c.Notes = append(c.Notes, translated.Notes...)
	c.Mode = cmp.Or(c.Mode, translated.Mode)
}

// setMode takes over the authentication mode of a tool's file, where a file of
// ours may hold it: it is the minimum, and never CONFIG_MAP.
func (c *Cluster) setMode(from Cluster) {
	switch {
	case from.Mode == "":
	case from.Mode == eksfacts.ModeConfigMap && len(from.Rows) > 0: // they need entries
	case from.Mode == eksfacts.ModeConfigMap && len(from.Entries) == 0:
		c.LeftOut = true
		c.Notes = append(c.Notes, Note{
			Outcome: Left,
			Subject: "the cluster",
			Why:     "it is in mode " + from.Mode + " and has no access entries",
			Hint:    "eksaccess import aws-auth --cluster " + from.ID.ARN() + " makes a file of its aws-auth",
		})
	case eksfacts.ModeRank(from.Mode) > 0:
		c.Mode = from.Mode
	default:
		c.Notes = append(c.Notes, Note{
			Outcome: Left,
			Subject: "authenticationMode",
			Why:     fmt.Sprintf("%.80q is no mode in which a cluster has access entries", from.Mode),
		})
	}
}
