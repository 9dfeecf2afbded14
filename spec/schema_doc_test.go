package spec

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	keysBegin = "<!-- keys: written from spec/schema.json by \"make golden\" -->\n"
	keysEnd   = "<!-- keys end -->\n"
)

// The list of keys in docs/file.md is written from the schema.
func TestKeysInDocs(t *testing.T) {
	const path = "../docs/file.md"
	doc := string(mustRead(t, path))
	before, rest, ok := strings.Cut(doc, keysBegin)
	_, after, closed := strings.Cut(rest, keysEnd)
	if !ok || !closed {
		t.Fatalf("%s has no place for the keys", path)
	}
	golden(t, path, before+keysBegin+keyTables(t)+keysEnd+after)
}

// keyTables is a table for each mapping of the format.
func keyTables(t *testing.T) string {
	root := schemaRoot(t)
	defs := root["$defs"].(node)
	properties := root["properties"].(node)
	object := func(n node) node {
		if choice, ok := n["oneOf"].([]any); ok && n["properties"] == nil {
			return choice[1].(node)
		}
		return n
	}
	var b strings.Builder
	for _, part := range []struct {
		title string
		of    node
		names []string
	}{
		{"A document", root, keysOf(parts[0].of).names},
		{"`defaults`, and on a cluster", properties["defaults"].(node), nil},
		{"`guards`", properties["guards"].(node), nil},
		{"An item of `owners`", properties["owners"].(node)["items"].(node), nil},
		{"An item of `waivers`", properties["waivers"].(node)["items"].(node), nil},
		{"A set", defs["set"].(node), nil},
		{"A cluster", object(defs["cluster"].(node)), nil},
		{"An item of `access`", object(defs["accessItem"].(node)), nil},
		{"An item of `admins`", object(defs["admin"].(node)), nil},
		{"An item of `policies`", object(defs["policyItem"].(node)), nil},
		{"An item of `tests`", properties["tests"].(node)["items"].(node), nil},
	} {
		names := part.names
		for name := range part.of["properties"].(node) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if part.names == nil {
			slices.Sort(names)
		}
		fmt.Fprintf(&b, "\n### %s\n\n| key | type | meaning |\n| --- | --- | --- |\n", part.title)
		for _, name := range names {
			p := deref(t, root, part.of["properties"].(node)[name].(node))
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, kindInWords(p), p["description"])
		}
	}
	return b.String() + "\n"
}

func kindInWords(n node) string {
	var values []string
	if list, ok := n["enum"].([]any); ok {
		for _, v := range list {
			values = append(values, fmt.Sprintf("`%v`", v))
		}
		return strings.Join(values, ", ")
	}
	switch {
	case n["const"] != nil:
		return fmt.Sprintf("`%v`", n["const"])
	case n["format"] == "date-time":
		return "time"
	case n["format"] == "date":
		return "date"
	case n["oneOf"] != nil:
		return "count or percentage"
	}
	return map[any]string{"string": "text", "array": "list", "object": "mapping", "boolean": "true or false",
		"integer": "whole number"}[n["type"]]
}
