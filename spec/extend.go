package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/yamlfile"
)

// Additions are what is to be added to a file. The comments of their marks are
// written with them.
type Additions struct {
	TrustedAccounts []string
	Clusters        []ClusterLine               // that the file does not declare
	Access          map[arn.Cluster]AccessLines // for clusters that it does
	Comment         string                      // above what has no mark of its own
}

// Extend adds to the text of a file, in the places a person would choose, and
// leaves every byte that is there. What could not be added comes back: access
// of clusters that are shared by anchors or aliases.
//
// What comes out is read again, and is an error unless it declares all that
// the file did, what was added, and nothing else.
func Extend(src Source, add Additions) ([]byte, []arn.Cluster, error) {
	before, problems := Load([]Source{src})
	if problems.Failed() {
		return nil, nil, problems
	}
	text, _ := src.text()
	roots, _ := yamlfile.Parse(src.Name, text)
	e := extension{Edit: yamlfile.NewEdit(text, roots), roots: roots, comment: yamlfile.Comment(add.Comment)}
	if slices.ContainsFunc(roots, yamlfile.IsFlow) {
		e.comment = "" // it may be JSON
	}
	var left []arn.Cluster
	for _, c := range before.Clusters {
		lines, asked := add.Access[c.ID]
		if !asked {
			continue
		}
		if !e.extendCluster(c.Pos, lines) {
			left = append(left, c.ID)
		}
	}
	if !e.addClusters(add.Clusters) || !e.trust(add.TrustedAccounts) {
		return nil, nil, fmt.Errorf("%s: found no place to add clusters or trusted accounts", src.Name)
	}
	out := append(slices.Clone(src.Data[:len(src.Data)-len(text)]), e.Bytes()...)
	if err := checkExtension(src, out, before, add, left); err != nil {
		return nil, nil, err
	}
	return out, left, nil
}

type extension struct {
	*yamlfile.Edit
	roots   []*yaml.Node
	comment string
}

// extendCluster adds lines to the cluster that is declared at a place. It
// reports whether it could.
func (e *extension) extendCluster(at Pos, lines AccessLines) bool {
	list, item := e.clusterAt(at)
	if item == nil || yamlfile.IsShared(item) || yamlfile.IsShared(list) {
		return false
	}
	if item.Kind == yaml.ScalarNode {
		return e.growScalar(list, item, lines)
	}
	var there, missing []int
	for i, part := range partsOf(lines) {
		switch _, v := yamlfile.Value(item, partNames[i]); {
		case part.Len() == 0:
		case v == nil:
			missing = append(missing, i)
		case yamlfile.IsShared(v):
			return false
		default:
			there = append(there, i)
		}
	}
	for _, i := range append(there, missing...) { // a list may end where the mapping does
		if !e.addItems(item, partNames[i], partsOf(lines)[i]) {
			return false
		}
	}
	return true
}

var partNames = []string{"admins", "access", "absent"}

func partsOf(lines AccessLines) []reflect.Value {
	return []reflect.Value{reflect.ValueOf(lines.Admins), reflect.ValueOf(lines.Access), reflect.ValueOf(lines.Absent)}
}

// addItems adds items to a list under a key of a mapping, and the key where
// there is none.
func (e *extension) addItems(mapping *yaml.Node, key string, items reflect.Value) bool {
	_, list := yamlfile.Value(mapping, key)
	switch {
	case list == nil && yamlfile.IsFlow(mapping):
		return e.InsertInFlow(mapping, e.comment, key+": "+flowValue(items))
	case list == nil:
		var out encoder
		out.field(mapping.Column-1, key, items)
		e.InsertBelow(mapping, out.String())
	case yamlfile.IsFlow(list):
		var parts []string
		for i := range items.Len() {
			parts = append(parts, flowValue(items.Index(i)))
		}
		return e.InsertInFlow(list, e.comment, strings.Join(parts, ", "))
	default:
		var out encoder
		for i := range items.Len() {
			out.item(list.Column-1, items.Index(i))
		}
		e.InsertBelow(list, out.String())
	}
	return true
}

// growScalar makes a mapping of a cluster that is its ARN alone.
func (e *extension) growScalar(list, item *yaml.Node, lines AccessLines) bool {
	end := e.ScalarEnd(item)
	if end < 0 {
		return false
	}
	if yamlfile.IsFlow(list) {
		e.Insert(e.Offset(item), "{arn: ")
		e.Insert(end, ", "+strings.TrimSuffix(strings.TrimPrefix(flowValue(reflect.ValueOf(lines)), "{"), "}")+"}")
		return true
	}
	var out encoder
	out.fields(item.Column-1, reflect.ValueOf(lines))
	e.Insert(e.Offset(item), "arn: ")
	e.InsertBelow(item, out.String())
	return true
}

