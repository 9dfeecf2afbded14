package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/inventory"
)

var whoLooks = []struct {
	name string
	opts Options
}{
	{"80.txt", Options{Width: 80}},
	{"200.txt", Options{Width: 200}},
	{"wide.txt", Options{Width: 200, Wide: true}},
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
		p.IsUnused = p.LastUsed == nil && p.LastUsedWhy == "no use recorded in the last 400 days"
	}
	return r
}

var pageScripts = regexp.MustCompile(`(?s)<script[^>]*>(.*?)</script>`)

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
		Replace("default-src 'none'; style-src " + policyDigest(style[0][1]) + "; script-src " +
			policyDigest(scripts[1][1]) + "; base-uri 'none'; form-action 'none'")
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
