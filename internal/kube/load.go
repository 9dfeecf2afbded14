package kube

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// maxKubeconfig is more than thousands of clusters need.
const maxKubeconfig = 16 << 20

// A LoadError says why a kubeconfig could not be read: the file and, as far as
// they are known, the kind, the name and the lines of the entry. It holds
// nothing else of the file's content, and neither client-go's error nor that of
// the YAML parser, which quote tokens, passwords and keys.
type LoadError struct {
	File    string
	Problem string
	Hint    string // what to do; may be empty
	cause   error  // of the operating system; nil where the content is the problem
}

func (e *LoadError) Error() string { return "reading kubeconfig: " + e.Problem }

func (e *LoadError) Unwrap() error { return e.cause }

// A kubeconfigFile is one file as it was read.
type kubeconfigFile struct {
	name   string
	data   []byte
	config *api.Config
}

// read reads all files, in the order in which kubectl looks into them. A file
// that is missing is empty. Errors are [*LoadError] values.
func (k *Kubeconfig) read() ([]*kubeconfigFile, error) {
	var files []*kubeconfigFile
	for _, name := range k.files.GetLoadingPrecedence() {
		if name == "" {
			continue
		}
		f, err := loadFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// loadFile is the only function that passes the content of a kubeconfig to
// client-go. Errors of client-go may contain it, and are not returned.
func loadFile(name string) (*kubeconfigFile, error) {
	data, err := readKubeconfig(name)
	if err != nil {
		cause := err
		if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
			cause = pe.Err
		}
		return nil, &LoadError{File: name, Problem: fmt.Sprintf("%s: %v", name, cause), cause: cause,
			Hint: "write another file with --kubeconfig FILE"}
	}
	f := &kubeconfigFile{name: name, data: data, config: api.NewConfig()}
	if len(data) == 0 {
		return f, nil
	}
	if f.config, err = clientcmd.Load(data); err != nil {
		problem, hint := diagnose(name, data)
		return nil, &LoadError{File: name, Problem: problem, Hint: hint}
	}
	for _, c := range f.config.Clusters {
		c.LocationOfOrigin = name
	}
	for _, u := range f.config.AuthInfos {
		u.LocationOfOrigin = name
	}
	for _, c := range f.config.Contexts {
		c.LocationOfOrigin = name
	}
	return f, nil
}

func readKubeconfig(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist), name == os.DevNull:
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxKubeconfig+1))
	if err == nil && len(data) > maxKubeconfig {
		err = fmt.Errorf("larger than %d MiB", maxKubeconfig>>20)
	}
	return data, err
}

// mergeFiles is what kubectl makes of several files: of each name the first entry
// counts, and of the current context the first that is set (client-go,
// tools/clientcmd, ClientConfigLoadingRules.Load).
func mergeFiles(files []*kubeconfigFile) *api.Config {
	all := api.NewConfig()
	for _, f := range files {
		addMissing(all.Clusters, f.config.Clusters)
		addMissing(all.AuthInfos, f.config.AuthInfos)
		addMissing(all.Contexts, f.config.Contexts)
		if all.CurrentContext == "" {
			all.CurrentContext = f.config.CurrentContext
		}
	}
	return all
}

func addMissing[T any](to, from map[string]T) {
	for name, v := range from {
		if _, ok := to[name]; !ok {
			to[name] = v
		}
	}
}

// sections are the lists of a kubeconfig whose items have a name.
var sections = []struct{ key, kind string }{
	{"clusters", "cluster"}, {"users", "user"}, {"contexts", "context"}, {"extensions", "extension"},
}

var lineOfError = regexp.MustCompile(`line (\d+)`)

const editHint = "correct the file, or pass another one with --kubeconfig FILE"

