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

// Commands returns what [Run] would do, for the cluster as it is, as commands of
// aws and kubectl. Where it cannot be read, every step is in them. The error is
// a [CommandsError] where there are none.
func Commands(ctx context.Context, in *run.Run, o Options, observer Observer) ([]string, error) {
	r := begin(in, o, messagesOnly{observer}, false)
	whole, err := r.do(ctx, r.identify, r.reach, r.compute)
	if err != nil {
		return nil, err
	}
	blind := false
	if !whole {
		why := *r.report.Steps[len(r.report.Steps)-1].Error
		// It was read, and can't be done; or not even who is meant is known.
		if r.target.Have != nil || o.Principal.ARN == "" {
			return nil, &CommandsError{Cause: why, NoPrincipal: r.target.Have == nil}
		}
		observer.Message(LevelWarning,
			fmt.Sprintf("nothing could be read, so all steps are printed: %s: %s", why.Code, why.Message))
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

// messagesOnly leaves out the steps: those before the commands only read.
type messagesOnly struct{ Observer }

func (messagesOnly) Step(Step) error { return nil }

// A CommandsError says why there are no commands.
type CommandsError struct {
	Cause       plan.Error
	NoPrincipal bool // it is not known who is to get in
}

func (e *CommandsError) Error() string {
	text := e.Cause.Message
	if e.Cause.Code != "" {
		text = e.Cause.Code + ": " + text
	}
	if e.NoPrincipal {
		return "who is to get in can't be told: " + text
	}
	return text
}

// Hints returns what to do.
func (e *CommandsError) Hints() []string {
	if e.NoPrincipal {
		return []string{e.Cause.Hint, "to print the commands without looking: --principal ARN"}
	}
	return []string{e.Cause.Hint}
}

// computeBlind plans for a cluster that could not be read: in the first mode,
// and without an entry.
func (r *recovery) computeBlind() error {
	r.principal, r.self = r.Options.Principal.ARN, true
	r.Reason = cmp.Or(r.Reason, "recover")
	r.target.Have = &spec.Live{ID: r.Cluster.ID, Mode: eksfacts.ModeConfigMap, Identities: map[string]spec.Identity{}}
	r.target.Plan = plan.Recover(r.planInput())
	if e := r.target.Plan.Error; e != nil {
		return &CommandsError{Cause: plan.Error{Message: e.Message, Hint: e.Hint}}
	}
	for i := range r.target.Plan.Changes {
		r.target.Plan.Changes[i].Reason = "where there is none"
	}
	return nil
}

// commandOptions are what the commands after those that write are to be.
type commandOptions struct {
	Context    string // of kubectl; "" for the current one
	Kubeconfig bool
	Proof      bool
	Blind      bool // nothing could be read
}

// commandLines are the steps of a recovery as a person would type them, comments
// between.
func commandLines(
	o awscli.Options,
	p plan.Cluster,
	principal string,
	policy spec.Policy,
	entryARNs map[string]string,
	a commandOptions,
) []string {
	lines := []string{fmt.Sprintf("# gets %s into cluster %s in %s", principal, o.Cluster, o.Region)}
	if a.Blind {
		lines = append(
			lines,
			"# The cluster was not looked at. Look first: a mode that is not CONFIG_MAP needs no update,",
			"# and an entry that exists (list-access-entries) needs no create.",
			awscli.Describe(o),
			awscli.ListEntries(o),
		)
	}
	if o.Role != "" {
		lines = append(lines, "# as role "+o.Role+": take its credentials first, or a profile that assumes it")
	}
	changes := awscli.Plan(o, p, entryARNs)
	if len(changes) == 0 {
		lines = append(lines, "# nothing is missing: the entry is there, and has "+policyText(policy))
	}
	if p.AuthenticationMode.Moves() && !a.Blind {
		changes = append(
			changes,
			"# EKS makes entries of its own at that step. Where create-access-entry says ResourceInUseException,",
			"# there is one already: go on, and leave its tags alone.",
		)
	}
	lines = append(lines, changes...)
	lines = append(lines, "# read it back", awscli.Granted(o, principal))
	if a.Kubeconfig {
		lines = append(lines, "# kubectl; this makes it the current context", awscli.UpdateKubeconfig(o))
	}
	if a.Proof {
		lines = append(lines, "# proof; a new entry takes some seconds")
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
