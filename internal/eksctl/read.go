package eksctl

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

// Read reads the ClusterConfigs of a file. Their clusters have no account,
// since a ClusterConfig names none. What is wrong with a single entry is a
// note; the error, of type [spec.Problems], is what is wrong with the file.
func Read(file spec.Source) ([]transfer.Cluster, []transfer.Note, error) {
	roots, err := file.YAML()
	if err != nil {
		return nil, nil, err
	}
	r := reader{file: file.Name}
	for _, root := range roots {
		r.document(root)
	}
	if len(r.clusters) == 0 && !r.problems.Failed() {
		r.fail(0, "it begins with apiVersion: "+apiVersion+" and kind: "+kind, "the file has no %s", kind)
	}
	if r.problems.Failed() {
		return nil, nil, r.problems
	}
	transfer.Sort(r.clusters)
	return r.clusters, transfer.SortNotes(r.notes), nil
}

type reader struct {
	file     string
	clusters []transfer.Cluster
	notes    []transfer.Note
	problems spec.Problems
}

func (r *reader) at(line, column int) spec.Pos {
	return spec.Pos{File: r.file, Line: line, Column: column}
}

func (r *reader) fail(line int, hint, format string, args ...any) {
	at := spec.Pos{File: r.file}
	if line > 0 {
		at = r.at(line, 1)
	}
	r.problems.Errors = append(
		r.problems.Errors,
		spec.Problem{Pos: at, Summary: fmt.Sprintf(format, args...), Hint: hint},
	)
}

// A part is something of the file that notes may be about.
type part struct {
	cluster string
	name    string // a principal, or a key
	source  string // its place
}

func (r *reader) note(outcome transfer.Outcome, p part, hint, format string, args ...any) {
	r.notes = append(r.notes, transfer.Note{
		Outcome: outcome,
		Cluster: p.cluster,
		Subject: p.name,
		Source:  p.source,
		Why:     fmt.Sprintf(format, args...),
		Hint:    hint,
	})
}

func (r *reader) leave(p part, hint, format string, args ...any) {
	r.note(transfer.Left, p, hint, format, args...)
}

func (r *reader) document(root *yaml.Node) {
	if isNull(root) {
		return
	}
	var head struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string `yaml:"kind"`
	}
	if err := root.Decode(&head); err != nil || head.Kind != kind {
		r.leave(part{source: r.at(root.Line, root.Column).String()}, "", "it is no %s", kind)
		return
	}
	if !strings.HasPrefix(head.APIVersion, "eksctl.io/") {
		r.fail(root.Line, "write apiVersion: "+apiVersion, "%.80q is no version of eksctl's", head.APIVersion)
		return
	}
	var c config
	if err := root.Decode(&c); err != nil {
		for _, m := range typeErrors(err) {
			r.fail(m.line, "", "%s", m.text)
		}
		return
	}
	if !arn.IsClusterName(c.Metadata.Name) || !arn.IsRegion(c.Metadata.Region) {
		r.fail(
			root.Line,
			"write metadata: {name: NAME, region: REGION}",
			"metadata names no cluster: name %.100q, region %.40q",
			c.Metadata.Name,
			c.Metadata.Region,
		)
		return
	}
	id := arn.Cluster{Partition: arn.PartitionOf(c.Metadata.Region), Region: c.Metadata.Region, Name: c.Metadata.Name}
	if slices.ContainsFunc(r.clusters, func(have transfer.Cluster) bool { return have.ID == id }) {
		r.fail(root.Line, "keep one of them", "cluster %q of region %q is in the file twice", id.Name, id.Region)
		return
	}
	r.clusters = append(r.clusters, r.cluster(id, c, root.Line))
}

func (r *reader) cluster(id arn.Cluster, c config, line int) transfer.Cluster {
	out := transfer.Cluster{ID: id}
	if a := c.AccessConfig; a != nil {
		out.Mode = a.Mode
		for i := range a.Entries {
			r.entry(&out, &a.Entries[i])
		}
	}
	if c.AccessConfig == nil || c.AccessConfig.Bootstrap == nil || *c.AccessConfig.Bootstrap {
		r.note(
			transfer.Doubt,
			part{cluster: id.Name, source: r.at(line, 1).String(), name: "bootstrapClusterCreatorAdminPermissions"},
			fmt.Sprintf("eksaccess import live --cluster %s --region %s shows it", id.Name, id.Region),
			"it is on unless it is said to be off, and so EKS made an entry for the creator of the cluster, who is "+
				"not in the file",
		)
	}
	for i := range c.Mappings {
		r.mapping(&out, &c.Mappings[i])
	}
	return out
}

