package recover

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// noKubeconfig is the step if no kubeconfig is written; nil if one is.
func (r *recovery) noKubeconfig() *Step {
	switch {
	case r.NoKubeconfig:
		return &Step{Name: Kubeconfig, Status: NotNeeded, Detail: "not written: --no-kubeconfig"}
	case !r.self:
		return &Step{Name: Kubeconfig, Status: NotNeeded, Detail: "to be written by " + r.principal + ", with",
			Text: "to be written by " + r.principal, Next: r.kubeconfigCommand()}
	}
	return nil
}

func (r *recovery) kubeconfigCommand() string {
	return r.command("kubeconfig")
}

// putKubeconfig adds a context for the cluster to the kubeconfig.
func (r *recovery) putKubeconfig(ctx context.Context) ([]Step, bool, error) {
	if s := r.noKubeconfig(); s != nil {
		return oneStep(*s)
	}
	entry, err := kube.NewEntry(r.Cluster, r.target.Have, r.target.Session.Profile, r.Entry)
	if err != nil {
		return oneStep(unverifiedStep(Kubeconfig, err.Error(), plan.Error{
			Code:    fault.KubeconfigNotWritten,
			Message: err.Error(),
			Hint:    "run it again, or: " + r.kubeconfigCommand() + " --exec eksaccess",
		}))
	}
	config := kube.OpenKubeconfig(r.Options.Kubeconfig)
	change, err := config.Put(ctx, entry)
	if err != nil {
		return oneStep(unverifiedStep(Kubeconfig, "not written", kubeconfigError(err)))
	}
	for _, k := range change.Kept {
		r.observer.Message(LevelNote, k.String())
	}
	if command := entry.Exec().Command; !isOnPath(command) {
		r.observer.Message(LevelWarning, fmt.Sprintf("kubectl will run %q, which is not on the PATH", command))
	}
	r.context, r.selected = change.Context, change.Selected || change.Current == change.Context
	status := Done
	if change.Outcome == kube.Unchanged && !change.Selected {
		status = NotNeeded
	}
	r.noteAuthorities(ctx, config, change.Context, nil)
	return oneStep(Step{Name: Kubeconfig, Status: status, Detail: change.String(), Next: r.firstCommand()})
}

// previewKubeconfig is [recovery.putKubeconfig] without the write.
func (r *recovery) previewKubeconfig(ctx context.Context) ([]Step, bool, error) {
	if s := r.noKubeconfig(); s != nil {
		return oneStep(*s)
	}
	entry, err := kube.NewEntry(r.Cluster, r.target.Have, r.target.Session.Profile, r.Entry)
	if err != nil {
		return oneStep(failedStep(Kubeconfig, err.Error(), kubeconfigError(err)))
	}
	config := kube.OpenKubeconfig(r.Options.Kubeconfig)
	change, err := config.Preview(entry)
	file := ""
	if err == nil {
		file, err = config.Writable()
	}
	if err != nil {
		return oneStep(failedStep(Kubeconfig, "cannot be written", kubeconfigError(err)))
	}
	if change.Outcome != kube.Added {
		r.context, r.selected = change.Context, change.Current == change.Context
	}
	r.noteAuthorities(ctx, config, "", []string{r.kubeconfigCommand()})
	what := map[kube.Outcome]string{
		kube.Added:     "to be added",
		kube.Updated:   "to be updated",
		kube.Unchanged: "to be kept",
	}[change.Outcome]
	detail := fmt.Sprintf("context %q %s in %q", change.Context, what, file)
	switch {
	case change.Selected && change.Current != "":
		detail += fmt.Sprintf(" and selected (now %q)", change.Current)
	case change.Selected:
		detail += " and selected"
	}
	return oneStep(Step{Name: Kubeconfig, Status: Planned, Detail: detail})
}

func isOnPath(command string) bool {
	_, err := exec.LookPath(command)
	return err == nil
}

// kubeconfigError is the reason why a kubeconfig cannot be written.
func kubeconfigError(err error) plan.Error {
	hint := cmp.Or(kube.Hint(err), "write another file with --kubeconfig FILE")
	return plan.Error{Code: fault.KubeconfigNotWritten, Message: err.Error(),
		Hint: hint + ", or write none with --no-kubeconfig"}
}

// noteAuthorities notes the contexts, except the one that was written, that
// lack a certificate authority of the cluster.
func (r *recovery) noteAuthorities(ctx context.Context, config *kube.Kubeconfig, written string, fix []string) {
	logins, err := config.Logins(r.target.Have.ID, kube.Cluster{Endpoint: r.target.Have.Endpoint, CA: r.target.Have.CA})
	if err != nil {
		return // the step of the kubeconfig reports this
	}
	read := func() snapshot.Authorities { return live.ReadAuthorities(ctx, r.target.Session.EKS, r.target.Have.ID) }
	for _, o := range kube.OldAuthorities(logins, r.target.Have, written, read) {
		r.addNotes(Note{Message: o.String(), Fix: append([]string{}, fix...)})
	}
}

// firstCommand is a kubectl command that the policy allows.
func (r *recovery) firstCommand() string {
	command := "kubectl"
	if !r.selected {
		command += " --context " + awscli.Quote(r.context)
	}
	where := " --all-namespaces"
	if r.Policy.Scope == spec.ScopeNamespace {
		literal := slices.IndexFunc(r.Policy.Namespaces, func(n string) bool { return !strings.Contains(n, "*") })
		if literal < 0 {
			return command + " auth whoami"
		}
		where = " --namespace " + awscli.Quote(r.Policy.Namespaces[literal])
	}
	for _, resource := range []string{"nodes", "pods", "secrets"} {
		of := where
		if resource == "nodes" {
			if r.Policy.Scope != spec.ScopeCluster {
				continue
			}
			of = ""
		}
		list := cani.Question{Verb: "list", Resource: resource}
		if eksfacts.Judge(list, []eksfacts.Grant{{Policy: r.Policy.ARN}}, nil).Verdict == eksfacts.Yes {
			return command + " get " + resource + of
		}
	}
	return command + " auth whoami"
}
