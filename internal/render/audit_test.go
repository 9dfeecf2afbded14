package render

import (
	"bytes"
	"encoding/xml"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/eksaccess/eksaccess/internal/audit"
	"github.com/eksaccess/eksaccess/internal/fault"
)

// auditReport has one of everything that a report can have.
func auditReport() *audit.Report {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	f := audit.Finding{
		Rule:      "EA207",
		Severity:  audit.High,
		Cluster:   "prod",
		Region:    "eu-west-1",
		Account:   "111122223333",
		Principal: "arn:aws:iam::111122223333:user/alice",
		Message:   "IAM user is cluster admin: [see](here)",
		Title:     "IAM user is cluster admin",
		Detail:    "[see](here)",
		Fix:       "absent: [arn]",
		Source:    "access/clusters.yaml:12:9",
	}
	g := f
	g.Rule, g.Severity, g.Principal, g.Source, g.Message = "EA602", audit.Medium, "", "", "Open: to the world"
	g.Title, g.Detail = "Open", "to the world"
	h := audit.Finding{
		Rule:     "EA901",
		Severity: audit.Medium,
		Message:  "Waiver has expired",
		Title:    "Waiver has expired",
		Fix:      "remove it",
		Source:   "w.yaml:4:5",
	}
	low := f
	low.Rule, low.Severity = "EA401", audit.Low
	r := &audit.Report{
		APIVersion:  audit.APIVersion,
		Kind:        audit.Kind,
		CreatedAt:   at,
		ReadAt:      at,
		ToolVersion: "v1",
		Rules:       audit.Rules(),
		Clusters:    []string{"111122223333/eu-west-1/gone", "111122223333/eu-west-1/prod"},
		Findings: []audit.Finding{
			h,
			f,
			g,
		},
		NotChecked: []audit.NotChecked{{Rule: "EA210", Cluster: "111122223333/eu-west-1/prod", Reason: "RBAC unknown"}},
		Waived: []audit.Waived{
			{Finding: low, Reason: "known", Owner: "me", Until: "2026-12-31", Waiver: "w.yaml:6:5"},
		},
		Waivers: []audit.WaiverState{
			{
				Rule:       "EA401",
				Clusters:   []string{},
				Principals: []string{},
				Reason:     "known",
				Owner:      "me",
				Until:      "2026-12-31",
				Source:     "w.yaml:6:5",
				State:      audit.Used,
				Findings:   1,
			},
		},
		Failed: []audit.Failed{
			{
				Cluster: "gone",
				Region:  "eu-west-1",
				Account: "111122223333",
				Error:   fault.Error{Code: "ClusterNotFound", Message: "no cluster"},
			},
		},
		Summary: audit.Summary{Clusters: 2, Failed: 1, Findings: 3, High: 1, Medium: 2, Waived: 1, NotChecked: 1},
	}
	return r
}

func drawAudit(t testing.TB, r *audit.Report, f Format) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Audit(&b, r, Options{Format: f, Width: 100}); err != nil {
		t.Fatalf("%s: %v", f, err)
	}
	return b.Bytes()
}

