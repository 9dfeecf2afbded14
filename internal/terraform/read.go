package terraform

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

// Resource types that are looked at. What the second provider for AWS makes
// has another form, and is named only.
const (
	typeEntry       = "aws_eks_access_entry"
	typeAssociation = "aws_eks_access_policy_association"
	typeCluster     = "aws_eks_cluster"
	typeCCEntry     = "awscc_eks_access_entry"
)

// configMaps are the resources that may hold aws-auth (provider
// hashicorp/kubernetes).
var configMaps = []string{"kubernetes_config_map", "kubernetes_config_map_v1", "kubernetes_config_map_v1_data"}

// Read reads what "terraform show -json" prints of a state or a plan, or a state
// file. Of a plan it is what will be once the plan is applied. A cluster's account and
// region are those in the ARN of one of its entries, or of the cluster; where
// there is none they are left empty, for the caller to complete. The error is
// of type [spec.Problems].
func Read(file spec.Source) ([]transfer.Cluster, []transfer.Note, error) {
	d, err := parse(file)
	if err != nil {
		return nil, nil, err
	}
	r := reader{
		unknown:     map[string]json.RawMessage{},
		set:         map[string]map[string]json.RawMessage{},
		clusters:    map[arn.Cluster]*transfer.Cluster{},
		byPrincipal: map[[2]string][]held{},
	}
	shown := d.Values
	if d.PlannedValues != nil {
		shown = d.PlannedValues
		r.plan(d)
	}
	if shown == nil && d.PriorState == nil && len(d.Changes) == 0 {
		return nil, nil, refuse(spec.Pos{File: file.Name}, "the state is empty",
			"in the folder of the configuration, after terraform init: "+showState)
	}
	r.gather(shown, true)
	if d.PriorState != nil {
		r.gather(d.PriorState.Values, false)
	}
	r.places()
	for _, res := range r.entries {
		r.entry(res)
	}
	for _, res := range r.associations {
		r.association(res)
	}
	out := make([]transfer.Cluster, 0, len(r.clusters))
	for _, c := range r.clusters {
		for i := range c.Entries {
			c.Entries[i].Entry = transfer.Fill(c.Entries[i].Entry)
		}
		out = append(out, *c)
	}
	transfer.Sort(out)
	return out, transfer.SortNotes(r.notes), nil
}

type reader struct {
	entries, associations, clusterResources, dataClusters []resource

	unknown map[string]json.RawMessage            // of a plan: after_unknown, by address
	set     map[string]map[string]json.RawMessage // of a plan: what the configuration sets, by address without keys

	known    []arn.Cluster // every cluster an ARN tells of
	modules  map[arn.Cluster][]string
	clusters map[arn.Cluster]*transfer.Cluster
	notes    []transfer.Note

	byPrincipal map[[2]string][]held // by cluster name and principal
}

func (r *reader) note(cluster, subject, why, hint string) {
	r.append(transfer.Doubt, cluster, subject, why, hint)
}

func (r *reader) leave(cluster, subject, why, hint string) {
	r.append(transfer.Left, cluster, subject, why, hint)
}

func (r *reader) append(outcome transfer.Outcome, cluster, subject, why, hint string) {
	r.notes = append(r.notes, transfer.Note{
		Outcome: outcome,
		Cluster: cluster,
		Subject: subject,
		Why:     why,
		Hint:    hint,
	})
}

// plan takes over what only a plan has.
func (r *reader) plan(d *document) {
	for _, c := range d.Changes {
		if c.Deposed == "" {
			r.unknown[c.Address] = c.Change.AfterUnknown
		}
		if slices.Equal(c.Change.Actions, []string{"delete"}) && strings.Contains(c.Address, typeEntry+".") {
			r.leave("", c.Address, "this plan deletes it", "")
		}
	}
	if d.Configuration != nil {
		r.addConfigured("", d.Configuration.RootModule)
	}
}

// addConfigured gathers which arguments the configuration sets.
func (r *reader) addConfigured(prefix string, m configModule) {
	for _, res := range m.Resources {
		r.set[prefix+res.Address] = res.Expressions
	}
	for name, call := range m.Calls {
		r.addConfigured(prefix+"module."+name+".", call.Module)
	}
}

