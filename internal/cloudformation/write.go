package cloudformation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/internal/yamlfile"
)

const resourceType = "AWS::EKS::AccessEntry"

// MaxResources is how many resources one template gets: as many as one change
// set can import (CloudFormation service model 2010-05-15, ResourcesToImport;
// a stack may have 500).
const MaxResources = 200

// MaxInline is how large a template may be, in bytes, to be handed to AWS by
// itself and not by way of S3 (CloudFormation user guide, quotas).
const MaxInline = 51_200

// Files are a template for each cluster, or several for one that is large, and
// with each the list for its import. The notes say how they are used.
func Files(clusters []transfer.Cluster, imports bool) (files []transfer.File, notes []transfer.Note) {
	for _, c := range clusters {
		templates, more := Write(c)
		notes = append(notes, more...)
		for _, t := range templates {
			name := transfer.FileName(c.ID, t.Part, t.Parts)
			files = append(files, transfer.File{Name: name + ".template.yaml", Data: t.Body})
			if imports {
				files = append(files, transfer.File{Name: name + ".import.json", Data: t.Import, Beside: true})
			}
			if len(t.Body) > MaxInline {
				notes = append(notes, transfer.Note{
					Outcome: transfer.Doubt,
					Cluster: c.ID.Name,
					Subject: name + ".template.yaml",
					Why: fmt.Sprintf("it is longer than the %d bytes that can be sent to AWS by themselves",
						MaxInline),
					Hint: "put it into S3 and pass --template-url in place of --template-body",
				})
			}
		}
		if len(templates) > 1 {
			notes = append(notes, transfer.Note{
				Outcome: transfer.Doubt,
				Cluster: c.ID.Name,
				Subject: fmt.Sprintf("%d templates", len(templates)),
				Why: fmt.Sprintf("one change set imports at most %d entries; each template is a stack of its own",
					MaxResources),
			})
		}
	}
	return files, notes
}

// A Template is one stack's worth of a cluster.
type Template struct {
	Part, Parts int    // 1 of 1, where a cluster fits into one
	Body        []byte // YAML
	Import      []byte // JSON, for create-change-set --resources-to-import
}

// Write writes the entries of a cluster, with notes on what can't be in a
// template. A resource is called after its principal, so that it keeps its
// logical id whatever is added beside it. Without entries there is no template,
// since AWS takes none that is empty.
func Write(c transfer.Cluster) ([]Template, []transfer.Note) {
	var notes []transfer.Note
	entries := slices.DeleteFunc(slices.Clone(c.Entries), func(e transfer.Entry) bool {
		if !dynamic(e) {
			return false
		}
		notes = append(notes, transfer.Note{Outcome: transfer.Left, Cluster: c.ID.Name, Subject: e.Principal,
			Why: `CloudFormation would look up what stands in "{{resolve:", wherever it stands`})
		return true
	})
	var out []Template
	parts := (len(entries) + MaxResources - 1) / MaxResources
	for chunk := range slices.Chunk(entries, MaxResources) {
		t := Template{Part: len(out) + 1, Parts: parts}
		t.Body, t.Import = template(c, chunk, t), imports(c, chunk)
		out = append(out, t)
	}
	return out, notes
}

// The types of a template, in the order its keys are written.
type (
	document struct {
		Version     string    `yaml:"AWSTemplateFormatVersion"`
		Description string    `yaml:"Description"`
		Resources   yaml.Node `yaml:"Resources"`
	}
	resource struct {
		Type           string     `yaml:"Type"`
		DeletionPolicy string     `yaml:"DeletionPolicy"`
		Properties     properties `yaml:"Properties"`
	}
	properties struct {
		Cluster   string   `yaml:"ClusterName"`
		Principal string   `yaml:"PrincipalArn"`
		Type      string   `yaml:"Type,omitempty"`
		Username  string   `yaml:"Username,omitempty"`
		Groups    []string `yaml:"KubernetesGroups,omitempty"`
		Policies  []policy `yaml:"AccessPolicies,omitempty"`
		Tags      []tag    `yaml:"Tags,omitempty"`
	}
	policy struct {
		Policy string `yaml:"PolicyArn"`
		Scope  scope  `yaml:"AccessScope"`
	}
	scope struct {
		Type       string   `yaml:"Type"`
		Namespaces []string `yaml:"Namespaces,omitempty"`
	}
	tag struct {
		Key   string `yaml:"Key"`
		Value string `yaml:"Value"`
	}
)

