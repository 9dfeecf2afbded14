//go:build acceptance

package acceptance

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"
	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// A question is one that no public source answers. A probe answers it by what
// it sees, in the same words for every site; where the caller gives no means
// to ask it, by what it would need.
type question struct {
	number int
	about  string
	probe  func(context.Context, *testing.T, *site) (string, error)
}

// questions are in the order and with the numbers of docs/acceptance.md.
var questions = []question{
	{1, "Create twice with one clientRequestToken: the first answer again?", createTwice},
	{2, "Does Update with groups alone reset the username?", updateGroupsAlone},
	{2, "Does Update with a username alone reset the groups?", updateUsernameAlone},
	{3, "Update with the username \"\"", updateEmptyUsername},
	{4, "Recreated role: does Update restore its access?", updateStale},
	{5, "Disassociate a policy that is not associated", disassociateTwice},
	{6, "How many groups may an entry have?", manyGroups},
	{6, "How many namespaces may a scope have?", manyNamespaces},
	{6, "How many policies may an entry have?", manyPolicies},
	{6, "A lone * as namespace", namespaceOf("*")},
	{6, "A * inside a namespace", namespaceOf("a*b")},
	{7, "A role that another account does not have", foreignNobody},
	{8, "{{SessionName}} without a colon before it", usernameOf("eksaccess-acceptance{{SessionName}}")},
	{8, "{{AccountID}} in a username", usernameOf("eksaccess-acceptance:{{AccountID}}")},
	{9, "Type EC2: AmazonEKSAutoNodePolicy in the cluster", policyOfEC2("AmazonEKSAutoNodePolicy")},
	{9, "Type EC2: AmazonEKSViewPolicy in the cluster", policyOfEC2("AmazonEKSViewPolicy")},
	{10, "Create while another update of the cluster runs", whileUpdating(0)},
	{11, "A second update of logs while one runs", whileUpdating(1)},
	{11, "The mode it has, asked for while an update runs", whileUpdating(2)},
	{12, "From Disassociate to the loss of access", untilLost},
	{13, "Does a mode step need more than eks:UpdateClusterConfig?", modeStepNeeds},
}

// notAsked is the answer where something of the caller's is needed.
type notAsked struct{ needs string }

func (n notAsked) Error() string { return unasked + ": needs " + n.needs }

// What begins the report of a question without an answer.
const (
	unasked    = "not asked"
	unanswered = "no answer"
)

// ask puts all questions to a site. One that cannot be answered fails the test
// and is no reason not to ask the next. What a question made is taken back before
// the next one is asked.
func (s *site) ask(ctx context.Context, t *testing.T) []string {
	t.Helper()
	var answers []string
	for _, q := range questions {
		if ctx.Err() != nil {
			t.Errorf("question %d, %s: not asked, %v", q.number, q.about, ctx.Err())
			answers = append(answers, unasked+": the run was cut short")
			continue
		}
		answer := unanswered + ": the probe ended early"
		t.Run(fmt.Sprint("question ", q.number), func(t *testing.T) {
			var err error
			if answer, err = s.answer(ctx, t, q); err != nil {
				t.Errorf("question %d, %s: %v", q.number, q.about, err)
			}
		})
		answers = append(answers, s.anonymous(answer))
	}
	return answers
}

// answer puts one question to a site, and deletes the entry of PRINCIPAL again,
// also if the probe fails. What else the probe makes is taken back at the end of
// t. The error is why there is no answer, or what could not be deleted.
func (s *site) answer(ctx context.Context, t *testing.T, q question) (answer string, err error) {
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidying)
		defer cancel()
		if left := s.remove(ctx, s.principal); left != nil {
			err = errors.Join(err, fmt.Errorf("the entry of %s was not deleted: %w", s.principal, left))
		}
	}()
	answer, err = q.probe(ctx, t, s)
	if missing := (notAsked{}); errors.As(err, &missing) {
		return missing.Error(), nil
	}
	if err != nil {
		return unanswered + ": " + err.Error(), err
	}
	return answer, nil
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// anonymous takes names out of an answer, so that answers of two sites can be
// compared, and shown to others.
func (s *site) anonymous(answer string) string {
	answer = strings.NewReplacer(s.principal, "PRINCIPAL", *s.policy(""), "", "cluster "+s.cluster+" ",
		"cluster CLUSTER ", s.account, "ACCOUNT").
		Replace(answer)
	return uuid.ReplaceAllString(answer, "UUID")
}

