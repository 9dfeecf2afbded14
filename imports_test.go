package eksaccess_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/eksaccess/eksaccess/"

// What every package may import, beside the packages of allowed.
var allowedEverywhere = []string{"internal/fault", "internal/phrase"}

// The packages of this module that each package may import directly. A package
// that is not a key may import none. docs/architecture.md shows this map; run
// "go test -run TestArchitecture -update ." after a change here.
var allowed = map[string][]string{
	"spec": {
		"internal/arn",
		"internal/cani",
		"internal/eksfacts",
		"internal/suggest",
		"internal/trust",
		"internal/yamlfile",
	},
	"plan":               {"spec", "internal/access", "internal/arn", "internal/eksfacts"},
	"apply":              {"plan", "spec", "internal/access", "internal/arn", "internal/eksfacts", "internal/awserr"},
	"internal/access":    {"spec", "internal/arn", "internal/eksfacts", "internal/trust"},
	"internal/eksfacts":  {"internal/arn", "internal/cani"},
	"internal/awserr":    {"internal/arn"},
	"internal/awsclient": {"internal/arn", "internal/awserr", "internal/memo", "internal/readfile"},
	"internal/transfer": {
		"internal/access",
		"internal/awsauth",
		"internal/snapshot",
		"spec",
		"internal/arn",
		"internal/eksfacts",
	},
	"internal/awsauth": {"spec", "internal/arn"},
	"internal/cani":    {"internal/suggest"},
	"internal/cliargs": {"internal/suggest"},
	"internal/saved": {
		"apply",
		"internal/atomicfile",
		"internal/fault",
		"internal/journal",
		"internal/readfile",
		"internal/snapshot",
		"plan",
	},
	"internal/snapshot": {"spec", "internal/arn", "internal/awsauth", "internal/kubeerr", "internal/trust"},
	"internal/kube": {
		"internal/arn",
		"internal/atomicfile",
		"internal/cani",
		"internal/kubeerr",
		"internal/snapshot",
		"spec",
	},
	"internal/doctor": {
		"spec",
		"internal/access",
		"internal/arn",
		"internal/awscli",
		"internal/trust",
		"internal/cani",
		"internal/eksfacts",
		"internal/kubeerr",
		"internal/snapshot",
	},
	"internal/fleet": {
		"internal/arn",
		"internal/audit",
		"internal/awsauth",
		"internal/awsclient",
		"internal/awserr",
		"internal/eksfacts",
		"internal/fault",
		"internal/kube",
		"internal/live",
		"internal/readfile",
		"internal/saved",
		"internal/snapshot",
		"internal/transfer",
		"spec",
	},
	"internal/process": {"internal/term"},
	"internal/run": {
		"apply",
		"internal/arn",
		"internal/awscli",
		"internal/eksfacts",
		"internal/fault",
		"internal/fleet",
		"internal/journal",
		"internal/readfile",
		"plan",
		"spec",
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
	"internal/recover": {
		"apply",
		"plan",
		"spec",
		"internal/access",
		"internal/arn",
		"internal/awsauth",
		"internal/awscli",
		"internal/cani",
		"internal/eksfacts",
		"internal/fleet",
		"internal/kube",
		"internal/kubeerr",
		"internal/live",
		"internal/run",
		"internal/snapshot",
	},
	"internal/checkup": {
		"spec",
		"internal/arn",
		"internal/awserr",
		"internal/cani",
		"internal/doctor",
		"internal/eksfacts",
		"internal/fleet",
		"internal/kube",
		"internal/kubeerr",
		"internal/live",
		"internal/snapshot",
	},
	"internal/render": {
		"internal/access",
		"internal/transfer",
		"internal/audit",
		"apply",
		"plan",
		"spec",
		"internal/doctor",
		"internal/inventory",
		"internal/cliargs",
		"internal/journal",
		"internal/render/csv",
		"internal/render/doc",
		"internal/render/escape",
		"internal/render/github",
		"internal/render/html",
		"internal/render/junit",
		"internal/render/patch",
		"internal/render/sarif",
		"internal/recover",
		"internal/snapshot",
		"internal/arn",
		"internal/eksfacts",
	},
	"internal/progress": {
		"apply",
		"internal/arn",
		"internal/awsclient",
		"internal/awserr",
		"internal/render/escape",
		"plan",
	},
	"internal/render/csv":    {"internal/render/escape"},
	"internal/render/doc":    {"internal/render/escape"},
	"internal/render/github": {"internal/render/escape"},
	"internal/render/html":   {"internal/render/escape"},
	"internal/render/junit":  {"internal/render/escape"},
	"internal/render/patch":  {"internal/render/doc", "internal/render/escape"},
	"internal/render/sarif":  {"internal/render/escape"},
	"cmd/eksaccess": {
		"apply",
		"internal/arn",
		"internal/audit",
		"internal/awsauth",
		"internal/awscli",
		"internal/awsclient",
		"internal/cani",
		"internal/checkup",
		"internal/cliargs",
		"internal/cloudformation",
		"internal/doctor",
		"internal/eksctl",
		"internal/eksfacts",
		"internal/fleet",
		"internal/iampolicy",
		"internal/inventory",
		"internal/journal",
		"internal/kube",
		"internal/live",
		"internal/readfile",
		"internal/process",
		"internal/progress",
		"internal/render",
		"internal/recover",
		"internal/run",
		"internal/saved",
		"internal/snapshot",
		"internal/term",
		"internal/terraform",
		"internal/transfer",
		"plan",
		"spec",
	},
	"internal/ekssim": {
		"internal/ekssim/arns",
		"internal/ekssim/authenticator",
		"internal/ekssim/awsapi",
		"internal/ekssim/iam",
		"internal/ekssim/kubeapi",
		"internal/ekssim/seed",
	},
	"internal/ekssim/authenticator": {"internal/ekssim/arns"},
	"internal/ekssim/iam":           {"internal/ekssim/arns", "internal/ekssim/awsapi", "internal/ekssim/seed"},
	"internal/ekssim/kubeapi":       {"internal/ekssim/arns", "internal/ekssim/authenticator"},
	"cmd/ekssim":                    {"examples", "internal/atomicfile", "internal/ekssim"},

	// other tools' files
	"internal/transfer/transfertest": {"internal/transfer", "spec", "internal/arn", "internal/eksfacts"},
	"internal/terraform":             {"internal/transfer", "spec", "internal/arn", "internal/eksfacts"},
	"internal/eksctl": {
		"internal/arn",
		"internal/awsauth",
		"internal/eksfacts",
		"internal/transfer",
		"internal/yamlfile",
		"spec",
	},
	"internal/cloudformation": {"internal/transfer", "internal/yamlfile"},
}

// Packages that decide. They must not be able to reach the network, start a
// program or read a clock through the AWS SDK, directly or through another
// package.
var pure = []string{
	"spec",
	"plan",
	"internal/access",
	"internal/arn",
	"internal/audit",
	"internal/awsauth",
	"internal/awscli",
	"internal/cani",
	"internal/cliargs",
	"internal/cloudformation",
	"internal/doctor",
	"internal/eksctl",
	"internal/eksfacts",
	"internal/fault",
	"internal/iampolicy",
	"internal/inventory",
	"internal/kubeerr",
	"internal/phrase",
	"internal/snapshot",
	"internal/terraform",
	"internal/transfer",
	"internal/trust",
	"internal/yamlfile",
}

func TestImports(t *testing.T) {
	imports := importsOfModule(t)
	for pkg, list := range imports {
		for _, imported := range list {
			if !slices.Contains(allowed[pkg], imported) && !slices.Contains(allowedEverywhere, imported) {
				t.Errorf("%s imports %s", pkg, imported)
			}
		}
	}
	for pkg, list := range allowed {
		for _, imported := range list {
			if !slices.Contains(imports[pkg], imported) {
				t.Errorf("%s may import %s and does not", pkg, imported)
			}
		}
	}
}

func TestPurePackages(t *testing.T) {
	args := []string{"-f", `{{.ImportPath}} {{join .Deps " "}}`}
	for _, pkg := range pure {
		args = append(args, "./"+pkg)
	}
	for _, line := range goList(t, args...) {
		pkg, deps, _ := strings.Cut(line, " ")
		for dep := range strings.FieldsSeq(deps) {
			if dep == "net/http" || dep == "net" || dep == "os/exec" || strings.HasPrefix(dep, "github.com/aws/") {
				t.Errorf("%s reaches %s", strings.TrimPrefix(pkg, module), dep)
			}
		}
	}
}

// The simulator is for tests and for its own program. The program of users does
// not contain it.
func TestProgramHasNoSimulator(t *testing.T) {
	for _, dep := range goList(t, "-deps", "./cmd/eksaccess") {
		if strings.HasPrefix(dep, module+"internal/ekssim") {
			t.Errorf("cmd/eksaccess reaches %s", dep)
		}
	}
}

// importsOfModule returns the packages of this module that each of its packages
// imports, tests apart.
func importsOfModule(t *testing.T) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	for _, line := range goList(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...") {
		fields := strings.Fields(line)
		pkg, nested := strings.CutPrefix(fields[0], module)
		if !nested {
			continue // the root, which has only tests
		}
		imports[pkg] = nil
		for _, imported := range fields[1:] {
			if name, ours := strings.CutPrefix(imported, module); ours {
				imports[pkg] = append(imports[pkg], name)
			}
		}
	}
	return imports
}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}