// gather sorts the resources of all modules by what they are.
func (r *reader) gather(v *values, managed bool) {
	if v == nil || v.RootModule == nil {
		return
	}
	modules := []module{*v.RootModule}
	for len(modules) > 0 {
		m := modules[0]
		modules = append(modules[1:], m.ChildModules...)
		for _, res := range m.Resources {
			res.module = m.Address
			switch {
			case res.DeposedKey != "":
			case res.Type == typeCluster && res.Mode == "data":
				r.dataClusters = append(r.dataClusters, res)
			case res.Mode == "data":
			case res.Type == typeCluster:
				r.clusterResources = append(r.clusterResources, res)
			case !managed: // what is, where the plan says what will be
			case res.Type == typeEntry:
				r.entries = append(r.entries, res)
			case res.Type == typeAssociation:
				r.associations = append(r.associations, res)
			case res.Type == typeCCEntry:
				r.leave("", res.Address, "it is of the provider awscc", "eksaccess import live reads what it made")
			case slices.Contains(configMaps, res.Type):
				r.configMap(res)
			}
		}
	}
}

// decode reads the values of a resource; what it can't is a note.
func (r *reader) decode(res resource, into any) bool {
	if len(res.Values) == 0 {
		r.leave("", res.Address, "it has no values", "")
		return false
	}
	if err := json.Unmarshal(res.Values, into); err != nil {
		r.leave("", res.Address, "its values have another form than the provider gives them", "")
		return false
	}
	return true
}

// places finds out which clusters there are, and what is known of them.
func (r *reader) places() {
	r.modules = map[arn.Cluster][]string{}
	for _, res := range r.entries {
		var v entryValues
		if json.Unmarshal(res.Values, &v) == nil && v.ARN != nil {
			if id, ok := clusterOfEntry(*v.ARN); ok {
				r.place(id, res)
			}
		}
	}
	for _, res := range append(slices.Clone(r.clusterResources), r.dataClusters...) {
		var v clusterValues
		if json.Unmarshal(res.Values, &v) != nil || v.ARN == nil {
			continue
		}
		if id, err := arn.ParseCluster(*v.ARN); err == nil {
			r.place(id, res)
		}
	}
	for _, res := range r.clusterResources {
		r.clusterResource(res)
	}
}

func (r *reader) place(id arn.Cluster, res resource) {
	if !slices.Contains(r.known, id) {
		r.known = append(r.known, id)
	}
	r.modules[id] = append(r.modules[id], res.module)
}

// clusterOfEntry reads arn:P:eks:R:A:access-entry/CLUSTER/…
func clusterOfEntry(s string) (arn.Cluster, bool) {
	a, err := arn.Parse(s)
	if err != nil || a.Service != "eks" {
		return arn.Cluster{}, false
	}
	parts := strings.Split(a.Resource, "/")
	if len(parts) < 3 || parts[0] != "access-entry" {
		return arn.Cluster{}, false
	}
	id := arn.Cluster{Partition: a.Partition, Account: a.Account, Region: a.Region, Name: parts[1]}
	_, err = arn.ParseCluster(id.ARN())
	return id, err == nil
}

// cluster returns the cluster that a resource is about. One that no ARN tells
// of has its name only, and the region where the resource has one.
func (r *reader) cluster(res resource, name string, region *string) (*transfer.Cluster, bool) {
	if !arn.IsClusterName(name) {
		r.leave("", res.Address, fmt.Sprintf("%.200q is no name of a cluster", name), "")
		return nil, false
	}
	var fits []arn.Cluster
	for _, id := range r.known {
		if id.Name == name && (region == nil || *region == "" || id.Region == *region) {
			fits = append(fits, id)
		}
	}
	if len(fits) > 1 { // the one of the same module, if that is one
		near := slices.DeleteFunc(
			slices.Clone(fits),
			func(id arn.Cluster) bool { return !slices.Contains(r.modules[id], res.module) },
		)
		if len(near) == 1 {
			fits = near
		}
	}
	switch len(fits) {
	case 0:
		id := arn.Cluster{Name: name}
		if region != nil && arn.IsRegion(*region) {
			id.Region, id.Partition = *region, arn.PartitionOf(*region)
		}
		return r.at(id), true
	case 1:
		return r.at(fits[0]), true
	}
	var paths []string
	for _, id := range fits {
		paths = append(paths, id.Path())
	}
	slices.Sort(paths)
	r.leave(
		name,
		res.Address,
		"it may be of any of "+strings.Join(paths, ", "),
		"eksaccess import live tells them apart",
	)
	return nil, false
}

