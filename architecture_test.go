package eksaccess_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the import column of docs/architecture.md")

const architecture = "docs/architecture.md"

// A row of the tables of packages in docs/architecture.md:
//
//	| `internal/live/` | purpose | spec, arn |
var row = regexp.MustCompile("(?m)^\\| `([^`]+)/` \\| (.*) \\| (.*) \\|$")

// otherModules have a go.mod of their own, which keeps the module's packages
// out of their reach, except those of the program under test.
var otherModules = []string{"e2e", "internal/browsertest"}

// Every package has one row, whose last column is its entry in allowed and whose
// purpose says whether the package is pure.
func TestArchitectureTable(t *testing.T) {
	text := architectureText(t)
	if *update {
		text = row.ReplaceAllStringFunc(text, func(line string) string {
			m := row.FindStringSubmatch(line)
			return "| `" + m[1] + "/` | " + m[2] + " | " + importColumn(m[1]) + " |"
		})
		if err := os.WriteFile(architecture, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	rows := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(text, -1) {
		pkg, purpose, column := m[1], m[2], m[3]
		if rows[pkg] {
			t.Errorf("%s has two rows", pkg)
		}
		rows[pkg] = true
		if want := importColumn(pkg); column != want {
			t.Errorf("%s may import %q, the table has %q; run go test -run TestArchitecture -update .", pkg, want,
				column)
		}
		if strings.HasSuffix(purpose, " Pure.") != slices.Contains(pure, pkg) {
			t.Errorf("%s: the purpose must end with \"Pure.\" if the package is pure, and only then", pkg)
		}
	}

	packages := otherModules
	for pkg := range importsOfModule(t) {
		packages = append(packages, pkg)
	}
	for _, pkg := range packages {
		if !rows[pkg] {
			t.Errorf("%s has no row; add | `%s/` | its purpose | |", pkg, pkg)
		}
		delete(rows, pkg)
	}
	for pkg := range rows {
		t.Errorf("%s has a row and does not exist", pkg)
	}
}

// importColumn returns the packages that a package may import, as the table
// shows them: sorted, without the prefix internal/.
func importColumn(pkg string) string {
	var names []string
	for _, name := range allowed[pkg] {
		names = append(names, strings.TrimPrefix(name, "internal/"))
	}
	if len(names) == 0 {
		return "–"
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

var (
	inBackticks = regexp.MustCompile("`([^`\n]+)`")
	isPath      = regexp.MustCompile(`^[\w.*/-]+(/|\.go|\.md|\.yaml)$`)
	link        = regexp.MustCompile(`\]\(([^)#\s]+)(#[^)]*)?\)`)
)

// Every file and folder that the page mentions exists.
func TestArchitecturePaths(t *testing.T) {
	text := architectureText(t)
	checked := 0
	for _, m := range inBackticks.FindAllStringSubmatch(text, -1) {
		if !isPath.MatchString(m[1]) {
			continue
		}
		checked++
		if found, err := filepath.Glob(m[1]); err != nil || len(found) == 0 {
			t.Errorf("%s does not exist", m[1])
		}
	}
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		checked++
		if _, err := os.Stat(filepath.Join("docs", m[1])); err != nil {
			t.Errorf("the link to %s: %v", m[1], err)
		}
	}
	if checked < 50 {
		t.Errorf("%d paths were checked, so the expressions miss some", checked)
	}
}

func architectureText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(architecture)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
