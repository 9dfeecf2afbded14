package transfer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/spec"
)

// A bundle is what the same clusters have in common.
type bundle struct {
	clusters []int // by place in the document
	lines    []line
	keys     []string // of the lines
	length   int      // of the lines in the file
}

// share moves what is the same on several clusters into sets, where that makes
// the file shorter. The clusters of doc are those of found, in their order.
func share(doc *spec.Document, found []*Cluster) {
	left := make([]remainder, len(found))
	for i, c := range found {
		for j := range c.Entries {
			left[i].count(lineOf(&c.Entries[j]), 1)
		}
	}
	moved := map[string][]int{} // key of a line → clusters it was moved from
	names := map[string]int{}
	for _, b := range bundles(found) {
		if b.saves(left) <= 0 {
			continue
		}
		name := uniqueName(names, b.name(found))
		set := spec.SetLine{Name: spec.Text{Value: name}}
		for _, l := range b.lines {
			l.add(&set.AccessLines)
		}
		doc.Sets = append(doc.Sets, set)
		for _, i := range b.clusters {
			doc.Clusters[i].Include = append(doc.Clusters[i].Include, spec.Text{Value: name})
			left[i].included = true
			for _, l := range b.lines {
				left[i].count(l, -1)
			}
		}
		for _, k := range b.keys {
			moved[k] = b.clusters
		}
	}
	slices.SortFunc(doc.Sets, func(a, b spec.SetLine) int { return cmp.Compare(a.Name.Value, b.Name.Value) })
	for i, c := range found {
		doc.Clusters[i].AccessLines = spec.AccessLines{}
		for j := range c.Entries {
			if l := lineOf(&c.Entries[j]); !slices.Contains(moved[key(general(l, c.ID))], i) {
				l.add(&doc.Clusters[i].AccessLines)
			}
		}
	}
}

// bundles finds them, the largest first.
func bundles(found []*Cluster) []*bundle {
	type shared struct {
		clusters []int
		first    line
		owners   []string
	}
	byKey := map[string]*shared{}
	var keys []string
	for i, c := range found {
		for j := range c.Entries {
			l := general(lineOf(&c.Entries[j]), c.ID)
			k := key(l)
			s := byKey[k]
			if s == nil {
				s = &shared{first: l}
				byKey[k] = s
				keys = append(keys, k)
			}
			s.clusters = append(s.clusters, i)
			s.owners = append(s.owners, c.Entries[j].Owner)
		}
	}
	byClusters := map[string]*bundle{}
	var out []*bundle
	for _, k := range keys {
		s := byKey[k]
		if len(s.clusters) < 2 {
			continue
		}
		where := fmt.Sprint(s.clusters)
		b := byClusters[where]
		if b == nil {
			b = &bundle{clusters: s.clusters}
			byClusters[where] = b
			out = append(out, b)
		}
		l := particular(s.first, found, s.clusters)
		l.mark().Aside = owners(s.owners)
		b.lines, b.keys = append(b.lines, l), append(b.keys, k)
		b.length += lines(l.encode(0))
	}
	slices.SortStableFunc(out, func(a, b *bundle) int {
		return cmp.Compare(b.length*len(b.clusters), a.length*len(a.clusters))
	})
	return out
}

// owners are those of an entry that several clusters have.
func owners(each []string) string {
	all := slices.Compact(slices.Sorted(slices.Values(each)))
	switch {
	case len(all) == 1 && all[0] == "":
		return ""
	case len(all) == 1:
		return "owner: " + all[0]
	case all[0] == "":
		all[0] = "none"
	}
	return "owners: " + strings.Join(all, ", ")
}

// general is a line so that it reads alike in the accounts of several
// clusters; key is what it has to share.
func general(l line, id arn.Cluster) line {
	text := l.principal().Principal.Value
	p, err := arn.ParsePrincipal(text)
	if err != nil || p.Account != id.Account || p.Partition != id.Partition {
		return l
	}
	p.ARN.Account, p.ARN.Partition = "${account}", "${partition}"
	return l.with(p.ARN.String())
}

// particular writes the placeholders out that say the same for all of the
// clusters.
func particular(l line, found []*Cluster, clusters []int) line {
	first := found[clusters[0]].ID
	same := func(part func(arn.Cluster) string) bool {
		return !slices.ContainsFunc(clusters, func(i int) bool { return part(found[i].ID) != part(first) })
	}
	text := l.principal().Principal.Value
	if same(func(c arn.Cluster) string { return c.Account }) {
		text = strings.ReplaceAll(text, "${account}", first.Account)
	}
	if same(func(c arn.Cluster) string { return c.Partition }) {
		text = strings.ReplaceAll(text, "${partition}", first.Partition)
	}
	return l.with(text)
}