func (r *reader) at(id arn.Cluster) *transfer.Cluster {
	c := r.clusters[id]
	if c == nil {
		c = &transfer.Cluster{ID: id}
		r.clusters[id] = c
	}
	return c
}

// clusterResource takes over the mode of a cluster that Terraform makes.
func (r *reader) clusterResource(res resource) {
	var v clusterValues
	if !r.decode(res, &v) || v.Name == nil {
		return
	}
	id := arn.Cluster{Name: *v.Name}
	if v.ARN != nil {
		if parsed, err := arn.ParseCluster(*v.ARN); err == nil {
			id = parsed
		}
	}
	if !arn.IsClusterName(id.Name) || len(v.Access) == 0 {
		return
	}
	c := r.at(id)
	if m := v.Access[0].Mode; m != nil && *m != "" {
		c.Mode = *m
	}
	if b := v.Access[0].Bootstrap; b != nil && *b {
		r.note(
			id.Name,
			res.Address,
			"EKS made an entry for the creator of the cluster, which Terraform does not know of",
			"eksaccess import live shows it",
		)
	}
}

func (r *reader) configMap(res resource) {
	var v configMapValues
	if json.Unmarshal(res.Values, &v) != nil || len(v.Metadata) == 0 {
		return
	}
	m := v.Metadata[0]
	if m.Name != nil && m.Namespace != nil && *m.Name == "aws-auth" && *m.Namespace == "kube-system" {
		r.leave(
			"",
			res.Address,
			"it is the ConfigMap aws-auth, which is no access entry",
			"eksaccess import aws-auth --cluster NAME --region REGION",
		)
	}
}

// entry takes over an aws_eks_access_entry.
func (r *reader) entry(res resource) {
	var v entryValues
	if !r.decode(res, &v) {
		return
	}
	if v.Principal == nil || v.Cluster == nil {
		r.missing(res, map[string]bool{"principal_arn": v.Principal == nil, "cluster_name": v.Cluster == nil})
		return
	}
	if _, err := arn.Parse(*v.Principal); err != nil {
		r.leave(*v.Cluster, res.Address, fmt.Sprintf("its principal_arn %.200q is no ARN", *v.Principal), "")
		return
	}
	if r.hidden(res, "kubernetes_groups") || r.hidden(res, "user_name") || r.hidden(res, "type") {
		return
	}
	c, ok := r.entryCluster(res, v)
	if !ok {
		return
	}
	e := spec.Entry{Principal: *v.Principal, Groups: v.Groups, Tags: v.TagsAll}
	if v.Type != nil {
		e.Type = *v.Type
	}
	if v.Username != nil {
		e.Username = *v.Username
	}
	if len(e.Tags) == 0 {
		e.Tags = v.Tags
	}
	key := [2]string{c.ID.Name, e.Principal}
	for _, h := range r.byPrincipal[key] {
		if h.cluster == c {
			r.leave(
				c.ID.Name,
				res.Address,
				fmt.Sprintf("%s stands for the same entry", c.Entries[h.at].Source),
				"take one of them out of the state",
			)
			return
		}
	}
	r.byPrincipal[key] = append(r.byPrincipal[key], held{c, len(c.Entries)})
	c.Entries = append(c.Entries, transfer.Entry{Entry: e, Source: res.Address})
}

// entryCluster is the cluster of an entry, which its own ARN tells best.
func (r *reader) entryCluster(res resource, v entryValues) (*transfer.Cluster, bool) {
	if v.ARN != nil {
		if id, ok := clusterOfEntry(*v.ARN); ok {
			return r.at(id), true
		}
	}
	return r.cluster(res, *v.Cluster, v.Region)
}

