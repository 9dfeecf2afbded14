package recover

import (
	"cmp"
	"context"
	"fmt"

	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/run"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// Commands returns what [Run] would do in the cluster as it is now, as commands
// for aws and kubectl. If the cluster cannot be read, they have every step. The
// error is a [CommandsError] if there are none.
func Commands(ctx context.Context, in *run.Run, o Options, observer Observer) ([]string, error) {
	r := newRecovery(in, o, messagesOnly{observer}, false)
	complete, err := r.runParts(ctx, r.identify, r.reach, r.compute)
	if err != nil {
		return nil, err
	}
	blind := false
	if !complete {
		why := *r.report.Steps[len(r.report.Steps)-1].Error
		// It was read and cannot be recovered, or the principal is not known.
		if r.target.Have != nil || o.Principal.ARN == "" {
			return nil, &CommandsError{Cause: why, NoPrincipal: r.target.Have == nil}
		}
		observer.Message(LevelWarning,
			fmt.Sprintf("the cluster could not be read, so all steps are printed: %s: %s", why.Code, why.Message))
		if err := r.computeBlind(); err != nil {
			return nil, err
		}
		blind = true
	}
	entryARNs := map[string]string{}
	for _, e := range r.target.Have.Entries {
		entryARNs[e.Principal] = e.ARN
	}
	context := r.Cluster.ID.ARN() // what the aws command calls its context
	if r.Cluster.ID.Account == "" {
		context = "" // update-kubeconfig has made it the current one
	}
	return commandLines(r.awsOptions(), r.target.Plan, r.principal, r.Policy, entryARNs, commandOptions{
		Context:    context,
		Kubeconfig: !r.NoKubeconfig && r.self,
		Proof:      !r.NoVerify && r.self,
		Blind:      blind,
	}), nil
}

// messagesOnly skips the steps: those before the commands only read.
type messagesOnly struct{ Observer }

func (messagesOnly) Step(*Report, Step) error { return nil }

// A CommandsError is the reason why there are no commands.
type CommandsError struct {
	Cause       plan.Error
	NoPrincipal bool // the principal is not known
}

func (e *CommandsError) Error() string {
	text := e.Cause.Message
	if e.Cause.Code != "" {
		text = e.Cause.Code + ": " + text
	}
	if e.NoPrincipal {
		return "the principal is not known: " + text
	}
	return text
}

// Hints returns the next steps.
func (e *CommandsError) Hints() []string {
	if e.NoPrincipal {
		return []string{e.Cause.Hint, "to print the commands without reading the cluster: --principal ARN"}
	}
	return []string{e.Cause.Hint}
}

// computeBlind plans for a cluster that could not be read, as if it were in mode
// CONFIG_MAP and without an entry.
func (r *recovery) computeBlind() error {
	r.principal, r.self = r.Options.Principal.ARN, true
	r.Reason = cmp.Or(r.Reason, "recover")
	r.target.Have = &spec.Live{ID: r.Cluster.ID, Mode: eksfacts.ModeConfigMap, Identities: map[string]spec.Identity{}}
	r.target.Plan = plan.Recover(r.planInput())
	if e := r.target.Plan.Error; e != nil {
		return &CommandsError{Cause: plan.Error{Message: e.Message, Hint: e.Hint}}
	}
	for i := range r.target.Plan.Changes {
		r.target.Plan.Changes[i].Reason = "if there is none"
	}
	return nil
}

// commandOptions say which commands follow those that write.
type commandOptions struct {
	Context    string // of kubectl; "" for the current one
	Kubeconfig bool
	Proof      bool
	Blind      bool // the cluster could not be read
}

// commandLines are the steps of a recovery as commands, with comments.
func commandLines(
	o awscli.Options,
	p plan.Cluster,
	principal string,
	policy spec.Policy,
	entryARNs map[string]string,
	a commandOptions,
) []string {
	lines := []string{fmt.Sprintf("# give %s access to cluster %s in %s", principal, o.Cluster, o.Region)}
	if a.Blind {
		lines = append(
			lines,
			"# The cluster was not read. Read it first: a mode other than CONFIG_MAP needs no update,",
			"# and an entry that exists (list-access-entries) needs no create.",
			awscli.Describe(o),
			awscli.ListEntries(o),
		)
	}
	if o.Role != "" {
		lines = append(lines, "# as role "+o.Role+": use its credentials, or a profile that assumes it")
	}
	changes := awscli.Plan(o, p, entryARNs)
	if len(changes) == 0 {
		lines = append(lines, "# nothing is missing: the entry exists, with "+policyText(policy))
	}
	if p.AuthenticationMode.Moves() && !a.Blind {
		changes = append(
			changes,
			"# EKS creates entries of its own at this step. If create-access-entry returns",
			"# ResourceInUseException, the entry exists: continue, and do not change its tags.",
		)
	}
	lines = append(lines, changes...)
	lines = append(lines, "# read it back", awscli.ListPolicies(o, principal))
	if a.Kubeconfig {
		lines = append(lines, "# kubectl; this selects the context", awscli.UpdateKubeconfig(o))
	}
	if a.Proof {
		lines = append(lines, "# verify; a new entry takes some seconds")
		asked := false
		for _, q := range questionsFor(policy) {
			if line := awscli.CanI(a.Context, q); line != "" {
				lines, asked = append(lines, line), true
			}
		}
		if !asked {
			lines = append(lines, awscli.WhoAmI(a.Context))
		}
	}
	return lines
}
