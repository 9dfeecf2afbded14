package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/render/doc"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// crowd is a plan of so many clusters with so many new entries each; the last
// one failed.
func crowd(clusters, entries, admins int, word string) *plan.Plan {
	p := &plan.Plan{Summary: plan.Summary{Clusters: clusters, Create: clusters * entries}}
	for i := range clusters {
		c := plan.Cluster{
			Name:    fmt.Sprintf("cluster-%04d", i),
			Account: "111122223333",
			Region:  "eu-west-1",
			Status:  plan.Changed,
		}
		for j := range entries {
			e := spec.Entry{
				Principal: fmt.Sprintf("arn:aws:iam::111122223333:role/%s%d", word, j),
				Type:      "STANDARD",
				Groups:    []string{word},
			}
			if i*entries+j < admins {
				e.Policies = []spec.Policy{{ARN: adminPolicy, Scope: spec.ScopeCluster}}
			}
			c.Changes = append(
				c.Changes,
				plan.Change{Action: plan.Create, Principal: e.Principal, Reason: word, After: &e},
			)
			c.Warnings = append(c.Warnings, plan.Warning{Message: word})
		}
		if i == clusters-1 {
			c.Status, c.Changes, c.Error = plan.Failed, nil, &plan.Error{
				Code:    "AccessDeniedException",
				Message: "no " + word,
			}
		}
		p.Clusters = append(p.Clusters, c)
	}
	return p
}

func draw(t interface{ Fatal(...any) }, f func(io.Writer) error) string {
	var b bytes.Buffer
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// However much there is to say, it fits into a comment, no part is cut in its
// middle, and each cluster is shown or counted as left out.
func TestCommentFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clusters := rapid.IntRange(1, 120).Draw(t, "clusters")
		entries := rapid.IntRange(0, 400/clusters).Draw(t, "entries")
		word := strings.Repeat(
			rapid.SampledFrom([]string{"x", "@", "<b>", "|"}).Draw(t, "character"),
			rapid.SampledFrom([]int{1, 40, 2000}).Draw(t, "length"),
		)
		if len(word) > 100 {
			clusters, entries = min(clusters, 30), min(entries, 2)
		}
		p := crowd(clusters, entries, rapid.SampledFrom([]int{0, 3, 1000}).Draw(t, "admins"), word)
		got := draw(t, func(w io.Writer) error { return Plan(w, p, Options{Format: Markdown}) })
		shown := strings.Count(got, "<details open") // of clusters
		left := 0
		if _, after, cut := strings.Cut(got, "This was cut to fit: "); cut {
			fmt.Sscan(after, &left)
		}
		switch {
		case len(got) > doc.LongestComment:
			t.Errorf("%d bytes", len(got))
		case shown+left != clusters:
			t.Errorf("%d clusters shown and %d counted as left out, of %d", shown, left, clusters)
		case strings.Count(got, "</details>") != strings.Count(got, "<details"):
			t.Error("a part is cut in its middle")
		case left > 0 && !strings.Contains(got, "eksaccess show"):
			t.Error("it does not say where the rest is")
		}
	})
}

// What failed stays when most of the rest goes, and whole parts are kept as
// long as they fit.
func TestCommentKeepsWhatMatters(t *testing.T) {
	for _, tt := range []struct {
		name     string
		plan     *plan.Plan
		want     []string
		unwanted string
	}{
		{"all fits", crowd(5, 5, 0, "x"), []string{"role/x4", "cluster-0004 (111122223333, eu-west-1)</b>: " +
			"failed"}, "not shown"},
		{"many clusters", crowd(500, 5, 0, "x"), []string{"<details open><summary><b>cluster-0499", "clusters not " +
			"shown**: ", "cluster-0150"}, ""},
		{"one endless word", crowd(2, 2, 2, strings.Repeat("x", 70_000)), []string{"2 clusters not shown"}, ""},
		{"one large cluster", crowd(2, 3000, 3000, "x"), []string{"… and 2900 more rows not shown " +
			"here", "cluster-0001 (111122223333, eu-west-1)</b>: failed"}, "cut to fit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := draw(t, func(w io.Writer) error { return Plan(w, tt.plan, Options{Format: Markdown}) })
			for _, w := range tt.want {
				if !strings.Contains(got, w) {
					t.Errorf("no %q in\n%s", w, got)
				}
			}
			if tt.unwanted != "" && strings.Contains(got, tt.unwanted) {
				t.Errorf("%q in\n%s", tt.unwanted, got)
			}
		})
	}
}

func TestResultCommentFits(t *testing.T) {
	r := &apply.Result{}
	for i := range 400 {
		c := apply.ClusterResult{
			Name:    fmt.Sprintf("cluster-%04d", i),
			Account: "111122223333",
			Region:  "eu-west-1",
			Status:  apply.Applied,
		}
		for j := range 20 {
			c.Done = append(
				c.Done,
				apply.StepResult{
					Step: plan.Step{
						Operation: plan.DeleteAccessEntry,
						Principal: fmt.Sprintf("arn:aws:iam::111122223333:role/r%d", j),
					},
				},
			)
		}
		if i == 399 {
			c.Status, c.Error = apply.Failed, &plan.Error{Message: "it broke"}
		}
		r.Clusters = append(r.Clusters, c)
	}
	got := draw(t, func(w io.Writer) error { return Result(w, r, Options{Format: Markdown}) })
	if len(got) > doc.LongestComment || !strings.Contains(got, "it broke") ||
		!strings.Contains(got, "This was cut to fit") {
		t.Errorf("%d bytes:\n%.3000s", len(got), got)
	}
}