// with is the line with another way to write its ARN.
func (l line) with(text string) line {
	if l.principal().Principal.Value == "" {
		return l
	}
	if l.admin != nil {
		a := *l.admin
		a.Principal.Value = text
		return line{admin: &a}
	}
	a := *l.access
	a.Principal.Value = text
	return line{access: &a}
}

// key is equal for lines that say the same, whatever the owner.
func key(l line) string {
	aside := l.mark().Aside
	l.mark().Aside = ""
	text := string(l.encode(0))
	l.mark().Aside = aside
	if l.admin != nil {
		return "admins " + text
	}
	return "access " + text
}

// A remainder is what a cluster of the document still has of its own.
type remainder struct {
	admins, access int
	included       bool
}

func (r *remainder) count(l line, n int) {
	if l.admin != nil {
		r.admins += n
	} else {
		r.access += n
	}
}

// saves is how many lines shorter the bundle as a set makes the file.
func (b *bundle) saves(left []remainder) int {
	var own remainder
	for _, l := range b.lines {
		own.count(l, 1)
	}
	cost := 2 + b.length // an empty line, the name
	if own.admins > 0 {
		cost++
	}
	if own.access > 0 {
		cost++
	}
	saved := 0
	for _, i := range b.clusters {
		saved += b.length
		if own.admins > 0 && left[i].admins == own.admins {
			saved++ // "admins:" goes
		}
		if own.access > 0 && left[i].access == own.access {
			saved++
		}
		if !left[i].included {
			cost++
		}
	}
	return saved - cost
}

// name says what the set is: where it holds if that has a name, and else whom
// it is for.
func (b *bundle) name(found []*Cluster) string {
	kind := ""
	if !slices.ContainsFunc(b.lines, func(l line) bool { return l.admin == nil }) {
		kind = "admins"
	}
	var names, regions, accounts []string
	for _, i := range b.clusters {
		id := found[i].ID
		names, regions, accounts = append(names, id.Name), append(regions, id.Region), append(accounts, id.Account)
	}
	switch word := commonWord(names); {
	case len(b.clusters) == len(found) && kind != "":
		return "everywhere-" + kind
	case len(b.clusters) == len(found):
		return "everywhere"
	case word != "":
		return hyphenate(word, kind)
	case len(b.lines) == 1:
		return nameOf(b.lines[0])
	case allOf(regions, found, func(c arn.Cluster) string { return c.Region }):
		return hyphenate(regions[0], kind)
	case allOf(accounts, found, func(c arn.Cluster) string { return c.Account }):
		return hyphenate("account-"+accounts[0], kind)
	}
	return hyphenate("shared", kind)
}

func hyphenate(a, b string) string {
	if b == "" {
		return a
	}
	return a + "-" + b
}

// nameOf is a principal's name.
func nameOf(l line) string {
	p := l.principal()
	for _, t := range []spec.Text{p.PermissionSet, p.Role, p.User} {
		if t.Value != "" {
			return t.Value
		}
	}
	named, err := arn.ParsePrincipal(p.Principal.Value)
	if err != nil {
		return "shared"
	}
	if set, _, ok := named.PermissionSet(); ok {
		return set
	}
	return cmp.Or(named.Name, "shared")
}

// commonWord is the first word, between hyphens, that all names have.
func commonWord(names []string) string {
	split := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return r == '-' || r == '_' })
	}
	for _, w := range split(names[0]) {
		if !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(split(n), w) }) {
			return w
		}
	}
	return ""
}

// allOf reports whether part is the same in the bundle and no other cluster
// has it.
func allOf(parts []string, found []*Cluster, part func(arn.Cluster) string) bool {
	n := 0
	for _, c := range found {
		if part(c.ID) == parts[0] {
			n++
		}
	}
	return n == len(parts) && len(slices.Compact(slices.Sorted(slices.Values(parts)))) == 1
}

func uniqueName(taken map[string]int, name string) string {
	taken[name]++
	if n := taken[name]; n > 1 {
		return uniqueName(taken, fmt.Sprintf("%s-%d", name, n))
	}
	return name
}
