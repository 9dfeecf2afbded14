package awscli

import (
	"fmt"
	"slices"

	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// Options are what every command needs to reach its cluster.
type Options struct {
	Cluster string // name
	Region  string
	Profile string // "" for the SDK's chain
	Role    string // to be assumed for kubectl; "" for none
}

func (o Options) eks(operation string, words ...string) string {
	all := append([]string{"aws", "eks", operation}, words...)
	all = append(all, "--region", o.Region)
	if o.Profile != "" {
		all = append(all, "--profile", o.Profile)
	}
	return Line(all...)
}

// Step is the command of one step; "" for what no command is known. entryARN is
// that of the live entry, which tags are set by.
func Step(o Options, s plan.Step, entryARN string) string {
	cluster := []string{"--cluster-name", o.Cluster, "--principal-arn", s.Principal}
	switch s.Operation {
	case plan.CreateAccessEntry:
		words := append(cluster, "--type", s.Type)
		if len(s.Groups) > 0 {
			words = append(append(words, "--kubernetes-groups"), s.Groups...)
		}
		if s.Username != nil {
			words = append(words, "--username", *s.Username)
		}
		if len(s.Tags) > 0 {
			words = append(words, "--tags", inJSON(s.Tags))
		}
		return o.eks("create-access-entry", words...)
	case plan.DeleteAccessEntry:
		return o.eks("delete-access-entry", cluster...)
	case plan.AssociateAccessPolicy:
		scope := map[string]any{"type": s.Scope}
		if s.Scope == spec.ScopeNamespace {
			scope["namespaces"] = s.Namespaces
		}
		return o.eks(
			"associate-access-policy",
			append(cluster, "--policy-arn", s.Policy, "--access-scope", inJSON(scope))...)
	case plan.TagResource:
		return o.eks("tag-resource", "--resource-arn", entryARN, "--tags", inJSON(s.Tags))
	case plan.UntagResource:
		return o.eks("untag-resource", append([]string{"--resource-arn", entryARN, "--tag-keys"}, s.TagKeys...)...)
	}
	return ""
}

// Modes are the commands of the steps of the authentication mode. Each is
// waited for: until it is done EKS refuses every call about entries.
func Modes(o Options, m *plan.ModeChange) []string {
	if m == nil {
		return nil
	}
	var lines []string
	for _, to := range eksfacts.ModeSteps(m.Before, m.After) {
		update := o.eks(
			"update-cluster-config",
			"--name",
			o.Cluster,
			"--access-config",
			"authenticationMode="+to,
			"--query",
			"update.id",
			"--output",
			"text",
		)
		status := o.eks("describe-update", "--name", o.Cluster, "--query", "update.status", "--output", "text")
		lines = append(
			lines,
			"id=$("+update+")",
			`while [ "$(`+status+` --update-id "$id")" = InProgress ]; do sleep 10; done`,
			o.eks(
				"describe-cluster",
				"--name",
				o.Cluster,
				"--query",
				"cluster.accessConfig.authenticationMode",
				"--output",
				"text",
			),
		)
	}
	return lines
}

// Describe shows the cluster's status, mode and endpoint.
func Describe(o Options) string {
	return o.eks(
		"describe-cluster",
		"--name",
		o.Cluster,
		"--query",
		"cluster.[status,accessConfig.authenticationMode,endpoint]",
		"--output",
		"text",
	)
}

// ListEntries shows whose entries there are.
func ListEntries(o Options) string { return o.eks("list-access-entries", "--cluster-name", o.Cluster) }

// ListPolicies shows what a principal has.
func ListPolicies(o Options, principal string) string {
	return o.eks("list-associated-access-policies", "--cluster-name", o.Cluster, "--principal-arn", principal)
}

// CreateNodeEntry makes the entry of nodes.
func CreateNodeEntry(o Options, role, kind string) string {
	return o.eks("create-access-entry", "--cluster-name", o.Cluster, "--principal-arn", role, "--type", kind)
}

// RecreateNodeEntry deletes the entry of nodes and creates it again, which is
// how one is bound to a role that was recreated.
func RecreateNodeEntry(o Options, role, kind string) string {
	return Step(
		o,
		plan.Step{Operation: plan.DeleteAccessEntry, Principal: role},
		"",
	) + " && " + CreateNodeEntry(
		o,
		role,
		kind,
	)
}

// UpdateKubeconfig is the aws command's own way to a context; it makes it the
// current one.
func UpdateKubeconfig(o Options) string {
	words := []string{"--name", o.Cluster}
	if o.Role != "" {
		words = append(words, "--role-arn", o.Role)
	}
	return o.eks("update-kubeconfig", words...)
}

// CanI is kubectl's way to ask the cluster in a context, "" for the current
// one; "" for what kubectl can't ask.
func CanI(context string, q cani.Question) string {
	if q.Group == "*" || q.Path == "*" {
		return ""
	}
	what := q.Resource
	if q.Group != "" {
		what += "." + q.Group
	}
	words := []string{"kubectl", "auth", "can-i", q.Verb, what}
	if q.Path != "" {
		words[4] = q.Path
	}
	switch {
	case q.Namespace != "":
		words = append(words, "--namespace", q.Namespace)
	case q.Path == "":
		words = append(words, "--all-namespaces")
	}
	return Line(inContext(words, context)...)
}

// inContext names the context, unless it is the current one.
func inContext(words []string, context string) []string {
	if context == "" {
		return words
	}
	return append(words, "--context", context)
}

// WhoAmI is kubectl's way to ask who one is (kubectl 1.28).
func WhoAmI(context string) string {
	return Line(inContext([]string{"kubectl", "auth", "whoami"}, context)...)
}

// Plan are the commands that do what a plan says, in the order in which it is
// done, with why. Tags are set by the ARNs of entries, here by principal.
func Plan(o Options, c plan.Cluster, entryARNs map[string]string) []string {
	var lines []string
	if c.AuthenticationMode.Moves() {
		lines = append(
			lines,
			fmt.Sprintf(
				"# mode: from %s to %s; one-way: EKS never takes it back, and it takes minutes",
				c.AuthenticationMode.Before,
				c.AuthenticationMode.After,
			),
		)
		lines = append(lines, Modes(o, c.AuthenticationMode)...)
	}
	for _, change := range c.Changes {
		lines = append(
			lines,
			"",
			fmt.Sprintf("# entry: %s %s: %s", change.Action, comment(change.Principal), comment(change.Reason)),
		)
		for _, phase := range []plan.Phase{plan.Grant, plan.Revoke} {
			for _, s := range change.Steps {
				if s.Phase == phase {
					lines = append(lines, Step(o, s, entryARNs[s.Principal]))
				}
			}
		}
	}
	return slices.DeleteFunc(lines, func(s string) bool { return s == "" })
}

// comment keeps text on its line.
func comment(s string) string {
	out := []rune(s)
	for i, r := range out {
		if r < ' ' || r == 0x7f {
			out[i] = '?'
		}
	}
	return string(out)
}
