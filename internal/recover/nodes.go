package recover

import (
	"fmt"
	"maps"
	"slices"

	"github.com/eksaccess/eksaccess/internal/access"
	"github.com/eksaccess/eksaccess/internal/awscli"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// nodeNotes are notes on roles of nodes that have neither an access entry nor a
// row of aws-auth: their nodes become NotReady when their tokens expire, and new
// nodes do not join (EKS user guide, migrating-access-entries). In mode API rows
// have no effect. What could not be read is a note too.
func nodeNotes(have *spec.Live, managed []spec.NodeRole, managedErr error, to awscli.Options) []Note {
	var notes []Note
	if managedErr != nil {
		notes = append(
			notes,
			Note{
				Message: "not checked whether the roles of nodes have entries: " + managedErr.Error(),
				Fix:     []string{},
			},
		)
	}
	if have.AWSAuth != nil && have.UsesAWSAuth() {
		for _, key := range have.AWSAuth.Unparsed {
			notes = append(notes, Note{
				Message: "aws-auth: " + key +
					"; its rows have no effect: their principals and nodes have no access",
				Fix: []string{"kubectl edit configmap aws-auth -n kube-system"},
			})
		}
	}
	rows := map[string]spec.AWSAuthRow{}
	if have.AWSAuth != nil && have.AWSAuth.Read {
		rows = have.AWSAuth.ByKey()
	}
	lacking := map[string]*Note{} // by role
	miss := func(role, kind, of string) {
		if n := lacking[role]; n != nil {
			n.Message += ", " + of
			return
		}
		lacking[role] = &Note{
			Message: fmt.Sprintf(
				"%s has neither an access entry nor an aws-auth row, so its nodes lose access: %s",
				role,
				of,
			),
			Fix: []string{awscli.CreateNodeEntry(to, role, kind)},
		}
	}
	state := access.NewState(have)
	covered := map[string]bool{} // an entry that no longer works is for unusableNodes to report
	for _, e := range have.Entries {
		if eksfacts.IsNode(e.Type) {
			covered[spec.AWSAuthKey(e.Principal)] = true
		}
	}
	unread := 0
	for _, n := range managed {
		key := spec.AWSAuthKey(n.Role)
		a := state.For(n.Role)
		switch {
		case covered[key], a.Via == access.ViaRow:
		case have.UsesAWSAuth() && (have.AWSAuth == nil || !have.AWSAuth.Read):
			unread++
		default:
			miss(n.Role, n.Type, n.Of)
		}
	}
	if unread > 0 {
		why := "it was not requested"
		if have.AWSAuth != nil {
			why = have.AWSAuth.Why
		}
		notes = append(
			notes,
			Note{
				Message: fmt.Sprintf(
					"not checked whether aws-auth has rows for %d node groups that have no entry: "+
						"aws-auth was not read: %s",
					unread,
					why,
				),
				Fix: []string{},
			},
		)
	}
	if !have.UsesAWSAuth() {
		for _, key := range slices.Sorted(maps.Keys(rows)) {
			if r := rows[key]; access.IsNodeRow(r) && !covered[key] {
				if _, noted := lacking[r.ARN]; !noted {
					miss(r.ARN, access.NodeType(r), "an aws-auth row, which mode API ignores")
				}
			}
		}
	}
	for _, role := range slices.Sorted(maps.Keys(lacking)) {
		notes = append(notes, *lacking[role])
	}
	return notes
}

// unusableNodes are notes on entries of node roles that no longer work, each with
// the command that fixes it: EKS keeps entries bound to the id of a role that was
// deleted (EKS user guide, creating-access-entries).
func unusableNodes(have *spec.Live, to awscli.Options) []Note {
	var notes []Note
	for _, n := range access.NewState(have).UnusableNodes() {
		if n.IsOrphaned() {
			notes = append(notes,
				Note{Message: fmt.Sprintf("the %s entry of %s is orphaned: IAM no longer has the role", n.Type,
					n.Principal),
					Fix: []string{"eksaccess cleanup --orphaned --allow-node-removal --cluster " +
						awscli.Quote(have.ID.ARN())}})
			continue
		}
		notes = append(
			notes,
			Note{
				Message: fmt.Sprintf(
					"the %s entry of %s is stale: the role was recreated after it, so its nodes cannot join",
					n.Type,
					n.Principal,
				),
				Fix: []string{awscli.RecreateNodeEntry(to, n.Principal, n.Type)},
			},
		)
	}
	return notes
}

// modeNotes say what to change in the tool that created the cluster, once its
// mode changed: EKS refuses to go back, which the next run of that tool would
// request (hashicorp/terraform-provider-aws, aws_eks_cluster; CloudFormation,
// AWS::EKS::Cluster AccessConfig; eksctl, ClusterConfig accessConfig).
func modeNotes(mode string) []Note {
	return []Note{{
		Message: fmt.Sprintf(
			"the mode is now %s; set it in the tool that created the cluster, or its next apply fails",
			mode,
		),
		Fix: []string{
			fmt.Sprintf("Terraform       aws_eks_cluster: access_config { authentication_mode = %q }", mode),
			fmt.Sprintf("CloudFormation  AWS::EKS::Cluster: AccessConfig: {AuthenticationMode: %s}", mode),
			fmt.Sprintf("eksctl          accessConfig: {authenticationMode: %s}", mode),
		},
	}}
}
