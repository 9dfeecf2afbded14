package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/plan"
)

// manyClusters is from how many clusters on a table sums them up: above it
// their headings are no longer seen at once.
const manyClusters = 4

// planText is the plan for a person: clusters with something to see, then
// those in sync in one line, then the summary.
func planText(pl *plan.Plan, opts Options) []byte {
	p := newPage(opts)
	if opts.Verbose {
		p.line(
			0,
			p.paint(faint, fmt.Sprintf("plan of %s, made by eksaccess %s", stamp(pl.CreatedAt), Safe(pl.ToolVersion))),
		)
	}
	var folded [][3]string
	var shown []*plan.Cluster
	groups, grouped := repeated(planFailures(pl))
	p.failureGroups(groups, "failed")
	for i := range pl.Clusters {
		c := &pl.Clusters[i]
		if grouped[[3]string{c.Account, c.Region, c.Name}] {
			continue
		}
		if quiet(c) {
			folded = append(folded, [3]string{c.Account, c.Region, c.Name})
			continue
		}
		shown = append(shown, c)
		p.planCluster(c, pl.CreatedAt, opts.Verbose)
	}
	if len(shown) > manyClusters {
		p.blank()
		if t := clusterTable(shown); !p.table(0, t) {
			p.clusterLines(shown)
		}
	}
	if len(folded) > 0 {
		p.blank()
		p.names(phrase.Count(len(folded), "cluster")+" in sync: ", shortNames(folded), opts.Verbose)
	}
	if len(folded) == 0 || len(shown)+len(groups) > 0 {
		p.blank()
	}
	if note := onlyDeclared(pl.Summary); note != "" {
		p.hang(0, "", faint, note)
	}
	p.line(0, p.paint(strong, planSummary(pl.Summary)))
	return p.Bytes()
}

// planFailures are the clusters of which there is nothing to say but why they
// failed.
func planFailures(pl *plan.Plan) []Failure {
	var all []Failure
	for _, c := range pl.Clusters {
		if c.Status == plan.Failed && len(c.Changes)+len(c.Warnings)+len(c.Guards) == 0 {
			all = append(all, Failure{c.Account, c.Region, c.Name, c.Error})
		}
	}
	return all
}

// quiet reports whether there is nothing to see in the cluster. Guards that
// could not be judged are of no interest where nothing changes.
func quiet(c *plan.Cluster) bool {
	for _, g := range c.Guards {
		if g.Refuses() {
			return false
		}
	}
	return c.Status == plan.InSync && c.Error == nil && !rowsRule(c.AWSAuth) &&
		len(c.Changes)+len(c.Unmanaged)+len(c.Held)+len(c.Ending)+len(c.Warnings) == 0 &&
		!c.AuthenticationMode.Moves()
}

// status is how the heading says a cluster stands.
func status(c *plan.Cluster) (string, style) {
	text, st := statusOf(c)
	if n := len(c.NotUndone); n > 0 {
		return fmt.Sprintf("%s, %d not undone", text, n), change
	}
	return text, st
}

func statusOf(c *plan.Cluster) (string, style) {
	n := len(c.Changes)
	if c.AuthenticationMode.Moves() {
		n++
	}
	switch c.Status {
	case plan.Failed:
		return "failed", alert
	case plan.Refused:
		if n == 0 {
			return "refused", alert
		}
		return "refused, nothing of it will be applied", alert
	case plan.InSync:
		return "in sync", gain
	case plan.Drifted:
		return undeclared(len(c.Unmanaged)), change
	case plan.Left:
		return "no changes", change
	}
	if n == 0 {
		return Safe(string(c.Status)), change
	}
	return phrase.Count(n, "change"), change
}

// undeclared is the heading of a cluster in which nothing changes, and which has
// entries that no file declares.
func undeclared(n int) string {
	return "no changes, " + phrase.Count(n, "undeclared entry")
}

