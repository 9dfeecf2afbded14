package main

import (
	"context"
	"maps"

	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/rescue"
	"github.com/eksaccess/eksaccess/spec"
)

// after looks for what else is broken, as far as that may be read. None of it
// fails a recovery.
func (r *recovery) after(ctx context.Context) error {
	if m := r.s.plan.AuthenticationMode; m.Moves() && r.wrote {
		r.note(rescue.ModeNotes(m.After)...)
	}
	if r.wrote {
		have, err := live.Read(ctx, r.s.session.EKS, r.s.declared.ID, live.Options{Profile: r.s.session.Profile})
		if err != nil {
			return nil // what was read before is of another time
		}
		have.Identities = r.s.have.Identities
		r.s.have = have
	}
	r.note(rescue.Ends(r.s.have.Entry(r.principal), r.s.declared.ID)...)
	r.note(rescue.Former(r.principal, r.s.have, r.s.declared.ID)...)
	if !r.s.have.EntriesRead {
		return nil
	}
	nodes, err := live.ReadNodeRoles(ctx, r.s.session.EKS, r.s.declared.ID, r.s.session.Profile)
	r.readRows(ctx, nodes)
	r.note(rescue.Nodes(r.s.have, nodes, err, r.to())...)
	r.note(rescue.Unusable(r.identifyNodes(ctx), r.to())...)
	return nil
}

// identifyNodes returns the reading with what IAM knows of the roles of entries
// for nodes.
func (r *recovery) identifyNodes(ctx context.Context) *spec.Live {
	var roles []string
	for _, e := range r.s.have.Entries {
		if eksfacts.IsNode(e.Type) {
			roles = append(roles, e.Principal)
		}
	}
	have := *r.s.have
	have.Identities = maps.Clone(have.Identities)
	if have.Identities == nil {
		have.Identities = map[string]spec.Identity{}
	}
	maps.Copy(have.Identities, r.s.iam.ReadIdentities(ctx, roles))
	return &have
}

// readRows reads aws-auth where that may tell more: from now on the cluster
// can be asked.
func (r *recovery) readRows(ctx context.Context, nodes []spec.NodeRole) {
	proof := r.report.Step(rescue.Proof)
	if proof == nil || proof.Status != rescue.Done {
		if !rescue.Covered(r.s.have, nodes) {
			r.s.have.AWSAuth = &spec.AWSAuth{Why: "that needs the proof that the cluster lets in who runs this"}
		}
		return
	}
	data, err := r.f.awsAuthOf(ctx, r.s, r.s.have)
	if err != nil {
		r.s.have.AWSAuth = &spec.AWSAuth{Why: err.Error()}
		return
	}
	r.s.have.AWSAuth = awsauth.Parse(data)
}
