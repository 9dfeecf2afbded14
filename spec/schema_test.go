package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// A node is a part of the schema as plain JSON.
type node = map[string]any

func schemaRoot(t testing.TB) node {
	t.Helper()
	var root node
	if err := json.Unmarshal(Schema, &root); err != nil {
		t.Fatal(err)
	}
	return root
}

// deref follows a reference into $defs.
func deref(t testing.TB, root, n node) node {
	t.Helper()
	ref, ok := n["$ref"].(string)
	if !ok {
		return n
	}
	def, ok := root["$defs"].(node)[strings.TrimPrefix(ref, "#/$defs/")].(node)
	if !ok {
		t.Fatalf("%s leads nowhere", ref)
	}
	return def
}

// The schema and the types of file.go say the same, key by key and kind by
// kind, and every key is described.
func TestSchemaIsTheTypes(t *testing.T) {
	root := schemaRoot(t)
	used := map[string]bool{}
	compareSchema(t, root, root, reflect.TypeFor[Document](), "document", used)
	for name := range root["$defs"].(node) {
		if !used[name] {
			t.Errorf("$defs/%s is used by no key", name)
		}
	}
}

func compareSchema(t *testing.T, root, n node, of reflect.Type, where string, used map[string]bool) {
	if ref, ok := n["$ref"].(string); ok {
		used[strings.TrimPrefix(ref, "#/$defs/")] = true
		n = deref(t, root, n)
	}
	if s, _ := n["description"].(string); s == "" && n["type"] != "string" {
		t.Errorf("%s is not described", where)
	}
	kind := func(want string) {
		if n["type"] != want {
			t.Errorf("%s is %v in the schema and %s here", where, n["type"], want)
		}
	}
	switch of {
	case reflect.TypeFor[Text]():
		if n["enum"] == nil && n["const"] == nil {
			kind("string")
		}
		return
	case reflect.TypeFor[Flag]():
		kind("boolean")
		return
	case reflect.TypeFor[Count]():
		kind("integer")
		return
	case reflect.TypeFor[Moment]():
		kind("string")
		if n["format"] != "date-time" {
			t.Errorf("%s is no date-time", where)
		}
		return
	case reflect.TypeFor[Day]():
		kind("string")
		if n["format"] != "date" {
			t.Errorf("%s is no date", where)
		}
		return
	case reflect.TypeFor[Period]():
		kind("string")
		if n["pattern"] == nil {
			t.Errorf("%s has no pattern for durations", where)
		}
		return
	case reflect.TypeFor[ShareText]():
		if n["oneOf"] == nil {
			t.Errorf("%s has no choice of a count and a percentage", where)
		}
		return
	case reflect.TypeFor[Pairs]():
		kind("object")
		if diff := cmp.Diff(any(node{"type": "string"}), n["additionalProperties"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", where, diff)
		}
		return
	case reflect.TypeFor[SetLines]():
		kind("object")
		compareSchema(t, root, n["additionalProperties"].(node), reflect.TypeFor[SetLine](), where+".NAME", used)
		return
	}
	if of.Kind() == reflect.Slice {
		kind("array")
		compareSchema(t, root, n["items"].(node), of.Elem(), where+"[]", used)
		return
	}
	k := keysOf(of)
	if k.bare != nil {
		if diff := cmp.Diff(any([]any{"string", "object"}), n["type"]); diff != "" {
			t.Errorf("%s may be bare text here and not in the schema (-want +got):\n%s", where, diff)
			return
		}
	}
	if n["additionalProperties"] != false {
		t.Errorf("%s takes unknown keys", where)
	}
	properties := n["properties"].(node)
	for name, p := range properties {
		if !slices.Contains(k.names, name) {
			t.Errorf("%s has the key %q in the schema only", where, name)
			continue
		}
		compareSchema(t, root, p.(node), of.FieldByIndex(k.index[name]).Type, where+"."+name, used)
		if s, _ := deref(t, root, p.(node))["description"].(string); !strings.HasSuffix(s, ".") {
			t.Errorf("%s.%s has no whole sentence for a description: %q", where, name, s)
		}
	}
	for _, name := range k.names {
		if properties[name] == nil {
			t.Errorf("%s has the key %q here only", where, name)
		}
	}
}

// What the schema lists is what the program knows.
func TestSchemaLists(t *testing.T) {
	defs := schemaRoot(t)["$defs"].(node)
	for _, tt := range []struct {
		def, list string
		want      []string
	}{
		{"authenticationMode", "enum", eksfacts.Modes[1:]},
		{"prune", "enum", []string{string(PruneOwned), string(PruneNone), string(PruneAll)}},
		{"type", "examples", eksfacts.Types},
		{"policy", "examples", userPolicies()},
	} {
		var got []string
		for _, v := range defs[tt.def].(node)[tt.list].([]any) {
			got = append(got, v.(string))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s.%s (-want +got):\n%s", tt.def, tt.list, diff)
		}
	}
}

func userPolicies() []string {
	var names []string
	for _, p := range eksfacts.Policies {
		if p.Use == eksfacts.ForUsers {
			names = append(names, p.Name)
		}
	}
	return names
}

func compiledSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid says what the schema finds wrong with a document, if anything.
func valid(s *jsonschema.Schema, document *yaml.Node) error {
	text, err := yaml.Marshal(document)
	if err != nil {
		return err
	}
	asJSON, err := sigsyaml.YAMLToJSON(text)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return err
	}
	return s.Validate(value)
}

