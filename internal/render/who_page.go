package render

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/inventory"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/html"
	"github.com/eksaccess/eksaccess/spec"
)

// A whoView is what the page shows without its script.
type whoView struct {
	ReadAt, CreatedAt string
	Read, Created     string // the same for people
	ToolVersion       string
	Asked             string
	Summary           inventory.Summary
	Levels            []whoLevel
	Failed, NotRead   []whoGap
	Notes             []string
}

type whoLevel struct {
	Label string `json:"label"`
	Code  string `json:"code"` // for a cell of a narrow column
	Means string `json:"means"`
}

type whoGap struct{ What, Reason, Hint, Clusters string }

// whoData is what its script works from. What entries have in common is kept
// once, as a profile, since a big fleet has a hundred thousand of them.
type whoData struct {
	ReadAt     string         `json:"readAt"`
	Levels     []whoLevel     `json:"levels"`
	Clusters   []whoCluster   `json:"clusters"`
	Profiles   []whoProfile   `json:"profiles"`
	Principals []whoPrincipal `json:"principals"`
}

type whoCluster struct {
	Label   string `json:"label"`
	Name    string `json:"name"`
	Account string `json:"account"`
	Region  string `json:"region"`
	ARN     string `json:"arn"`
	Mode    string `json:"mode,omitempty"`
	Error   string `json:"error,omitempty"`
}

type whoProfile struct {
	Power   int      `json:"power"` // place in levels
	Ways    [][3]any `json:"ways"`  // power, text, 1 where it does not hold
	Dead    string   `json:"dead,omitempty"`
	Late    int      `json:"late,omitempty"`
	Type    string   `json:"type,omitempty"`
	User    string   `json:"user,omitempty"` // where it is not the one EKS derives
	Owner   string   `json:"owner,omitempty"`
	Expires string   `json:"expires,omitempty"`
	Held    string   `json:"held,omitempty"`
	Reason  string   `json:"reason,omitempty"`
}

type whoPrincipal struct {
	Name     string `json:"name"`
	ARN      string `json:"arn"`
	Kind     string `json:"kind"`
	Account  string `json:"account,omitempty"`
	State    string `json:"state,omitempty"` // what IAM says, where that is bad or not known
	LastUsed string `json:"lastUsed,omitempty"`
	Idle     int    `json:"idle,omitempty"` // not used for so long that somebody should ask
	Never    int    `json:"never,omitempty"`
	UsedWhy  string `json:"usedWhy,omitempty"`
	Access   []int  `json:"access"` // three numbers each: cluster, profile, day of 1970 on which it was made
}

// idleFor is after what time without use a principal is pointed out.
const idleFor = 90 * 24 * time.Hour

// codes are the powers for a cell of two letters.
var codes = map[inventory.Power]string{
	inventory.ClusterAdmin: "CA", inventory.Admin: "A", inventory.Edit: "E", inventory.Secrets: "S",
	inventory.View:           "V",
	inventory.NamespaceAdmin: "nA", inventory.NamespaceEdit: "nE", inventory.NamespaceView: "nV",
	inventory.Groups: "G", inventory.Other: "O", inventory.Node: "N", inventory.None: "–",
}

// whoPage is the page for a browser.
func whoPage(r *inventory.Report) html.Page {
	title := "Who has access: " + phrase.Count(r.Summary.Clusters, "cluster")
	names := clusterNames(r)
	view := whoView{ReadAt: stamp(r.ReadAt), CreatedAt: stamp(r.CreatedAt),
		Read: moment(r.ReadAt), Created: moment(r.CreatedAt), ToolVersion: r.ToolVersion, Asked: filterText(r.Asked),
		Summary: r.Summary, Levels: levels()}
	for _, n := range r.Gaps {
		gap := whoGap{
			What:     whatText(n.What),
			Reason:   n.Reason,
			Hint:     n.Hint,
			Clusters: gapClusters(n, names, 12),
		}
		if n.What == inventory.WhatCluster {
			view.Failed = append(view.Failed, gap)
		} else {
			view.NotRead = append(view.NotRead, gap)
		}
	}
	for _, n := range ofPlaces(r.NotRead) {
		view.Failed = append(
			view.Failed,
			whoGap{What: "account or region", Clusters: n.Place(), Reason: n.Reason},
		)
	}
	view.Notes = r.Notes
	return html.Page{Template: "who", Title: title, View: view, Data: pageData(r, names)}
}