// sarifSchemas are two validators of SARIF 2.1.0: the one of the library that
// writes it, and an independent one given the schema that the library holds.
func sarifSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(
		token.NewFileSet(),
		filepath.Join(strings.TrimSpace(string(dir)), "pkg/report/v210/sarif/schema.go"),
		nil,
		0,
	)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && len(lit.Value) > 10_000 {
			text, err = strconv.Unquote(lit.Value)
		}
		return true
	})
	if err != nil || text == "" {
		t.Fatalf("the library holds no schema: %v", err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validSARIF(t testing.TB, schema *jsonschema.Schema, text []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(doc); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

func TestAuditSARIF(t *testing.T) {
	schema := sarifSchema(t)
	text := drawAudit(t, auditReport(), SARIF)
	validSARIF(t, schema, text)
	r, err := sarif.FromBytes(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		t.Error(err)
	}
	run := r.Runs[0]
	if len(run.Tool.Driver.Rules) != len(audit.Rules()) {
		t.Errorf("%d rules, want %d", len(run.Tool.Driver.Rules), len(audit.Rules()))
	}
	if len(run.Results) != 4 || len(run.Results[3].Suppressions) != 1 || len(run.Results[1].Suppressions) != 0 {
		t.Fatalf("results: %s", text)
	}
	for _, res := range run.Results {
		if *run.Tool.Driver.Rules[res.RuleIndex].ID != *res.RuleID {
			t.Errorf("%s has the index of %s", *res.RuleID, *run.Tool.Driver.Rules[res.RuleIndex].ID)
		}
	}
	alice := run.Results[1]
	at := alice.Locations[0].PhysicalLocation
	if *at.ArtifactLocation.URI != "access/clusters.yaml" || *at.Region.StartLine != 12 ||
		*at.Region.StartColumn != 9 ||
		alice.Level != "error" {
		t.Errorf("place: %+v %+v, level %s", at.ArtifactLocation, at.Region, alice.Level)
	}
	if strings.Contains(*alice.Message.Text, "](") {
		t.Errorf("a link: %s", *alice.Message.Text)
	}
	if run.Results[2].Locations[0].PhysicalLocation != nil {
		t.Error("a finding without a line has one")
	}
	// A validator that takes anything would show nothing.
	if err := schema.Validate(map[string]any{"version": "2.1.0"}); err == nil {
		t.Error("the schema takes a log without runs")
	}
	none := drawAudit(t, &audit.Report{Rules: audit.Rules()}, SARIF)
	validSARIF(t, schema, none)
	if !bytes.Contains(none, []byte(`"results": []`)) {
		t.Error("without findings there is no empty list of results, which means that nothing was scanned")
	}
}

// There is no one schema of JUnit's XML; what its readers rely on is that the
// numbers are those of the elements and that names are there.
func TestAuditJUnit(t *testing.T) {
	checkJUnit(t, drawAudit(t, auditReport(), JUnit))
	text := string(drawAudit(t, auditReport(), JUnit))
	for _, want := range []string{
		`<testsuites name="eksaccess audit" tests="84" failures="3" errors="1" skipped="2">`,
		`<failure message="arn:aws:iam::111122223333:user/alice: IAM user is cluster admin: [see](here)" type="high">access/clusters.yaml:12:9 fix: absent: [arn]</failure>`,
		`<skipped message="not checked: RBAC unknown"></skipped>`,
		`<skipped message="waived by me until 2026-12-31: known"></skipped>`,
		`<error message="no cluster" type="ClusterNotFound"></error>`,
		`<testcase name="EA901 waiver-expired" classname="waivers">`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in:\n%s", want, text)
		}
	}
}

// junitSuites are the elements that readers of JUnit's XML rely on.
type junitSuites struct {
	junitNumbers
	Suites []struct {
		Name string `xml:"name,attr"`
		junitNumbers
		Cases []struct {
			Name    string     `xml:"name,attr"`
			Class   string     `xml:"classname,attr"`
			Error   *struct{}  `xml:"error"`
			Failure []struct{} `xml:"failure"`
			Skipped *struct{}  `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

type junitNumbers struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
}

func checkJUnit(t testing.TB, text []byte) {
	t.Helper()
	var all junitSuites
	if err := xml.Unmarshal(text, &all); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var tests, failures, errors, skipped int
	for _, s := range all.Suites {
		var f, e, k int
		for _, c := range s.Cases {
			if c.Name == "" || c.Class != s.Name {
				t.Errorf("case %q of class %q in suite %q", c.Name, c.Class, s.Name)
			}
			switch {
			case c.Error != nil:
				e++
			case len(c.Failure) > 0:
				f++
			case c.Skipped != nil:
				k++
			}
		}
		if s.Name == "" || s.Tests != len(s.Cases) || s.Failures != f || s.Errors != e || s.Skipped != k {
			t.Errorf(
				"suite %q counts %d, %d, %d, %d and has %d, %d, %d, %d",
				s.Name,
				s.Tests,
				s.Failures,
				s.Errors,
				s.Skipped,
				len(s.Cases),
				f,
				e,
				k,
			)
		}
		tests, failures, errors, skipped = tests+s.Tests, failures+s.Failures, errors+s.Errors, skipped+s.Skipped
	}
	if all.Tests != tests || all.Failures != failures || all.Errors != errors || all.Skipped != skipped {
		t.Errorf(
			"all count %d, %d, %d, %d; the suites %d, %d, %d, %d",
			all.Tests,
			all.Failures,
			all.Errors,
			all.Skipped,
			tests,
			failures,
			errors,
			skipped,
		)
	}
}

// The words of a narrow page are all there, and of a wide one too.
func TestAuditWidths(t *testing.T) {
	for _, width := range []int{40, 80, 200} {
		var b bytes.Buffer
		if err := Audit(&b, auditReport(), Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(b.String())
		for _, want := range []string{"EA207", "alice,", "[see](here)", "ClusterNotFound:", "w.yaml:4:5",
			"findings:"} {
			if !slices.Contains(words, want) {
				t.Errorf("at %d columns there is no %s in:\n%s", width, want, b.String())
			}
		}
	}
}
