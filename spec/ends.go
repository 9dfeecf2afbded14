package spec

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/suggest"
)

// EndRules are the guards on temporary access. Zero values are unset.
type EndRules struct {
	MaxExpiry      time.Duration // latest end, counted from now
	MustExpire     MustExpire    // never "none"
	ReasonPatterns []string      // regular expressions; the reason of an entry with an end must match all
}

// MustExpire says which declared entries need an end.
type MustExpire string

// The values of guards.mustExpire, from the weakest to the strictest.
const (
	MustExpireNone   MustExpire = "none"
	MustExpireAdmins MustExpire = "admins" // cluster admins
	MustExpireAll    MustExpire = "all"    // all but entries of node types, whose end would disconnect nodes
)

var mustExpireValues = []string{string(MustExpireNone), string(MustExpireAdmins), string(MustExpireAll)}

// LongEnd is how far away the end of temporary access can be without a warning.
const LongEnd = 30 * 24 * time.Hour

// addEndRules adds the rules of one document; the strictest of all wins.
func (l *loader) addEndRules(g GuardLines) {
	rules := &l.guards.EndRules
	if d := g.MaxExpiry.Value; d > 0 && (rules.MaxExpiry == 0 || d < rules.MaxExpiry) {
		rules.MaxExpiry = d
	}
	switch m := g.MustExpire; {
	case m.Value == "":
	case !slices.Contains(mustExpireValues, m.Value):
		hint := suggest.DidYouMean(m.Value, mustExpireValues)
		if hint == "" {
			hint = "the values are " + strings.Join(mustExpireValues, ", ")
		}
		l.errorf(m.Pos, hint, "unknown mustExpire %.80q", m.Value)
	case slices.Index(mustExpireValues, m.Value) > max(0, slices.Index(mustExpireValues, string(rules.MustExpire))):
		rules.MustExpire = MustExpire(m.Value)
	}
	if p := g.ReasonPattern; p.Value != "" {
		_, err := reasonPattern(p.Value)
		var wrong *syntax.Error
		switch {
		case errors.As(err, &wrong):
			l.errorf(p.Pos, "write a regular expression such as ^INC-[0-9]+$",
				"reasonPattern %.200q is not a regular expression: %s: %.80q", p.Value, wrong.Code, wrong.Expr)
		case !slices.Contains(rules.ReasonPatterns, p.Value):
			rules.ReasonPatterns = append(rules.ReasonPatterns, p.Value)
		}
	}
}

var reasonPatterns sync.Map // pattern → *regexp.Regexp

func reasonPattern(pattern string) (*regexp.Regexp, error) {
	if re, ok := reasonPatterns.Load(pattern); ok {
		return re.(*regexp.Regexp), nil
	}
	re, err := regexp.Compile(pattern)
	if err == nil {
		reasonPatterns.Store(pattern, re)
	}
	return re, err
}

// IsSet reports whether any of the rules is set.
func (r EndRules) IsSet() bool {
	return r.MaxExpiry > 0 || r.MustExpire != "" || len(r.ReasonPatterns) > 0
}

// NeedsEnd reports whether a declared entry must have an end.
func (r EndRules) NeedsEnd(e Entry) bool {
	switch r.MustExpire {
	case MustExpireAdmins:
		return e.IsClusterAdmin()
	case MustExpireAll:
		return !eksfacts.IsNode(e.Type)
	}
	return false
}

// example is an end for hints, as --expires takes it.
func (r EndRules) example() string {
	const usual = 4 * time.Hour
	if r.MaxExpiry > 0 {
		return shortDuration(min(usual, r.MaxExpiry))
	}
	return shortDuration(usual)
}

// A Lifetime is what the rules check of one declared entry.
type Lifetime struct {
	Expires  time.Time // zero for no end
	Reason   string
	NeedsEnd bool // see [EndRules.NeedsEnd]
	NoOwner  bool // its document has no owner, without which it can have no end
}

// The names of the rules, as they are written under guards.
const (
	RuleMaxExpiry     = "maxExpiry"
	RuleMustExpire    = "mustExpire"
	RuleReasonPattern = "reasonPattern"
)