// diagnose says what is wrong with a kubeconfig that client-go does not take.
// It reads the file by itself, and of its content it names entries only.
func diagnose(file string, data []byte) (problem, hint string) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		where := ""
		if line := lineOfError.FindStringSubmatch(err.Error()); line != nil {
			where = ", line " + line[1]
		}
		return fmt.Sprintf("%s is not valid YAML%s", file, where), editHint
	}
	root := resolveAlias(&doc)
	if root.Kind == yaml.DocumentNode && len(root.Content) > 0 {
		root = resolveAlias(root.Content[0])
	}
	if root.Kind != yaml.MappingNode {
		return file + " is not a kubeconfig", editHint
	}
	for _, s := range sections {
		list := memberOf(root, s.key)
		if list == nil || list.Kind == yaml.ScalarNode && list.Tag == "!!null" {
			continue
		}
		if list.Kind != yaml.SequenceNode {
			return fmt.Sprintf("%s in %s, line %d, is not a list", s.key, file, list.Line), editHint
		}
		if twice := findDuplicate(list); twice != nil {
			return fmt.Sprintf("%s %s is defined twice in %s, lines %d and %d",
					s.kind, twice.name, file, twice.first, twice.second),
				"remove or rename one of them, or write another file with --kubeconfig FILE"
		}
		for i, item := range list.Content {
			if !isLoadable(s.key, &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{item}}) {
				name := nameOf(item)
				if name == "" {
					name = "number " + strconv.Itoa(i+1)
				}
				return fmt.Sprintf("%s %s in %s, line %d, does not have the form that kubectl reads",
					s.kind, name, file, item.Line), editHint
			}
		}
	}
	for _, key := range []string{"apiVersion", "kind", "current-context", "preferences"} {
		if value := memberOf(root, key); value != nil && !isLoadable(key, value) {
			return fmt.Sprintf("%s in %s, line %d, does not have the form that kubectl reads",
				key, file, value.Line), editHint
		}
	}
	return file + " does not have the form of a kubeconfig that kubectl reads", editHint
}

// isLoadable reports whether client-go takes a value by itself.
func isLoadable(key string, value *yaml.Node) bool {
	config := map[string]any{"apiVersion": "v1", "kind": "Config"}
	config[key] = value
	data, err := yaml.Marshal(config)
	if err != nil {
		return true // not known: it refers to another part of the file
	}
	_, err = clientcmd.Load(data)
	return err == nil
}

type twice struct {
	name          string
	first, second int
}

// findDuplicate finds two items of a list with one name, or nil.
func findDuplicate(list *yaml.Node) *twice {
	lines := map[string]int{}
	for _, item := range list.Content {
		name := nameOf(item)
		line := resolveAlias(item).Line
		if first, ok := lines[name]; ok && name != "" {
			return &twice{name, first, line}
		}
		lines[name] = line
	}
	return nil
}

// nameOf is the name of an item, quoted; "" where it has none that is text.
func nameOf(item *yaml.Node) string {
	n := memberOf(resolveAlias(item), "name")
	if n == nil || n.Kind != yaml.ScalarNode || n.Value == "" {
		return ""
	}
	return strconv.Quote(n.Value)
}

func memberOf(mapping *yaml.Node, key string) *yaml.Node {
	if mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return resolveAlias(mapping.Content[i+1])
		}
	}
	return nil
}

func resolveAlias(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n
}

// listLosses lists the parts of a file that are lost when the file is written from
// what kubectl reads in it.
func (f *kubeconfigFile) listLosses() []string {
	decoder := yaml.NewDecoder(strings.NewReader(string(f.data)))
	var doc, next yaml.Node
	if decoder.Decode(&doc) != nil {
		return nil // an empty file
	}
	var parts []string
	if hasComments(&doc) {
		parts = append(parts, "comments")
	}
	var again []byte
	read, err := clientcmd.Load(f.data) // f.config may have changes by now
	if err == nil {
		again, err = clientcmd.Write(*read)
	}
	var was, is any
	if err == nil && doc.Decode(&was) == nil && yaml.Unmarshal(again, &is) == nil && !isContainedIn(was, is) {
		parts = append(parts, "keys that kubectl does not know")
	}
	if err := decoder.Decode(&next); !errors.Is(err, io.EOF) {
		parts = append(parts, "further documents")
	}
	return parts
}

func hasComments(n *yaml.Node) bool {
	return n.HeadComment+n.LineComment+n.FootComment != "" || slices.ContainsFunc(n.Content, hasComments)
}

// isContainedIn reports whether all keys of a value are in another too. What is empty
// counts for nothing. Lists of named items are compared by name: client-go
// sorts them.
func isContainedIn(was, is any) bool {
	switch was := was.(type) {
	case map[string]any:
		is, _ := is.(map[string]any)
		for key, v := range was {
			if !isEmpty(v) && !isContainedIn(v, is[key]) {
				return false
			}
		}
		return true
	case []any:
		is, _ := is.([]any)
		if len(was) != len(is) {
			return false
		}
		for i, v := range was {
			other := is[i]
			if m, ok := v.(map[string]any); ok && m["name"] != nil {
				at := slices.IndexFunc(is, func(o any) bool {
					n, _ := o.(map[string]any)
					return n["name"] == m["name"]
				})
				if at >= 0 {
					other = is[at]
				}
			}
			if !isContainedIn(v, other) {
				return false
			}
		}
		return true
	}
	return isEmpty(was) || is != nil
}

// isEmpty reports whether a value is what its absence means in a kubeconfig.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, inner := range v {
			if !isEmpty(inner) {
				return false
			}
		}
		return true
	}
	return false
}
