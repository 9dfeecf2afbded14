package doc

import (
	"bytes"
	"fmt"
	"go/ast"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/render/rendertest"
)

// blocks are all types of blocks. TestHostileBlocks keeps the list complete.
var blocks = []Block{Line{}, Space{}, Inset{}, Either{}, Title{}, Section{}, Problem{}, Hint{}, Command{}, Notes{},
	Names{}, Transition{}, Markup{}, Table{}, Effects{}, Fields{}, Outcomes{}}

var painted = regexp.MustCompile(`\x1b\[[0-9;]+m`)

// TestHostileBlocks writes every type of block with hostile text in every
// field, for a terminal and as Markdown.
func TestHostileBlocks(t *testing.T) {
	known := map[string]bool{}
	for _, b := range blocks {
		of := reflect.TypeOf(b)
		known[of.Name()] = true
		t.Run(of.Name(), func(t *testing.T) {
			for seed := range uint64(300) {
				v := reflect.New(of)
				hostileFiller(seed).Fill(v.Interface())
				checkBlock(t, v.Elem().Interface().(Block), Options{Color: seed%2 == 0, Width: int(seed)})
				if t.Failed() {
					t.Fatalf("seed %d: %+v", seed, v.Elem())
				}
			}
		})
	}
	for _, name := range blockTypes(t) {
		if !known[name] {
			t.Errorf("%s is not in blocks", name)
		}
	}
}

func checkBlock(t *testing.T, b Block, opts Options) {
	// Blocks within a block are filled in by no filler, since they have an
	// interface type.
	d := Document{Top: []Block{Line{Text: "x"}, b, Section{Title: "s", Blocks: []Block{b}},
		Line{Text: "x", Blocks: []Block{b}}}}
	var text, page bytes.Buffer
	if err := d.WriteText(&text, opts); err != nil {
		t.Fatal(err)
	}
	if err := d.WriteMarkdown(&page); err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(painted.ReplaceAllString(text.String(), "") + page.String()) {
		rendertest.MustBePlain(t, strings.TrimSuffix(l, "\n"))
	}
	if _, ok := b.(Markup); ok {
		return // its marks stay
	}
	rendertest.MustBeTables(t, page.String())
	open, closed := strings.Count(page.String(), "\n<details"), strings.Count(page.String(), "\n</details>")
	if open != closed {
		t.Errorf("%d parts are opened and %d closed", open, closed)
	}
}

func hostileFiller(seed uint64) rendertest.Filler {
	text := rand.New(rand.NewPCG(seed, 2))
	return rendertest.Filler{
		Shape: rand.New(rand.NewPCG(seed, 1)),
		Text:  func() string { return rendertest.Hostile[text.IntN(len(rendertest.Hostile))] },
		Root:  "../../..",
		Words: map[string][]string{"Sign": {"+", "~", "-", "-/+", "=>"}, "Label": {"groups", "tags", "policies"}},
	}
}

// blockTypes are the types of this package that have a method markdown.
func blockTypes(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, file := range rendertest.Sources(t) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "markdown" {
				names = append(names, fmt.Sprint(f.Recv.List[0].Type))
			}
		}
	}
	return names
}
