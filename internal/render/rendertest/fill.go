package rendertest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Filler makes values of any type for tests. Its choices of structure (how
// long a list is, which constant a field has) depend on Shape alone, so that
// two fillers with the same shape and different text make values that are
// alike.
type Filler struct {
	Shape *rand.Rand
	Text  func() string
	Root  string // the root of the module, where the constants of named strings are looked up
	// Words are values that fields of plain strings often have, by the name of
	// the field.
	Words map[string][]string
	// Required are pointers, by the name of the field, that are never nil. Those
	// in lists never are.
	Required []string
}

// Fill sets all that v points to. Lists have up to three items. Fields that
// are not exported, functions and interfaces stay as they are.
func (f Filler) Fill(v any) { f.fill(reflect.ValueOf(v).Elem(), "", 0) }

// deep is where values that contain their own type end.
const deep = 8

func (f Filler) fill(v reflect.Value, name string, depth int) {
	if at, ok := v.Addr().Interface().(*time.Time); ok {
		*at = time.Unix(1_796_000_000+f.Shape.Int64N(1e7), 0).UTC()
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text(v.Type(), name))
	case reflect.Bool:
		v.SetBool(f.Shape.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(f.Shape.Int64N(4))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(f.Shape.Uint64N(4))
	case reflect.Pointer:
		if depth < deep && (f.Shape.IntN(4) > 0 || slices.Contains(f.Required, name)) {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem(), name, depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				f.fill(v.Field(i), field.Name, depth+1)
			}
		}
	case reflect.Slice:
		n := f.Shape.IntN(4)
		if depth >= deep || v.Type().Elem().Kind() == reflect.Interface {
			n = 0
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			if item := v.Index(i); item.Kind() == reflect.Pointer {
				item.Set(reflect.New(item.Type().Elem()))
				f.fill(item.Elem(), name, depth+1)
			} else {
				f.fill(item, name, depth+1)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i), name, depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range f.Shape.IntN(3) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key, name, depth+1)
			f.fill(value, name, depth+1)
			v.SetMapIndex(key, value)
		}
	}
}

func (f Filler) text(t reflect.Type, name string) string {
	known := f.Words[name]
	if t.PkgPath() != "" {
		known = f.constants(t)
	}
	text := f.Text()
	switch n := f.Shape.IntN(8); {
	case n < 6 && len(known) > 0:
		return known[f.Shape.IntN(len(known))]
	case n == 7:
		return ""
	}
	return text
}

var constantsByType sync.Map // reflect.Type: []string

// constants are the values of the constants that the package of a named string
// type declares of it.
func (f Filler) constants(t reflect.Type) []string {
	if list, ok := constantsByType.Load(t); ok {
		return list.([]string)
	}
	_, path, ok := strings.Cut(t.PkgPath(), "/eksaccess/eksaccess/")
	var list []string
	if ok {
		files, err := filepath.Glob(filepath.Join(f.Root, path, "*.go"))
		if err != nil || len(files) == 0 {
			panic("no source of " + t.PkgPath())
		}
		for _, file := range files {
			list = append(list, constantsOf(file, t.Name())...)
		}
	}
	constantsByType.Store(t, list)
	return list
}

func constantsOf(file, typeName string) []string {
	source, err := os.ReadFile(file)
	if err != nil {
		panic(err)
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, source, 0)
	if err != nil {
		panic(err)
	}
	var list []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); !ok || of.Name != typeName {
			return true
		}
		for _, value := range spec.Values {
			if lit, ok := value.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					list = append(list, s)
				}
			}
		}
		return true
	})
	return list
}
