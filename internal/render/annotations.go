package render

import (
	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render/github"
	"github.com/eksaccess/eksaccess/plan"
)

// planAnnotations is a plan as annotations: of each cluster what is wrong, then
// what changes.
func planAnnotations(p *plan.Plan) []github.Annotation {
	groups, grouped := groupRepeated(planFailures(p))
	all := failureAnnotations(groups)
	for _, c := range p.Clusters {
		if grouped[[3]string{c.Account, c.Region, c.Name}] {
			continue
		}
		at := where(c.Name, c.Account, c.Region)
		all = append(all, problemAnnotations(at, c.Error, c.Guards)...)
		if m := c.AuthenticationMode; m.Moves() {
			all = append(all, github.Annotation{Level: github.Warning, Title: at,
				Message: "authentication mode " + m.Before + " -> " + m.After + " (cannot be undone)"})
		}
		for _, ch := range c.Changes {
			a := github.Annotation{Level: github.Notice, Source: ch.Source, Title: at,
				Message: phrase.Join(", ", string(ch.Action)+" "+ch.Principal, adminNote(ch)) + ": " + ch.Reason}
			if adminNote(ch) != "" || ch.Action == plan.Delete || ch.Action == plan.Replace {
				a.Level = github.Warning
			}
			all = append(all, a)
		}
		for _, u := range c.Unmanaged {
			all = append(all, github.Annotation{Level: github.Notice, Title: at, Message: "undeclared: " + u.Principal})
		}
		all = append(all, warningAnnotations(at, c.Warnings)...)
	}
	summary := "Plan: " + planCounts(p)
	return append(all, github.Annotation{Level: github.Notice, Title: "eksaccess plan", Message: summary})
}

// resultAnnotations is a result as annotations: what is not as wanted.
func resultAnnotations(r *apply.Result) []github.Annotation {
	groups, grouped := groupRepeated(resultFailures(r))
	all := failureAnnotations(groups)
	for _, c := range r.Clusters {
		if grouped[[3]string{c.Account, c.Region, c.Name}] {
			continue
		}
		at := where(c.Name, c.Account, c.Region)
		all = append(all, problemAnnotations(at, c.Error, c.Guards)...)
		if text, _ := outcomeWord(&c); unwell(&c) {
			all = append(all, github.Annotation{Level: github.Warning, Title: at, Message: text})
		}
		for _, l := range c.Left {
			all = append(all, github.Annotation{Level: github.Warning, Title: at,
				Message: "not changed: " + leftName(l) + ": " + l.Reason})
		}
		all = append(all, warningAnnotations(at, c.Warnings)...)
	}
	summary := resultLabel(r) + ": " + resultCounts(r)
	return append(all, github.Annotation{Level: github.Notice, Title: "eksaccess apply", Message: summary})
}

// failureAnnotations are one for each error.
func failureAnnotations(groups [][]Failure) []github.Annotation {
	var all []github.Annotation
	for _, g := range groups {
		title := phrase.Count(len(g), "cluster") + ": " + firstNames(g, 10)
		all = append(all, problemAnnotations(title, commonError(g), nil)...)
	}
	return all
}

// problemAnnotations are the error of a cluster and the guards that refuse.
func problemAnnotations(at string, e *plan.Error, guards []plan.Guard) []github.Annotation {
	var all []github.Annotation
	if e != nil {
		all = append(all, github.Annotation{Level: github.Error, Title: at,
			Message: phrase.Join("; ", phrase.Join(": ", e.Code, e.Message), e.Hint)})
	}
	for _, g := range guards {
		if g.Refuses() {
			all = append(all, github.Annotation{Level: github.Error, Title: at,
				Message: "refused by " + g.Name + ": " + phrase.Join("; ", g.Detail, g.Hint)})
		}
	}
	return all
}

func warningAnnotations(at string, warnings []plan.Warning) []github.Annotation {
	var all []github.Annotation
	for _, w := range warnings {
		all = append(all, github.Annotation{Level: github.Warning, Source: w.Source, Title: at, Message: w.Message})
	}
	return all
}
