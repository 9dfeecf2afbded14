package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// Access tests: what a principal can and cannot do by the files, judged by what
// AWS has published of its access policies. A change that would break on-call
// is then a mistake in the file, which is found without a cluster.

// Tests is what became of the tests: how many answers are as expected, and
// what is said of the others.
type Tests struct {
	Passed   int
	Problems Problems
}

// A question as a test expects it to be answered.
type question struct {
	cani.Question
	text Text
	want bool
}

// An accessTest is a test that can be judged.
type accessTest struct {
	line      TestLine
	principal PrincipalRef
	clusters  []*draft
	questions []question
}

func (l *loader) readTests() []accessTest {
	var tests []accessTest
	for _, doc := range l.documents {
		for _, line := range doc.Tests {
			ref, ok := l.principal(
				PrincipalLine{line.Principal, line.PermissionSet, line.Role, line.User},
				line.Mark,
				judgeARN,
			)
			t := accessTest{line, ref, l.clustersOf(doc, line), l.questions(line)}
			if ok {
				tests = append(tests, t)
			}
		}
	}
	return tests
}

// RunTests answers the tests of the files, as of now: what has expired by then
// gives nothing.
func (f *Fleet) RunTests(now time.Time) Tests {
	if f.judge == nil {
		return Tests{}
	}
	return f.judge(now)
}

// judge asks what follows from files in which nothing is wrong.
func (l *loader) judge(tests []accessTest, now time.Time) Tests {
	j := judging{spread: spreads{}, now: now}
	for _, t := range tests {
		j.test(t)
	}
	j.spread.report(&j.report)
	return Tests{j.passed, j.sortedProblems(l.files)}
}

type judging struct {
	report
	spread spreads
	passed int
	now    time.Time
}

func (l *loader) questions(line TestLine) []question {
	var list []question
	for _, part := range []struct {
		texts []Text
		want  bool
	}{{line.Can, true}, {line.Cannot, false}} {
		for _, text := range part.texts {
			if text.Value == "" {
				continue
			}
			q, err := cani.Parse(text.Value)
			var wrong *cani.ParseError
			if errors.As(err, &wrong) {
				l.errorf(text.Pos, wrong.Hint, "%s", wrong.Summary)
				continue
			}
			list = append(list, question{q, text, part.want})
		}
	}
	if len(line.Can)+len(line.Cannot) == 0 && !line.Flawed {
		l.errorf(
			line.Pos,
			"write can or cannot, for example: can: [\"delete pods -n payments\"]",
			"the test has no questions",
		)
	}
	return list
}

// clustersOf are the clusters of a test: of its document, and among those its own
// globs.
func (l *loader) clustersOf(doc *document, line TestLine) []*draft {
	var own []*draft
	for _, c := range l.clusters {
		if c.doc == doc {
			own = append(own, c)
		}
	}
	if line.Clusters == nil {
		if len(own) == 0 && !l.lost {
			l.warnf(line.Pos, "a test applies to the clusters of its own document", "the test applies to no cluster")
		}
		return own
	}
	var chosen []*draft
	for _, glob := range line.Clusters {
		found := false
		for _, c := range own {
			if c.matches(glob.Value) {
				found = true
				if !slices.Contains(chosen, c) {
					chosen = append(chosen, c)
				}
			}
		}
		if !found && glob.Value != "" && !l.lost {
			l.errorf(
				glob.Pos,
				"a test applies to the clusters of its own document",
				"no cluster matches %.200q",
				glob.Value,
			)
		}
	}
	return chosen
}

func (j *judging) test(t accessTest) {
	declared := false
	for _, c := range t.clusters {
		ref := t.principal
		ref.ARN = fill(ref.ARN, c.ID)
		a := c.accessOf(ref, j.now)
		declared = declared || a.declared
		for _, q := range t.questions {
			j.question(c, t.principal, q, a, eksfacts.Judge(q.Question, a.grants, a.groups))
		}
	}
	if !declared && len(t.clusters) > 0 && len(t.line.Can) == 0 {
		j.warnf(
			t.line.Pos,
			"check the spelling: a principal that is not declared passes every cannot",
			"%s is declared in no cluster of the test",
			t.principal,
		)
	}
}

