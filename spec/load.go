package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// Load reads the files of one run and puts together what holds for each of
// their clusters. Every mistake in any of them is found in one go, in the order
// of the files and lines. The fleet is nil where there is an error.
func Load(sources []Source) (*Fleet, Problems) {
	l := &loader{files: map[string]int{}, sets: map[string]*set{}, byID: map[arn.Cluster]*draft{}, spread: map[spreadKey]*spreadProblem{}}
	for _, src := range sources {
		if _, twice := l.files[src.Name]; twice {
			l.errorf(Pos{File: src.Name}, "name it once", "the file is given twice")
			continue
		}
		l.files[src.Name] = len(l.files)
		d := decode(src)
		l.add(d.Problems)
		l.lost = l.lost || d.lost
		for _, doc := range d.documents {
			l.documents = append(l.documents, &document{Document: doc})
		}
	}
	for _, doc := range l.documents {
		l.header(doc)
	}
	l.addGuards()
	l.readSets()
	for _, doc := range l.documents {
		l.readClusters(doc)
	}
	l.attachSets()
	for _, c := range l.clusters {
		l.fill(c)
	}
	l.unused()
	l.tellSpread()

	problems := l.sorted(l.files)
	if problems.Failed() {
		return nil, problems
	}
	fleet := &Fleet{Guards: l.guards}
	for _, c := range l.clusters {
		fleet.Clusters = append(fleet.Clusters, c.Cluster)
	}
	slices.SortFunc(fleet.Clusters, func(a, b *Cluster) int { return a.ID.Compare(b.ID) })
	return fleet, problems
}

type loader struct {
	report
	files     map[string]int // order of the files
	lost      bool           // something that may have been looked for could not be read
	documents []*document
	guards    Guards
	sets      map[string]*set
	setNames  []string // in the order declared
	clusters  []*draft // likewise
	byID      map[arn.Cluster]*draft
	spread    map[spreadKey]*spreadProblem
}

// A document with what was read from it.
type document struct {
	*Document
	owner  string
	top    access
	ignore []Text
	tags   map[string]string // of defaults
}

// A draft is a cluster being put together.
type draft struct {
	*Cluster
	line *ClusterLine
	doc  *document
	own  access
	sets []*set // in the order attached, each once
}

// header checks what holds for a whole document.
func (l *loader) header(doc *document) {
	if !doc.APIVersion.Given() && !doc.Flawed {
		l.errorf(doc.Pos, `begin the document with "apiVersion: `+APIVersion+`"`, "the document has no apiVersion")
	}
	if k := doc.Kind; k.Value != "" && k.Value != Kind {
		l.errorf(k.Pos, `write "kind: `+Kind+`", or leave it out`, "unknown kind %.80q", k.Value)
	}
	if o := doc.Owner; o.Value != "" {
		if IsOwner(o.Value) {
			doc.owner = o.Value
		} else {
			l.errorf(o.Pos, "letters, digits and . _ / @ + = -, a letter or digit first, at most 128", "%.200q can't be an owner", o.Value)
		}
	}
	l.settings(doc, doc.Defaults)
	doc.tags = l.tags(doc.Defaults.Tags)
	for _, text := range doc.Ignore {
		if summary, hint := placeholderProblem(text.Value); summary != "" {
			l.errorf(text.Pos, hint, "%s", summary)
		} else if text.Value != "" && l.tell(text.Pos, judgePattern(text.Value)) {
			doc.ignore = append(doc.ignore, text)
		}
	}
	doc.top = l.access(doc.AccessLines)
}

// fill gives a cluster what its document, its sets and its own lines say.
func (l *loader) fill(c *draft) {
	c.Owner = c.doc.owner
	c.Guards = l.guardsFor(c.ID)
	for _, text := range c.doc.ignore {
		c.Ignore = append(c.Ignore, fill(text.Value, c.ID))
	}
	l.place(c, c.own, true)
	for _, s := range c.sets {
		l.place(c, s.access, false)
	}
	l.place(c, c.doc.top, false)
	var problems Problems
	c.Items, problems = c.applyAbsent(c.Items)
	l.add(problems)
	_, problems = c.unite(c.Items, PrincipalRef.String)
	l.add(problems)
}

