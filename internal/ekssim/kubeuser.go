package ekssim

import (
	"cmp"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/authenticator"
	"github.com/eksaccess/eksaccess/internal/ekssim/iam"
	"github.com/eksaccess/eksaccess/internal/ekssim/kubeapi"
)

// login finds out who calls. A call without a token is of the anonymous user,
// who is let in and can do nothing; a token that is not right is refused.
func (c *kubeCall) login() bool {
	header := c.r.Header.Get("Authorization")
	if header == "" {
		c.user = kubeapi.User{Name: "system:anonymous", Groups: []string{kubeapi.UnauthenticatedGroup}}
		return true
	}
	if c.authenticate(strings.TrimPrefix(header, "Bearer ")) != "" {
		return false
	}
	c.user.Groups = append(slices.Clone(c.user.Groups), kubeapi.AuthenticatedGroup)
	return true
}

// authenticate finds out whose a token is and who that is to the cluster, or
// returns why it is refused.
func (c *kubeCall) authenticate(token string) (refusal string) {
	key, ok := authenticator.ReadToken(token, c.cluster.Partition, cmp.Or(c.cluster.OutpostID, c.cluster.Name), c.Time)
	if !ok {
		return "the token is not one of this cluster, this secret and this time"
	}
	cred := c.st.Credentials[key]
	if cred == nil || cred.Expired || !cred.ExpiresAt.IsZero() && !c.Time.Before(cred.ExpiresAt) ||
		c.st.IsOutlived(cred) {
		return "STS does not know the access key, or it has expired"
	}
	c.caller = c.st.CallerOf(cred)
	c.AccessKeyID, c.Caller = key, c.caller.ARN
	c.user, refusal = c.kubeUser(c.cluster, cred)
	return refusal
}

// kubeUser maps a caller: its access entry, if it is bound to this very
// principal, else aws-auth; as far as the mode has them. User guide:
// grant-k8s-access; aws-iam-authenticator, pkg/mapper. [I] a dead entry counts
// as none, so aws-auth decides, unless the settings say that it hides the row.
//
// What is younger than a lag Kubernetes does not know yet. A refusal is why the
// caller is not mapped.
func (c *call) kubeUser(cl *cluster, cred *iam.Credential) (u kubeapi.User, refusal string) {
	who := c.st.CallerOf(cred)
	id := authenticator.Identity{
		ARN: who.ARN, Canonical: arns.Canonical(who.Base), Account: who.Account.ID,
		AccessKeyID: cred.AccessKeyID, PrincipalID: cred.BoundTo,
	}
	if who.Kind == "role" {
		id.Session = cred.Session
	}
	u, refusal = c.mapUser(cl, who.Base, id)
	u.UID, u.Extra = id.UID(), id.Extra()
	return u, refusal
}

func (c *call) mapUser(cl *cluster, principal string, id authenticator.Identity) (u kubeapi.User, refusal string) {
	if e := cl.entries[principal]; hasEntries(cl.Mode) && e != nil && !c.isHidden(e.CreatedAt) {
		if e.BoundTo == id.PrincipalID {
			name, err := id.Render(e.Username, cl.Region)
			// [U] templates in the groups of an entry: here they are plain text.
			return kubeapi.User{Name: name, Groups: e.Groups,
				Principal: e.Principal, ID: e.BoundTo, Policies: c.visiblePolicies(e)}, reason(err)
		}
		if c.st.settings.StaleHides {
			return kubeapi.User{}, "the access entry of " + principal + " is for a principal that was recreated since"
		}
	}
	if cl.Mode != modeAPI {
		if cl.isHiddenAdmin(principal, id.PrincipalID) {
			return kubeapi.User{Name: "kubernetes-admin", Groups: []string{kubeapi.MastersGroup}}, ""
		}
		if name, groups, found, err := cl.authMap().User(id, cl.Region); found {
			return kubeapi.User{Name: name, Groups: groups}, reason(err)
		}
	}
	return kubeapi.User{}, "nothing maps " + id.ARN
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// kubeUserByUID is who has an access entry under a uid, as far as policies go.
func (c *kubeCall) kubeUserByUID(id string) kubeapi.User {
	if !hasEntries(c.cluster.Mode) {
		return kubeapi.User{}
	}
	for arn, e := range c.cluster.entries {
		if a, _ := arns.Parse(arn); id == authenticator.UID(a.Account, e.BoundTo) && !c.isHidden(e.CreatedAt) {
			return kubeapi.User{Principal: arn, ID: e.BoundTo, Policies: c.visiblePolicies(e)}
		}
	}
	return kubeapi.User{}
}

// visiblePolicies are the policies of an entry that a lag does not hide.
func (c *call) visiblePolicies(e *Entry) []kubeapi.Policy {
	var out []kubeapi.Policy
	for _, a := range e.Policies {
		if !c.isHidden(a.AssociatedAt) {
			out = append(out, kubeapi.Policy{ARN: a.Policy, Namespaces: a.Namespaces})
		}
	}
	return out
}

// isHiddenAdmin reports whether a principal is the creator in CONFIG_MAP mode, a
// cluster admin that neither entries nor aws-auth show. User guide:
// grant-k8s-access.
func (c *cluster) isHiddenAdmin(principal, id string) bool {
	return !hasEntries(c.Mode) && c.Bootstrap != nil && *c.Bootstrap && c.Creator == principal && c.CreatorID == id
}
