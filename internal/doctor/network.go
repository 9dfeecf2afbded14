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

// checkKubectl reports whether kubectl uses the same principal and endpoint.
func (e *examination) checkKubectl() {
	k := e.Kubectl
	switch {
	case !e.Self && !k.Known():
		return
	case !k.Known():
		e.addUnknown(CheckKubectl, "not known which principal kubectl uses", k.Fact)
		return
	case k.Context == "":
		add := e.kubeconfigCommand()
		e.addCheck(CheckKubectl, Warned, "the kubeconfig has no context for this cluster").Hint = add
		if e.Self {
			e.addCause(noContext, "the kubeconfig has no context for this cluster", "add a context for kubectl", add)
		}
		return
	}
	var evidence []string
	how := "context " + k.Context
	if k.Program != "" {
		how += ", tokens by " + k.Program
	}
	if k.Profile != "" {
		how += ", profile " + k.Profile
	}
	if k.Role != "" {
		how += ", as " + k.Role
	}
	evidence = append(evidence, how)
	if k.EnvKeys {
		evidence = append(evidence, "AWS_ACCESS_KEY_ID is set and has precedence over the profile")
	}
	if !k.Current {
		evidence = append(evidence, "it is not the current context: pass --context to kubectl")
	}
	rewrite := e.kubeconfigCommand()
	wrong := func(why string) {
		e.addCheck(CheckKubectl, Failed, why, evidence...).Hint = rewrite
		e.addCause(kubectlDiffers, why, "add a context for the cluster and select it", rewrite)
	}
	switch {
	case k.Elsewhere != "":
		wrong("kubectl connects to " + k.Elsewhere + ", which is not the endpoint of the cluster")
	case k.WrongCA:
		wrong("the kubeconfig does not have the certificate authority that the cluster uses")
	case k.TokenFor != "":
		wrong("kubectl creates tokens for cluster " + k.TokenFor + ", which this cluster rejects")
	case k.Principal == "":
		evidence = append(evidence, k.PrincipalBy)
		e.addCheck(CheckKubectl, Unchecked, "not known which principal kubectl uses", evidence...)
	case e.Self && e.Principal != "" && k.Principal != e.Principal:
		wrong("kubectl uses " + k.Principal + ", not " + e.Principal)
	case e.Self || k.Principal == e.Principal:
		e.addCheck(CheckKubectl, OK, "kubectl uses the same principal", evidence...)
	default:
		e.addCheck(CheckKubectl, OK, "kubectl on this machine uses "+k.Principal, evidence...)
	}
}

// kubeconfigCommand is the command that adds a context to the kubeconfig that was
// read.
func (e *examination) kubeconfigCommand() string {
	if e.Kubectl.File != "" {
		return e.command("kubeconfig", "--kubeconfig", awscli.Quote(e.Kubectl.File))
	}
	return e.command("kubeconfig")
}

// checkAuthority reports contexts that stop working when the certificate authority
// of the cluster is rotated.
func (e *examination) checkAuthority() {
	old := e.Kubectl.OldAuthorities
	if len(old) == 0 {
		return
	}
	write := e.kubeconfigCommand()
	e.addCheck(CheckAuthority, Warned, "a context lacks a certificate authority of the cluster", old...).Hint = write
	if e.Self {
		const what = "write a context with all certificate authorities of the cluster and select it"
		e.addCause(oldCA, old[0], what, write)
	}
}

// checkNetwork checks what is between this machine and the API of the cluster.
func (e *examination) checkNetwork() {
	e.checkEndpoint()
	e.checkClock()
	e.checkToken()
	e.checkAdmin()
}

func (e *examination) checkEndpoint() {
	var evidence []string
	if e.Cluster.Endpoint != "" {
		evidence = append(evidence, e.Cluster.Endpoint)
	}
	n := e.Cluster.Network
	what := "not known whether it is public"
	switch {
	case !n.Known():
	case n.Public && isOpen(n.PublicCIDRs):
		what = "public"
	case n.Public:
		what = "public for " + strings.Join(n.PublicCIDRs, ", ")
	default:
		what = "private: reachable in its network only"
	}
	if n.Known() && n.Public && n.Private {
		what += " and private"
	}
	r := e.Inside.Refusal
	switch {
	case !e.Inside.Known():
		e.addCheck(CheckEndpoint, Unchecked, what, append(evidence, e.Inside.Why)...).Hint = e.Inside.Hint
	case r != nil && r.Code.IsUnheard():
		c := e.addCheck(CheckEndpoint, Warned, what+"; cannot be reached from here", append(evidence, r.Reason)...)
		if c.Hint = r.Hint; e.Self {
			c.Status = Failed
			what := nonEmpty(r.Hint, "run this where the cluster can be reached")
			if n.Known() && !n.Public && r.Code != kubeerr.BadTLS {
				what = "run this in the network of the cluster, since its endpoint is private: over a VPN, on a " +
					"machine of its VPC, or in a CloudShell environment of its VPC"
			}
			e.addCause(unreachable, r.Reason, what, "")
		}
	case r != nil && r.Code == kubeerr.NoToken:
		e.addCheck(CheckEndpoint, Unchecked, what, append(evidence, r.Reason)...)
	default:
		e.addCheck(CheckEndpoint, OK, what+"; it answers", evidence...)
	}
}

