package eksaccess_test

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// proseFields are fields that hold sentences for people. A decision needs a
// type, a code or a field of its own.
var proseFields = []string{"Detail", "Hint", "Message", "Note", "Reason", "Summary", "Usage", "Why"}

// searches are functions of package strings that look into a text.
var searches = []string{
	"Contains", "ContainsAny", "Count", "Cut", "CutPrefix", "CutSuffix", "EqualFold", "Fields", "HasPrefix",
	"HasSuffix",
	"Index", "IndexByte", "LastIndex", "LastIndexByte", "Split", "SplitN", "TrimPrefix", "TrimSuffix",
}

// matches are methods of a regular expression.
var matches = []string{
	"FindString", "FindStringIndex", "FindStringSubmatch", "FindAllString", "FindAllStringSubmatch", "MatchString",
}

// proseExceptions are functions, by folder and name, that may search a text,
// and why.
var proseExceptions = map[string]string{
	"internal/awserr.loginExpired":    "the SDK has no types for these errors",
	"internal/eksctl.typeErrors":      "yaml.TypeError has its errors as text only",
	"internal/kube.diagnose":          "the YAML library has the line of an error in its text only",
	"spec.Violations":                 "the user's reason is compared with the user's pattern",
	"internal/yamlfile.syntaxLine":    "the YAML library has the line of an error in its text only",
	"internal/yamlfile.syntaxProblem": "the YAML library has the line of an error in its text only",

	"cmd/eksaccess.checkExpires": "the user's reason is compared with the user's pattern",
	"cmd/eksaccess.formsOf":      "the formats of a command are in its usage only",
	"cmd/eksaccess.usageError":   "errors of package flag have no types",
}

func TestNoDecisionByProse(t *testing.T) {
	files := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			name := filepath.ToSlash(filepath.Dir(path)) + "." + f.Name.Name
			if _, excepted := proseExceptions[name]; excepted {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if text := proseDecision(n); text != "" {
					t.Errorf("%s: %s decides by %s; use a type, a code or a field", files.Position(n.Pos()), name, text)
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// proseDecision returns the prose that n searches or compares; "" for none.
func proseDecision(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CallExpr:
		fun, ok := n.Fun.(*ast.SelectorExpr)
		if !ok {
			return ""
		}
		pkg, _ := fun.X.(*ast.Ident)
		isSearch := pkg != nil && pkg.Name == "strings" && slices.Contains(searches, fun.Sel.Name)
		if isSearch || slices.Contains(matches, fun.Sel.Name) {
			if len(n.Args) == 2 && isWhiteSpace(n.Args[1]) { // lines and words, for layout
				return ""
			}
			for _, arg := range n.Args {
				if text := prose(arg); text != "" {
					return text
				}
			}
		}
	case *ast.BinaryExpr:
		if n.Op != token.EQL && n.Op != token.NEQ || isEmpty(n.X) || isEmpty(n.Y) {
			return ""
		}
		if x, y := prose(n.X), prose(n.Y); x != y { // the same field of two values: shown once
			return cmp.Or(x, y)
		}
	case *ast.SwitchStmt:
		if n.Tag != nil {
			return prose(n.Tag)
		}
	}
	return ""
}

func isWhiteSpace(e ast.Expr) bool {
	lit, ok := e.(*ast.BasicLit)
	text := ""
	if ok && lit.Kind == token.STRING {
		text, _ = strconv.Unquote(lit.Value)
	}
	return text != "" && strings.TrimSpace(text) == ""
}

func isEmpty(e ast.Expr) bool {
	lit, ok := e.(*ast.BasicLit)
	return ok && lit.Value == `""`
}

// prose returns e as text if it is an error's text or a field of proseFields.
func prose(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return prose(e.X)
	case *ast.SelectorExpr:
		if slices.Contains(proseFields, e.Sel.Name) {
			return "field " + e.Sel.Name
		}
	case *ast.CallExpr:
		fun, ok := e.Fun.(*ast.SelectorExpr)
		if ok && fun.Sel.Name == "Error" && len(e.Args) == 0 {
			return "the text of an error"
		}
		if ok { // strings.ToLower(e.Message)
			for _, arg := range e.Args {
				if text := prose(arg); text != "" {
					return text
				}
			}
		}
	}
	return ""
}
