package spec

import (
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// WaiversKind opens a document that holds waivers and nothing else.
const WaiversKind = "Waivers"

// A Waiver accepts findings of an audit, until a day has passed. Which rules
// there are is for the audit to say.
type Waiver struct {
	Rule       string   // id, name, or a glob over these
	Clusters   []string // globs over names, ACCOUNT/REGION/NAME or ARNs; none for all
	Principals []string // globs over ARNs; none for all, and for findings about none
	Reason     string
	Owner      string
	Until      time.Time // the day, in UTC, whose end it lasts to
	// Of are the clusters of the document that it is in; nil where it is in a
	// document of its own, which holds for all.
	Of  []arn.Cluster
	Pos Pos
}

// Ended reports whether it holds no more.
func (w Waiver) Ended(now time.Time) bool { return !now.Before(w.Until.AddDate(0, 0, 1)) }

// Covers reports whether it is about a cluster and a principal; "" is that of
// a finding about the cluster itself.
func (w Waiver) Covers(id arn.Cluster, principal string) bool {
	matches := func(globs []string, forms ...string) bool {
		for _, g := range globs {
			for _, f := range forms {
				if f != "" && arn.Match(g, f) {
					return true
				}
			}
		}
		return len(globs) == 0
	}
	if w.Of != nil && !slices.Contains(w.Of, id) {
		return false
	}
	return matches(w.Clusters, id.Name, id.Path(), id.ARN()) && matches(w.Principals, principal)
}

// LoadWaivers reads files that hold waivers and nothing else.
func LoadWaivers(sources []Source) ([]Waiver, Problems) {
	l := &loader{files: map[string]int{}}
	for _, src := range sources {
		l.files[src.Name] = len(l.files)
		d := decode(src)
		l.add(d.report().Problems)
		for _, doc := range d.documents {
			l.waiversOnly(doc)
			l.addWaivers(doc)
		}
	}
	if problems := l.sortedProblems(l.files); problems.Failed() {
		return nil, problems
	}
	return l.waivers, l.sortedProblems(l.files)
}

// waiversOnly refuses what does not belong into such a file.
func (l *loader) waiversOnly(doc *Document) {
	const hint = "waivers can also be in the file with the clusters, given with -f"
	switch {
	case doc.Flawed:
	case !doc.APIVersion.Given():
		l.errorf(
			doc.Pos,
			`begin the document with "apiVersion: `+APIVersion+`" and "kind: `+WaiversKind+`"`,
			"the document has no apiVersion",
		)
	case doc.Kind.Value != WaiversKind:
		l.errorf(doc.Pos, `write "kind: `+WaiversKind+`"; `+hint, "the document is not of kind %s", WaiversKind)
	case len(doc.Clusters) > 0 || len(doc.Sets) > 0 || len(doc.Admins)+len(doc.Access)+len(doc.Absent) > 0 ||
		doc.Owner.Given() || len(doc.Ignore) > 0 || len(doc.Owners) > 0:
		l.errorf(doc.Pos, hint, "a document of kind %s can have only waivers", WaiversKind)
	case len(doc.Waivers) == 0:
		l.errorf(doc.Pos, "", "the document has no waivers")
	}
}

// ownWaivers limits the waivers of each document to its own clusters. first is
// where those of each begin, in the order of the documents.
func (l *loader) ownWaivers(first []int) {
	for i, doc := range l.documents {
		end := len(l.waivers)
		if i+1 < len(first) {
			end = first[i+1]
		}
		of := []arn.Cluster{}
		for _, c := range l.clusters {
			if c.doc == doc {
				of = append(of, c.ID)
			}
		}
		for j := first[i]; j < end; j++ {
			l.waivers[j].Of = of
			if len(of) == 0 && !l.lost {
				l.warnf(
					l.waivers[j].Pos,
					"move it to the document that declares them, or to a file of its own for audit --waivers",
					"the waiver applies to no cluster: it applies to the clusters of its own document",
				)
			}
		}
	}
}

func (l *loader) addWaivers(doc *Document) {
	for _, line := range doc.Waivers {
		if line.Flawed {
			continue
		}
		for _, member := range []struct {
			name string
			is   bool
			hint string
		}{
			{"rule", line.Rule.Given(), "write an id such as EA207; eksaccess audit --rules lists them"},
			{"reason", line.Reason.Given(), "write why it is accepted"},
			{"owner", line.Owner.Given(), "write who is responsible for it"},
			{"until", line.Until.Pos.Line > 0, "write its last day, like 2026-12-31"},
		} {
			if !member.is {
				l.errorf(line.Pos, member.hint, "a waiver has no %s", member.name)
			}
		}
		w := Waiver{
			Rule:   line.Rule.Value,
			Reason: line.Reason.Value,
			Owner:  line.Owner.Value,
			Until:  line.Until.Time,
			Pos:    line.Pos,
		}
		for _, t := range line.Clusters {
			w.Clusters = append(w.Clusters, t.Value)
		}
		for _, t := range line.Principals {
			if !strings.HasPrefix(t.Value, "arn:") && !strings.HasPrefix(t.Value, "*") && t.Value != "" {
				l.errorf(
					t.Pos,
					`write an ARN, or a glob over ARNs such as "*:role/break-glass"`,
					"%.200q does not match ARNs",
					t.Value,
				)
			}
			w.Principals = append(w.Principals, t.Value)
		}
		l.waivers = append(l.waivers, w)
	}
}
