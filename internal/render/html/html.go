// Package html writes pages for a browser.
//
// Each page is one file, so that it can be sent by mail and opened from a disk. It
// loads nothing: its content security policy allows only its own style and script,
// by digest.
package html

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
)

//go:embed web
var web embed.FS

// A Page is a template and its raw text.
type Page struct {
	Template string // "audit", "who"
	Title    string
	View     any // for the parts that need no script
	Data     any // for the script, as JSON
}

// Write writes p in one Write. It escapes every string of the view and of the data:
// invisible characters become visible, and the rest is escaped for its place in
// the page.
func (p Page) Write(w io.Writer) error {
	style, script := p.style(), p.script()
	t, err := template.ParseFS(web, "web/page.html", "web/"+p.Template+".html")
	if err != nil {
		return err
	}
	var out bytes.Buffer
	err = t.ExecuteTemplate(&out, "page", struct {
		Policy, Title string
		Style         template.CSS
		Script        template.JS
		Page, Data    any
	}{
		Policy: "default-src 'none'; style-src " + digest(style) + "; script-src " + digest(script) +
			"; base-uri 'none'; form-action 'none'",
		Title: safeCopy(p.Title), Style: template.CSS(style), Script: template.JS(script),
		Page: safeCopy(p.View), Data: safeCopy(p.Data),
	})
	if err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

func (p Page) style() string  { return asset("base.css") + asset(p.Template+".css") }
func (p Page) script() string { return asset("base.js") + asset(p.Template+".js") }

func asset(name string) string {
	b, err := web.ReadFile("web/" + name)
	if err != nil {
		panic(err) // assets are embedded
	}
	return string(b)
}

// digest returns the name of a style or script in a content security policy.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
