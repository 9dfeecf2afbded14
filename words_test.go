package eksaccess_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unclear are words and phrases that readers have to decode. The glossary in
// CONTRIBUTING.md has the words to use.
var unclear = regexp.MustCompile(`(?i)\b(nobody|whoever|somebody|anew|made again|mend(s|ing)?|hangs? on|` +
	`goes without|(is|are) told|by its own word|time is over|this house|gravest?|graver|` +
	`given away|thrown away|(read|reads) back as planned|lets? (him|it|them) in)\b`)

// unclearExceptions are files that have such a word, and why.
var unclearExceptions = map[string]string{
	"CONTRIBUTING.md": "its glossary lists the words not to use",

	"internal/recover/report.go": "the JSON form has a key mend",
}

// unclearStill are files and folders whose words are not checked yet.
var unclearStill = []string(nil)

// textFiles are the files that people read beside Go code.
var textFiles = []string{".md", ".sh", ".yml", ".yaml"}

func TestWords(t *testing.T) {
	used := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		path = filepath.ToSlash(path)
		if err != nil || d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata") {
			if err == nil {
				err = filepath.SkipDir
			}
			return err
		}
		isStill := func(prefix string) bool { return strings.HasPrefix(path, prefix) }
		isText := slices.Contains(textFiles, filepath.Ext(path)) || path == "Makefile" || path == ".ci/run"
		isGo := strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go")
		if d.IsDir() || !isText && !isGo || slices.ContainsFunc(unclearStill, isStill) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		lines := strings.Split(string(text), "\n")
		if isGo {
			lines = readable(t, path, text, len(lines))
		}
		for i, line := range lines {
			word := unclear.FindString(line)
			switch {
			case word == "":
			case unclearExceptions[path] != "":
				used[path] = true
			default:
				t.Errorf("%s:%d: %q; see the glossary in CONTRIBUTING.md", path, i+1, word)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path := range unclearExceptions {
		if !used[path] {
			t.Errorf("%s is an exception that nothing needs", path)
		}
	}
}

// readable returns the comments and strings of a Go file, by line.
func readable(t *testing.T, path string, text []byte, n int) []string {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, n)
	add := func(pos token.Pos, text string) {
		for i, part := range strings.Split(text, "\n") {
			lines[files.Position(pos).Line-1+i] += " " + part
		}
	}
	for _, group := range file.Comments {
		for _, c := range group.List {
			add(c.Pos(), c.Text)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			add(lit.Pos(), lit.Value)
		}
		return true
	})
	return lines
}

// participles are those that do not end in "ed" and say no verb in the present.
var participles = []string{
	"begun", "bound", "built", "chosen", "done", "found", "given", "gone", "heard", "held", "hidden", "kept", "known",
	"left", "lost", "made", "met", "said", "seen", "sent", "shown", "sought", "spent", "taken", "told", "written",
}

// participleExceptions are functions that are named by a participle, by folder
// and name, and why.
var participleExceptions = map[string]string{
	"internal/fleet.Done":    "the interface of package progress",
	"internal/journal.Found": "the interface of package apply",
	"internal/progress.Done": "as context.Context has it",

	"internal/render/doc.Padded": "text in a look, beside Raw and Code",
	"internal/render/doc.Styled": "text in a look, beside Raw and Code",
}

// A function that does something is named by a verb, one that returns a value by
// a noun. A participle is for booleans.
func TestNoFunctionIsAParticiple(t *testing.T) {
	used := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		path = filepath.ToSlash(path)
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || !isParticiple(f.Name.Name) || isBoolean(f) {
				continue
			}
			name := filepath.ToSlash(filepath.Dir(path)) + "." + f.Name.Name
			if participleExceptions[name] == "" {
				t.Errorf("%s: %s is a participle; name it by a verb or a noun", files.Position(f.Pos()), name)
			}
			used[name] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range participleExceptions {
		if !used[name] {
			t.Errorf("%s is an exception that nothing needs", name)
		}
	}
}

// isParticiple reports whether a name is one word, and that a participle.
func isParticiple(name string) bool {
	word := strings.ToLower(name)
	return word[1:] == name[1:] && (strings.HasSuffix(word, "ed") && word != "need" && word != "embed" &&
		word != "seed" && word != "speed" || slices.Contains(participles, word))
}

// isBoolean reports whether a function returns a truth value, first or last.
func isBoolean(f *ast.FuncDecl) bool {
	if f.Type.Results == nil {
		return false
	}
	isBool := func(field *ast.Field) bool {
		id, ok := field.Type.(*ast.Ident)
		return ok && id.Name == "bool"
	}
	list := f.Type.Results.List
	return len(list) > 0 && (isBool(list[0]) || isBool(list[len(list)-1]))
}

func TestIsParticiple(t *testing.T) {
	for name, want := range map[string]bool{
		"listed": true, "Told": true, "kept": true, "changedClusters": false, "list": false, "need": false,
		"readFleet": false, "isTold": false, "ed": true,
	} {
		if got := isParticiple(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