// missing is the note on a resource that does not say what it is about.
func (r *reader) missing(res resource, lacks map[string]bool) {
	for _, key := range []string{"cluster_name", "principal_arn", "policy_arn", "access_scope"} {
		if !lacks[key] {
			continue
		}
		if r.isUnknown(res, key) {
			r.leave("", res.Address, "its "+key+" is known after apply only",
				"apply the plan and import the state, or write the entry by hand, as role: NAME")
		} else {
			r.leave("", res.Address, "it has no "+key, "")
		}
		return
	}
}

// hidden notes an argument that the configuration sets, and whose value is
// known after apply only. What it does not set is the provider's to fill in.
func (r *reader) hidden(res resource, key string) bool {
	if !r.isUnknown(res, key) {
		return false
	}
	if _, sets := r.set[withoutKeys(res.Address)][key]; !sets {
		return false
	}
	r.leave("", res.Address, "its "+key+" is known after apply only", "apply the plan and import the state")
	return true
}

// isUnknown reports whether a plan does not know a value, or a part of it.
func (r *reader) isUnknown(res resource, key string) bool {
	var all map[string]json.RawMessage
	if json.Unmarshal(r.unknown[res.Address], &all) != nil {
		return false
	}
	return strings.Contains(string(all[key]), "true")
}

// withoutKeys turns module.a["x.y"].TYPE.NAME[0] into module.a.TYPE.NAME.
func withoutKeys(address string) string {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(address); i++ {
		switch c := address[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[':
			depth++
		case c == ']' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// association adds a policy to the entry it is about.
func (r *reader) association(res resource) {
	var v associationValues
	if !r.decode(res, &v) {
		return
	}
	noScope := len(v.Scope) == 0 || v.Scope[0].Type == nil
	if v.Cluster == nil || v.Principal == nil || v.Policy == nil || noScope || r.isUnknown(res, "access_scope") {
		r.missing(
			res,
			map[string]bool{
				"cluster_name":  v.Cluster == nil,
				"principal_arn": v.Principal == nil,
				"policy_arn":    v.Policy == nil,
				"access_scope":  noScope || r.isUnknown(res, "access_scope"),
			},
		)
		return
	}
	e, ok := r.associated(res, v)
	if !ok {
		return
	}
	p := spec.Policy{ARN: *v.Policy, Scope: *v.Scope[0].Type, Namespaces: v.Scope[0].Namespaces}
	p = spec.Entry{Policies: []spec.Policy{p}}.Canonical().Policies[0]
	if have, twice := e.Policy(p.ARN); twice {
		if !have.Equal(p) {
			r.leave(
				"",
				res.Address,
				"another resource gives the same policy at another scope",
				"take one of them out of the state",
			)
		}
		return
	}
	e.Policies = append(e.Policies, p)
}

// A held is an entry, and the cluster it is in.
type held struct {
	cluster *transfer.Cluster
	at      int // of its entries
}

// associated finds the entry: the one of that principal in any cluster of that
// name, or if there are several, in the cluster that fits best.
func (r *reader) associated(res resource, v associationValues) (*transfer.Entry, bool) {
	fits := slices.DeleteFunc(slices.Clone(r.byPrincipal[[2]string{*v.Cluster, *v.Principal}]), func(h held) bool {
		return v.Region != nil && *v.Region != "" && h.cluster.ID.Region != "" && h.cluster.ID.Region != *v.Region
	})
	if len(fits) == 0 {
		r.leave(
			*v.Cluster,
			res.Address,
			fmt.Sprintf("the entry of %s is not in it, so what else it has is not known", *v.Principal),
			"eksaccess import live reads it whole",
		)
		return nil, false
	}
	if len(fits) > 1 {
		c, ok := r.cluster(res, *v.Cluster, v.Region)
		if !ok {
			return nil, false
		}
		if fits = slices.DeleteFunc(fits, func(h held) bool { return h.cluster != c }); len(fits) == 0 {
			return nil, false
		}
	}
	return &fits[0].cluster.Entries[fits[0].at], true
}