// verdict puts into words how a call ended that EKS may refuse. An error that
// says nothing of that is one: no answer, or one about the caller's rights.
func verdict(err error) (string, error) {
	if err == nil {
		return "accepted", nil
	}
	var api smithy.APIError
	var response *smithyhttp.ResponseError
	if !errors.As(err, &api) || !errors.As(err, &response) || response.HTTPStatusCode() >= 500 ||
		strings.Contains(api.ErrorCode(), "AccessDenied") || strings.Contains(api.ErrorCode(), "Throttl") {
		return "", err
	}
	return fmt.Sprintf("%s %d: %s", api.ErrorCode(), response.HTTPStatusCode(), api.ErrorMessage()), nil
}

// table is question, AWS, simulator, with a mark where the two differ.
func table(column string, theirs, ours []string) string {
	var b strings.Builder
	w := tablewriter.NewTable(&b,
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithRowAutoWrap(tw.WrapNormal),
		tablewriter.WithColumnWidths(tw.NewMapper[int, int]().Set(0, 5).Set(1, 34).Set(2, 46).Set(3, 46).Set(4, 11)),
		tablewriter.WithRendition(tw.Rendition{Settings: tw.Settings{Separators: tw.Separators{BetweenRows: tw.On}}}))
	w.Header("#", "question", column, "simulator", "")
	for i, q := range questions {
		same := "differs"
		switch {
		case strings.HasPrefix(theirs[i], unanswered), strings.HasPrefix(ours[i], unanswered):
			same = unanswered
		case theirs[i] == ours[i]:
			same = "same"
		case strings.HasPrefix(theirs[i], unasked):
			same = "?"
		}
		if err := w.Append(fmt.Sprint(q.number), q.about, broken(theirs[i]), broken(ours[i]), same); err != nil {
			return err.Error()
		}
	}
	if err := w.Render(); err != nil {
		return err.Error()
	}
	return b.String()
}

var longWord = regexp.MustCompile(`\S{40}`)

// broken breaks words that the table would cut off.
func broken(text string) string { return longWord.ReplaceAllString(text, "$0 ") }

