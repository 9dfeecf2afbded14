package eksaccess_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/eksaccess/eksaccess/"

// Who may import whom, directly. A package that is not a key may import
// nothing of this module.
var allowed = map[string][]string{
	"spec":               {"internal/arn", "internal/cani", "internal/eksfacts", "internal/suggest", "internal/trust"},
	"plan":               {"spec", "internal/access", "internal/arn", "internal/eksfacts"},
	"apply":              {"plan", "spec", "internal/access", "internal/arn", "internal/eksfacts", "internal/awserr"},
	"internal/access":    {"spec", "internal/arn", "internal/eksfacts", "internal/trust"},
	"internal/eksfacts":  {"internal/arn", "internal/cani"},
	"internal/awserr":    {"internal/arn"},
	"internal/awsclient": {"internal/arn", "internal/awserr", "internal/memo", "internal/readfile"},
	"internal/adopt": {
		"internal/access",
		"internal/awsauth",
		"internal/snapshot",
		"spec",
		"internal/arn",
		"internal/eksfacts",
	},
	"internal/awsauth":  {"spec", "internal/arn"},
	"internal/cani":     {"internal/suggest"},
	"internal/snapshot": {"spec", "internal/arn", "internal/awsauth", "internal/trust"},
	"internal/kube":     {"internal/arn", "internal/atomicfile", "internal/cani", "internal/snapshot"},
	"internal/doctor": {
		"spec",
		"internal/access",
		"internal/arn",
		"internal/awscli",
		"internal/trust",
		"internal/cani",
		"internal/eksfacts",
		"internal/snapshot",
	},
	"internal/inventory": {"spec", "internal/access", "internal/snapshot", "internal/arn", "internal/eksfacts"},
	"internal/audit": {
		"plan",
		"spec",
		"internal/access",
		"internal/trust",
		"internal/snapshot",
		"internal/arn",
		"internal/awscli",
		"internal/cani",
		"internal/eksfacts",
	},
	"internal/journal":   {"apply", "internal/readfile", "plan", "spec"},
	"internal/iampolicy": {"spec", "internal/arn", "internal/eksfacts"},
	"internal/live": {
		"spec",
		"internal/snapshot",
		"internal/arn",
		"internal/eksfacts",
		"internal/awserr",
		"internal/memo",
		"internal/suggest",
		"internal/trust",
	},
	"internal/awscli": {"plan", "spec", "internal/cani", "internal/eksfacts"},
	"internal/rescue": {
		"apply",
		"plan",
		"spec",
		"internal/access",
		"internal/arn",
		"internal/awscli",
		"internal/cani",
		"internal/eksfacts",
	},
	"internal/render": {
		"internal/access",
		"internal/adopt",
		"internal/audit",
		"apply",
		"plan",
		"spec",
		"internal/doctor",
		"internal/inventory",
		"internal/journal",
		"internal/rescue",
		"internal/snapshot",
		"internal/arn",
		"internal/eksfacts",
	},
	"cmd/ekssim": {"examples", "internal/atomicfile", "internal/ekssim"},

	// other tools' files
	"internal/handover": {
		"internal/adopt",
		"internal/awsauth",
		"spec",
		"internal/arn",
		"internal/eksfacts",
	},
	"internal/handover/handovertest": {"internal/handover", "spec", "internal/arn", "internal/eksfacts"},
	"internal/terraform":             {"internal/handover", "spec", "internal/arn", "internal/eksfacts"},
	"internal/eksctl": {"internal/adopt", "internal/handover", "internal/awsauth", "spec",
		"internal/arn", "internal/eksfacts"},
	"internal/cloudformation": {"internal/handover"},
}

func TestImports(t *testing.T) {
	for _, line := range goList(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...") {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(fields[0], module)
		for _, imported := range fields[1:] {
			inner, ours := strings.CutPrefix(imported, module)
			if pkg == "cmd/eksaccess" {
				continue // it brings all together; see TestSimulatorStaysOutside
			}
			if ours && !slices.Contains(allowed[pkg], inner) {
				t.Errorf("%s imports %s", pkg, inner)
			}
		}
	}
}

// What decides must not be able to reach the network, start a program or read
// the clock of a machine through the SDK, however indirectly.
func TestPureStaysPure(t *testing.T) {
	for _, pkg := range []string{"spec", "plan", "internal/access", "internal/trust", "internal/inventory", "internal/snapshot", "internal/audit"} {
		for _, dep := range goList(t, "-deps", "./"+pkg) {
			if dep == "net/http" || dep == "net" || dep == "os/exec" || strings.HasPrefix(dep, "github.com/aws/") {
				t.Errorf("%s reaches %s", pkg, dep)
			}
		}
	}
}

// The simulator is for tests and its own program; nothing the user runs holds it.
func TestSimulatorStaysOutside(t *testing.T) {
	if slices.Contains(goList(t, "-deps", "./cmd/eksaccess"), module+"internal/ekssim") {
		t.Error("cmd/eksaccess reaches internal/ekssim")
	}
}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// The picture of the house has every package, and no other.
func TestHouseIsDrawn(t *testing.T) {
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		room, _, _ := strings.Cut(line[2:], " | ")
		for name := range strings.SplitSeq(room, ", ") {
			name = strings.TrimSuffix(strings.Trim(name, "`"), "/")
			if drawn[name] {
				t.Errorf("%s is drawn twice", name)
			}
			drawn[name] = true
			if _, err := os.Stat(name); err != nil {
				t.Errorf("%s is drawn and not there", name)
			}
		}
	}
	for _, dir := range goList(t, "-f", "{{.ImportPath}}", "./...") {
		name := strings.TrimPrefix(dir, module)
		if part, _, nested := strings.Cut(strings.TrimPrefix(name, "internal/"), "/"); nested &&
			strings.HasPrefix(name, "internal/") {
			name = "internal/" + part // a room's own cupboard
		}
		if name != strings.TrimSuffix(module, "/") && !drawn[name] {
			t.Errorf("%s is not drawn", name)
		}
	}
}
