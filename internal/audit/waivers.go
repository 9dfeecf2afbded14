package audit

import (
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/spec"
)

// waiverRules are about waivers. They are checked once, not in each cluster.
var waiverRules = []Rule{expiredWaiver, wideWaiver, longWaiver}

var expiredWaiver = Rule{
	ID: "EA901", Name: "waiver-expired", Severity: Medium,
	Title:          "Waiver has expired",
	Impact:         "Its findings count again from now on.",
	Evidence:       "`until` of each waiver, compared with the time of the audit.",
	Fix:            "Fix what it covered, or review it and write a later date.",
	Refs:           []string{},
	FalsePositives: "None.",
}

var wideWaiver = Rule{
	ID: "EA902", Name: "waiver-of-every-rule", Severity: Medium,
	Title:          "Waiver covers every rule",
	Impact:         "It accepts findings that do not exist yet, also of rules that are added later.",
	Evidence:       "`rule` of each waiver, compared with the ids and names of all rules.",
	Fix:            "Write one waiver for each rule whose findings are accepted.",
	Refs:           []string{},
	FalsePositives: "None.",
}

var longWaiver = Rule{
	ID: "EA903", Name: "waiver-too-long", Severity: Low,
	Title:          "Waiver ends in more than one year",
	Impact:         "The accepted findings are not reviewed before that date.",
	Evidence:       "`until` of each waiver, compared with the time of the audit.",
	Fix:            "Write a date within one year, and review the findings then.",
	Refs:           []string{},
	FalsePositives: "None.",
}

// waivers count the findings that each of them covers.
type waivers struct {
	now   time.Time
	list  []spec.Waiver
	ended []bool
	used  []int
}

func newWaivers(list []spec.Waiver, now time.Time) *waivers {
	w := &waivers{now: now, list: list, ended: make([]bool, len(list)), used: make([]int, len(list))}
	for i, one := range list {
		w.ended[i] = one.Ended(now)
	}
	return w
}

// cover returns the finding as waived by the first waiver that covers it. It counts
// for every waiver that covers it.
func (w *waivers) cover(f Finding, rule Rule, id arn.Cluster) (Waived, bool) {
	first := -1
	for i, one := range w.list {
		if !rule.matches(one.Rule) || !one.Covers(id, f.Principal) {
			continue
		}
		w.used[i]++
		if first < 0 && !w.ended[i] {
			first = i
		}
	}
	if first < 0 {
		return Waived{}, false
	}
	by := w.list[first]
	return Waived{Finding: f, Reason: by.Reason, Owner: by.Owner, Until: day(by.Until), Waiver: by.Pos.String()}, true
}

func (w *waivers) states() []WaiverState {
	out := make([]WaiverState, len(w.list))
	for i, one := range w.list {
		state := Unused
		switch {
		case w.ended[i]:
			state = Expired
		case w.used[i] > 0:
			state = Used
		}
		out[i] = WaiverState{
			Rule:       one.Rule,
			Clusters:   append([]string{}, one.Clusters...),
			Principals: append([]string{}, one.Principals...),
			Reason:     one.Reason,
			Owner:      one.Owner,
			Until:      day(one.Until),
			Source:     one.Pos.String(),
			State:      state,
			Findings:   w.used[i],
		}
	}
	return out
}

// expiredFindings returns the findings about expired waivers.
func (w *waivers) expiredFindings() []Finding {
	var out []Finding
	for i, waiver := range w.list {
		if !w.ended[i] {
			continue
		}
		fix := "remove the waiver: it covers no finding"
		if w.used[i] > 0 {
			fix = "fix what it covered (" + phrase.Count(w.used[i], "finding") + "), or write a later date"
		}
		detail := fmt.Sprintf("waiver of %s by %s, reason %q, until %s", waiver.Rule, waiver.Owner, waiver.Reason,
			day(waiver.Until))
		out = append(out, waiverFinding(expiredWaiver, waiver, fix, detail))
	}
	return out
}

// tooWide returns the findings about waivers that cover too much, or for too long.
func (w *waivers) tooWide(rules []Rule) []Finding {
	isChecked := func(rule Rule) bool {
		return slices.ContainsFunc(rules, func(r Rule) bool { return r.ID == rule.ID })
	}
	var out []Finding
	for i, waiver := range w.list {
		if w.ended[i] {
			continue
		}
		add := func(rule Rule, what string) {
			if isChecked(rule) {
				out = append(out, waiverFinding(rule, waiver, rule.Fix,
					fmt.Sprintf("waiver of %s by %s, reason %q", what, waiver.Owner, waiver.Reason)))
			}
		}
		if !slices.ContainsFunc(Rules(), func(r Rule) bool { return !r.matches(waiver.Rule) }) {
			add(wideWaiver, fmt.Sprintf("%q", waiver.Rule))
		}
		if waiver.Until.After(w.now.AddDate(1, 0, 0)) {
			add(longWaiver, fmt.Sprintf("%s until %s", waiver.Rule, day(waiver.Until)))
		}
	}
	return out
}

func waiverFinding(rule Rule, waiver spec.Waiver, fix, detail string) Finding {
	return Finding{Rule: rule.ID, Severity: rule.Severity, Message: rule.Title + ": " + detail, Fix: fix,
		Source: waiver.Pos.String(), Title: rule.Title, Detail: detail, Steps: instruction(fix)}
}

// CheckWaivers finds waivers of rules that do not exist.
func CheckWaivers(list []spec.Waiver) spec.Problems {
	var problems spec.Problems
	rules := Rules()
	for _, w := range list {
		if !slices.ContainsFunc(rules, func(r Rule) bool { return r.matches(w.Rule) }) {
			problems.Errors = append(
				problems.Errors,
				spec.Problem{Pos: w.Pos, Summary: fmt.Sprintf("no rule matches %.80q", w.Rule),
					Hint: "to list the rules: eksaccess audit --rules"},
			)
		}
	}
	return problems
}