// An answer is worth nothing if a part of it is cut off.
func TestTable(t *testing.T) {
	long := strings.Repeat("x", 150)
	theirs, ours := make([]string, len(questions)), make([]string, len(questions))
	theirs[0], ours[0], theirs[1], ours[1] = long, "short", "same", "same"
	theirs[2], ours[2] = notAsked{"y"}.Error(), "z"
	theirs[3], ours[3] = unanswered+": no route to host", "w"
	theirs[4], ours[4] = unanswered+": no route to host", unanswered+": no route to host"
	got := table("AWS", theirs, ours)
	if n := strings.Count(got, "x"); n != len(long) {
		t.Errorf("%d of %d characters are left", n, len(long))
	}
	for _, line := range strings.Split(got, "\n") {
		if n := len([]rune(line)); n > 160 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if strings.Count(got, "differs") != 1 || strings.Count(got, "│ ?") != 1 ||
		strings.Count(got, "│ no answer │\n") != 2 {
		t.Errorf("\n%s", got)
	}
}

// After each question the entry of PRINCIPAL is deleted and what else was made is
// taken back, also if the probe fails or ends early.
func TestQuestionsAreTidied(t *testing.T) {
	refused := errors.New("no route to host")
	for _, tt := range []struct {
		name   string
		end    func(*testing.T) error
		answer string
		failed bool
	}{
		{name: "answered", end: func(*testing.T) error { return nil }, answer: "yes"},
		{name: "not asked", end: func(*testing.T) error { return notAsked{"MODE_ROLE"} }, answer: "not asked: needs " +
			"MODE_ROLE"},
		{name: "no answer", end: func(*testing.T) error { return refused }, answer: "no answer: no route to " +
			"host", failed: true},
		{name: "ended early", end: func(t *testing.T) error { t.SkipNow(); return nil }},
	} {
		sim := startSimulator(t, "*")
		s := simulatedSite(sim, simulatedMeans)
		if _, err := s.checkFit(t.Context()); err != nil {
			t.Fatal(err)
		}
		before, tidied := entries(sim), false
		answer, err := "", error(nil)
		t.Run(tt.name, func(t *testing.T) {
			answer, err = s.answer(
				t.Context(),
				t,
				question{probe: func(ctx context.Context, t *testing.T, s *site) (string, error) {
					tidy(t, "x", "by hand", func(context.Context) error { tidied = true; return nil })
					if err := s.create(ctx, eks.CreateAccessEntryInput{}); err != nil {
						return "", err
					}
					return "yes", tt.end(t)
				}},
			)
		})
		if answer != tt.answer || (err != nil) != tt.failed {
			t.Errorf("%s: %q, %v", tt.name, answer, err)
		}
		if diff := cmp.Diff(before, entries(sim)); diff != "" || !tidied {
			t.Errorf("%s: tidied %v, entries (-before +after)\n%s", tt.name, tidied, diff)
		}
	}
}

// What cannot be deleted is said beside the answer.
func TestEntryThatStays(t *testing.T) {
	sim := startSimulator(t, "*")
	s := simulatedSite(sim, simulatedMeans)
	if _, err := s.checkFit(t.Context()); err != nil {
		t.Fatal(err)
	}
	answer, err := s.answer(
		t.Context(),
		t,
		question{probe: func(ctx context.Context, _ *testing.T, s *site) (string, error) {
			if err := s.create(ctx, eks.CreateAccessEntryInput{}); err != nil {
				return "", err
			}
			return "yes", sim.AddFault(ekssim.Fault{Operation: "DeleteAccessEntry", Effect: "deny"})
		}},
	)
	if answer != "yes" || err == nil || !strings.Contains(err.Error(), "was not deleted") {
		t.Errorf("%q, %v", answer, err)
	}
}

// alike holds the probes to their word: put twice to the same simulator, a
// question has one answer, and everything can be asked.
func alike(t *testing.T, theirs, ours []string) {
	t.Helper()
	for i, q := range questions {
		if theirs[i] != ours[i] || strings.HasPrefix(ours[i], unasked) || strings.HasPrefix(ours[i], unanswered) {
			t.Errorf("question %d, %s: %q, and again %q", q.number, q.about, theirs[i], ours[i])
		}
	}
}

var update = flag.Bool("update", false, "write the simulator's answers into docs/acceptance.md")

// checkDocument holds docs/acceptance.md to what the simulator answers.
func checkDocument(t *testing.T, ours []string) {
	t.Helper()
	const file, begin, end = "../../docs/acceptance.md", "<!-- written by make golden -->\n", "<!-- end -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(text), begin)
	was, tail, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no place for the answers", file)
	}
	var b strings.Builder
	b.WriteString("\n| # | question | the simulator |\n| --- | --- | --- |\n")
	for i, q := range questions {
		cell := strings.NewReplacer("|", `\|`, "*", `\*`, "<", "&lt;")
		fmt.Fprintf(&b, "| %d | %s | %s |\n", q.number, cell.Replace(q.about), cell.Replace(ours[i]))
	}
	b.WriteString("\n")
	if *update {
		if err := os.WriteFile(file, []byte(head+begin+b.String()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(was, b.String()); diff != "" {
		t.Errorf("%s has other answers, see make golden (-file +simulator):\n%s", file, diff)
	}
}