func levels() []whoLevel {
	list := make([]whoLevel, len(inventory.Scale))
	for i, l := range inventory.Scale {
		list[i] = whoLevel{l.Label, codes[l.Power], l.Means}
	}
	return list
}

func pageData(r *inventory.Report, names map[string]string) *whoData {
	d := &whoData{
		ReadAt:     stamp(r.ReadAt),
		Levels:     levels(),
		Clusters:   []whoCluster{},
		Profiles:   []whoProfile{},
		Principals: []whoPrincipal{},
	}
	place := map[string]int{}
	for i, c := range r.Clusters {
		place[c.ARN] = i
		pc := whoCluster{
			Label:   names[c.ARN],
			Name:    c.Name,
			Account: c.Account,
			Region:  c.Region,
			ARN:     c.ARN,
			Mode:    deref(c.Mode),
		}
		if c.Error != nil {
			pc.Error = phrase.Join(": ", c.Error.Code, c.Error.Message)
		}
		d.Clusters = append(d.Clusters, pc)
	}
	known := map[string]int{}
	for i := range r.Principals {
		p := &r.Principals[i]
		pp := whoPrincipal{
			Name:    p.Name,
			ARN:     deref(p.Principal),
			Kind:    kindText(p.Kind),
			Account: p.Account,
			Access:  make([]int, 0, 3*len(p.Access)),
		}
		switch {
		case p.Existence == spec.Gone:
			pp.State = "IAM no longer has it"
		case !p.Works:
			pp.State = "made again since"
		}
		switch {
		case p.LastUsed != nil:
			pp.LastUsed = stamp(*p.LastUsed)
			if r.ReadAt.Sub(*p.LastUsed) > idleFor {
				pp.Idle = 1
			}
		case p.IsUnused:
			pp.Never, pp.Idle = 1, 1
		default:
			pp.UsedWhy = p.LastUsedWhy
		}
		for _, a := range p.Access {
			profile := profileOf(p, a)
			key, _ := json.Marshal(profile) // plain fields only
			n, ok := known[string(key)]
			if !ok {
				n = len(d.Profiles)
				known[string(key)] = n
				d.Profiles = append(d.Profiles, profile)
			}
			day := 0
			if a.CreatedAt != nil {
				day = int(a.CreatedAt.Unix() / (24 * 60 * 60))
			}
			pp.Access = append(pp.Access, place[a.Cluster], n, day)
		}
		d.Principals = append(d.Principals, pp)
	}
	return d
}

func profileOf(p *inventory.Principal, a inventory.Access) whoProfile {
	out := whoProfile{
		Power:   a.Power.Rank(),
		Ways:    [][3]any{},
		Type:    deref(a.Type),
		Owner:   a.Owner,
		Reason:  a.Reason,
		Expires: stampOf(a.Expires),
		Held:    stampOf(a.HeldUntil),
	}
	switch a.State {
	case inventory.Orphaned, inventory.Stale:
		out.Dead = stateText(a.State)
	case inventory.Expired:
		out.Late = 1
	}
	if user := deref(a.Username); user != eksfacts.DefaultUsername(deref(a.Type), deref(p.Principal)) {
		out.User = user
	}
	for _, w := range a.Ways {
		hidden := 0
		if w.Hidden {
			hidden = 1
		}
		out.Ways = append(out.Ways, [3]any{w.Power.Rank(), wayText(w), hidden})
	}
	return out
}

// moment is a time as people write it.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// gapClusters names the clusters a gap is about, at most so many.
func gapClusters(n inventory.Gap, names map[string]string, most int) string {
	if len(n.Clusters) == 0 {
		return "all clusters"
	}
	list := make([]string, 0, most)
	for _, c := range n.Clusters[:min(most, len(n.Clusters))] {
		list = append(list, names[c])
	}
	if more := len(n.Clusters) - len(list); more > 0 {
		list = append(list, phrase.Count(more, "more cluster"))
	}
	return strings.Join(list, ", ")
}
