package render

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/internal/render/escape"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/plan"
)

// A Failure is a cluster that could not be read, planned or changed, and why.
type Failure struct {
	Account, Region, Name string
	Error                 *plan.Error // nil where the cause is not known
}

func (f Failure) name() [3]string { return [3]string{f.Account, f.Region, f.Name} }

// sameFailures groups clusters with the same error, in the order of the first
// of each group.
func sameFailures(all []Failure) [][]Failure {
	var groups [][]Failure
	at := map[string]int{}
	for _, f := range all {
		k := f.kind()
		i, ok := at[k]
		if !ok {
			i = len(groups)
			at[k] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

// kind is the same text for the same error of different clusters.
func (f Failure) kind() string {
	e := f.Error
	if e == nil {
		return ""
	}
	return strings.Join([]string{e.Code, e.Operation, e.Action, f.common(e.Message), f.common(e.Hint)}, "\x00")
}

var accountNumber = regexp.MustCompile(`\b[0-9]{12}\b`)

// common is text without what is of this cluster only: its names, account numbers
// and the request.
func (f Failure) common(text string) string {
	pairs := []string{
		f.Region + ":" + f.Account + ":cluster/" + f.Name, "REGION:ACCOUNT:cluster/CLUSTER",
		f.Account + "/" + f.Region + "/" + f.Name, "CLUSTER",
		`"` + f.Name + `"`, `"CLUSTER"`,
		"name: " + f.Name, "name: CLUSTER",
	}
	if id := f.Error.RequestID; id != "" {
		pairs = append(pairs, id, "REQUEST")
	}
	return accountNumber.ReplaceAllString(strings.NewReplacer(pairs...).Replace(text), "ACCOUNT")
}

// FailureSummary is one line on what failed, and where:
//
//	plan failed in 1 of 3 clusters: dev: AccessDenied: not authorized
//	plan failed in 3 of 40 clusters: ExpiredToken: the token is expired (c1, c2); ClusterNotFound (c3)
func FailureSummary(what string, all []Failure, of int) string {
	text := fmt.Sprintf("%s in %d of %s", what, len(all), phrase.Count(of, "cluster"))
	groups := sameFailures(all)
	var parts []string
	for i, g := range groups {
		if i == 3 && len(groups) > 4 {
			parts = append(parts, fmt.Sprintf("%d other errors", len(groups)-i))
			break
		}
		cause := "unknown error"
		if e := commonError(g); e != nil {
			cause = phrase.Join(": ", e.Code, e.Message)
			if len(groups) > 1 && e.Code != "" {
				cause = e.Code
			}
		}
		if of == 1 {
			parts = append(parts, cause)
		} else {
			parts = append(parts, cause+" ("+firstNames(g, 3)+")")
		}
	}
	return escape.Text(text + ": " + strings.Join(parts, "; "))
}

// firstNames is "c1, c2, c3 and 37 more".
func firstNames(list []Failure, most int) string {
	clusters := make([][3]string, len(list))
	for i, f := range list {
		clusters[i] = f.name()
	}
	return phrase.First(shortNames(clusters), most)
}

// failureParts are the parts of a document about failures.
func failureParts(groups [][]Failure, how string) []doc.Part {
	var parts []doc.Part
	for _, g := range groups {
		parts = append(parts, doc.Part{Name: g[0].Name, Blocks: failureSections([][]Failure{g}, how)})
	}
	return parts
}

// failureSections say each error once, with the clusters that have it. how is
// "failed" or "not read".
func failureSections(groups [][]Failure, how string) []doc.Block {
	var list []doc.Block
	for _, g := range groups {
		s := doc.Section{Title: where(g[0].Name, g[0].Account, g[0].Region), Status: how, Style: doc.Alert, Open: true}
		if len(g) > 1 {
			s.Title = phrase.Count(len(g), "cluster")
			s.Blocks = append(s.Blocks, doc.Either{
				Text:     []doc.Block{doc.Line{Text: firstNames(g, 10)}},
				Markdown: []doc.Block{doc.Line{Text: firstNames(g, 100)}},
			})
		}
		s.Blocks = append(s.Blocks, problem(commonError(g))...)
		list = append(list, s)
	}
	return list
}

// unlistedLines are the accounts and regions that could not be read: which clusters
// they have is not known.
func unlistedLines(list []snapshot.NotRead) []doc.Block {
	var lines []doc.Block
	for _, n := range ofPlaces(list) {
		lines = append(lines, doc.Either{
			Text: []doc.Block{doc.Line{Lead: doc.Styled(doc.Alert, "not read: "),
				Text: n.Place() + ": " + n.Reason, Hang: 6}},
			Markdown: []doc.Block{doc.Line{Lead: doc.Join(doc.Styled(doc.Strong, "not read"), doc.Raw(" "),
				doc.Raw(n.Place()), doc.Raw(": ")), Text: n.Reason}},
		})
	}
	return lines
}

// ofPlaces are those of a list that are about accounts and regions.
func ofPlaces(list []snapshot.NotRead) []snapshot.NotRead {
	var out []snapshot.NotRead
	for _, n := range list {
		if n.Cluster == nil {
			out = append(out, n)
		}
	}
	return out
}

// unlistedSummary is for the last line of a report; "" for none.
func unlistedSummary(list []snapshot.NotRead) string {
	if n := len(ofPlaces(list)); n > 0 {
		return phrase.CountOf(n, "account or region", "accounts or regions") + " not read"
	}
	return ""
}

// commonError is the error of a group, without what is of one of its clusters only.
func commonError(g []Failure) *plan.Error {
	if len(g) == 1 || g[0].Error == nil {
		return g[0].Error
	}
	e := *g[0].Error
	e.RequestID = ""
	first := g[0].Error
	for _, f := range g[1:] {
		if f.Error.Resource != first.Resource {
			e.Resource = ""
		}
		if f.Error.Message != first.Message {
			e.Message = g[0].common(first.Message)
		}
		if f.Error.Hint != first.Hint {
			e.Hint = g[0].common(first.Hint)
		}
	}
	return &e
}

// groupRepeated splits failures into groups of several clusters with the same error,
// and the rest.
func groupRepeated(all []Failure) (groups [][]Failure, in map[[3]string]bool) {
	in = map[[3]string]bool{}
	for _, g := range sameFailures(all) {
		if len(g) > 1 && g[0].Error != nil {
			groups = append(groups, g)
			for _, f := range g {
				in[f.name()] = true
			}
		}
	}
	return groups, in
}