func documentsOf(t testing.TB, data []byte) []*yaml.Node {
	t.Helper()
	var docs []*yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	for {
		var n yaml.Node
		err := d.Decode(&n)
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, &n)
	}
}

func TestSchemaTakesWhatIsValid(t *testing.T) {
	s := compiledSchema(t)
	for _, path := range append(files(t, "testdata/valid/*.yaml"), examples(t)...) {
		for i, doc := range documentsOf(t, mustRead(t, path)) {
			if err := valid(s, doc); err != nil {
				t.Errorf("%s, document %d: %v", path, i+1, err)
			}
		}
	}
}

// needsOtherLines are invalid files whose problems only [Load] finds: they are
// about what other lines or files have, or about keys that JSON has once.
var needsOtherLines = []string{
	"duplicate-keys.yaml", "no-cluster.yaml", "no-owner.yaml", "sets.yaml", "too-many-tags.yaml",
	"absent.txtar:both.yaml", "audit-waivers.txtar:about-none.yaml", "bad-files.txtar:none.yaml",
	"import-aws-auth.txtar:uses.yaml", "no-owner.txtar:prune.yaml", "several-files.txtar:clusters.yaml",
	"several-files.txtar:payments.yaml",
}

// Every file of the tests, those of scripts too, is valid or invalid by the
// schema as it is by Load.
func TestSchemaAgreesWithLoad(t *testing.T) {
	s, invalid := compiledSchema(t), 0
	check := func(name string, data []byte) {
		if !bytes.Contains(data, []byte("apiVersion: "+APIVersion)) {
			return
		}
		var errs error
		for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
			var doc yaml.Node
			if err := d.Decode(&doc); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return // no YAML
			}
			errs = errors.Join(errs, valid(s, &doc))
		}
		_, problems := Load([]Source{{name, data}})
		switch {
		case problems.Failed() && slices.Contains(needsOtherLines, name):
		case problems.Failed() && errs == nil:
			t.Errorf("%s: the schema takes what Load refuses: %v", name, problems)
		case problems.Failed():
			invalid++
		case errs != nil:
			t.Errorf("%s: the schema refuses what Load takes: %v", name, errs)
		}
	}
	for _, path := range files(t, "testdata/*/*.yaml") {
		check(filepath.Base(path), mustRead(t, path))
	}
	for _, path := range files(t, "../cmd/eksaccess/testdata/script/*.txtar") {
		for _, f := range txtar.Parse(mustRead(t, path)).Files {
			if filepath.Ext(f.Name) == ".yaml" {
				check(filepath.Base(path)+":"+filepath.Base(f.Name), f.Data)
			}
		}
	}
	if invalid < 20 {
		t.Errorf("only %d files were invalid", invalid)
	}
}

