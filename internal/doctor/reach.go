package doctor

import (
	"fmt"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/snapshot"
)

// kubectl: is it the same as what is looked at here?
func (e *examination) kubectl() {
	k := e.Kubectl
	switch {
	case !e.Self && !k.Known():
		return
	case !k.Known():
		e.unknown(CheckKubectl, "not known who kubectl would be", k.Fact)
		return
	case k.Context == "":
		add := e.writeKubeconfig()
		e.check(CheckKubectl, Warned, "no context of the kubeconfig is for this cluster").Hint = add
		if e.Self {
			e.because(noContext, "kubectl has no context for the cluster", "add a context for kubectl", add)
		}
		return
	}
	var evidence []string
	how := "context " + k.Context
	if k.Program != "" {
		how += ", by " + k.Program
	}
	if k.Profile != "" {
		how += ", profile " + k.Profile
	}
	if k.Role != "" {
		how += ", role " + k.Role
	}
	evidence = append(evidence, how)
	if k.EnvKeys {
		evidence = append(evidence, "AWS_ACCESS_KEY_ID is set, and stands above the profile")
	}
	if !k.Current {
		evidence = append(evidence, "it is not the current context: kubectl needs --context")
	}
	rewrite := e.writeKubeconfig()
	wrong := func(why string) {
		e.check(CheckKubectl, Failed, why, evidence...).Hint = rewrite
		e.because(kubectlOff, why, "add a context for the cluster and select it", rewrite)
	}
	switch {
	case k.Elsewhere != "":
		wrong("kubectl would speak to " + k.Elsewhere + ", which is not the cluster's endpoint")
	case k.WrongCA:
		wrong("the kubeconfig does not have the certificate authority that the cluster uses")
	case k.TokenFor != "":
		wrong("kubectl would make tokens for cluster " + k.TokenFor + ", which this one refuses")
	case k.Principal == "":
		e.check(CheckKubectl, Unchecked, "not known who kubectl would be", append(evidence, k.PrincipalBy)...)
	case e.Self && e.Principal != "" && k.Principal != e.Principal:
		wrong("kubectl would be " + k.Principal + ", not " + e.Principal)
	case e.Self || k.Principal == e.Principal:
		e.check(CheckKubectl, OK, "kubectl would be the same", evidence...)
	default:
		e.check(CheckKubectl, OK, "kubectl here would be "+k.Principal, evidence...)
	}
}

// writeKubeconfig is the command that adds a context to the kubeconfig that was
// looked into.
func (e *examination) writeKubeconfig() string {
	if e.Kubectl.File != "" {
		return e.command("kubeconfig", "--kubeconfig", awscli.Quote(e.Kubectl.File))
	}
	return e.command("kubeconfig")
}

// authority: will kubectl still trust the cluster after the next rotation?
func (e *examination) authority() {
	old := e.Kubectl.OldAuthorities
	if len(old) == 0 {
		return
	}
	write := e.writeKubeconfig()
	e.check(CheckAuthority, Warned, "a context lacks a certificate authority of the cluster", old...).Hint = write
	if e.Self {
		e.because(oldCA, old[0], "write a context with all certificate authorities of the cluster and select it", write)
	}
}

// reach: what is between here and the cluster's own API.
func (e *examination) reach() {
	e.endpoint()
	e.clock()
	e.token()
	e.admin()
}

func (e *examination) endpoint() {
	var evidence []string
	if e.Cluster.Endpoint != "" {
		evidence = append(evidence, e.Cluster.Endpoint)
	}
	n := e.Cluster.Network
	what := "not known from where it can be reached"
	switch {
	case !n.Known():
	case n.Public && open(n.PublicCIDRs):
		what = "public"
	case n.Public:
		what = "public, for " + strings.Join(n.PublicCIDRs, ", ")
	default:
		what = "private: from its own network only"
	}
	if n.Known() && n.Public && n.Private {
		what += "; and private"
	}
	r := e.Inside.Refusal
	switch {
	case !e.Inside.Known():
		e.check(CheckEndpoint, Unchecked, what, append(evidence, e.Inside.Why)...).Hint = e.Inside.Hint
	case r != nil && r.Code.IsUnheard():
		c := e.check(CheckEndpoint, Warned, what+"; no way to it from here", append(evidence, r.Reason)...)
		if c.Hint = r.Hint; e.Self {
			c.Status = Failed
			what := nonEmpty(r.Hint, "run it where the cluster can be reached")
			if n.Known() && !n.Public && r.Code != kubeerr.BadTLS {
				what = "run it in the cluster's own network, its endpoint being private: over a VPN, or on a machine " +
					"or in a CloudShell environment of its VPC"
			}
			e.because(wayBarred, r.Reason, what, "")
		}
	case r != nil && r.Code == kubeerr.NoToken:
		e.check(CheckEndpoint, Unchecked, what, append(evidence, r.Reason)...)
	default:
		e.check(CheckEndpoint, OK, what+"; it answers here", evidence...)
	}
}

