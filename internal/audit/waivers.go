package audit

import (
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/spec"
)

// waiverRules are about waivers themselves. They are asked once, not of a
// cluster.
var waiverRules = []Rule{expiredWaiver, wideWaiver, longWaiver}

var expiredWaiver = Rule{
	ID: "EA901", Name: "waiver-expired", Severity: Medium,
	Title:    "A waiver is past its last day",
	Means:    "What somebody accepted for a time goes on, and nobody has looked again. Its findings count from now on.",
	Evidence: "`until` of each waiver against the time of the audit.",
	Fix:      "Put right what it covered, or decide again and write another day.",
	Refs:     []string{},
	Mistakes: "None.",
}

var wideWaiver = Rule{
	ID: "EA902", Name: "waiver-of-every-rule", Severity: Medium,
	Title:    "A waiver covers every rule",
	Means:    "It accepts findings that do not exist yet, also of rules that were unknown when it was written.",
	Evidence: "`rule` of each waiver against the ids and names of all rules.",
	Fix:      "Write one waiver for each rule whose findings are accepted.",
	Refs:     []string{},
	Mistakes: "None.",
}

var longWaiver = Rule{
	ID: "EA903", Name: "waiver-too-long", Severity: Low,
	Title:    "A waiver ends more than a year from now",
	Means:    "What it accepts is not reviewed before then.",
	Evidence: "`until` of each waiver against the time of the audit.",
	Fix:      "Write a day within a year, and decide again then.",
	Refs:     []string{},
	Mistakes: "None.",
}

// waivers keep count of what they cover.
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

// cover returns the finding as waived by the first waiver that covers it. What
// several cover counts for each.
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

// expired are the findings about waivers that hold no more.
func (w *waivers) expired() []Finding {
	var out []Finding
	for i, one := range w.list {
		if !w.ended[i] {
			continue
		}
		left := "it covers nothing any more: take it out"
		if w.used[i] > 0 {
			left = "what it covered is still there (" + phrase.Count(
				w.used[i],
				"finding",
			) + "): put it right, or write another day"
		}
		out = append(
			out,
			Finding{Rule: expiredWaiver.ID, Severity: expiredWaiver.Severity, Fix: left, Source: one.Pos.String(),
				Message: fmt.Sprintf(
					"the waiver of %s by %s, %q, ended on %s",
					one.Rule,
					one.Owner,
					one.Reason,
					day(one.Until),
				)},
		)
	}
	return out
}

// doubtful are the findings about waivers that cover too much, or for too long.
func (w *waivers) doubtful(rules []Rule) []Finding {
	asked := func(rule Rule) bool { return slices.ContainsFunc(rules, func(r Rule) bool { return r.ID == rule.ID }) }
	var out []Finding
	for i, one := range w.list {
		if w.ended[i] {
			continue
		}
		add := func(rule Rule, format string, args ...any) {
			if asked(rule) {
				message := fmt.Sprintf("the waiver by %s, %q, ", one.Owner, one.Reason) + fmt.Sprintf(format, args...)
				out = append(out, Finding{Rule: rule.ID, Severity: rule.Severity, Fix: rule.Fix, Message: message,
					Source: one.Pos.String()})
			}
		}
		if !slices.ContainsFunc(Rules(), func(r Rule) bool { return !r.matches(one.Rule) }) {
			add(wideWaiver, "covers every rule: %q", one.Rule)
		}
		if one.Until.After(w.now.AddDate(1, 0, 0)) {
			add(longWaiver, "of %s ends on %s, more than a year from now", one.Rule, day(one.Until))
		}
	}
	return out
}

// CheckWaivers finds waivers of rules that don't exist.
func CheckWaivers(list []spec.Waiver) spec.Problems {
	var problems spec.Problems
	rules := Rules()
	for _, w := range list {
		if !slices.ContainsFunc(rules, func(r Rule) bool { return r.matches(w.Rule) }) {
			problems.Errors = append(
				problems.Errors,
				spec.Problem{Pos: w.Pos, Summary: fmt.Sprintf("no rule is called %.80q", w.Rule),
					Hint: "eksaccess audit --rules lists them"},
			)
		}
	}
	return problems
}
