package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/internal/inventory"
	"github.com/eksaccess/eksaccess/internal/render/escape"
	"github.com/eksaccess/eksaccess/internal/render/rendertest"
)

var whoLooks = []struct {
	name string
	opts Options
}{
	{"80.txt", Options{Width: 80}},
	{"200.txt", Options{Width: 200}},
	{"color.txt", Options{Width: 120, Color: true}},
	{"csv", Options{Format: CSV}},
	{"json", Options{Format: Machine}},
}

// TestWhoGolden draws a recorded report, with all that one can hold, in every
// form; of the page, what its script works from.
func TestWhoGolden(t *testing.T) {
	r := recordedWho(t)
	check := func(name string, got []byte) {
		t.Helper()
		file := "testdata/who/rich." + name
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), string(got)); d != "" {
			t.Errorf("%s (-want +got), -update rewrites it:\n%s", file, d)
		}
	}
	for _, look := range whoLooks {
		var got bytes.Buffer
		if err := Who(&got, r, look.opts); err != nil {
			t.Fatal(err)
		}
		check(look.name, got.Bytes())
	}
	var data bytes.Buffer
	if err := JSON(&data, pageData(r, clusterNames(r))); err != nil {
		t.Fatal(err)
	}
	check("page.json", data.Bytes())
}

func recordedWho(t *testing.T) *inventory.Report {
	data, err := os.ReadFile("testdata/who/rich.json")
	if err != nil {
		t.Fatal(err)
	}
	r := decode[inventory.Report](t, "rich.json", data)
	for i := range r.Principals { // which is not in the JSON form
		p := &r.Principals[i]
		p.IsNeverUsed = p.LastUsed == nil && strings.HasPrefix(p.LastUsedWhy, "never")
	}
	return r
}

var pageScripts = regexp.MustCompile(`(?s)<script[^>]*>(.*?)</script>`)

// TestWhoHostile puts hostile text everywhere in a report: no form lets through
// what can't be seen, a line of CSV keeps its cells and starts no formula, and
// nothing leaves its place in the page.
func TestWhoHostile(t *testing.T) {
	recorded, err := os.ReadFile("testdata/who/rich.json")
	if err != nil {
		t.Fatal(err)
	}
	tags := htmlTags(t, recordedWho(t))
	rapid.Check(t, func(t *rapid.T) {
		var doc any
		if err := json.Unmarshal(recorded, &doc); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(poisonWho(t, "", doc))
		if err != nil {
			t.Fatal(err)
		}
		var r inventory.Report
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		for _, format := range WhoFormats {
			var out bytes.Buffer
			if err := Who(&out, &r, Options{Format: format, Width: 100}); err != nil {
				t.Fatal(err)
			}
			for _, c := range out.String() {
				if c != '\n' && c != '\t' && !escape.Printable(c) {
					t.Fatalf("%s holds %q", format, c)
				}
			}
			switch format {
			case CSV:
				rows, err := csv.NewReader(&out).ReadAll()
				if err != nil {
					t.Fatal(err)
				}
				for _, row := range rows {
					for _, c := range row {
						if c != "" && strings.ContainsRune("=+-@", rune(c[0])) {
							t.Fatalf("a spreadsheet would reckon %q", c)
						}
					}
				}
			case WebPage:
				if got := tagsOf(out.String()); got != tags {
					t.Fatalf("another page:\n%s", cmp.Diff(tags, got))
				}
				var data whoData
				if err := json.Unmarshal([]byte(pageScripts.FindAllStringSubmatch(out.String(), -1)[0][1]), &data); err != nil {
					t.Fatalf("the page's data: %v", err)
				}
			}
		}
	})
}

// poisonWho is [poison] for what decides no count of anything.
func poisonWho(t *rapid.T, key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = poisonWho(t, k, x)
		}
		return v
	case []any:
		for i, x := range v {
			v[i] = poisonWho(t, key, x)
		}
		return v
	case string:
		switch key {
		case "createdAt", "readAt", "lastUsed", "expires", "heldUntil", // times
			"arn", "cluster", "clusters", "power", "kind", "what", "state", "via": // keys of our own
			return v
		case "hint": // whether there is one decides over a tag
			if v == "" {
				return v
			}
			return v + rapid.SampledFrom(rendertest.Hostile).Draw(t, "text")
		}
		return rapid.SampledFrom(rendertest.Hostile).Draw(t, "text")
	}
	return v
}

var (
	anyTag     = regexp.MustCompile(`</?[a-zA-Z][^>]*>`)
	attributes = regexp.MustCompile(`"[^"]*"`)
)

// tagsOf are the tags of a page without what stands in quotes, and without the
// scripts' text.
func tagsOf(page string) string {
	page = pageScripts.ReplaceAllString(page, "<script></script>")
	tags := anyTag.FindAllString(page, -1)
	return attributes.ReplaceAllString(strings.Join(tags, "\n"), `""`)
}

func htmlTags(t *testing.T, r *inventory.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := Who(&out, r, Options{Format: WebPage}); err != nil {
		t.Fatal(err)
	}
	return tagsOf(out.String())
}

// TestPagePolicy: the digests in a page's policy are those of what is in it,
// and the policy allows nothing else. That a browser agrees is for the browser
// test.
func TestPagePolicy(t *testing.T) {
	var out bytes.Buffer
	if err := Who(&out, recordedWho(t), Options{Format: WebPage}); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindAllStringSubmatch(page, -1)
	scripts := pageScripts.FindAllStringSubmatch(page, -1)
	if len(style) != 1 || len(scripts) != 2 || !strings.Contains(scripts[0][0], `type="application/json"`) {
		t.Fatalf("%d styles, %d scripts", len(style), len(scripts))
	}
	want := strings.NewReplacer("'", "&#39;", "+", "&#43;").
		Replace("default-src 'none'; style-src " + policyDigest(style[0][1]) + "; script-src " + policyDigest(scripts[1][1]) + "; base-uri 'none'; form-action 'none'")
	if !strings.Contains(page, `http-equiv="Content-Security-Policy" content="`+want+`"`) {
		t.Errorf("no policy %s in\n%s", want, page[:1000])
	}
	if found := regexp.MustCompile(`(?i)\s(style|on[a-z]+|src)=|https?:`).FindString(strings.Join(anyTag.FindAllString(pageScripts.ReplaceAllString(page, ""), -1), "")); found != "" {
		t.Errorf("a tag has %q, which the policy forbids", found)
	}
}

func policyDigest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
