package eksaccess_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// What writes, creates or renames files, by import path. Package atomicfile
// does all of it for files of users.
var writesFiles = map[string][]string{
	"os":                               {"WriteFile", "Create", "CreateTemp", "OpenFile", "Rename", "Link", "Truncate"},
	"io/ioutil":                        {"WriteFile", "TempFile"},
	"k8s.io/client-go/tools/clientcmd": {"WriteToFile", "ModifyConfig"},
}

// Where files are written otherwise, and why.
var writesItself = map[string]string{
	"internal/atomicfile/atomicfile.go os.OpenFile": "makes the temporary file",
	"internal/atomicfile/atomicfile.go os.Rename":   "gives it its name",
	"internal/atomicfile/atomicfile.go os.Link":     "gives it its name, if no other file has it",
	"internal/journal/writer.go os.OpenFile":        "appends to a journal, and syncs each line",
	"internal/kube/kubeconfig.go os.OpenFile":       "takes kubectl's lock, an empty file",
	"internal/term/confirm.go os.OpenFile":          "opens the terminal",
	"cmd/ekssim/run.go os.OpenFile":                 "appends to the simulator's journal",
}

// Every file of a user is written by package atomicfile, so that a full disk or
// a kill leaves the old file or the new one, never half of one.
func TestFilesAreWrittenAtomically(t *testing.T) {
	used := map[string]bool{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		name = filepath.ToSlash(name)
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return err
		}
		for _, call := range fileWriters(f) {
			place := name + " " + call
			if writesItself[place] == "" {
				t.Errorf("%s: package atomicfile writes files", place)
			}
			used[place] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for place := range writesItself {
		if !used[place] {
			t.Errorf("%s is an exception that nothing needs", place)
		}
	}
}

// The check sees what it should, also under another name of the import.
func TestFileWriters(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "x.go", `package x
import (
	"os"
	cc "k8s.io/client-go/tools/clientcmd"
)
func f() { os.ReadFile(""); os.WriteFile("", nil, 0); g(os.Create); cc.ModifyConfig() }
`, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := fileWriters(f); !slices.Equal(got, []string{"os.WriteFile", "os.Create", "clientcmd.ModifyConfig"}) {
		t.Errorf("found %v", got)
	}
}

// fileWriters are the functions that write files and that a source file uses.
func fileWriters(f *ast.File) []string {
	imports := map[string]string{} // local name → path
	for _, i := range f.Imports {
		at, _ := strconv.Unquote(i.Path.Value)
		name := path.Base(at)
		if i.Name != nil {
			name = i.Name.Name
		}
		imports[name] = at
	}
	var found []string
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && slices.Contains(writesFiles[imports[x.Name]], s.Sel.Name) {
				found = append(found, path.Base(imports[x.Name])+"."+s.Sel.Name)
			}
		}
		return true
	})
	return found
}