func open(cidrs []string) bool {
	for _, c := range cidrs {
		if c == "0.0.0.0/0" || c == "::/0" {
			return true
		}
	}
	return len(cidrs) == 0
}

// A token is taken for 15 minutes from the time it says it was signed at, and
// AWS takes signatures that are off by 5
// (kubernetes-sigs/aws-iam-authenticator, pkg/token; IAM user guide, Signature
// Version 4).
const (
	skewNoted = time.Minute
	skewFatal = 5 * time.Minute
)

func (e *examination) clock() {
	if !e.Clock.Known() {
		if e.Taken == nil {
			e.unknown(CheckClock, "not compared with that of AWS", e.Clock.Fact)
		}
		return
	}
	ahead := e.Clock.Ahead.Round(time.Second)
	off, direction := ahead, "ahead of"
	if ahead < 0 {
		off, direction = -ahead, "behind"
	}
	summary := fmt.Sprintf("this machine's is %s %s that of AWS", off, direction)
	switch {
	case off >= skewFatal:
		e.check(CheckClock, Failed, summary, "tokens of another time are refused")
		e.because(skewed, summary, "set this machine's clock", "")
	case off >= skewNoted:
		e.check(CheckClock, Warned, summary)
	default:
		e.check(CheckClock, OK, "within a minute of that of AWS")
	}
}

// young is how long EKS may take with a new entry: "several seconds" (EKS user
// guide, creating-access-entries).
const young = 2 * time.Minute

func (e *examination) token() {
	switch {
	case !e.Self:
		if e.Taken == nil {
			e.check(CheckToken, NotRelevant, "only the principal itself can ask the cluster")
		}
		return
	case !e.Inside.Known():
		e.unknown(CheckToken, "the cluster was not asked", e.Inside.Fact)
		return
	}
	r := e.Inside.Refusal
	if r == nil {
		evidence := []string{"the cluster does not tell as whom"}
		if e.Inside.Username != "" {
			evidence = []string{"as " + e.Inside.Username}
			if len(e.Inside.Groups) > 0 {
				evidence = append(evidence, "groups "+strings.Join(e.Inside.Groups, ", "))
			}
		}
		e.check(CheckToken, OK, "the cluster takes it", evidence...)
		return
	}
	if r.Code.IsUnheard() {
		e.unknown(CheckToken, "it did not get to the cluster", snapshot.UnknownFact("", ""))
		return
	}
	e.check(CheckToken, Failed, r.Reason).Hint = r.Hint
	switch {
	case r.Code == kubeerr.Unauthorized && e.entry != nil && !e.dead && e.Now.Sub(e.entry.CreatedAt) < young:
		e.because(
			refused,
			r.Reason,
			"wait: the entry is new, and EKS needs some seconds to know it",
			e.command("doctor"),
		)
	case r.Code == kubeerr.Unauthorized:
		if e.entry != nil {
			e.because(refused, r.Reason, "check the entry again, with what it has, and let the cluster prove it",
				e.again(e.entry))
			return
		}
		e.remedied(refused, r.Reason, e.open())
	default:
		e.because(refused, r.Reason, nonEmpty(r.Hint, "try again"), "")
	}
}

// admin: the reviews that only an administrator passes.
func (e *examination) admin() {
	if !e.Self || !e.Inside.Known() || e.Inside.Refusal != nil {
		return
	}
	answers := map[cani.Question]Review{}
	for _, r := range e.Inside.Reviews {
		answers[r.Question] = r
	}
	var evidence []string
	yes, judged := 0, 0
	var refusal *kubeerr.Error
	for _, q := range []struct {
		question cani.Question
		text     string
	}{
		{cani.Everything, "kubectl auth can-i '*' '*' --all-namespaces"},
		{cani.EveryGroup, "the same in every API group"},
		{cani.EveryPath, "every path that is no resource"},
	} {
		r, ok := answers[q.question]
		if !ok {
			continue
		}
		judged++
		if r.Refusal != nil {
			refusal = r.Refusal
		}
		a := r.answer()
		if a.Verdict == Yes {
			yes++
		}
		line := fmt.Sprintf("%s: %s", q.text, a.Verdict)
		if a.Reason != "" && a.Verdict != Yes {
			line += ": " + a.Reason
		}
		evidence = append(evidence, line)
	}
	switch {
	case judged == 0:
	case refusal != nil:
		e.check(CheckAdmin, Unchecked, "the cluster does not answer what it may", evidence...).Hint = refusal.Hint
		if refusal.Hint != "" {
			e.because(notAllowed, refusal.Reason, refusal.Hint, "")
		}
	case yes == judged:
		e.check(CheckAdmin, OK, "an administrator of the cluster, by its own word", evidence...)
	case yes > 0:
		e.check(CheckAdmin, Warned, "not in everything an administrator", evidence...)
	default:
		e.check(CheckAdmin, OK, "not an administrator of the cluster, by its own word", evidence...)
	}
}
