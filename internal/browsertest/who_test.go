package browsertest

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func who(t *testing.T, snapshot string) string {
	return eksaccess(t, "who.html", "who", "--snapshot", snapshot, "-o", "html")
}

// names are those of the rows that are drawn, in their order.
func (tb *tab) names() []string {
	tb.t.Helper()
	return eval[[]string](tb, `[...document.querySelectorAll("#rows tr[data-row] b")].map((b) => b.textContent)`)
}

// columns are the clusters that are drawn.
func (tb *tab) columns() []string {
	tb.t.Helper()
	return eval[[]string](tb, `[...document.querySelectorAll("#head th.m .by")].map((b) => b.textContent)`)
}

func (tb *tab) wantNames(what string, want ...string) {
	tb.t.Helper()
	if got := tb.names(); !slices.Equal(got, want) {
		tb.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestWhoContent(t *testing.T) {
	tb := open(t, who(t, threeTeams(t)))
	if title := eval[string](tb, "document.title"); title != "Access report" {
		t.Errorf("the title is %q", title)
	}
	tiles := eval[[]string](
		tb,
		`[...document.querySelectorAll(".tiles div")].map((d) => d.innerText.replace(/\s+/g, " "))`,
	)
	if want := []string{"Clusters 4", "Principals 6", "Cluster admins 2", "With groups not resolved 2",
		"Principals without access 1", "Clusters not read 1"}; !slices.Equal(
		tiles,
		want,
	) {
		t.Errorf("the summary is %q", tiles)
	}
	tb.wantNames("strongest first", "AdministratorAccess", "oncall", "ops/vera", "team/shop", "developers", "leaver")
	if got := tb.columns(); !slices.Equal(got, []string{"dev", "legacy", "staging", "prod"}) {
		t.Errorf("the clusters are %q", got)
	}
	first := eval[[]string](
		tb,
		`[...document.querySelectorAll("#rows tr[data-row='0'] .m")].map((d) => d.innerText.trim())`,
	)
	if want := []string{"cluster admin", "?", "cluster admin", "cluster admin"}; !slices.Equal(first, want) {
		t.Errorf("the first row is %q", first)
	}
	for _, want := range []string{"Not read: 1 cluster", "legacy AccessDenied: \"eks:DescribeCluster\" is not " +
		"allowed", "hint: allow it"} {
		if got := tb.text(".notice.bad"); !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	tb.run(chromedp.Click("details.notice summary", chromedp.ByQuery))
	for _, want := range []string{"RBAC bindings", "read it with --kube", "The people behind " +
		"IAM principals"} {
		if got := tb.text("details.notice"); !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

func TestWhoDetails(t *testing.T) {
	tb := open(t, who(t, threeTeams(t)))
	tb.run(chromedp.Click(`#rows tr[data-row="1"] th`, chromedp.ByQuery))
	tb.settle()
	details := tb.text("#more")
	for _, want := range []string{"oncall", role("oncall"), "2026-05-25", "AmazonEKSClusterAdminPolicy " +
		"(cluster)", "owner break-glass", "expires 2026-11-20 08:00:00 UTC",
		"reason: INC-4711", "expired", "2026-03-01", "dev", "111122223333 · eu-west-1", "Not read"} {
		if !strings.Contains(details, want) {
			t.Errorf("%q lacks %q", details, want)
		}
	}
	tb.run(chromedp.Click("#more button", chromedp.ByQuery))
	if eval[bool](tb, `document.getElementById("more").open`) {
		t.Error("it does not close")
	}
}

func TestWhoFilters(t *testing.T) {
	file := who(t, threeTeams(t))
	tb := open(t, file)
	tb.fill("#q", "shop")
	tb.wantNames("by name, way and group", "team/shop", "developers")
	if got := tb.text("#count"); got != "2 of 6 rows, 4 of 4 clusters" {
		t.Errorf("the count is %q", got)
	}
	tb.fill("#q", "SHOP editpolicy") // all words, in any case
	tb.wantNames("two words", "team/shop")
	tb.fill("#q", "inc-4711")
	tb.wantNames("by reason", "oncall")
	tb.fill("#q", "nobody at all")
	tb.wantNames("nothing")
	if got := tb.text("#empty"); got != "No matching principals." {
		t.Errorf("it says %q", got)
	}
	tb.run(chromedp.Click("#reset", chromedp.ByQuery))
	tb.settle()
	if got := len(tb.names()); got != 6 {
		t.Errorf("after clearing, %d rows", got)
	}
	tb.choose("#min", "0")
	tb.wantNames("admins", "AdministratorAccess", "oncall")
	tb.fill("#qc", "staging")
	tb.wantNames("admins of staging", "AdministratorAccess")
	if got := tb.columns(); !slices.Equal(got, []string{"staging"}) {
		t.Errorf("clusters %q", got)
	}
	// The address keeps them, to be handed on.
	address := eval[string](tb, "location.hash")
	if address != "#cluster=staging&min=0" {
		t.Errorf("the address has %q", address)
	}
	tb.run(
		chromedp.Navigate("about:blank"),
		chromedp.Navigate("file://"+file+address),
		chromedp.WaitReady(`html[data-ready="1"]`, chromedp.ByQuery),
	)
	tb.wantNames("from the address", "AdministratorAccess")
	tb.mu.Lock() // the blank page on the way is ours
	tb.requests = slices.DeleteFunc(tb.requests, func(r string) bool { return r == "about:blank" })
	tb.mu.Unlock()
}

func TestWhoSorts(t *testing.T) {
	tb := open(t, who(t, threeTeams(t)))
	sorted := func(name string) string {
		return eval[string](
			tb,
			fmt.Sprintf(
				`[...document.querySelectorAll("#head th")].find((h) => h.innerText.trim().startsWith(%q)).getAttribute("aria-sort") || ""`,
				name,
			),
		)
	}
	click := func(name string) {
		tb.run(chromedp.Click(fmt.Sprintf(`//th[starts-with(normalize-space(.), %q)]`, name), chromedp.BySearch))
		tb.settle()
	}
	if sorted("Strongest access") != "ascending" || sorted("Principal") != "" {
		t.Error("it does not say what it is sorted by")
	}
	click("Principal")
	tb.wantNames("by name", "AdministratorAccess", "developers", "leaver", "oncall", "ops/vera", "team/shop")
	click("Principal")
	tb.wantNames(
		"by name, from the end",
		"team/shop",
		"ops/vera",
		"oncall",
		"leaver",
		"developers",
		"AdministratorAccess",
	)
	if sorted("Principal") != "descending" || sorted("Strongest access") != "" {
		t.Error("it does not say that it turned")
	}
	click("Last used") // the unknown stays at the end
	tb.wantNames("by last use", "oncall", "AdministratorAccess", "team/shop", "developers", "ops/vera", "leaver")
	click("staging")
	if got := tb.names()[:2]; !slices.Equal(got, []string{"AdministratorAccess", "team/shop"}) ||
		sorted("staging") != "ascending" {
		t.Errorf("by a cluster: %q, %q", got, sorted("staging"))
	}
}

func TestWhoKeyboard(t *testing.T) {
	tb := open(t, who(t, threeTeams(t)))
	focused := func() string { return eval[string](tb, `document.activeElement.id || document.activeElement.tagName`) }
	active := func() string {
		return eval[string](
			tb,
			`document.getElementById(document.getElementById("table").getAttribute("aria-activedescendant")).innerText.trim()`,
		)
	}
	// By Tab alone, everything is reached, and the table is one stop.
	var stops []string
	for range 12 {
		tb.press(kb.Tab)
		stops = append(stops, focused())
	}
	for _, want := range []string{"q", "qc", "min", "reset", "table"} {
		if !slices.Contains(stops, want) {
			t.Errorf("Tab never gets to %q: %q", want, stops)
		}
	}
	tb.press("/")
	if focused() != "q" {
		t.Errorf("/ goes to %q", focused())
	}
	tb.press(kb.Enter)
	if focused() != "table" {
		t.Errorf("Enter in the search goes to %q", focused())
	}
	if got := active(); !strings.HasPrefix(got, "AdministratorAccess") {
		t.Errorf("at %q", got)
	}
	tb.press(kb.ArrowDown, kb.ArrowRight)
	if got := active(); got != "cluster admin" {
		t.Errorf("at %q", got)
	}
	outline := eval[string](tb, `getComputedStyle(document.querySelector("#table .active")).outlineStyle`)
	if outline != "solid" {
		t.Errorf("the focus is drawn %q", outline)
	}
	tb.press(kb.End, kb.ArrowUp)
	if got := eval[string](tb,
		`document.getElementById("table").getAttribute("aria-activedescendant")`); got != "c0-9" {
		t.Errorf("End and up lead to %q", got)
	}
	tb.press(kb.Home, kb.ArrowDown, kb.Enter)
	if !eval[bool](tb, `document.getElementById("more").open`) || tb.text("#more-name") != "oncall" {
		t.Errorf("Enter shows %q", tb.text("#more"))
	}
	if focused() != "more-name" {
		t.Errorf("in the dialog the focus is on %q", focused())
	}
	tb.press(kb.Escape)
	if eval[bool](tb, `document.getElementById("more").open`) || focused() != "table" {
		t.Errorf("Escape leads to %q", focused())
	}
	tb.press(kb.ArrowUp, kb.ArrowUp, kb.Enter) // the header, and sort
	tb.wantNames(
		"sorted by the keyboard",
		"AdministratorAccess",
		"developers",
		"leaver",
		"oncall",
		"ops/vera",
		"team/shop",
	)
}

// TestWhoAccessible asks the tree that screen readers get.
func TestWhoAccessible(t *testing.T) {
	tb := open(t, who(t, threeTeams(t)))
	var roles []string
	tb.run(chromedp.ActionFunc(func(ctx context.Context) error {
		type text struct {
			Value any `json:"value"`
		}
		var tree struct {
			Nodes []struct {
				Ignored bool `json:"ignored"`
				Role    text `json:"role"`
				Name    text `json:"name"`
			} `json:"nodes"`
		}
		// (The library's own type does not take what a newer browser says.)
		err := cdp.Execute(ctx, "Accessibility.getFullAXTree", nil, &tree)
		for _, n := range tree.Nodes {
			if !n.Ignored {
				roles = append(roles, fmt.Sprint(n.Role.Value, " ", cmp.Or(n.Name.Value, any(""))))
			}
		}
		return err
	}))
	for _, want := range []string{"banner ", "main ", "contentinfo ", "search ", "grid Principals and " +
		"clusters", "columnheader Strongest access", "columnheader dev eu-west-1",
		"rowheader oncall role · 111122223333", "gridcell dev: cluster admin, expired", "gridcell legacy: not " +
			"read", "searchbox Principal", "searchbox Cluster", "combobox Access", "status ", "heading Access report"} {
		if !slices.Contains(roles, want) {
			t.Errorf("no %q in %q", want, roles)
		}
	}
}

// TestWhoContrast: text on the colours of the powers can be read, by WCAG's
// measure, in light and in dark.
func TestWhoContrast(t *testing.T) {
	file := who(t, threeTeams(t))
	var backgrounds []string
	for _, scheme := range []string{"light", "dark"} {
		tb := open(
			t,
			file,
			emulation.SetEmulatedMedia().
				WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		)
		backgrounds = append(backgrounds, eval[string](tb, "getComputedStyle(document.body).backgroundColor"))
		least := eval[[]any](
			tb,
			fmt.Sprintf(
				worstContrast,
				".answer, .source dt, .source dd, .legend .chip:not(.dead), .legend dd, "+
					".tiles dt, .tiles dd, .notice li, #rows .who span, #head th, "+
					".faint, .hint, .soon, label, footer",
			),
		)
		t.Logf("%s: the least contrast is %.1f, of %q", scheme, least[1], least[0])
		if least[1].(float64) < 4.5 {
			t.Errorf("%s: %q has a contrast of %.1f, and needs 4.5", scheme, least[0], least[1])
		}
	}
	if backgrounds[0] == backgrounds[1] {
		t.Errorf("light and dark are both on %s", backgrounds[0])
	}
}

// TestWhoHostile: names that try to be markup, script or a style stay names.
func TestWhoHostile(t *testing.T) {
	const attack = `</script><script>window.owned=1</script><img src=x onerror="window.owned=1"><style>*{display:none}</style><!--`
	tags := map[string]string{
		"eksaccess:owner":  attack,
		"eksaccess:reason": `{{constructor.constructor("window.owned=1")()}}`,
	}
	bad := grant{
		principal: role("x\"><svg onload=window.owned=1>"),
		policy:    "AmazonEKSViewPolicy",
		groups:    []string{attack, "javascript:window.owned=1", "\u202egnp.exe", "__proto__"},
		username:  attack,
		tags:      tags,
	}
	odd := grant{principal: attack, policy: "AmazonEKSClusterAdminPolicy", tags: tags}
	file := who(
		t,
		snapshot(
			t,
			cluster(account, "eu-west-1", "dev", bad, odd),
			failed(account, "eu-west-1", "prod", attack, attack),
		),
	)
	clean := open(
		t,
		who(t, snapshot(t, cluster(
			account,
			"eu-west-1",
			"dev",
			grant{
				principal: role("a"),
				policy:    "AmazonEKSViewPolicy",
				groups:    []string{"a", "b", "c", "d"},
				username:  "x",
				tags:      map[string]string{"eksaccess:owner": "a", "eksaccess:reason": "b"},
			},
			grant{
				principal: role("b"),
				policy:    "AmazonEKSClusterAdminPolicy",
				tags:      map[string]string{"eksaccess:owner": "a", "eksaccess:reason": "b"},
			},
		), failed(account, "eu-west-1", "prod", "m", "h"))),
	)
	tb := open(t, file)
	const elements = `[...document.querySelectorAll("*")].filter((e) => e.tagName !== "NOSCRIPT").map((e) => e.tagName).sort().join()`
	if got, want := eval[string](tb, elements), eval[string](clean, elements); got != want {
		t.Errorf("other elements than in a page of good names:\n%s\n%s", got, want)
	}
	for row := range 2 {
		tb.run(chromedp.Click(fmt.Sprintf(`#rows tr[data-row="%d"] th`, row), chromedp.ByQuery))
		tb.settle()
		if got := tb.text("#more"); !strings.Contains(got, "<img src=x onerror=") {
			t.Errorf("the name is missing: %q", got)
		}
		tb.run(chromedp.Click("#more button", chromedp.ByQuery))
	}
	tb.fill("#q", "</script>")
	tb.run(chromedp.Evaluate(`dispatchEvent(new Event("beforeprint"))`, nil))
	if eval[bool](
		tb,
		`"owned" in window || document.querySelectorAll("img, svg, #rows script, body style").length > 0`,
	) {
		t.Error("a name became part of the page")
	}
	if got := eval[string](tb, "document.body.textContent"); strings.Contains(got, "\u202e") {
		t.Error("a mark that turns text around is in the page")
	}
}

// TestWhoPrints: on paper there is a list in place of the table, of all rows
// that the filters leave.
func TestWhoPrints(t *testing.T) {
	tb := open(t, who(t, threeTeams(t)))
	tb.choose("#min", "0")
	tb.run(chromedp.ActionFunc(func(ctx context.Context) error {
		pdf, _, err := page.PrintToPDF().WithPreferCSSPageSize(true).Do(ctx)
		if err == nil && len(pdf) < 10_000 {
			t.Errorf("%d bytes of PDF", len(pdf))
		}
		return err
	}))
	if eval[int](tb, `document.getElementById("print").children.length`) != 0 {
		t.Error("the list stays after printing")
	}
	tb.run(
		chromedp.Evaluate(`dispatchEvent(new Event("beforeprint"))`, nil),
		emulation.SetEmulatedMedia().WithMedia("print"),
	)
	printed := tb.text("#print")
	for _, want := range []string{"Only at least cluster admin", "AdministratorAccess", "cluster admin dev, staging, " +
		"prod", "oncall", "2026-11-20"} {
		if !strings.Contains(printed, want) &&
			!strings.Contains(strings.ReplaceAll(printed, "all 3 that were read", "dev, staging, prod"), want) {
			t.Errorf("%q lacks %q", printed, want)
		}
	}
	if strings.Contains(printed, "shop") ||
		eval[bool](
			tb,
			`document.getElementById("scroll").offsetHeight > 0 || document.getElementById("tools").offsetHeight > 0`,
		) {
		t.Error("what the filters left out, or the controls, are printed")
	}
}

// TestWhoBig measures a fleet of 200 clusters and 500 principals. Times depend on
// the machine and are logged only; the test checks that only visible cells are in
// the document, at every scroll position.
func TestWhoBig(t *testing.T) {
	file := who(t, aBigOne(t))
	tb := open(t, file)
	ready := eval[float64](
		tb,
		`(() => { const n = performance.getEntriesByType("navigation")[0]; return n.domInteractive })()`,
	)
	const elements = `document.querySelectorAll("*").length`
	count := eval[int](tb, elements)
	timed := func(script string) time.Duration {
		ms := eval[float64](
			tb,
			fmt.Sprintf(
				`(() => { const t = performance.now(); %s; document.body.offsetHeight; return performance.now() - t })()`,
				script,
			),
		)
		return time.Duration(ms * float64(time.Millisecond)).Round(time.Millisecond)
	}
	t.Logf("interactive after %.0f ms, with %d elements", ready, count)
	if count > 12_000 {
		t.Errorf("%d elements for 100,000 cells", count)
	}
	// Ten jumps across the table, each drawn before the next.
	start := time.Now()
	for i := range 10 {
		eval[bool](
			tb,
			fmt.Sprintf(`(() => { document.getElementById("scroll").scrollTo(%d, %d); return true })()`, 600*i, 2200*i),
		)
		tb.settle()
	}
	t.Logf("a jump is drawn in %s, a call of the test included", (time.Since(start) / 10).Round(time.Millisecond))
	tb.run(chromedp.Focus("#table", chromedp.ByQuery), chromedp.KeyEvent(kb.End, chromedp.KeyModifiers(2)))
	tb.settle()
	if got := eval[string](tb,
		`document.getElementById("table").getAttribute("aria-activedescendant")`); !strings.HasPrefix(
		got,
		"c499-",
	) {
		t.Errorf("the last cell is %q", got)
	}
	cell := eval[[]bool](
		tb,
		`(() => { const c = document.querySelector("#table .active").getBoundingClientRect(), s = document.getElementById("scroll").getBoundingClientRect(), h = document.getElementById("h0").getBoundingClientRect();
		return [c.bottom <= s.bottom + 1, c.right <= s.right + 1, c.top >= h.bottom - 1, Math.abs(h.top - s.top) < 3, document.querySelectorAll("*").length < 12000] })()`,
	)
	if slices.Contains(cell, false) {
		t.Errorf("the last cell, in sight below the header which stays: %v", cell)
	}
	if got := tb.columns(); got[len(got)-1] != "c199" {
		t.Errorf("the last cluster is %q", got[len(got)-1])
	}
	start = time.Now()
	tb.fill("#q", "r007")
	t.Logf("filtered in %s, typing included", time.Since(start).Round(time.Millisecond))
	tb.wantNames("filtered", "team-0/r007")
	t.Logf(
		"made ready for print in %s",
		timed(`document.getElementById("reset").click(); dispatchEvent(new Event("beforeprint"))`),
	)
}

// declaredFleet is a page of so many clusters with every column: one cluster admin
// is undeclared, one expires.
func declaredFleet(t *testing.T, clusters int) string {
	t.Helper()
	owner := map[string]string{"eksaccess:owner": "platform"}
	ops := grant{principal: role("ops"), policy: "AmazonEKSClusterAdminPolicy", used: read, tags: owner}
	oncall := grant{principal: role("oncall"), policy: "AmazonEKSClusterAdminPolicy", tags: map[string]string{
		"eksaccess:owner": "break-glass", "eksaccess:expires": stamp(read.AddDate(0, 0, 1))}}
	extra := grant{principal: role("contractors/a-role-with-quite-a-long-name"), policy: "AmazonEKSClusterAdminPolicy"}
	team := grant{principal: role("team/payments"), policy: "AmazonEKSAdminPolicy", namespaces: []string{"payments"}}
	var all []object
	file := "apiVersion: eksaccess/v1\nadmins: [{role: ops}]\nclusters:\n"
	for i := range clusters {
		c := cluster(account, "eu-west-1", fmt.Sprintf("payments-production-%d", i), ops, oncall, extra, team)
		all = append(all, c)
		file += "  - " + c["arn"].(string) + "\n"
	}
	path := filepath.Join(t.TempDir(), "clusters.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	return eksaccess(t, "who.html", "who", "-f", path, "--snapshot", snapshot(t, all...), "-o", "html")
}

// A box is what scrolls in the page, and where its first column is.
type box struct {
	Page, Scroll, Client, Bar float64
	Left, First, Last         float64
}

func (tb *tab) measure() box {
	tb.t.Helper()
	return eval[box](tb, `(() => {
		const s = document.getElementById("scroll"), r = s.getBoundingClientRect();
		const last = [...document.querySelectorAll("#head .m")].at(-1).getBoundingClientRect();
		return {Page: document.documentElement.scrollWidth, Scroll: s.scrollWidth, Client: s.clientWidth,
			Bar: s.offsetHeight - s.clientHeight, Left: r.left + s.clientLeft,
			First: document.querySelector("#rows .who").getBoundingClientRect().left, Last: last.right - r.right};
	})()`)
}

// With up to six clusters nothing scrolls at 1,280 px. With more, the clusters
// scroll below a visible bar, and the first column stays.
func TestWhoFits(t *testing.T) {
	for _, test := range []struct {
		clusters, width int
		scrolls         bool
	}{{1, 1280, false}, {6, 1280, false}, {12, 1280, true}, {12, 390, true}} {
		tb := open(t, declaredFleet(t, test.clusters),
			emulation.SetDeviceMetricsOverride(int64(test.width), 900, 1, false))
		name := fmt.Sprintf("%d clusters at %d px", test.clusters, test.width)
		b := tb.measure()
		if b.Page > float64(test.width) {
			t.Errorf("%s: the page is %.0f px wide", name, b.Page)
		}
		if scrolls := b.Scroll > b.Client; scrolls != test.scrolls {
			t.Errorf("%s: %.0f px in %.0f px", name, b.Scroll, b.Client)
		}
		if test.width == 1280 && test.clusters <= 6 {
			for _, column := range []string{"Strongest access", "Declared", "Last used", "Expires"} {
				if got := tb.text("#head"); !strings.Contains(strings.Join(strings.Fields(got), " "), column) {
					t.Errorf("%s: no column %s in %q", name, column, got)
				}
			}
		}
		if !test.scrolls {
			continue
		}
		if b.Bar < 10 {
			t.Errorf("%s: no visible scroll bar: %+v", name, b)
		}
		eval[bool](tb, `(() => { document.getElementById("scroll").scrollLeft = 1e6; return true })()`)
		tb.settle()
		if b := tb.measure(); b.First != b.Left || b.Last > 16 {
			t.Errorf("%s, scrolled: the first column is at %.0f, not at %.0f; the last ends %.0f px outside", name,
				b.First, b.Left, b.Last)
		}
	}
}

// Undeclared cluster admins are first and marked; the header says how many there
// are.
func TestWhoUndeclared(t *testing.T) {
	tb := open(t, declaredFleet(t, 3))
	tb.wantNames("undeclared first", "contractors/a-role-with-quite-a-long-name", "oncall", "ops", "team/payments")
	if got := tb.text("#rows tr[data-row='0'] .flag"); got != "undeclared" {
		t.Errorf("marked %q", got)
	}
	if got := tb.text(".answer"); got != "3 cluster admins, 1 undeclared, 1 expiring" {
		t.Errorf("the answer is %q", got)
	}
	for _, want := range []string{"clusters.yaml", "Accounts", account, "Read", "2026-11-25 08:00 UTC"} {
		if got := tb.text(".source"); !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if got := tb.text("#rows"); strings.Contains(got, "never") || !strings.Contains(got, "not in 400 days") {
		t.Errorf("last used: %q", got)
	}
}