func (p *page) planCluster(c *plan.Cluster, made time.Time, verbose bool) {
	p.blank()
	text, st := status(c)
	if c.Watch {
		text += ", only watched"
	}
	p.hang(0, p.paint(strong, where(c.Name, c.Account, c.Region)+": "), st, text)
	if verbose {
		p.line(2, p.paint(faint, Safe(c.ARN)))
	}
	if c.Error != nil {
		p.failure(2, c.Error)
	}
	if c.AuthenticationMode.Moves() {
		p.line(2, p.paint(change, modeChange(c.AuthenticationMode)))
		p.hang(6, "", plain, oneWay(c.AuthenticationMode))
	}
	for _, ch := range c.Changes {
		p.blank()
		p.change(ch, made, verbose)
	}
	if len(c.Changes) > 0 {
		p.blank()
	}
	p.held(c.Held)
	p.ending(c.Ending, made)
	p.unmanaged(c)
	p.authRows(c.AWSAuth)
	p.guards(2, c.Guards, verbose)
	p.warnings(2, c.Warnings)
	if verbose && c.Counts != nil {
		if rest := counts(counted{c.Counts.Unchanged, "unchanged"}, counted{c.Counts.System, "system"}, counted{c.Counts.Ignored, "ignored"}); rest != "" {
			p.line(2, p.paint(faint, rest))
		}
	}
}

func (p *page) held(list []plan.Held) {
	for _, h := range list {
		p.hangAt(2, p.paint(change, "held until "+stamp(h.Until)+": "), plain, Safe(h.Principal), 6)
		if h.Reason != "" {
			p.hang(6, "", faint, Safe(h.Reason))
		}
	}
}

// ending says how long what has an end will last, seen from when the plan was
// made.
func (p *page) ending(list []plan.Held, made time.Time) {
	for _, h := range list {
		p.hangAt(
			2,
			p.paint(change, "ends in "+span(h.Until.Sub(made))+", at "+stamp(h.Until)+": "),
			plain,
			Safe(h.Principal),
			6,
		)
		if h.Reason != "" {
			p.hang(6, "", faint, Safe(h.Reason))
		}
	}
}

func (p *page) unmanaged(c *plan.Cluster) {
	if len(c.Unmanaged) == 0 {
		return
	}
	what := "1 entry that no file declares, left as it is"
	if n := len(c.Unmanaged); n > 1 {
		what = fmt.Sprintf("%d entries that no file declares, left as they are", n)
	}
	p.hang(2, p.paint(change, "unmanaged: "), plain, what)
	t := table{header: []string{"PRINCIPAL", "OWNER", "TYPE", "POLICIES", "GROUPS"}}
	for _, u := range c.Unmanaged {
		t.add(Safe(u.Principal), Safe(u.Owner), Safe(u.Type), policyList(u.Policies), words(u.Groups))
	}
	if p.table(6, t) {
		return
	}
	for _, u := range c.Unmanaged {
		p.line(6, Safe(u.Principal))
		of := ""
		if u.Owner != "" {
			of = "owner " + Safe(u.Owner)
		}
		groups := ""
		if len(u.Groups) > 0 {
			groups = "groups " + words(u.Groups)
		}
		p.hang(8, "", faint, phrase.Join("; ", of, Safe(u.Type), policyList(u.Policies), groups))
	}
}

// clusterTable sums up the clusters that were shown, one a line.
func clusterTable(clusters []*plan.Cluster) table {
	t := table{header: []string{"CLUSTER", "ACCOUNT", "REGION", "STATUS", "MODE",
		plan.Create.Symbol(), plan.Update.Symbol(), plan.Replace.Symbol(), plan.Rekey.Symbol(), plan.Delete.Symbol(), "UNMANAGED"}}
	for _, c := range clusters {
		n := map[plan.Action]int{}
		for _, ch := range c.Changes {
			n[ch.Action]++
		}
		mode := ""
		if c.AuthenticationMode.Moves() {
			mode = plan.Update.Symbol()
		}
		t.add(
			Safe(c.Name),
			Safe(c.Account),
			Safe(c.Region),
			plainStatus(string(c.Status)),
			mode,
			number(
				n[plan.Create],
			),
			number(n[plan.Update]),
			number(n[plan.Replace]),
			number(n[plan.Rekey]),
			number(n[plan.Delete]),
			number(len(c.Unmanaged)),
		)
	}
	return t
}

func plainStatus(s string) string { return strings.ReplaceAll(Safe(s), "-", " ") }

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// clusterLines is clusterTable where that does not fit.
func (p *page) clusterLines(clusters []*plan.Cluster) {
	for _, c := range clusters {
		text, st := status(c)
		p.hang(0, where(c.Name, c.Account, c.Region)+": ", st, text)
	}
}
