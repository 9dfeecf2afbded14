package spec

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/suggest"
)

// A set is access that clusters share.
type set struct {
	*SetLine
	access
	used bool
}

// readSets reads the sets of all documents; their names are shared.
func (l *loader) readSets() {
	for _, doc := range l.documents {
		for i := range doc.Sets {
			line := &doc.Sets[i]
			s := &set{SetLine: line, access: l.access(line.AccessLines)}
			name := line.Name.Value
			if first := l.sets[name]; first != nil {
				l.errorf(
					line.Name.Pos,
					"rename one of them",
					"set %.80q is declared twice, first at %v",
					name,
					first.Name.Pos,
				)
				continue
			}
			if arn.HasGlob(name) {
				l.errorf(
					line.Name.Pos,
					"",
					"the name of set %.80q has a \"*\", which matches any characters in include",
					name,
				)
			}
			l.sets[name] = s
			l.setNames = append(l.setNames, name)
		}
	}
}

// attachSets joins sets and clusters, by include and by the sets' own globs.
func (l *loader) attachSets() {
	for _, c := range l.clusters {
		for _, text := range c.line.Include {
			l.include(c, text)
		}
	}
	index := l.clusterIndex()
	for _, name := range l.setNames {
		s := l.sets[name]
		for _, text := range s.Clusters {
			if text.Value == "" {
				continue
			}
			found := index.find(text.Value)
			if len(found) == 0 && !l.lost {
				hint := ""
				if !arn.HasGlob(text.Value) {
					hint = suggest.DidYouMean(text.Value, index.names)
				}
				l.errorf(text.Pos, hint, "no cluster matches %.200q", text.Value)
			}
			for _, c := range found {
				c.attach(s)
			}
		}
		switch {
		case s.access.empty() && !s.Flawed:
			l.warnf(s.Name.Pos, "", "set %.80q grants no access", name)
		case !s.used && len(s.Clusters) == 0 && !l.lost:
			l.warnf(
				s.Name.Pos,
				"add it to include of a cluster, or add clusters to it",
				"set %.80q is used by no cluster",
				name,
			)
		}
	}
}

func (l *loader) include(c *draft, text Text) {
	found := 0
	switch {
	case text.Value == "":
		return
	case !arn.HasGlob(text.Value):
		if s := l.sets[text.Value]; s != nil {
			c.attach(s)
			found++
		}
	default:
		for _, name := range l.setNames {
			if arn.Match(text.Value, name) {
				c.attach(l.sets[name])
				found++
			}
		}
	}
	if found == 0 && !l.lost {
		hint := ""
		if !arn.HasGlob(text.Value) {
			hint = suggest.DidYouMean(text.Value, l.setNames)
		}
		if hint == "" && len(l.setNames) > 0 && len(l.setNames) <= 10 {
			hint = "there are " + strings.Join(phrase.QuoteEach(l.setNames), ", ")
		}
		l.errorf(text.Pos, hint, "no set matches %.200q", text.Value)
	}
}

func (c *draft) attach(s *set) {
	s.used = true
	if !slices.Contains(c.sets, s) {
		c.sets = append(c.sets, s)
	}
}

// A clusterIndex finds clusters by name, ACCOUNT/REGION/NAME or ARN without
// going through all of them for each set.
type clusterIndex struct {
	all   []*draft
	exact map[string][]*draft
	names []string
}

func (l *loader) clusterIndex() clusterIndex {
	x := clusterIndex{all: l.clusters, exact: map[string][]*draft{}}
	for _, c := range l.clusters {
		for _, form := range c.forms() {
			x.exact[form] = append(x.exact[form], c)
		}
		x.names = append(x.names, c.ID.Name)
	}
	return x
}

func (x clusterIndex) find(glob string) []*draft {
	if !arn.HasGlob(glob) {
		return x.exact[glob]
	}
	var found []*draft
	for _, c := range x.all {
		if c.matches(glob) {
			found = append(found, c)
		}
	}
	return found
}

// forms are the ways to name the cluster.
func (c *Cluster) forms() [3]string { return [3]string{c.ID.Name, c.ID.Path(), c.ID.ARN()} }

func (c *Cluster) matches(glob string) bool {
	for _, form := range c.forms() {
		if arn.Match(glob, form) {
			return true
		}
	}
	return false
}
