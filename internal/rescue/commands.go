package rescue

import (
	"fmt"

	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// Asking is what the commands after those that change something are to be.
type Asking struct {
	Context    string // of kubectl; "" for the current one
	Kubeconfig bool
	Proof      bool
	Blind      bool // nothing could be read
}

// Commands are the steps of a recovery as a person would type them, comments
// between.
func Commands(
	o awscli.Options,
	p plan.Cluster,
	principal string,
	policy spec.Policy,
	entryARNs map[string]string,
	a Asking,
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
		lines = append(lines, "# nothing is missing: the entry is there, and has "+place(policy))
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
		for _, q := range Questions(policy) {
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
