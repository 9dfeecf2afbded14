package browsertest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func audit(t *testing.T, snapshot string) string {
	return eksaccess(t, "audit.html", "audit", "--snapshot", snapshot, "-o", "html")
}

// openGroups are the headings of the groups, and whether each is open.
func (tb *tab) groups() (headings []string, open []bool) {
	tb.t.Helper()
	return eval[[]string](
			tb,
			`[...document.querySelectorAll(".group summary")].map((s) => s.innerText.replace(/\s+/g, " ").trim())`,
		),
		eval[[]bool](
			tb,
			`[...document.querySelectorAll(".group")].map((d) => d.open)`,
		)
}

func TestAuditContent(t *testing.T) {
	tb := open(t, audit(t, threeTeams(t)))
	if title := eval[string](tb, "document.title"); title != "Access audit" {
		t.Errorf("the title is %q", title)
	}
	sum := eval[int](
		tb,
		`[...document.querySelectorAll(".tiles div")].slice(1, 6).reduce((n, d) => n + Number(d.querySelector("dd").innerText), 0)`,
	)
	listed := eval[int](tb, `Number(document.getElementById("count").innerText.split(" ")[0])`)
	if sum == 0 || sum != listed {
		t.Errorf("by severity %d findings, and %d in the list", sum, listed)
	}
	headings, _ := tb.groups()
	if len(headings) < 3 {
		t.Fatalf("groups: %q", headings)
	}
	order := map[string]int{"critical": 0, "high": 1, "medium": 2, "low": 3, "info": 4}
	for i := range headings[1:] {
		a, _, _ := strings.Cut(headings[i], " ")
		b, _, _ := strings.Cut(headings[i+1], " ")
		if order[a] > order[b] {
			t.Errorf("%q stands before %q", headings[i], headings[i+1])
		}
	}
	for _, want := range []string{"legacy (111122223333, eu-west-1)", "No rule was checked in them"} {
		if got := tb.text(".notice.bad"); !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	tb.run(chromedp.Evaluate(`for (const d of document.querySelectorAll("main > details")) d.open = true`, nil))
	if got := tb.text("main > details"); !strings.Contains(got, "the Kubernetes API was not read") {
		t.Errorf("what was not checked: %q", got)
	}
}

func TestAuditFilters(t *testing.T) {
	file := audit(t, threeTeams(t))
	tb := open(t, file)
	rows := func() []string {
		return eval[[]string](tb, `[...document.querySelectorAll(".found tbody tr")].map((r) => r.innerText)`)
	}
	tb.fill("#q", "leaver")
	got := rows()
	if len(got) == 0 {
		t.Fatal("no findings about the deleted principal")
	}
	for _, r := range got {
		if !strings.Contains(r, "leaver") {
			t.Errorf("a filter for the leaver leaves %q", r)
		}
	}
	tb.fill("#q", "no such words")
	if got := tb.text("#empty"); got != "No matching findings." || len(rows()) != 0 {
		t.Errorf("it says %q, with %q", got, rows())
	}
	tb.run(chromedp.Click("#reset", chromedp.ByQuery))
	tb.settle()
	tb.choose("#min", "1")
	headings, _ := tb.groups()
	for _, h := range headings {
		if !strings.HasPrefix(h, "critical ") && !strings.HasPrefix(h, "high ") {
			t.Errorf("at least high, and there is %q", h)
		}
	}
	tb.choose("#by", "cluster")
	headings, _ = tb.groups()
	for _, h := range headings {
		if !strings.Contains(h, "dev") && !strings.Contains(h, "staging") && !strings.Contains(h, "prod") &&
			!strings.Contains(h, "files") {
			t.Errorf("by cluster, and there is %q", h)
		}
	}
	if got := eval[string](tb, "location.hash"); got != "#min=1&by=cluster" {
		t.Errorf("the address has %q", got)
	}
}

func TestAuditKeyboard(t *testing.T) {
	tb := open(t, audit(t, threeTeams(t)))
	tb.press("/")
	if got := eval[string](tb, "document.activeElement.id"); got != "q" {
		t.Errorf("/ goes to %q", got)
	}
	eval[bool](
		tb,
		`(() => { const d = document.querySelector(".group"); d.open = false; d.querySelector("summary").focus(); return true })()`,
	)
	tb.press(kb.Enter)
	if !eval[bool](
		tb,
		`document.querySelector(".group").open && document.querySelectorAll(".group .found tbody tr").length > 0`,
	) {
		t.Error("Enter does not open a group")
	}
	tb.press(kb.Tab) // to the first column's button
	tb.press(kb.Enter)
	if got := eval[string](tb,
		`document.querySelector(".group .found [aria-sort]")?.getAttribute("aria-sort") || ""`); got != "ascending" {
		t.Errorf("sorted: %q", got)
	}
	tb.press(kb.Enter)
	if got := eval[string](tb,
		`document.activeElement.closest("[aria-sort]")?.getAttribute("aria-sort") || ""`); got != "descending" {
		t.Errorf("sorted again: %q, or the focus is lost", got)
	}
}

// TestAuditHostile: names that try to be markup stay names.
func TestAuditHostile(t *testing.T) {
	const attack = `</script><script>window.owned=1</script><img src=x onerror="window.owned=1"><!--`
	bad := grant{
		principal: role(attack),
		policy:    "AmazonEKSClusterAdminPolicy",
		groups:    []string{attack},
		username:  attack,
		tags:      map[string]string{"eksaccess:expires": "2026-01-01T00:00:00Z"},
	}
	tb := open(
		t,
		audit(
			t,
			snapshot(
				t,
				cluster(account, "eu-west-1", "dev", bad),
				failed(account, "eu-west-1", "prod", attack, attack),
			),
		),
	)
	tb.run(chromedp.Evaluate(`dispatchEvent(new Event("beforeprint"))`, nil))
	if eval[bool](
		tb,
		`"owned" in window || document.querySelectorAll("img, body style").length > 0 || document.scripts.length !== 2`,
	) {
		t.Error("a name became part of the page")
	}
	if got := tb.text("#groups"); !strings.Contains(got, "<img src=x onerror=") {
		t.Errorf("the name is missing: %q", got)
	}
}

// TestAuditBig: what is closed is not drawn, and of a long group only so much.
func TestAuditBig(t *testing.T) {
	tb := open(t, audit(t, aBigOne(t)))
	ready := eval[float64](tb, `performance.getEntriesByType("navigation")[0].domInteractive`)
	n := eval[int](tb, `document.querySelectorAll("*").length`)
	t.Logf("%s, interactive after %.0f ms, with %d elements", tb.text("#count"), ready, n)
	if n > 5_000 {
		t.Errorf("%d elements", n)
	}
	tb.run(chromedp.Click("#open", chromedp.ByQuery))
	tb.settle()
	_, opened := tb.groups()
	rows := eval[int](tb, `document.querySelectorAll(".found tbody tr").length`)
	if rows == 0 || rows > 100*len(opened) {
		t.Errorf("%d rows in %d groups", rows, len(opened))
	}
	all := eval[int](
		tb,
		`(() => { const b = document.querySelector("button.more"); const n = Number(b.innerText.replace(/\D/g, "")); const d = b.closest("details"); b.click(); return d.querySelectorAll("tbody tr").length === n ? n : -1 })()`,
	)
	if all <= 100 {
		t.Errorf("all of a group are %d", all)
	}
}

// TestAuditPrintsAndContrasts: all is on paper, and can be read on it and off.
func TestAuditPrintsAndContrasts(t *testing.T) {
	file := audit(t, threeTeams(t))
	for _, scheme := range []string{"light", "dark"} {
		tb := open(
			t,
			file,
			emulation.SetEmulatedMedia().
				WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		)
		tb.run(chromedp.Evaluate(`for (const d of document.querySelectorAll("details")) d.open = true`, nil))
		tb.settle()
		least := eval[[]any](
			tb,
			fmt.Sprintf(
				worstContrast,
				".chip, .tiles dt, .tiles dd, .notice li, .faint, .hint, .about dt, .found td, .found button, .fix, "+
					".sum, label, footer",
			),
		)
		if least[1].(float64) < 4.5 {
			t.Errorf("%s: %q has a contrast of %.1f, and needs 4.5", scheme, least[0], least[1])
		}
	}
	tb := open(t, file)
	listed := eval[int](tb, `Number(document.getElementById("count").innerText.split(" ")[0])`)
	tb.run(
		chromedp.Evaluate(`dispatchEvent(new Event("beforeprint"))`, nil),
		emulation.SetEmulatedMedia().WithMedia("print"),
	)
	if got := eval[int](tb,
		`[...document.querySelectorAll(".found tbody tr")].filter((r) => r.offsetHeight > 0).length`); got != listed {
		t.Errorf("of %d findings %d are printed", listed, got)
	}
	tb.run(chromedp.ActionFunc(func(ctx context.Context) error {
		pdf, _, err := page.PrintToPDF().WithPreferCSSPageSize(true).Do(ctx)
		if err == nil && len(pdf) < 10_000 {
			t.Errorf("%d bytes of PDF", len(pdf))
		}
		return err
	}))
}

// Rules are documented where their findings are, code is shown as code, and the
// number of rules that were not checked leads to the reasons.
func TestAuditLabels(t *testing.T) {
	tb := open(t, audit(t, threeTeams(t)))
	for _, want := range []string{"Impact", "Fix", "Known false positives", "References"} {
		if got := tb.text(".about"); !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if got := eval[int](tb, `document.querySelectorAll(".about code").length`); got == 0 ||
		eval[bool](tb, `[...document.querySelectorAll(".about")].some((e) => e.innerText.includes("\u0060"))`) {
		t.Errorf("%d parts of code, or backticks", got)
	}
	if got := eval[string](tb, `document.getElementById("by").selectedOptions[0].text`); got != "Group by rule" {
		t.Errorf("grouped: %q", got)
	}
	tb.run(chromedp.Click("#to-gaps", chromedp.ByQuery))
	tb.settle()
	if !eval[bool](tb, `document.getElementById("not-checked").open`) {
		t.Error("the reasons do not open")
	}
	if width := eval[float64](tb, `document.documentElement.scrollWidth`); width > 1440 {
		t.Errorf("the page is %.0f px wide", width)
	}
}
