package eksctl

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/internal/yamlfile"
)

// types are those that eksctl takes; it refuses a ClusterConfig with any other
// (pkg/apis/eksctl.io/v1alpha5, validateAccessEntries, August 2026).
var types = []string{
	eksfacts.Standard, eksfacts.EC2, eksfacts.EC2Linux, eksfacts.EC2Windows, eksfacts.FargateLinux,
	eksfacts.HybridLinux,
}

// Files are a ClusterConfig for each cluster: it has room for no second one.
func Files(clusters []transfer.Cluster) (files []transfer.File, notes []transfer.Note) {
	for _, c := range clusters {
		data, more := Write(c)
		if len(c.Entries) > 0 && !slices.ContainsFunc(c.Entries,
			func(e transfer.Entry) bool { return slices.Contains(types, e.Type) }) {
			notes = append(notes, more...)
			continue
		}
		files = append(files, transfer.File{Name: transfer.FileName(c.ID, 1, 1) + ".yaml", Data: data})
		notes = append(notes, more...)
	}
	return files, notes
}

// Write writes the entries of a cluster as a ClusterConfig, with notes on what
// it has no words for. It is one for "eksctl create accessentry -f": a cluster
// can't be made from it.
func Write(c transfer.Cluster) ([]byte, []transfer.Note) {
	var notes []transfer.Note
	out := config{
		APIVersion:   apiVersion,
		Kind:         kind,
		Metadata:     metadata{c.ID.Name, c.ID.Region},
		AccessConfig: &accessConfig{Mode: c.Mode},
	}
	if c.Mode == "" {
		// Without one, eksctl takes the cluster for one in this mode
		// (eksctl user guide, "EKS Access Entries").
		out.AccessConfig.Mode = eksfacts.ModeAPIAndConfigMap
	}
	tagged := 0
	for _, e := range c.Entries {
		if !slices.Contains(types, e.Type) {
			notes = append(notes, transfer.Note{
				Outcome: transfer.Left,
				Cluster: c.ID.Name,
				Subject: e.Principal,
				Source:  e.Source,
				Why:     "eksctl has no type " + e.Type + ", and refuses a whole ClusterConfig for it",
			})
			continue
		}
		item := accessEntry{Principal: e.Principal, Type: e.OwnType(), Groups: e.OwnGroups(), Username: e.OwnUsername()}
		for _, p := range e.Policies {
			item.Policies = append(item.Policies, accessPolicy{p.ARN, accessScope{p.Scope, p.Namespaces}})
		}
		var n yaml.Node
		if err := n.Encode(item); err != nil {
			notes = append(notes, transfer.Note{
				Outcome: transfer.Left,
				Cluster: c.ID.Name,
				Subject: e.Principal,
				Why:     "YAML has no way to write it",
			})
			continue
		}
		out.AccessConfig.Entries = append(out.AccessConfig.Entries, n)
		if len(e.Tags) > 0 {
			tagged++
		}
	}
	if tagged > 0 {
		have := "have"
		if tagged == 1 {
			have = "has"
		}
		notes = append(
			notes,
			transfer.Note{
				Outcome: transfer.Left,
				Cluster: c.ID.Name,
				Subject: "tags",
				Why:     fmt.Sprintf("eksctl's entries have none, and %d of these %s", tagged, have),
			},
		)
	}
	above := fmt.Sprintf(
		"# Access entries of %s (%s, %s).\n# A ClusterConfig names no account: check that eksctl runs in the right "+
			"one.\n",
		c.ID.Name,
		c.ID.Account,
		c.ID.Region,
	)
	return yamlfile.Encode(above, out), notes
}
