package terraform

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

// Options of writing.
type Options struct {
	// Imports: each resource is followed by the import block that takes the
	// entry over as it is.
	Imports bool
	// Reach says by which role, with which external id, a cluster is reached;
	// both may be empty. Nil: none is.
	Reach func(arn.Cluster) (role, externalID string)
}

// minProvider is the first version of hashicorp/aws with access entries (its
// changelog, 5.33.0); minTerraform the first with import blocks.
const (
	minProvider  = ">= 5.33.0"
	minTerraform = ">= 1.5.0"
)

// Files are what [Write] writes: one file, whatever the clusters are.
func Files(clusters []transfer.Cluster, o Options) []transfer.File {
	return []transfer.File{{Name: "access.tf", Data: Write(clusters, o)}}
}

// Write writes the entries of clusters as one configuration. Clusters of
// several accounts or regions get a provider each. The same clusters give the
// same bytes.
func Write(clusters []transfer.Cluster, o Options) []byte {
	w := writer{file: hclwrite.NewEmptyFile(), names: nameAll(clusters)}
	w.root = w.file.Body()
	t := w.root.AppendNewBlock("terraform", nil).Body()
	t.SetAttributeValue("required_version", cty.StringVal(minTerraform))
	t.AppendNewBlock("required_providers", nil).Body().SetAttributeValue("aws", cty.ObjectVal(map[string]cty.Value{
		"source": cty.StringVal("hashicorp/aws"), "version": cty.StringVal(minProvider)}))

	places := placesOf(clusters, o)
	for _, p := range slices.SortedFunc(maps.Keys(places), place.compare) {
		w.root.AppendNewline()
		b := w.root.AppendNewBlock("provider", []string{"aws"}).Body()
		if alias := places[p]; alias != "" {
			b.SetAttributeValue("alias", cty.StringVal(alias))
		}
		b.SetAttributeValue("region", cty.StringVal(p.region))
		b.SetAttributeValue("allowed_account_ids", list([]string{p.account}))
		if p.role != "" {
			a := b.AppendNewBlock("assume_role", nil).Body()
			a.SetAttributeValue("role_arn", cty.StringVal(p.role))
			if p.externalID != "" {
				a.SetAttributeValue("external_id", cty.StringVal(p.externalID))
			}
		}
	}
	for _, c := range clusters {
		w.root.AppendNewline()
		w.comment(fmt.Sprintf("%s (%s, %s)", c.ID.Name, c.ID.Account, c.ID.Region))
		w.alias = places[placeOf(c, o)]
		for _, e := range c.Entries {
			w.entry(c.ID, e, o.Imports)
		}
	}
	// "##[name]" is a command to a CI runner (render.Safe). Number signs are in
	// quoted strings and comments only.
	return bytes.ReplaceAll(hclwrite.Format(w.file.Bytes()), []byte("##"), []byte(`#\u0023`))
}

// A place is what one provider is for.
type place struct{ account, region, role, externalID string }

func (p place) compare(q place) int {
	return slices.Compare(
		[]string{p.account, p.region, p.role, p.externalID},
		[]string{q.account, q.region, q.role, q.externalID},
	)
}

func placeOf(c transfer.Cluster, o Options) place {
	p := place{account: c.ID.Account, region: c.ID.Region}
	if o.Reach != nil {
		p.role, p.externalID = o.Reach(c.ID)
	}
	return p
}

// placesOf gives each place the alias of its provider, and the only place none.
func placesOf(clusters []transfer.Cluster, o Options) map[place]string {
	short := map[place]string{}
	for _, c := range clusters {
		p := placeOf(c, o)
		short[p] = identifier("a" + p.account + "_" + strings.ReplaceAll(p.region, "-", "_"))
	}
	if len(short) == 1 {
		return map[place]string{placeOf(clusters[0], o): ""}
	}
	return unique(short, place.compare, func(p place) string { return p.role + " " + p.externalID })
}