// What stands above a template: an import needs DeletionPolicy, and Retain is
// the one that can take access from no one by mistake (CloudFormation user
// guide, "Import AWS resources into a CloudFormation stack").
const above = `# Access entries that exist are taken over by a change set of type IMPORT.
# With DeletionPolicy Retain, an entry that is taken out of the template keeps its
# access: write Delete once the import is done.
`

func template(c transfer.Cluster, entries []transfer.Entry, t Template) []byte {
	description := fmt.Sprintf("Access entries of the EKS cluster %s (%s, %s)", c.ID.Name, c.ID.Account, c.ID.Region)
	if t.Parts > 1 {
		description += fmt.Sprintf(", part %d of %d", t.Part, t.Parts)
	}
	d := document{Version: "2010-09-09", Description: description, Resources: yaml.Node{Kind: yaml.MappingNode}}
	for _, e := range entries {
		var id, body yaml.Node
		id.SetString(LogicalID(e))
		r := resource{Type: resourceType, DeletionPolicy: "Retain", Properties: propertiesOf(c, e)}
		if err := body.Encode(r); err != nil {
			panic(err) // of plain structs in memory it can't be
		}
		d.Resources.Content = append(d.Resources.Content, &id, &body)
	}
	return yamlfile.Encode(above, d)
}

func propertiesOf(c transfer.Cluster, e transfer.Entry) properties {
	p := properties{
		Cluster:   c.ID.Name,
		Principal: e.Principal,
		Type:      e.OwnType(),
		Username:  e.OwnUsername(),
		Groups:    e.OwnGroups(),
	}
	for _, have := range e.Policies {
		p.Policies = append(p.Policies, policy{have.ARN, scope{have.Scope, have.Namespaces}})
	}
	for _, key := range slices.Sorted(maps.Keys(e.Tags)) {
		p.Tags = append(p.Tags, tag{key, e.Tags[key]})
	}
	return p
}

// imports says which entries that exist are which resources of the template.
// An access entry is known by principal and cluster (resource schema of
// AWS::EKS::AccessEntry, primaryIdentifier).
func imports(c transfer.Cluster, entries []transfer.Entry) []byte {
	type identified struct {
		ResourceType       string
		LogicalResourceId  string
		ResourceIdentifier map[string]string
	}
	list := make([]identified, len(entries))
	for i, e := range entries {
		list[i] = identified{
			resourceType,
			LogicalID(e),
			map[string]string{"PrincipalArn": e.Principal, "ClusterName": c.ID.Name},
		}
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(list); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// ImportCommand is how the template of a cluster takes over the entries that
// exist, where its files are in a folder (AWS CLI reference, cloudformation
// create-change-set).
func ImportCommand(c transfer.Cluster, dir string) string {
	parts := (len(c.Entries) + MaxResources - 1) / MaxResources
	file := "file://" + filepath.ToSlash(filepath.Join(dir, transfer.FileName(c.ID, 1, parts)))
	return fmt.Sprintf(
		"aws cloudformation create-change-set --change-set-type IMPORT --stack-name eks-access-%s --change-set-name "+
			"take-over --region %s"+
			" --template-body %s.template.yaml --resources-to-import %s.import.json",
		strings.ReplaceAll(c.ID.Name, "_", "-"),
		c.ID.Region,
		file,
		file,
	)
}
