package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// Examine returns the report for facts.
func Examine(f Facts) *Report {
	e := &examination{Facts: f}
	e.checkIdentity()
	if e.checkCluster() {
		e.state = access.NewState(e.Cluster.Live())
		e.checkKubectl()
		e.checkAuthority()
		e.checkMode()
		e.checkAccess()
		e.checkPermissions()
		e.checkNodes()
		e.checkNetwork()
		e.answerQuestions()
	}
	return e.report()
}

// An examination is an examination that is running.
type examination struct {
	Facts
	state   *access.State
	entry   *snapshot.Entry  // the principal's; nil for none
	stale   bool             // the principal was recreated or deleted after its entry was created
	row     *spec.AWSAuthRow // the principal's; nil for none
	auth    *spec.AWSAuth    // nil if the cluster does not use it
	granted Access           // whether an entry or a row gives access, as far as they were read
	checks  []Check
	results []Answer
	causes  []cause
}

// A cause is a problem that prevents access, or may prevent it. The one with the
// least weight is to be fixed first.
type cause struct {
	weight  weight
	why     string
	what    string
	command string
}

// A weight orders causes: the one with the least has to be fixed first.
type weight int

const (
	clusterUnread  weight = iota // the cluster could not be read
	formerRole                   // the permission set has another role now
	noPrincipal                  // IAM does not have the principal
	wrongMode                    // the mode has no access entries
	noEntry                      // none, or a stale one
	wrongType                    // an entry for nodes
	noPermissions                // authenticated, and nothing is allowed
	clockSkew                    // tokens are signed with a wrong time
	unreachable                  // no network path to the endpoint
	tokenRejected                // the cluster rejects the token, for no reason above
	kubectlDiffers               // kubectl uses another principal or endpoint
	notAllowed                   // a question was not answered with yes
	noContext                    // the kubeconfig has no context for the cluster
	oldCA                        // a context lacks a certificate authority of the cluster
)

func (e *examination) addCheck(id string, s Status, summary string, evidence ...string) *Check {
	evidence = slices.DeleteFunc(evidence, func(s string) bool { return s == "" })
	if evidence == nil {
		evidence = []string{}
	}
	e.checks = append(e.checks, Check{ID: id, Status: s, Summary: summary, Evidence: evidence})
	return &e.checks[len(e.checks)-1]
}

// correct changes the result of a failed check.
func (e *examination) correct(id string, s Status, summary string) {
	for i := range e.checks {
		if c := &e.checks[i]; c.ID == id && c.Status == Failed {
			c.Status, c.Summary = s, summary
		}
	}
}

// addUnknown adds a check that could not be made.
func (e *examination) addUnknown(id, what string, f snapshot.Fact) {
	e.addCheck(id, Unchecked, what, f.Why).Hint = f.Hint
}

func (e *examination) addCause(w weight, why, what, command string) {
	e.causes = append(e.causes, cause{w, why, what, command})
}

func (e *examination) firstCause() *cause {
	if len(e.causes) == 0 {
		return nil
	}
	c := slices.MinFunc(e.causes, func(a, b cause) int { return cmp.Compare(a.weight, b.weight) })
	return &c
}

// command is a command of this program for the cluster.
func (e *examination) command(name string, flags ...string) string {
	return strings.Join(
		slices.DeleteFunc(
			append([]string{"eksaccess", name, e.Reach}, flags...),
			func(s string) bool { return s == "" },
		),
		" ",
	)
}

// recoverCommand is the command that gives the principal access.
func (e *examination) recoverCommand(flags ...string) string {
	if !e.Self {
		flags = append([]string{"--principal", awscli.Quote(e.Principal)}, flags...)
	}
	return e.command("recover", flags...)
}

// addGrantCause adds a cause with the next step that grants what the questions
// need.
func (e *examination) addGrantCause(w weight, why string, questions []cani.Question) {
	r := e.grantStep(questions)
	e.addCause(w, why, r.what, r.command)
}

