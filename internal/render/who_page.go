package render

import (
	"encoding/json"
	"fmt"
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
	Source             pageSource
	Answer             string // for executives
	CreatedAt, Created string // for programs and for people
	ToolVersion        string
	Summary            inventory.Summary
	Levels             []whoLevel
	Failed, NotRead    []whoGap
	Notes              []string
}

type whoLevel struct {
	Label string `json:"label"`
	Code  string `json:"code"` // for a cell of a narrow column
	Means string `json:"means"`
}

type whoGap struct{ What, Reason, Hint, Clusters string }

// whoData is the data of the script of the page. What entries have in common is
// kept once, as a profile, because a large fleet has 100,000 entries.
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
	Ways    [][3]any `json:"ways"`  // power, text, 1 where it has no effect
	Dead    string   `json:"dead,omitempty"`
	Late    int      `json:"late,omitempty"`
	Type    string   `json:"type,omitempty"`
	User    string   `json:"user,omitempty"` // where it is not the one EKS derives
	Owner   string   `json:"owner,omitempty"`
	Expires string   `json:"expires,omitempty"`
	Held    string   `json:"held,omitempty"`
	Reason  string   `json:"reason,omitempty"`

	Declared   string `json:"declared,omitempty"`   // source
	Missing    int    `json:"missing,omitempty"`    // no file declares it
	Undeclared int    `json:"undeclared,omitempty"` // a cluster admin that no file declares
}

type whoPrincipal struct {
	Name     string `json:"name"`
	ARN      string `json:"arn"`
	Kind     string `json:"kind"`
	Account  string `json:"account,omitempty"`
	State    string `json:"state,omitempty"` // what IAM says, where that is bad or not known
	LastUsed string `json:"lastUsed,omitempty"`
	Idle     int    `json:"idle,omitempty"`   // not used for 90 days
	Unused   int    `json:"unused,omitempty"` // no use recorded in 400 days
	UsedWhy  string `json:"usedWhy,omitempty"`
	Access   []int  `json:"access"` // three numbers each: cluster, profile, day of 1970 on which it was made
}

// idleFor is the time without use after which a principal is marked.
const idleFor = 90 * 24 * time.Hour

// codes are the powers in two letters, for narrow cells.
var codes = map[inventory.Power]string{
	inventory.ClusterAdmin: "CA", inventory.Admin: "A", inventory.Edit: "E", inventory.Secrets: "S",
	inventory.View:           "V",
	inventory.NamespaceAdmin: "nA", inventory.NamespaceEdit: "nE", inventory.NamespaceView: "nV",
	inventory.Groups: "G", inventory.Other: "O", inventory.Node: "N", inventory.None: "–",
}

// whoPage is the page for a browser.
func whoPage(r *inventory.Report) html.Page {
	names := clusterNames(r)
	view := whoView{Source: newPageSource(r.Files, r.ReadBy, r.ReadAt), Answer: adminAnswer(r),
		CreatedAt: stamp(r.CreatedAt), Created: moment(r.CreatedAt), ToolVersion: r.ToolVersion, Summary: r.Summary,
		Levels: levels()}
	view.Source.Filter = filterText(r.Asked)
	if r.Asked.AdminsOnly {
		view.Source.Filter = phrase.Join(", ", "cluster admins", view.Source.Filter)
	}
	for _, c := range r.Clusters {
		view.Source.addAccount(c.Account)
	}
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
	return html.Page{Template: "who", Title: "Access report", View: view, Data: pageData(r, names)}
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
			pp.State = "no longer exists"
		case !p.Works:
			pp.State = "recreated"
		}
		switch {
		case p.LastUsed != nil:
			pp.LastUsed = stamp(*p.LastUsed)
			if r.ReadAt.Sub(*p.LastUsed) > idleFor {
				pp.Idle = 1
			}
		case p.IsUnused:
			pp.Unused, pp.Idle = 1, 1
		default:
			pp.UsedWhy = p.LastUsedWhy
		}
		for _, a := range p.Access {
			profile := profileOf(p, a, r.ReadAt)
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

func profileOf(p *inventory.Principal, a inventory.Access, readAt time.Time) whoProfile {
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
	out.Declared = a.Declared.Source
	if a.IsUndeclared() && p.Principal != nil {
		out.Missing = 1
		out.Undeclared = count(isUndeclaredAdmin(p, a, readAt))
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

// moment is a time for people.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// gapClusters lists the clusters of a gap, at most so many.
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

// A pageSource says where the data of a page come from.
type pageSource struct {
	Files, Accounts, ReadBy string
	ReadAt, Read            string // for programs and for people
	Filter                  string
}

func newPageSource(files, readBy []string, at time.Time) pageSource {
	return pageSource{Files: words(files), ReadBy: strings.Join(readBy, ", "), ReadAt: stamp(at), Read: moment(at)}
}

// addAccount adds an account; those of clusters come sorted.
func (s *pageSource) addAccount(account string) {
	if account != "" && !strings.HasSuffix(s.Accounts, account) {
		s.Accounts = phrase.Join(", ", s.Accounts, account)
	}
}

// isUndeclaredAdmin reports whether an access makes a principal cluster admin
// although a file was given and none declares it. A temporary grant is none until
// it expires.
func isUndeclaredAdmin(p *inventory.Principal, a inventory.Access, readAt time.Time) bool {
	isGrant := a.Expires != nil && readAt.Before(*a.Expires)
	return p.Principal != nil && a.IsUndeclared() && a.Works() && a.Power == inventory.ClusterAdmin && !isGrant
}

// adminAnswer is the number of cluster admins, for executives: "7 cluster admins,
// 2 undeclared, 1 expiring".
func adminAnswer(r *inventory.Report) string {
	undeclared, expiring, asked := 0, 0, false
	for i := range r.Principals {
		p := &r.Principals[i]
		isUndeclared, expires := false, false
		for _, a := range p.Access {
			asked = asked || a.Declared.Asked
			isUndeclared = isUndeclared || isUndeclaredAdmin(p, a, r.ReadAt)
			expires = expires || a.Works() && a.Power == inventory.ClusterAdmin && a.Expires != nil
		}
		undeclared += count(isUndeclared)
		expiring += count(expires)
	}
	return adminCounts(r.Summary.Admins, undeclared, expiring, asked)
}

func adminCounts(admins, undeclared, expiring int, asked bool) string {
	text := phrase.Count(admins, "cluster admin")
	if asked {
		text += fmt.Sprintf(", %d undeclared", undeclared)
	}
	return fmt.Sprintf("%s, %d expiring", text, expiring)
}

// count is 1 for true.
func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