func (r *reader) entry(c *transfer.Cluster, n *yaml.Node) {
	var e accessEntry
	p := part{cluster: c.ID.Name, source: r.at(n.Line, n.Column).String()}
	if !r.decode(p, n, &e) {
		return
	}
	p.name = e.Principal
	if e.Principal == "" {
		r.leave(p, "", "it has no principalARN")
		return
	}
	if _, err := arn.Parse(e.Principal); err != nil {
		r.leave(p, "", "its principalARN is no ARN")
		return
	}
	same := func(have transfer.Entry) bool { return have.Principal == e.Principal }
	if i := slices.IndexFunc(c.Entries, same); i >= 0 {
		r.leave(p, "keep one of them; eksctl refuses both", "it stands at %s already", c.Entries[i].Source)
		return
	}
	out := spec.Entry{Principal: e.Principal, Type: e.Type, Username: e.Username, Groups: e.Groups}
	if r.nodes(p, out, e.Policies) || r.invalid(p, e) {
		return
	}
	for _, policy := range e.Policies {
		if _, twice := out.Policy(policy.Policy); twice {
			q := p
			q.name += ": " + policy.Policy
			r.leave(q, "", "a policy holds once for a principal")
			continue
		}
		out.Policies = append(
			out.Policies,
			spec.Policy{ARN: policy.Policy, Scope: policy.Scope.Type, Namespaces: policy.Scope.Namespaces},
		)
	}
	filled := transfer.Fill(out)
	if hasAutoNodePolicy(filled) && filled.Type == eksfacts.Standard {
		nodes := filled
		nodes.Type = eksfacts.EC2
		r.note(transfer.Doubt, p, transfer.AccessHint(nodes),
			"policy %s is for nodes of Auto Mode, whose entries have type %s", eksfacts.AutoNodePolicy, nodes.Type)
	}
	c.Entries = append(c.Entries, transfer.Entry{Entry: filled, Source: p.source})
}

// nodes leaves out an entry that has the names of nodes and no type of nodes:
// EKS refuses it. It reports whether that is so. People write one for roles of
// Karpenter and of their own node groups (aws/karpenter-provider-aws #5369, #7558).
func (r *reader) nodes(p part, e spec.Entry, policies []accessPolicy) bool {
	kind, ok := nodeType(e, policies)
	if !ok {
		return false
	}
	what := "it has a name or groups of nodes, which an entry of type STANDARD cannot have"
	if len(policies) > 0 {
		what += "; a type of nodes as accessScope is no scope"
	}
	r.leave(p, transfer.NodeHint(e.Principal, kind), "%s", what)
	return true
}

// hasAutoNodePolicy reports whether an entry has the policy of custom node roles
// of Auto Mode (EKS user guide, create-node-class).
func hasAutoNodePolicy(e spec.Entry) bool {
	return slices.ContainsFunc(
		e.Policies,
		func(p spec.Policy) bool { return arn.PolicyName(p.ARN) == eksfacts.AutoNodePolicy },
	)
}

// nodeType tells which type of nodes an entry of type STANDARD is meant to be.
func nodeType(e spec.Entry, policies []accessPolicy) (string, bool) {
	if e.Type != "" && !strings.EqualFold(e.Type, eksfacts.Standard) {
		return "", false
	}
	for _, p := range policies {
		if kind := strings.ToUpper(p.Scope.Type); eksfacts.IsKnownType(kind) && eksfacts.IsNode(kind) {
			return kind, true
		}
	}
	return transfer.NodeType(e.Username, e.Groups)
}

