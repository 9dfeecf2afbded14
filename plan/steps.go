package plan

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/spec"
)

// CreateSteps are the calls that make an entry that is not there. All are
// grants.
func CreateSteps(after spec.Entry) []Step {
	create := Step{Operation: CreateAccessEntry, Principal: after.Principal, Phase: Grant,
		Type: after.Type, Username: ownUsername(after), Tags: sendableTags(after.Tags)}
	if eksfacts.TakesNames(after.Type) {
		create.Groups = after.Groups
	}
	steps := []Step{create}
	for _, p := range after.Policies {
		steps = append(steps, associate(after.Principal, p, Grant))
	}
	return steps
}

// UpdateSteps are the calls that turn an entry into another of the same
// principal and type, in place. What is gained comes first, as grants; what is
// lost after it, as revocations. Where one call would do both, the union of
// both is sent as the grant and the wanted state as the revocation, so that
// nothing had before and after is missing in between. Of tags that before has
// and after has not, only our own are taken off.
func UpdateSteps(before, after spec.Entry) []Step {
	var grants, revocations []Step
	for _, want := range after.Policies {
		have, ok := before.Policy(want.ARN)
		switch {
		case ok && have.Equal(want):
		case !ok || covers(want, have):
			grants = append(grants, associate(after.Principal, want, Grant))
		case covers(have, want):
			revocations = append(revocations, associate(after.Principal, want, Revoke))
		default:
			grants = append(grants, associate(after.Principal, unionScope(have, want), Grant))
			revocations = append(revocations, associate(after.Principal, want, Revoke))
		}
	}
	for _, have := range before.Policies {
		if _, ok := after.Policy(have.ARN); !ok {
			revocations = append(revocations, Step{Operation: DisassociateAccessPolicy,
				Principal: after.Principal, Phase: Revoke, Policy: have.ARN})
		}
	}
	if eksfacts.TakesNames(after.Type) {
		g, r := nameSteps(before, after)
		grants, revocations = append(grants, g...), append(r, revocations...)
	}
	grants = append(grants, tagSteps(before, after)...)
	return append(grants, revocations...)
}

// nameSteps changes groups and username. Update replaces both whatever it is
// given (terraform-provider-aws #36480), so each call carries both. A username
// is a right by itself, through the bindings that name it: the old one stays
// until revocations are due.
func nameSteps(before, after spec.Entry) (grants, revocations []Step) {
	both := before
	both.Groups = union(before.Groups, after.Groups)
	if !slices.Equal(both.Groups, before.Groups) {
		grants = append(grants, updateNames(both, Grant))
	}
	if before.Username != after.Username || !slices.Equal(both.Groups, after.Groups) {
		revocations = append(revocations, updateNames(after, Revoke))
	}
	return grants, revocations
}

func updateNames(e spec.Entry, phase Phase) Step {
	return Step{Operation: UpdateAccessEntry, Principal: e.Principal, Phase: phase,
		Username: sentUsername(e), Groups: e.Groups}
}

// sentUsername is the username of an update, the derived one too. Sending that
// one is right whether EKS resets what is not sent (terraform-provider-aws
// #36480) or keeps it; the Terraform provider sends it as well.
func sentUsername(e spec.Entry) *string {
	name := cmp.Or(e.Username, eksfacts.DefaultUsername(e.Type, e.Principal))
	if name == "" {
		return nil
	}
	return &name
}

// ReplaceSteps delete an entry and make it again. Where the old one grants
// nothing, because its principal is dead, that takes nothing from anybody and
// belongs to the grants.
func ReplaceSteps(after spec.Entry, dead bool) []Step {
	phase := Revoke
	if dead {
		phase = Grant
	}
	steps := append([]Step{deleteEntry(after.Principal)}, CreateSteps(after)...)
	for i := range steps {
		steps[i].Phase = phase
	}
	return steps
}

func deleteEntry(principal string) Step {
	return Step{Operation: DeleteAccessEntry, Principal: principal, Phase: Revoke}
}

func associate(principal string, p spec.Policy, phase Phase) Step {
	return Step{Operation: AssociateAccessPolicy, Principal: principal, Phase: phase,
		Policy: p.ARN, Scope: p.Scope, Namespaces: p.Namespaces}
}

func tagSteps(before, after spec.Entry) []Step {
	var steps []Step
	set := map[string]string{}
	for k, v := range sendableTags(after.Tags) {
		if old, ok := before.Tags[k]; !ok || old != v {
			set[k] = v
		}
	}
	if len(set) > 0 {
		steps = append(steps, Step{Operation: TagResource, Principal: after.Principal, Phase: Grant, Tags: set})
	}
	var off []string
	for _, k := range slices.Sorted(maps.Keys(before.Tags)) {
		if _, ok := after.Tags[k]; !ok && strings.HasPrefix(k, spec.TagPrefix) {
			off = append(off, k)
		}
	}
	if len(off) > 0 {
		steps = append(steps, Step{Operation: UntagResource, Principal: after.Principal, Phase: Grant, TagKeys: off})
	}
	return steps
}

// sendableTags leaves out AWS's own, which no caller may set.
func sendableTags(tags map[string]string) map[string]string {
	out := maps.Clone(tags)
	maps.DeleteFunc(out, func(k, _ string) bool { return isReserved(k) })
	return out
}

// isReserved reports whether a tag key is AWS's own.
func isReserved(key string) bool { return strings.HasPrefix(strings.ToLower(key), "aws:") }

// ownUsername is the username of a create: nil where it is the one that EKS
// derives when none is sent.
func ownUsername(e spec.Entry) *string {
	if !eksfacts.TakesNames(e.Type) || e.Username == "" || e.Username == eksfacts.DefaultUsername(e.Type, e.Principal) {
		return nil
	}
	return &e.Username
}

func mergedTags(under, over map[string]string) map[string]string {
	m := maps.Clone(under)
	if m == nil {
		m = map[string]string{}
	}
	maps.Copy(m, over)
	return m
}
