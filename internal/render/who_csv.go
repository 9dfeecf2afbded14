package render

import (
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/inventory"
	"github.com/eksaccess/eksaccess/internal/phrase"
)

var whoColumns = []string{
	"principal",
	"kind",
	"name",
	"account",
	"cluster",
	"clusterAccount",
	"clusterRegion",
	"power",
	"state",
	"ways",
	"type",
	"username",
	"owner",
	"createdAt",
	"expires",
	"heldUntil",
	"reason",
	"lastUsed",
	"existence",
	"error",
	"declared",
	"source",
}

// whoRows returns a line for each principal in each cluster, and a line with the
// error for each cluster that could not be read.
func whoRows(r *inventory.Report) [][]string {
	var rows [][]string
	add := func(cells map[string]string) {
		row := make([]string, len(whoColumns))
		for i, name := range whoColumns {
			row[i] = cells[name]
		}
		rows = append(rows, row)
	}
	at := map[string]inventory.Cluster{}
	for _, c := range r.Clusters {
		at[c.ARN] = c
		if c.Error != nil {
			add(map[string]string{"cluster": c.Name, "clusterAccount": c.Account, "clusterRegion": c.Region,
				"error": phrase.Join(": ", c.Error.Code, c.Error.Message)})
		}
	}
	for _, n := range ofPlaces(r.NotRead) {
		add(map[string]string{"clusterAccount": n.Account, "clusterRegion": deref(n.Region), "error": n.Reason})
	}
	for _, p := range r.Principals {
		for _, a := range p.Access {
			c := at[a.Cluster]
			var ways []string
			for _, way := range a.Ways {
				if text := wayText(way); way.Hidden {
					ways = append(ways, "("+text+")")
				} else {
					ways = append(ways, text)
				}
			}
			add(map[string]string{
				"principal": deref(p.Principal), "kind": p.Kind, "name": p.Name, "account": p.Account,
				"cluster": c.Name, "clusterAccount": c.Account, "clusterRegion": c.Region,
				"power": string(a.Power), "state": string(a.State), "ways": strings.Join(ways, "; "),
				"type": deref(a.Type), "username": deref(a.Username), "owner": a.Owner, "reason": a.Reason,
				"createdAt": stampOf(a.CreatedAt), "expires": stampOf(a.Expires), "heldUntil": stampOf(a.HeldUntil),
				"lastUsed": stampOf(p.LastUsed), "existence": string(p.Existence),
				"declared": declaredCell(a), "source": a.Declared.Source,
			})
		}
	}
	return rows
}

// declaredCell is yes or no, or nothing where no file was given.
func declaredCell(a inventory.Access) string {
	switch {
	case !a.Declared.Asked:
		return ""
	case a.IsUndeclared():
		return "no"
	}
	return "yes"
}

func stampOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return stamp(*t)
}