// invalid leaves out an entry of which eksctl refuses a field, and so the whole
// file (pkg/apis/eksctl.io/v1alpha5, validateAccessEntries).
func (r *reader) invalid(p part, e accessEntry) bool {
	for i, policy := range e.Policies {
		field := fmt.Sprintf("accessPolicies[%d]", i)
		switch {
		case policy.Policy == "":
			r.leave(p, "", "%s has no policyARN", field)
		case policy.Scope.Type == "":
			r.leave(p, "write accessScope: {type: cluster}, or type: namespace and namespaces",
				"%s.accessScope has no type", field)
		case policy.Scope.Type == spec.ScopeNamespace && len(policy.Scope.Namespaces) == 0:
			r.leave(p, "", "%s.accessScope has type namespace and no namespaces", field)
		case policy.Scope.Type == spec.ScopeCluster && len(policy.Scope.Namespaces) > 0:
			r.leave(p, "", "%s.accessScope has type cluster, and namespaces", field)
		case policy.Scope.Type != spec.ScopeCluster && policy.Scope.Type != spec.ScopeNamespace:
			r.leave(p, "", "%s.accessScope has type %.80q: eksctl takes cluster and namespace", field,
				policy.Scope.Type)
		default:
			continue
		}
		return true
	}
	return false
}

// mapping takes over an item of iamIdentityMappings as a row of aws-auth, which
// is what eksctl makes of it.
func (r *reader) mapping(c *transfer.Cluster, n *yaml.Node) {
	var m identityMapping
	p := part{cluster: c.ID.Name, source: r.at(n.Line, n.Column).String()}
	if !r.decode(p, n, &m) {
		return
	}
	switch {
	case m.Service != "":
		p.name = "serviceName: " + m.Service
		r.leave(p, "keep it in eksctl's file, or make an entry for the service's role with a group of your own",
			"eksctl makes Kubernetes roles and bindings for it, which no access entry holds")
	case m.Account != "":
		c.Accounts = append(c.Accounts, m.Account)
	case m.ARN != "":
		for i := range c.Rows {
			if have := &c.Rows[i]; have.Overruled == "" && strings.EqualFold(have.Row.ARN, m.ARN) {
				have.Overruled = p.source
			}
		}
		c.Rows = append(
			c.Rows,
			awsauth.Item{Place: p.source, Row: spec.AWSAuthRow{ARN: m.ARN, Username: m.Username, Groups: m.Groups}},
		)
	default:
		r.leave(p, "", "it has none of arn, account and serviceName")
	}
}

// decode reads one item; what is wrong with it is a note.
func (r *reader) decode(p part, n *yaml.Node, into any) bool {
	if err := n.Decode(into); err != nil {
		r.leave(p, "", "%s", typeErrors(err)[0].text)
		return false
	}
	known := yamlKeys(into)
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		r.leave(p, "", "it is no mapping")
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; key.Tag != "!!merge" && !slices.Contains(known, key.Value) {
			q := p
			q.source, q.name = r.at(key.Line, key.Column).String(), strconv.Quote(key.Value)
			r.leave(q, "", "nothing is known of this key")
		}
	}
	return true
}

func yamlKeys(of any) []string {
	var keys []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(of).Elem()) {
		key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		keys = append(keys, key)
	}
	return keys
}

type typeError struct {
	line int
	text string
}

// typeErrors takes the library's words apart: "line 5: cannot unmarshal !!seq
// into string".
func typeErrors(err error) []typeError {
	var all *yaml.TypeError
	if !errors.As(err, &all) {
		return []typeError{{0, strings.TrimPrefix(err.Error(), "yaml: ")}}
	}
	var out []typeError
	for _, text := range all.Errors {
		e := typeError{text: text}
		if m := mismatch.FindStringSubmatch(text); m != nil {
			e.line, _ = strconv.Atoi(m[1])
			e.text = fmt.Sprintf("%s stands where %s belongs", kindOf(m[2]), placeOf(m[3]))
		}
		out = append(out, e)
	}
	return out
}

var mismatch = regexp.MustCompile(`(?s)^line ([0-9]+): cannot unmarshal (!![a-z]+).* into (\S+)$`)

func kindOf(tag string) string {
	switch tag {
	case "!!seq":
		return "a list"
	case "!!map":
		return "a mapping"
	case "!!str":
		return "text"
	case "!!int", "!!float":
		return "a number"
	}
	return "a " + strings.TrimPrefix(tag, "!!")
}

func placeOf(goType string) string {
	switch {
	case strings.HasPrefix(goType, "[]"):
		return "a list"
	case goType == "string":
		return "text"
	case goType == "bool":
		return "true or false"
	}
	return "a mapping"
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
