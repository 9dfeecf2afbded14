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

// Examine judges facts.
func Examine(f Facts) *Report {
	e := &examination{Facts: f}
	e.identity()
	if e.cluster() {
		e.state = access.NewState(e.Cluster.Live())
		e.kubectl()
		e.authority()
		e.mode()
		e.way()
		e.rights()
		e.nodes()
		e.reach()
		e.answers()
	}
	return e.report()
}

// An examination is one under way.
type examination struct {
	Facts
	state  *access.State
	entry  *snapshot.Entry  // the principal's; nil for none
	dead   bool             // it does not hold for the principal of today
	row    *spec.AWSAuthRow // the principal's; nil for none
	auth   *spec.AWSAuth    // nil where nobody looks at it
	mapped Access           // whether the cluster knows the principal at all, by what was read
	checks []Check
	asked  []Answer
	causes []cause
}

// A cause is something that keeps the principal out, or may. The one with the
// least weight is what to mend first.
type cause struct {
	weight  weight
	why     string
	what    string
	command string
}

// A weight orders causes: what has to be mended before another can be.
type weight int

const (
	unread      weight = iota // nothing can be told of the cluster
	otherSuffix               // another role of the same permission set is meant
	nobody                    // no such principal
	wrongMode                 // no entry can be made yet
	noEntry                   // none, or a dead one
	wrongType                 // an entry that gives a person nothing
	noRights                  // in, and allowed nothing
	skewed                    // tokens of another time
	wayBarred                 // the endpoint is out of reach
	refused                   // the cluster does not let in, and nothing above says why
	kubectlOff                // kubectl would be somebody else, or go elsewhere
	notAllowed                // what was asked for
	noContext                 // kubectl does not know the cluster
	oldCA                     // kubectl loses the cluster at the next rotation of its certificate authority
)

func (e *examination) check(id string, s Status, summary string, evidence ...string) *Check {
	evidence = slices.DeleteFunc(evidence, func(s string) bool { return s == "" })
	if evidence == nil {
		evidence = []string{}
	}
	e.checks = append(e.checks, Check{ID: id, Status: s, Summary: summary, Evidence: evidence})
	return &e.checks[len(e.checks)-1]
}

// amend says of a check that was made what came out since.
func (e *examination) amend(id string, s Status, summary string) {
	for i := range e.checks {
		if c := &e.checks[i]; c.ID == id && c.Status == Failed {
			c.Status, c.Summary = s, summary
		}
	}
}

// unknown is a check that could not be made.
func (e *examination) unknown(id, what string, f snapshot.Fact) {
	e.check(id, Unchecked, what, f.Why).Hint = f.Hint
}

func (e *examination) because(w weight, why, what, command string) {
	e.causes = append(e.causes, cause{w, why, what, command})
}

func (e *examination) first() *cause {
	if len(e.causes) == 0 {
		return nil
	}
	c := slices.MinFunc(e.causes, func(a, b cause) int { return cmp.Compare(a.weight, b.weight) })
	return &c
}

// command is one of this program's for the cluster.
func (e *examination) command(name string, flags ...string) string {
	return strings.Join(
		slices.DeleteFunc(
			append([]string{"eksaccess", name, e.Reach}, flags...),
			func(s string) bool { return s == "" },
		),
		" ",
	)
}

// recover is the command that gets the principal in.
func (e *examination) recover(flags ...string) string {
	if !e.Self {
		flags = append([]string{"--principal", awscli.Quote(e.Principal)}, flags...)
	}
	return e.command("recover", flags...)
}

// remedied adds a cause with the remedy for what was asked.
func (e *examination) remedied(w weight, why string, questions []cani.Question) {
	r := e.remedy(questions)
	e.because(w, why, r.what, r.command)
}

// again is the command that gives the principal what an entry has, and not
// cluster admin instead, which recover gives where it is not told what. Groups
// alone it can't give; a file can.
func (e *examination) again(item *snapshot.Entry) string {
	if item.IsClusterAdmin() {
		return e.recover()
	}
	if len(item.Policies) == 0 {
		return e.command("import live") + " > live.yaml && eksaccess apply -f live.yaml"
	}
	return e.recover(policyFlags(item)...)
}

// policyFlags name the first policy of an entry, and where it holds; none where
// it is cluster admin, which recover gives without them.
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
		Answers:     e.asked,
		Error:       e.Cluster.Error,
	}
	if e.Principal != "" {
		r.Principal = &e.Principal
	}
	if r.Answers == nil {
		r.Answers = []Answer{}
	}
	r.Access, r.Why = e.access()
	r.Next = e.next(r)
	return r
}

// access is the verdict. What the cluster itself says stands above what follows
// from what was read.
func (e *examination) access() (Access, string) {
	c := e.first()
	if e.Cluster.Error != nil {
		return Unknown, "the cluster could not be read: " + e.Cluster.Error.Message
	}
	if e.Self && e.Inside.Known() {
		if r := e.Inside.Refusal; r != nil {
			why := r.Reason
			if c != nil && c.weight < refused && !r.Code.IsUnheard() {
				why = c.why
			}
			return Out, why
		}
		if c != nil && c.weight == noRights {
			return Out, c.why
		}
		return In, "the cluster lets it in" + e.asWhat()
	}
	switch {
	case c != nil && c.weight <= noRights:
		return Out, c.why
	case e.mapped == In && e.entry != nil && !e.dead:
		return In, "by its access entry" + e.derived()
	case e.mapped == In:
		return In, "by its row in aws-auth" + e.derived()
	}
	return e.mapped, "what decides it could not be learned"
}

func (e *examination) asWhat() string {
	for _, r := range e.Inside.Reviews {
		if r.Question == cani.Everything && r.Allowed {
			return ", as an administrator"
		}
	}
	return ""
}

func (e *examination) derived() string {
	if e.Taken != nil {
		return fmt.Sprintf(", as of %s", e.Taken.UTC().Format(time.RFC3339))
	}
	return "; the cluster was not asked, since only the principal itself can ask it"
}

func (e *examination) next(r *Report) Next {
	if c := e.first(); c != nil {
		return Next{c.what, c.command}
	}
	if r.Access == In {
		return Next{What: "nothing: nothing keeps it out"}
	}
	for _, c := range e.checks { // those that decide
		if c.Status == Unchecked && c.Hint != "" && (c.ID == CheckEntry || c.ID == CheckAWSAuth) {
			return Next{What: "learn what is not known: " + c.Hint}
		}
	}
	return Next{What: "run it as the principal itself, where the cluster can be asked", Command: e.command("doctor")}
}