// The messages of the schema, which editors show, point at the key that is
// wrong, and do not list all forms of an item.
func TestSchemaMessages(t *testing.T) {
	s := compiledSchema(t)
	const head = "apiVersion: " + APIVersion + "\nclusters:\n"
	for _, tt := range []struct {
		name, line, at string
	}{
		{"a cluster's ARN", "- arn:aws:eks:eu-west-1:1111:cluster/dev", "/clusters/0"},
		{"an ARN and a name", "- {arn: \"arn:aws:eks:eu-west-1:111122223333:cluster/dev\", name: dev}",
			"/clusters/0/name"},
		{"two principals", "- {name: dev, account: \"111122223333\", admins: [{role: a, user: b}]}",
			"/clusters/0/admins/0/user"},
		{"a mistyped policy", "- {name: dev, account: \"111122223333\", access: [{role: a, policy: [x]}]}",
			"/clusters/0/access/0/policy"},
		{"an unknown key", "- {name: dev, account: \"111122223333\", access: [{role: a, polcy: x}]}",
			"/clusters/0/access/0"},
		{"a path in a role", "- {name: dev, account: \"111122223333\", access: [{role: team/a}]}",
			"/clusters/0/access/0/role"},
	} {
		var problem *jsonschema.ValidationError
		err := valid(s, documentsOf(t, []byte(head+tt.line+"\n"))[0])
		if !errors.As(err, &problem) {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var places []string
		var leaves func(*jsonschema.ValidationError)
		leaves = func(e *jsonschema.ValidationError) {
			for _, cause := range e.Causes {
				leaves(cause)
			}
			if len(e.Causes) == 0 {
				places = append(places, "/"+strings.Join(e.InstanceLocation, "/"))
			}
		}
		leaves(problem)
		if diff := cmp.Diff([]string{tt.at}, places); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

const languageServer = "# yaml-language-server: $schema="

// The line by which editors find the schema leads to it, from a checkout.
func TestExamplesNameTheSchema(t *testing.T) {
	for _, path := range examples(t) {
		line, _, _ := strings.Cut(string(mustRead(t, path)), "\n")
		at, ok := strings.CutPrefix(line, languageServer)
		if !ok {
			t.Errorf("%s does not begin with %q", path, languageServer)
			continue
		}
		if data := mustRead(t, filepath.Join(filepath.Dir(path), at)); !bytes.Equal(data, Schema) {
			t.Errorf("%s: %s is not the schema", path, at)
		}
	}
}

// examples are the files of examples/ in our format.
func examples(t *testing.T) []string {
	var ours []string
	for _, glob := range []string{"../examples/*.yaml", "../examples/*/*.yaml"} {
		paths, _ := filepath.Glob(glob)
		for _, path := range paths {
			if bytes.Contains(mustRead(t, path), []byte("apiVersion: "+APIVersion)) {
				ours = append(ours, path)
			}
		}
	}
	if len(ours) == 0 {
		t.Fatal("no example")
	}
	return ours
}

// What is wrong in structure is wrong to both: each way of breaking a valid
// document at each of its places is refused by the schema if it is by Decode,
// and nothing else is.
func TestSchemaRefusesWhatDecodeDoes(t *testing.T) {
	s := compiledSchema(t)
	refused := 0
	for _, path := range files(t, "testdata/valid/*.yaml") {
		if strings.HasSuffix(path, "anchors.yaml") {
			continue // breaking an anchor breaks its aliases
		}
		for _, doc := range documentsOf(t, mustRead(t, path)) {
			for _, broken := range breakages(doc) {
				text, err := yaml.Marshal(broken.doc)
				if err != nil {
					t.Fatal(err)
				}
				_, problems := Decode(Source{"f.yaml", text})
				_, all := Load([]Source{{"f.yaml", text}})
				err = valid(s, broken.doc)
				switch {
				case problems.Failed() && err == nil:
					t.Errorf("%s: %s: the schema takes what Decode refuses: %v", path, broken.what, problems.Errors[0])
				case !all.Failed() && err != nil:
					t.Errorf("%s: %s: the schema refuses what Load takes: %v", path, broken.what, err)
				case err != nil:
					refused++
				}
			}
		}
	}
	if refused < 500 {
		t.Errorf("only %d documents were refused", refused)
	}
}

type breakage struct {
	what string
	doc  *yaml.Node
}

// breakages are copies of a document, each wrong at one place.
func breakages(doc *yaml.Node) []breakage {
	var out []breakage
	var walk func(path []int)
	walk = func(path []int) {
		n := at(doc, path)
		for _, change := range []struct {
			what string
			on   yaml.Kind
			do   func(*yaml.Node)
		}{
			{"an unknown key", yaml.MappingNode, func(n *yaml.Node) {
				n.Content = append(n.Content, plainNode("unheardOf"), &yaml.Node{Kind: yaml.SequenceNode})
			}},
			{"a list in place of a mapping", yaml.MappingNode, func(n *yaml.Node) {
				*n = yaml.Node{Kind: yaml.SequenceNode}
			}},
			{"no keys", yaml.MappingNode, func(n *yaml.Node) { n.Content = nil }},
			{"a mapping in place of a list", yaml.SequenceNode, func(n *yaml.Node) {
				*n = yaml.Node{Kind: yaml.MappingNode}
			}},
			{"text in place of a list", yaml.SequenceNode, func(n *yaml.Node) { *n = *plainNode("words") }},
			{"a list in place of a value", yaml.ScalarNode, func(n *yaml.Node) {
				*n = yaml.Node{Kind: yaml.SequenceNode}
			}},
			{"a number in place of a value", yaml.ScalarNode, func(n *yaml.Node) {
				*n = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: "1.5"}
			}},
			{"nothing in place of a value", yaml.ScalarNode, func(n *yaml.Node) {
				*n = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
			}},
			{"empty text", yaml.ScalarNode, func(n *yaml.Node) {
				*n = yaml.Node{Kind: yaml.ScalarNode, Style: yaml.DoubleQuotedStyle}
			}},
		} {
			if n.Kind == change.on {
				copied := clone(doc)
				change.do(at(copied, path))
				out = append(out, breakage{fmt.Sprintf("line %d: %s", n.Line, change.what), copied})
			}
		}
		for i, c := range n.Content {
			if n.Kind != yaml.MappingNode || i%2 == 1 { // keys are no values
				walk(append(slices.Clone(path), i))
			}
			_ = c
		}
	}
	walk(nil)
	return out
}

func plainNode(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }

func at(n *yaml.Node, path []int) *yaml.Node {
	for _, i := range path {
		n = n.Content[i]
	}
	return n
}

func clone(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = nil
	for _, child := range n.Content {
		c.Content = append(c.Content, clone(child))
	}
	return &c
}
