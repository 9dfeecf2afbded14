package render

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"strings"
)

// The pages are one file each, so that they can be mailed, kept and opened
// from a disk. Nothing in them is fetched: the policy in their head forbids
// it, and allows no style and no script but those whose digest it names.
//
//go:embed web
var web embed.FS

// A webPage is a page with its style and script put together.
type webPage struct {
	template      *template.Template
	style, script string
}

func newWebPage(name string) webPage {
	return webPage{
		template: template.Must(template.ParseFS(web, "web/page.html", "web/"+name+".html")),
		style:    asset("base.css") + asset(name+".css"),
		script:   asset("base.js") + asset(name+".js"),
	}
}

func asset(name string) string {
	b, err := web.ReadFile("web/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	return string(b)
}

// draw fills the page in: page for the parts that need no script, data for
// the script, as JSON that the template escapes for where it stands.
func (w webPage) draw(title string, page, data any) ([]byte, error) {
	var out bytes.Buffer
	err := w.template.ExecuteTemplate(&out, "page", struct {
		Policy, Title string
		Style         template.CSS
		Script        template.JS
		Page, Data    any
	}{
		Policy: strings.Join(
			[]string{"default-src 'none'", "style-src " + digest(w.style), "script-src " + digest(w.script),
				"base-uri 'none'", "form-action 'none'"},
			"; ",
		),
		Title: title, Style: template.CSS(w.style), Script: template.JS(w.script), Page: page, Data: data,
	})
	return out.Bytes(), err
}

// digest names a style or script in a content security policy.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