func isOpen(cidrs []string) bool {
	for _, c := range cidrs {
		if c == "0.0.0.0/0" || c == "::/0" {
			return true
		}
	}
	return len(cidrs) == 0
}

// A token is valid for 15 minutes from the time of its signature, and AWS accepts
// signatures that are off by 5 minutes
// (kubernetes-sigs/aws-iam-authenticator, pkg/token; IAM user guide, Signature
// Version 4).
const (
	skewNoted = time.Minute
	skewFatal = 5 * time.Minute
)

func (e *examination) checkClock() {
	if !e.Clock.Known() {
		if e.Taken == nil {
			e.addUnknown(CheckClock, "not compared with the clock of AWS", e.Clock.Fact)
		}
		return
	}
	ahead := e.Clock.Ahead.Round(time.Second)
	off, direction := ahead, "ahead of"
	if ahead < 0 {
		off, direction = -ahead, "behind"
	}
	summary := fmt.Sprintf("the clock of this machine is %s %s that of AWS", off, direction)
	switch {
	case off >= skewFatal:
		e.addCheck(CheckClock, Failed, summary, "tokens with a wrong time are rejected")
		e.addCause(clockSkew, summary, "set the clock of this machine", "")
	case off >= skewNoted:
		e.addCheck(CheckClock, Warned, summary)
	default:
		e.addCheck(CheckClock, OK, "differs from that of AWS by less than a minute")
	}
}

// entryDelay is how long a new entry may take to take effect: "several seconds"
// (EKS user guide, creating-access-entries).
const entryDelay = 2 * time.Minute

func (e *examination) checkToken() {
	switch {
	case !e.Self:
		if e.Taken == nil {
			e.addCheck(CheckToken, NotRelevant, "only the principal can ask the cluster")
		}
		return
	case !e.Inside.Known():
		e.addUnknown(CheckToken, "the cluster was not asked", e.Inside.Fact)
		return
	}
	r := e.Inside.Refusal
	if r == nil {
		evidence := []string{"the cluster does not report the username"}
		if e.Inside.Username != "" {
			evidence = []string{"username " + e.Inside.Username}
			if len(e.Inside.Groups) > 0 {
				evidence = append(evidence, "groups "+strings.Join(e.Inside.Groups, ", "))
			}
		}
		e.addCheck(CheckToken, OK, "the cluster accepts it", evidence...)
		return
	}
	if r.Code.IsUnheard() {
		e.addUnknown(CheckToken, "the cluster could not be asked", snapshot.UnknownFact("", ""))
		return
	}
	e.addCheck(CheckToken, Failed, r.Reason).Hint = r.Hint
	switch {
	case r.Code == kubeerr.Unauthorized && e.entry != nil && !e.stale && e.Now.Sub(e.entry.CreatedAt) < entryDelay:
		e.addCause(
			tokenRejected,
			r.Reason,
			"wait some seconds: the entry is new and has not taken effect yet",
			e.command("doctor"),
		)
	case r.Code == kubeerr.Unauthorized:
		if e.entry != nil {
			e.addCause(tokenRejected, r.Reason, "check the entry, and verify the access in the cluster",
				e.recreateCommand(e.entry))
			return
		}
		e.addGrantCause(tokenRejected, r.Reason, e.openQuestions())
	default:
		e.addCause(tokenRejected, r.Reason, nonEmpty(r.Hint, "try again"), "")
	}
}

// checkAdmin reports the access reviews that only a cluster admin passes.
func (e *examination) checkAdmin() {
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
		{cani.EveryPath, "every non-resource path"},
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
		e.addCheck(CheckAdmin, Unchecked, "the cluster does not answer access reviews", evidence...).Hint = refusal.Hint
		if refusal.Hint != "" {
			e.addCause(notAllowed, refusal.Reason, refusal.Hint, "")
		}
	case yes == judged:
		e.addCheck(CheckAdmin, OK, "cluster admin, as the cluster reports", evidence...)
	case yes > 0:
		e.addCheck(CheckAdmin, Warned, "cluster admin in part", evidence...)
	default:
		e.addCheck(CheckAdmin, OK, "not cluster admin, as the cluster reports", evidence...)
	}
}