// clusterAt finds the item of a list of clusters that begins at a place.
func (e *extension) clusterAt(at Pos) (list, item *yaml.Node) {
	for _, root := range e.roots {
		_, clusters := yamlfile.Value(root, "clusters")
		if clusters == nil || clusters.Kind != yaml.SequenceNode {
			continue
		}
		for _, item := range clusters.Content {
			if item.Line == at.Line && item.Column == at.Column {
				return clusters, item
			}
		}
	}
	return nil, nil
}

// addClusters adds whole clusters to the last document that has some.
func (e *extension) addClusters(lines []ClusterLine) bool {
	if len(lines) == 0 {
		return true
	}
	for _, root := range slices.Backward(e.roots) {
		_, list := yamlfile.Value(root, "clusters")
		switch {
		case list == nil || yamlfile.IsShared(list) || list.Kind != yaml.SequenceNode:
		case yamlfile.IsFlow(list):
			return e.addItems(root, "clusters", reflect.ValueOf(lines))
		default:
			var out encoder
			for i := range lines {
				out.WriteByte('\n')
				out.item(list.Column-1, reflect.ValueOf(lines[i]))
			}
			e.InsertBelow(list, out.String())
			return true
		}
	}
	return false
}

// trust adds accounts to guards.trustedAccounts.
func (e *extension) trust(accounts []string) bool {
	if len(accounts) == 0 {
		return true
	}
	texts := make([]Text, len(accounts))
	for i, a := range accounts {
		texts[i] = Text{Value: a}
	}
	items := reflect.ValueOf(texts)
	for _, root := range e.roots {
		_, guards := yamlfile.Value(root, "guards")
		if guards == nil || guards.Kind != yaml.MappingNode || yamlfile.IsShared(guards) {
			continue
		}
		_, list := yamlfile.Value(guards, "trustedAccounts")
		if list != nil && (yamlfile.IsShared(list) || list.Kind != yaml.SequenceNode) {
			continue
		}
		return e.addItems(guards, "trustedAccounts", items)
	}
	for _, root := range e.roots {
		key, list := yamlfile.Value(root, "clusters")
		_, guards := yamlfile.Value(root, "guards")
		switch {
		case guards != nil || list == nil:
		case yamlfile.IsFlow(root):
			return e.InsertInFlow(root, e.comment, "guards: {trustedAccounts: "+flowValue(items)+"}")
		default:
			var out encoder
			out.comments(0, []string{e.comment})
			out.field(0, "guards", reflect.ValueOf(GuardLines{TrustedAccounts: texts}))
			e.InsertAbove(key, out.String()+"\n")
			return true
		}
	}
	return false
}

// checkExtension holds the outcome against what it should be.
func checkExtension(src Source, out []byte, before *Fleet, add Additions, left []arn.Cluster) error {
	after, problems := Load([]Source{{Name: src.Name, Data: out}})
	if problems.Failed() {
		return fmt.Errorf("%s: cannot be read with the additions: %s", src.Name, problems.Errors[0])
	}
	wrong := func(what any) error {
		return fmt.Errorf("%s: the additions would change %v; add them manually", src.Name, what)
	}
	byID := map[arn.Cluster]*Cluster{}
	for _, c := range after.Clusters {
		byID[c.ID] = c
	}
	if len(after.Clusters) != len(before.Clusters)+len(add.Clusters) {
		return wrong("the clusters it declares")
	}
	for _, c := range before.Clusters {
		n := 0
		if !slices.Contains(left, c.ID) {
			lines := add.Access[c.ID]
			n = len(lines.Admins) + len(lines.Access)
		}
		if now := byID[c.ID]; now == nil || !grown(c, now, n) {
			return wrong(c.ID)
		}
	}
	return nil
}

// grown reports whether a cluster is as it was but for n more items.
func grown(before, after *Cluster, n int) bool {
	b, a := placeless(before), placeless(after)
	if len(a.Items) != len(b.Items)+n {
		return false
	}
	for _, item := range b.Items {
		i := slices.IndexFunc(a.Items, func(other Item) bool { return reflect.DeepEqual(item, other) })
		if i < 0 {
			return false
		}
		a.Items = slices.Delete(a.Items, i, i+1)
	}
	a.Items, b.Items = nil, nil
	return reflect.DeepEqual(a, b)
}

// placeless is a cluster without the places in the file, which move, and
// without the guards, which hold for the run.
func placeless(c *Cluster) Cluster {
	p := *c
	p.Pos, p.Guards = Pos{}, nil
	p.Items, p.Absent = slices.Clone(c.Items), slices.Clone(c.Absent)
	for i := range p.Items {
		p.Items[i].Pos = Pos{}
	}
	for i := range p.Absent {
		p.Absent[i].Pos = Pos{}
	}
	return p
}