type writer struct {
	file  *hclwrite.File
	root  *hclwrite.Body
	names map[key]string
	alias string // of the provider; "" for the only one
}

func (w *writer) comment(text string) {
	w.root.AppendUnstructuredTokens(hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte("# " + text + "\n")}})
}

func (w *writer) entry(id arn.Cluster, e transfer.Entry, imports bool) {
	name := w.names[key{id, e.Principal, ""}]
	b := w.block(typeEntry, name)
	b.SetAttributeValue("cluster_name", cty.StringVal(id.Name))
	b.SetAttributeValue("principal_arn", cty.StringVal(e.Principal))
	if t := e.OwnType(); t != "" {
		b.SetAttributeValue("type", cty.StringVal(t))
	}
	// Both attributes are optional and computed: where they are left out, the
	// provider takes whatever is live for what was meant, so that a plan says "No
	// changes" of groups or of a username that a user added by hand (measured
	// with hashicorp/aws 5.100.0: TestTerraformItself).
	if eksfacts.TakesNames(e.Type) {
		b.SetAttributeValue("user_name", cty.StringVal(e.Username))
		b.SetAttributeValue("kubernetes_groups", list(e.Groups))
	}
	if len(e.Tags) > 0 {
		tags := map[string]cty.Value{}
		for k, v := range e.Tags {
			tags[k] = cty.StringVal(v)
		}
		b.SetAttributeValue("tags", cty.ObjectVal(tags))
	}
	if imports {
		// Provider documentation, aws_eks_access_entry, "Import".
		w.imports(typeEntry, name, id.Name+":"+e.Principal)
	}
	for _, p := range e.Policies {
		w.association(id, e, p, name, imports)
	}
}

func (w *writer) association(id arn.Cluster, e transfer.Entry, p spec.Policy, entry string, imports bool) {
	name := w.names[key{id, e.Principal, p.ARN}]
	b := w.block(typeAssociation, name)
	b.SetAttributeTraversal("cluster_name", path(typeEntry, entry, "cluster_name"))
	b.SetAttributeTraversal("principal_arn", path(typeEntry, entry, "principal_arn"))
	b.SetAttributeValue("policy_arn", cty.StringVal(p.ARN))
	b.AppendNewline()
	scope := b.AppendNewBlock("access_scope", nil).Body()
	scope.SetAttributeValue("type", cty.StringVal(p.Scope))
	if len(p.Namespaces) > 0 {
		scope.SetAttributeValue("namespaces", list(p.Namespaces))
	}
	if imports {
		// Provider documentation, aws_eks_access_policy_association, "Import".
		w.imports(typeAssociation, name, id.Name+"#"+e.Principal+"#"+p.ARN)
	}
}

// block begins a resource, which says by which provider where there are several.
func (w *writer) block(kind, name string) *hclwrite.Body {
	w.root.AppendNewline()
	b := w.root.AppendNewBlock("resource", []string{kind, name}).Body()
	if w.alias != "" {
		b.SetAttributeTraversal("provider", path("aws", w.alias))
	}
	return b
}

func (w *writer) imports(kind, name, id string) {
	w.root.AppendNewline()
	b := w.root.AppendNewBlock("import", nil).Body() // by the provider of its resource
	b.SetAttributeTraversal("to", path(kind, name))
	b.SetAttributeValue("id", cty.StringVal(id))
}

func path(root string, names ...string) hcl.Traversal {
	t := hcl.Traversal{hcl.TraverseRoot{Name: root}}
	for _, n := range names {
		t = append(t, hcl.TraverseAttr{Name: n})
	}
	return t
}

func list(words []string) cty.Value {
	if len(words) == 0 {
		return cty.ListValEmpty(cty.String)
	}
	values := make([]cty.Value, len(words))
	for i, word := range words {
		values[i] = cty.StringVal(word)
	}
	return cty.ListVal(values)
}
