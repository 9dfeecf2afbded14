package spec

import (
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// Load reads the files of one run and puts together what holds for each of
// their clusters. Every mistake in any of them is found in one go, in the order
// of the files and lines. The fleet is nil where there is an error.
func Load(sources []Source) (*Fleet, Problems) {
	l := &loader{files: map[string]int{}, sets: map[string]*set{}, byID: map[arn.Cluster]*draft{}, spread: spreads{}}
	for _, src := range sources {
		if _, twice := l.files[src.Name]; twice {
			l.errorf(Pos{File: src.Name}, "pass it once", "the file is given twice")
			continue
		}
		l.files[src.Name] = len(l.files)
		d := decode(src)
		l.add(d.report().Problems)
		l.lost = l.lost || d.Lost
		for _, doc := range d.documents {
			l.documents = append(l.documents, &document{Document: doc})
		}
	}
	for _, doc := range l.documents {
		l.header(doc)
	}
	l.addGuards()
	l.addOwners()
	var waivers []int // where those of each document begin
	for _, doc := range l.documents {
		waivers = append(waivers, len(l.waivers))
		l.addWaivers(doc.Document)
	}
	l.readSets()
	for _, doc := range l.documents {
		l.readClusters(doc)
	}
	l.ownWaivers(waivers)
	l.attachSets()
	for _, c := range l.clusters {
		l.fill(c)
	}
	l.reportUnused()
	tests := l.readTests()
	l.spread.report(&l.report)

	problems := l.sortedProblems(l.files)
	if problems.Failed() {
		return nil, problems
	}
	fleet := &Fleet{Guards: l.guards, files: l.files}
	if len(tests) > 0 {
		fleet.judge = func(now time.Time) Tests { return l.judge(tests, now) }
	}
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
	owners    []OwnerTag
	waivers   []Waiver
	sets      map[string]*set
	setNames  []string // in the order declared
	clusters  []*draft // likewise
	byID      map[arn.Cluster]*draft
	spread    spreads
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
		l.errorf(k.Pos, `write "kind: `+Kind+`", or remove it`, "unknown kind %.80q", k.Value)
	}
	if o := doc.Owner; o.Value != "" {
		if IsOwner(o.Value) {
			doc.owner = o.Value
		} else {
			l.errorf(o.Pos, "letters, digits and . _ / @ + = -, a letter or digit first, at most "+
				"128", "%.200q is not a valid owner", o.Value)
		}
	}
	l.settings(doc, doc.Defaults)
	doc.tags = l.tags(doc.Defaults.Tags)
	for _, text := range doc.Ignore {
		if summary, hint := placeholderProblem(text.Value); summary != "" {
			l.errorf(text.Pos, hint, "%s", summary)
		} else if text.Value != "" && l.addVerdict(text.Pos, judgePattern(text.Value)) {
			doc.ignore = append(doc.ignore, text)
		}
	}
	doc.top = l.access(doc.AccessLines)
}

// reportUnused tells of what holds for nothing.
func (l *loader) reportUnused() {
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
			l.warnf(doc.Pos, "move the access into a set, which clusters of other documents can include",
				"the settings on top of this document apply to no cluster: it declares none")
		}
	}
}
