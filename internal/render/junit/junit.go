// Package junit writes JUnit's XML as CI systems read it: there is no one
// schema; these are the elements and attributes that Jenkins, GitLab and
// GitHub's reporters share.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"

	"github.com/eksaccess/eksaccess/internal/render/escape"
)

// A Report is suites of raw text. The numbers of the XML are counted from it.
type Report struct {
	Name   string
	Time   time.Time
	Suites []Suite
}

// A Suite is cases that belong together.
type Suite struct {
	Name  string
	Cases []Case
}

// A Case passed unless it has something else: an error, failures, or a reason
// why it was skipped, the first of these that there is.
type Case struct {
	Name     string
	Error    *Outcome
	Failures []Outcome
	Skipped  string
}

// An Outcome is why a case did not pass.
type Outcome struct{ Message, Type, Text string }

type (
	suitesElement struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		numbers
		Suites []suiteElement `xml:"testsuite"`
	}
	suiteElement struct {
		Name string `xml:"name,attr"`
		numbers
		Timestamp string        `xml:"timestamp,attr"`
		Cases     []caseElement `xml:"testcase"`
	}
	numbers struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	caseElement struct {
		Name    string           `xml:"name,attr"`
		Class   string           `xml:"classname,attr"`
		Error   *outcomeElement  `xml:"error,omitempty"`
		Failure []outcomeElement `xml:"failure,omitempty"`
		Skipped *outcomeElement  `xml:"skipped,omitempty"`
	}
	outcomeElement struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// Write writes r, in one Write.
func (r Report) Write(w io.Writer) error {
	all := suitesElement{Name: escape.Text(r.Name)}
	for _, s := range r.Suites {
		e := s.element()
		e.Timestamp = r.Time.Format("2006-01-02T15:04:05")
		all.Suites = append(all.Suites, e)
		all.add(e.numbers)
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding XML: %w", err)
	}
	_, err = w.Write(append([]byte(xml.Header), append(text, '\n')...))
	return err
}

func (s Suite) element() suiteElement {
	e := suiteElement{Name: escape.Text(s.Name)}
	for _, c := range s.Cases {
		x := caseElement{Name: escape.Text(c.Name), Class: e.Name}
		n := numbers{Tests: 1}
		switch {
		case c.Error != nil:
			x.Error, n.Errors = c.Error.element(), 1
		case len(c.Failures) > 0:
			for _, f := range c.Failures {
				x.Failure = append(x.Failure, *f.element())
			}
			n.Failures = 1
		case c.Skipped != "":
			x.Skipped, n.Skipped = Outcome{Message: c.Skipped}.element(), 1
		}
		e.Cases = append(e.Cases, x)
		e.add(n)
	}
	return e
}

func (o Outcome) element() *outcomeElement {
	return &outcomeElement{escape.Text(o.Message), escape.Text(o.Type), escape.Text(o.Text)}
}

func (n *numbers) add(other numbers) {
	n.Tests += other.Tests
	n.Failures += other.Failures
	n.Errors += other.Errors
	n.Skipped += other.Skipped
}