// An EndViolation is a rule that an entry breaks.
type EndViolation struct {
	Rule    string
	Summary string // behind the name of the principal: "has no end"
	Hint    string
}

// Violations lists the rules that an entry breaks, as of now. An entry that has
// expired breaks none: it is removed.
func (r EndRules) Violations(l Lifetime, now time.Time) []EndViolation {
	var list []EndViolation
	violation := func(rule, hint, format string, args ...any) {
		list = append(list, EndViolation{Rule: rule, Summary: fmt.Sprintf(format, args...), Hint: hint})
	}
	switch {
	case l.Expires.IsZero() && l.NeedsEnd:
		hint := "write expires and reason, or create the entry with: eksaccess apply -f FILE --add-only --expires " +
			r.example()
		if l.Reason == "" {
			hint += " --reason WHY"
		}
		if l.NoOwner {
			hint = `write "owner: NAME" on top of the document that declares the cluster; then ` + hint
		}
		violation(RuleMustExpire, hint, "does not expire, and guards.mustExpire (%s) requires it", r.MustExpire)
		return list
	case l.Expires.IsZero(), !now.Before(l.Expires):
		return nil
	}
	if r.MaxExpiry > 0 && l.Expires.Sub(now) > r.MaxExpiry {
		most := shortDuration(r.MaxExpiry)
		violation(RuleMaxExpiry, "write an expiry that is at most "+most+" from now",
			"expires at %s, more than %s from now (guards.maxExpiry)", formatTime(l.Expires), most)
	}
	for _, pattern := range r.ReasonPatterns {
		re, err := reasonPattern(pattern)
		if err == nil && l.Reason != "" && re.MatchString(l.Reason) {
			continue
		}
		hint := fmt.Sprintf("write a reason that matches %.200q", pattern)
		if l.Reason == "" {
			violation(RuleReasonPattern, hint, "expires and has no reason, and guards.reasonPattern requires one")
		} else {
			violation(RuleReasonPattern, hint, "has the reason %.300q, which does not match "+
				"guards.reasonPattern", l.Reason)
		}
		break
	}
	return list
}

// EndsLate reports whether the end of an entry deserves a warning. It is the
// same for files and for live entries.
func EndsLate(end, now time.Time) bool { return end.Sub(now) > LongEnd }

// CheckEnds checks the rules on temporary access in all clusters, as of now:
// what breaks a rule is an error, a late end is a warning. Clusters that are only
// watched get no access from the files.
func (f *Fleet) CheckEnds(now time.Time) Problems {
	var r report
	found := spreads{}
	rules := f.Guards.EndRules
	for _, c := range f.Clusters {
		hasEnd := func(i Item) bool { return !i.Expires.IsZero() }
		if c.Watch || rules.MustExpire == "" && !slices.ContainsFunc(c.Items, hasEnd) {
			continue
		}
		unions, _ := c.unite(c.Items, PrincipalRef.String) // its problems are found by Load
		at := &draft{Cluster: c}
		for _, u := range unions {
			life := Lifetime{
				Expires:  u.Expires,
				Reason:   u.Reason,
				NeedsEnd: rules.NeedsEnd(c.entry(u)),
				NoOwner:  c.Owner == "",
			}
			violations := rules.Violations(life, now)
			problem := func(summary, hint string, warning bool) {
				found.add(at, spreadProblem{Problem: Problem{u.endPos(), summary, hint}, warning: warning})
			}
			for _, v := range violations {
				problem(u.Principal.String()+" "+v.Summary, v.Hint, false)
			}
			if len(violations) == 0 && EndsLate(u.Expires, now) {
				problem(LateEnd(u.Principal.String(), u.Expires), "write an earlier expiry", true)
			}
		}
	}
	found.report(&r)
	return r.sortedProblems(f.files)
}

// endPos is the place that gives the entry its end, else its first place.
func (u *union) endPos() Pos {
	if at, ok := u.from["expiries"]; ok {
		return at
	}
	return u.Pos
}

// LateEnd is the warning about an end for which [EndsLate] is true.
func LateEnd(principal string, end time.Time) string {
	return fmt.Sprintf("%s expires at %s, more than 30 days from now", principal, formatTime(end))
}