// place adds the lines of one place to a cluster, with placeholders and
// policies as they are there.
func (l *loader) place(c *draft, a access, own bool) {
	for _, absent := range a.absent {
		absent.Principal.ARN = fill(absent.Principal.ARN, c.ID)
		c.Absent = append(c.Absent, absent)
	}
	for _, g := range a.grants {
		item := g.item
		item.Own = own
		item.Principal.ARN = fill(item.Principal.ARN, c.ID)
		item.Policies = nil
		for _, p := range g.policies {
			if policy, ok := l.policyFor(c, p); ok {
				item.Policies = append(item.Policies, policy)
			}
		}
		l.foreign(c, g.item.Principal.ARN, item)
		if (!item.Expires.IsZero() || item.Reason != "") && !c.doc.Owner.Given() && !c.doc.Flawed {
			key := "expires"
			if item.Expires.IsZero() {
				key = "reason"
			}
			l.spreadError(c, item.Pos, `write "owner: NAME" on top of the document that declares the cluster`,
				key+" needs an owner, whose tags remember it")
		}
		c.Items = append(c.Items, item)
	}
}

func (l *loader) policyFor(c *draft, p policyDraft) (Policy, bool) {
	policy := Policy{ARN: p.written, Scope: ScopeCluster, Namespaces: []string{}}
	if len(p.namespaces) > 0 {
		policy.Scope, policy.Namespaces = ScopeNamespace, p.namespaces
	}
	if !strings.Contains(p.written, ":") {
		policy.ARN = arn.AccessPolicy(c.ID.Partition, p.written)
		return policy, true
	}
	policy.ARN = fill(p.written, c.ID)
	if want := arn.AccessPolicy(c.ID.Partition, arn.PolicyName(policy.ARN)); policy.ARN != want {
		l.spreadError(c, p.pos, "write its name alone, "+arn.PolicyName(policy.ARN)+", or ${partition} in the ARN",
			fmt.Sprintf("access policy %q is of another partition than the cluster", p.written))
		return policy, false
	}
	return policy, true
}

// foreign tells of principals that can't be meant for the cluster.
func (l *loader) foreign(c *draft, written string, item Item) {
	p, err := arn.ParsePrincipal(item.Principal.ARN)
	if err != nil {
		return // a name, which is looked for in the cluster's own account
	}
	switch {
	case p.Partition != c.ID.Partition:
		l.spreadError(c, item.Pos, "a principal has no access beyond its partition; ${partition} stands for the cluster's",
			fmt.Sprintf("principal %q is of another partition than the cluster", written))
	case p.Account != c.ID.Account && !slices.Contains(l.guards.TrustedAccounts, p.Account):
		l.spreadError(c, item.Pos, fmt.Sprintf("if that is meant, add %q to trustedAccounts under guards", p.Account),
			fmt.Sprintf("principal %q is of account %s, which is neither the cluster's nor trusted", written, p.Account))
	}
}

// A spreadProblem is one mistake that shows in several clusters; it is told
// once, with the first of them.
type spreadProblem struct {
	Problem
	first *draft
	more  int
}

type spreadKey struct {
	at      Pos
	summary string
}

func (l *loader) spreadError(c *draft, at Pos, hint, summary string) {
	key := spreadKey{at, summary}
	if p := l.spread[key]; p != nil {
		p.more++
		return
	}
	l.spread[key] = &spreadProblem{Problem{at, summary, hint}, c, 0}
}

func (l *loader) tellSpread() {
	for _, p := range l.spread {
		where := fmt.Sprintf(" (cluster %q)", p.first.ID.Path())
		if p.more > 0 {
			where = fmt.Sprintf(" (cluster %q and %d more)", p.first.ID.Path(), p.more)
		}
		p.Summary += where
		l.Errors = append(l.Errors, p.Problem)
	}
}

// unused tells of what holds for nothing.
func (l *loader) unused() {
	if len(l.clusters) == 0 && !l.lost {
		var at Pos
		if len(l.documents) > 0 {
			at = l.documents[0].Pos
		}
		l.errorf(at, "list them under clusters, by ARN or by name, region and account", "no cluster is declared")
		return
	}
	for _, doc := range l.documents {
		if len(doc.Document.Clusters) == 0 && (!doc.top.empty() || len(doc.ignore) > 0) {
			l.warnf(doc.Pos, "put the access into a set, which the clusters of other documents may include",
				"what stands on top of this document holds for no cluster: it declares none")
		}
	}
}
