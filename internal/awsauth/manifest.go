package awsauth

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/eksaccess/eksaccess/spec"
)

const kubectlHint = "it is what \"kubectl get configmap aws-auth -n kube-system -o yaml\" prints"

// Manifest reads the data of the ConfigMap from a file: a manifest, or what
// "kubectl get configmap aws-auth -n kube-system -o yaml", or -o json, prints.
// It may stand among other objects, in a List or in documents of its own. The
// error is of type [spec.Problems].
func Manifest(file spec.Source) (map[string]string, error) {
	roots, err := file.YAML()
	var problems spec.Problems
	if errors.As(err, &problems) && len(bytes.TrimSpace(file.Data)) == 0 {
		problems.Errors[0].Hint = kubectlHint // not how a file of ours begins
		return nil, problems
	}
	if err != nil {
		if p, ok := recognizeForm(file); ok {
			return nil, spec.Problems{Errors: []spec.Problem{p}}
		}
		return nil, err
	}
	m := manifest{file: file.Name}
	for _, root := range roots {
		m.object(root, 0)
	}
	switch {
	case m.objects > maxObjects:
		m.fail(nil, "give the ConfigMap alone", "the file holds more than %d objects", maxObjects)
		return nil, m.problems
	case m.problems.Failed() || len(m.found) == 0:
		if p, ok := recognizeForm(file); ok {
			return nil, spec.Problems{Errors: []spec.Problem{p}}
		}
		if m.problems.Failed() {
			return nil, m.problems
		}
		m.fail(nil, kubectlHint, "the file holds no ConfigMap aws-auth%s", m.otherDocuments())
		return nil, m.problems
	case len(m.found) > 1:
		m.fail(
			m.found[1].node,
			"leave one of them",
			"the file holds the ConfigMap aws-auth %d times, first at line %d",
			len(m.found),
			m.found[0].node.Line,
		)
		return nil, m.problems
	}
	return m.found[0].data, nil
}

type manifest struct {
	file     string
	found    []configMap
	seen     []string // other objects
	objects  int
	problems spec.Problems
}

type configMap struct {
	node *yaml.Node
	data map[string]string
}

func (m *manifest) fail(at *yaml.Node, hint, format string, args ...any) {
	pos := spec.Pos{File: m.file}
	if at != nil {
		pos.Line, pos.Column = at.Line, at.Column
	}
	m.problems.Errors = append(
		m.problems.Errors,
		spec.Problem{Pos: pos, Summary: fmt.Sprintf(format, args...), Hint: hint},
	)
}

func (m *manifest) otherDocuments() string {
	if len(m.seen) == 0 {
		return ""
	}
	slices.Sort(m.seen)
	m.seen = slices.Compact(m.seen)
	return fmt.Sprintf(", but %q", m.seen[:min(len(m.seen), 10)])
}

// maxNesting bounds Lists in Lists, which no one writes; maxObjects what a file
// may have through its aliases.
const (
	maxNesting = 5
	maxObjects = 100_000
)

func (m *manifest) object(n *yaml.Node, depth int) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if m.objects++; m.objects > maxObjects || n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.MappingNode || depth > maxNesting {
		m.fail(n, "", "a Kubernetes object is wanted here")
		return
	}
	metadata := childOf(n, "metadata")
	kind, name, namespace := text(n, "kind"), text(metadata, "name"), text(metadata, "namespace")
	items := childOf(n, "items")
	switch {
	case items != nil && items.Kind == yaml.SequenceNode:
		for _, item := range items.Content {
			m.object(item, depth+1)
		}
	case kind == "ConfigMap" && name == "aws-auth" && (namespace == "" || namespace == "kube-system"):
		m.configMap(n, childOf(n, "data"))
	case kind == "" && hasKeys(n):
		m.configMap(n, n) // its data alone
	case kind == "" && hasKeys(childOf(n, "data")) && (name == "" || name == "aws-auth"):
		m.configMap(n, childOf(n, "data")) // a patch for "kubectl patch --patch-file"
	case kind == "":
		m.fail(n, kubectlHint, "this is no Kubernetes object: it has no kind")
	default:
		m.seen = append(m.seen, kind+" "+namespace+"/"+name)
	}
}

// hasKeys reports whether a mapping has keys of aws-auth.
func hasKeys(n *yaml.Node) bool {
	return childOf(n, mapRoles) != nil || childOf(n, mapUsers) != nil || childOf(n, mapAccounts) != nil
}

func (m *manifest) configMap(n, data *yaml.Node) {
	c := configMap{node: n, data: map[string]string{}}
	switch {
	case data == nil || data.Kind == yaml.ScalarNode && data.Tag == "!!null":
	case data.Kind != yaml.MappingNode:
		m.fail(data, "", "data must be a mapping")
		return
	default:
		for i := 0; i+1 < len(data.Content); i += 2 {
			key, value := data.Content[i], data.Content[i+1]
			if value.Kind == yaml.AliasNode {
				value = value.Alias
			}
			switch {
			case value.Kind != yaml.ScalarNode:
				m.fail(value, `write it as text: "`+quoteKey(key.Value)+`: |", and the list below it, indented`,
					"%.80q must be text that holds a list, not the list itself; Kubernetes would refuse it", key.Value)
			case value.Tag == "!!null":
			default:
				c.data[key.Value] = value.Value
			}
		}
	}
	m.found = append(m.found, c)
}

func quoteKey(key string) string {
	if key == mapRoles || key == mapUsers || key == mapAccounts {
		return key
	}
	return "KEY"
}

// childOf is the value of a key of a mapping, or nil.
func childOf(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			if v := n.Content[i+1]; v.Kind == yaml.AliasNode {
				return v.Alias
			}
			return n.Content[i+1]
		}
	}
	return nil
}

func text(n *yaml.Node, key string) string {
	if v := childOf(n, key); v != nil && v.Kind == yaml.ScalarNode && v.Tag != "!!null" {
		return v.Value
	}
	return ""
}
