package recover

import (
	"context"
	"maps"

	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/spec"
)

// readRest looks for other problems of the cluster, as far as the caller may
// read it. None of them fails the recovery.
func (r *recovery) readRest(ctx context.Context) {
	if m := r.target.Plan.AuthenticationMode; m.Moves() && r.wrote {
		r.addNotes(modeNotes(m.After)...)
	}
	if r.wrote {
		identities := r.target.Have.Identities
		if err := r.run.Fleet.Read(ctx, r.target.Cluster, fleet.Need{Part: fleet.Entries}); err != nil {
			return // what was read before is out of date
		}
		r.target.Have.Identities = identities
	}
	r.addNotes(expiryNotes(r.target.Have.Entry(r.principal), r.command("cleanup --expired"))...)
	r.addNotes(formerRoles(r.principal, r.target.Have, r.Cluster.ID)...)
	if !r.target.Have.EntriesRead {
		return
	}
	nodes, err := live.ReadNodeRoles(ctx, r.target.Session.EKS, r.Cluster.ID, r.target.Session.Profile)
	r.readRows(ctx, nodes)
	r.addNotes(nodeNotes(r.target.Have, nodes, err, r.awsOptions())...)
	r.addNotes(unusableNodes(r.identifyNodes(ctx), r.awsOptions())...)
}

// identifyNodes returns the reading with what IAM knows of the roles of entries
// for nodes.
func (r *recovery) identifyNodes(ctx context.Context) *spec.Live {
	var roles []string
	for _, e := range r.target.Have.Entries {
		if eksfacts.IsNode(e.Type) {
			roles = append(roles, e.Principal)
		}
	}
	have := *r.target.Have
	have.Identities = maps.Clone(have.Identities)
	if have.Identities == nil {
		have.Identities = map[string]spec.Identity{}
	}
	maps.Copy(have.Identities, r.target.IAM.ReadIdentities(ctx, roles))
	return &have
}

// readRows reads aws-auth where it matters: the caller can read the cluster once
// its access is proven.
func (r *recovery) readRows(ctx context.Context, nodes []spec.NodeRole) {
	if !r.report.Proven() {
		if !isCovered(r.target.Have, nodes) {
			r.target.Have.AWSAuth = &spec.AWSAuth{Why: "that requires access to the cluster, which is not verified"}
		}
		return
	}
	data, err := r.run.Fleet.ReadConfigMap(ctx, r.target.Cluster)
	if err != nil {
		r.target.Have.AWSAuth = &spec.AWSAuth{Why: err.Error()}
		return
	}
	r.target.Have.AWSAuth = awsauth.Parse(data)
}