// recreateCommand is the command that gives the principal what an entry has. It
// gives cluster admin only if the entry does. Groups need a file.
func (e *examination) recreateCommand(item *snapshot.Entry) string {
	if item.IsClusterAdmin() {
		return e.recoverCommand()
	}
	if len(item.Policies) == 0 {
		return e.command("import live") + " > live.yaml && eksaccess apply -f live.yaml"
	}
	return e.recoverCommand(policyFlags(item)...)
}

// policyFlags are the flags of recover for the first policy of an entry; none for
// cluster admin, its default.
func policyFlags(item *snapshot.Entry) []string {
	p := item.Policies[0]
	if eksfacts.IsClusterAdmin(p.ARN) && p.Scope == spec.ScopeCluster {
		return nil
	}
	flags := []string{"--policy", arn.PolicyName(p.ARN)}
	for _, n := range p.Namespaces {
		flags = append(flags, "--namespace", awscli.Quote(n))
	}
	return flags
}

func (e *examination) report() *Report {
	id := e.Cluster.ID()
	r := &Report{
		APIVersion:  APIVersion,
		Kind:        ReportKind,
		CreatedAt:   e.Now.UTC().Truncate(time.Second),
		ToolVersion: e.ToolVersion,
		SnapshotAt:  e.Taken,
		Cluster:     Place{id.Name, id.Region, id.Account, id.ARN()},
		Self:        e.Self,
		Checks:      e.checks,
		Answers:     e.results,
		Error:       e.Cluster.Error,
	}
	if e.Principal != "" {
		r.Principal = &e.Principal
	}
	if r.Answers == nil {
		r.Answers = []Answer{}
	}
	r.Access, r.Why = e.verdict()
	r.Next = e.nextStep(r)
	if c := e.firstCause(); c != nil {
		r.Problem = c.why
	}
	return r
}

// verdict returns whether the principal has access, and why. An answer of the
// cluster has precedence over what follows from entries and rows.
func (e *examination) verdict() (Access, string) {
	c := e.firstCause()
	if e.Cluster.Error != nil {
		return NotKnown, "the cluster could not be read: " + e.Cluster.Error.Message
	}
	if e.Self && e.Inside.Known() {
		if r := e.Inside.Refusal; r != nil {
			why := r.Reason
			if c != nil && c.weight < tokenRejected && !r.Code.IsUnheard() {
				why = c.why
			}
			return NoAccess, why
		}
		if c != nil && c.weight == noPermissions {
			return NoAccess, c.why
		}
		return HasAccess, "the cluster authenticates it" + e.adminText()
	}
	switch {
	case c != nil && c.weight <= noPermissions:
		return NoAccess, c.why
	case e.granted == HasAccess && e.entry != nil && !e.stale:
		return HasAccess, "by its access entry" + e.sourceText()
	case e.granted == HasAccess:
		return HasAccess, "by its row in aws-auth" + e.sourceText()
	}
	return e.granted, "the entry or row that decides could not be read"
}

func (e *examination) adminText() string {
	for _, r := range e.Inside.Reviews {
		if r.Question == cani.Everything && r.Allowed {
			return ", and allows everything"
		}
	}
	return ""
}

func (e *examination) sourceText() string {
	if e.Taken != nil {
		return fmt.Sprintf(", as of %s", e.Taken.UTC().Format(time.RFC3339))
	}
	return "; the cluster was not asked, because only the principal can ask it"
}

func (e *examination) nextStep(r *Report) Next {
	if c := e.firstCause(); c != nil {
		return Next{c.what, c.command}
	}
	if r.Access == HasAccess {
		return Next{What: NoProblems}
	}
	for _, c := range e.checks {
		if c.Status == Unchecked && c.Hint != "" && (c.ID == CheckEntry || c.ID == CheckAWSAuth) {
			return Next{What: "read what is not known: " + c.Hint}
		}
	}
	return Next{What: "run this as the principal, which can ask the cluster", Command: e.command("doctor")}
}