func (j *judging) question(c *draft, who PrincipalRef, q question, a judged, is eksfacts.Judgement) {
	problem := func(hint, format string, args ...any) spreadProblem {
		return spreadProblem{Problem: Problem{q.text.Pos, fmt.Sprintf(format, args...), hint}}
	}
	switch yes := is.Verdict == eksfacts.Yes; {
	case is.Verdict == eksfacts.Undecided:
		p := problem(
			fmt.Sprintf(
				"check it in the cluster: eksaccess doctor --cluster %s --principal %s --can %q",
				c.ID.Path(),
				who,
				q.text.Value,
			),
			"not tested: whether %s can %q depends on %s",
			who,
			q.text.Value,
			dependsOn(is),
		)
		p.warning = true
		j.spread.add(c, p)
	case yes == q.want:
		j.passed++
	case q.want && a.none != "":
		j.spread.add(c, problem(a.hint, "%s should be able to %q, but has no access: %s", who, q.text.Value, a.none))
	case q.want && !a.declared:
		j.spread.add(c, problem("declare it, or list the clusters of the test under clusters",
			"%s should be able to %q, but is not declared", who, q.text.Value))
	case q.want:
		j.spread.add(
			c,
			problem(
				leastHint(q.Question),
				"%s should be able to %q, but no access policy of it allows that",
				who,
				q.text.Value,
			),
		)
	default:
		j.spread.add(
			c,
			problem(
				"narrow the policy, or its namespaces",
				"%s should not be able to %q, but %s allows it",
				who,
				q.text.Value,
				is.Policy,
			),
		)
	}
}

// A judged is what the cluster's lines give a principal together, as the plan
// leaves it.
type judged struct {
	declared bool
	grants   []eksfacts.Grant
	groups   []string
	none     string // why it has nothing, though it is declared
	hint     string // what to do about that
}

func (c *draft) accessOf(ref PrincipalRef, now time.Time) judged {
	var a judged
	for _, item := range c.Items {
		p := item.Principal
		if p != ref && (p.ARN == "" || !ref.Matches(p.ARN, c.ID.Account)) &&
			(ref.ARN == "" || !p.Matches(ref.ARN, c.ID.Account)) {
			continue
		}
		a.declared = true
		// All lines of a principal make one entry, which goes as a whole.
		if i := slices.IndexFunc(c.Absent, func(absent Absent) bool { return absent.coversName(item, c.ID) }); i >= 0 {
			a.none, a.hint = fmt.Sprintf("it is listed under absent at %v", c.Absent[i].Pos), "narrow absent"
		}
		if !item.Expires.IsZero() && !now.Before(item.Expires) {
			a.none, a.hint = "it expired at "+item.Expires.UTC().
				Format(time.RFC3339),
				"remove the line, or write a later expires"
		}
		a.groups = append(a.groups, item.Groups...)
		for _, policy := range item.Policies {
			a.grants = append(a.grants, eksfacts.Grant{Policy: policy.ARN, Namespaces: policy.Namespaces})
		}
	}
	if a.none != "" {
		a.grants, a.groups = nil, nil
	}
	slices.Sort(a.groups)
	a.groups = slices.Compact(a.groups)
	return a
}

// coversName reports whether the ARN or glob of a names a principal that the
// file names without an ARN. A path that only IAM knows is taken for none; that
// of the role of a permission set is known but for the region in it
// (IAM Identity Center user guide, "Referencing permission sets in resource
// policies, Amazon EKS Cluster config maps, and AWS KMS key policies").
func (a Absent) coversName(item Item, id arn.Cluster) bool {
	p := item.Principal
	if p.ARN != "" || a.Principal.ARN == "" {
		return a.names(item, id.Account)
	}
	if !arn.HasGlob(a.Principal.ARN) {
		return p.Matches(a.Principal.ARN, id.Account)
	}
	iam := "arn:" + id.Partition + ":iam::" + id.Account + ":"
	var forms []string
	switch {
	case p.Role != "":
		forms = []string{iam + "role/" + p.Role}
	case p.User != "":
		forms = []string{iam + "user/" + p.User}
	case p.PermissionSet != "":
		for _, path := range []string{"", id.Region + "/"} {
			forms = append(
				forms,
				iam+"role/aws-reserved/sso.amazonaws.com/"+path+"AWSReservedSSO_"+p.PermissionSet+"_0123456789abcdef",
			)
		}
	}
	return slices.ContainsFunc(forms, func(form string) bool { return arn.Match(a.Principal.ARN, form) })
}

func dependsOn(j eksfacts.Judgement) string {
	if len(j.Groups) > 0 {
		return "what the cluster binds to its groups (" + strings.Join(j.Groups, ", ") + ")"
	}
	return arn.PolicyName(j.Unread[0]) + ", whose rules AWS does not publish"
}

func leastHint(q cani.Question) string {
	least := eksfacts.Least(q)
	if q.Namespace != "" {
		return fmt.Sprintf("%s in namespace %s would allow it", least, q.Namespace)
	}
	return least + " would allow it"
}
