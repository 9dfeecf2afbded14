package ekssim

import (
	"cmp"
	"slices"
	"strings"
)

// login finds out who calls. A call without a token is of the anonymous user,
// who is let in and can do nothing; a token that is not right is refused.
func (c *kubeCall) login() bool {
	header := c.r.Header.Get("Authorization")
	if header == "" {
		c.user = kubeUser{Name: "system:anonymous", Groups: []string{nobody}}
		return true
	}
	if c.authenticate(strings.TrimPrefix(header, "Bearer ")) != "" {
		return false
	}
	c.user.Groups = append(slices.Clone(c.user.Groups), everyone)
	return true
}

// authenticate finds out whose a token is and who that is to the cluster, or
// returns why it is refused.
func (c *kubeCall) authenticate(token string) (refusal string) {
	key, ok := readToken(token, c.cluster.Partition, cmp.Or(c.cluster.OutpostID, c.cluster.Name), c.Time)
	if !ok {
		return "the token is not one of this cluster, this secret and this time"
	}
	cred := c.st.credentials[key]
	if cred == nil || cred.Expired || !cred.ExpiresAt.IsZero() && !c.Time.Before(cred.ExpiresAt) ||
		c.st.outlived(cred) {
		return "STS does not know the access key, or it has expired"
	}
	c.caller = c.st.callerOf(cred)
	c.AccessKeyID, c.Caller = key, c.caller.arn
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
func (c *call) kubeUser(cl *cluster, cred *Credential) (u kubeUser, refusal string) {
	who := c.st.callerOf(cred)
	id := identity{
		ARN: who.arn, Canonical: canonicalARN(who.base), Account: who.account.id,
		AccessKeyID: cred.AccessKeyID, PrincipalID: cred.BoundTo,
	}
	if who.kind == "role" {
		id.Session = cred.Session
	}
	u, refusal = c.mapUser(cl, who.base, id)
	u.UID, u.Extra = id.UID(), id.Extra()
	return u, refusal
}

func (c *call) mapUser(cl *cluster, principal string, id identity) (u kubeUser, refusal string) {
	if e := cl.entries[principal]; apiMode(cl.Mode) && e != nil && !c.hidden(e.CreatedAt) {
		if e.BoundTo == id.PrincipalID {
			name, err := id.render(e.Username, cl.Region)
			// [U] templates in the groups of an entry: here they are plain text.
			return kubeUser{Name: name, Groups: e.Groups,
				Principal: e.Principal, ID: e.BoundTo, Policies: c.visiblePolicies(e)}, reason(err)
		}
		if c.st.settings.StaleHides {
			return kubeUser{}, "the access entry of " + principal + " is for a principal that was recreated since"
		}
	}
	if cl.Mode != modeAPI {
		if cl.hiddenAdmin(principal, id.PrincipalID) {
			return kubeUser{Name: "kubernetes-admin", Groups: []string{mastersGroup}}, ""
		}
		if name, groups, found, err := cl.authMap().user(id, cl.Region); found {
			return kubeUser{Name: name, Groups: groups}, reason(err)
		}
	}
	return kubeUser{}, "nothing maps " + id.ARN
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// kubeUserByUID is who has an access entry under a uid, as far as policies go.
func (c *kubeCall) kubeUserByUID(id string) kubeUser {
	if !apiMode(c.cluster.Mode) {
		return kubeUser{}
	}
	for arn, e := range c.cluster.entries {
		if a, _ := parseIAM(arn); id == uid(a.account, e.BoundTo) && !c.hidden(e.CreatedAt) {
			return kubeUser{Principal: arn, ID: e.BoundTo, Policies: c.visiblePolicies(e)}
		}
	}
	return kubeUser{}
}

// visiblePolicies are the policies of an entry that a lag does not hide.
func (c *call) visiblePolicies(e *Entry) []kubePolicy {
	var out []kubePolicy
	for _, a := range e.Policies {
		if !c.hidden(a.AssociatedAt) {
			out = append(out, kubePolicy{a.Policy, a.Namespaces})
		}
	}
	return out
}

// hiddenAdmin reports whether a principal is the creator in CONFIG_MAP mode, a
// cluster admin that neither entries nor aws-auth show. User guide:
// grant-k8s-access.
func (c *cluster) hiddenAdmin(principal, id string) bool {
	return !apiMode(c.Mode) && c.Bootstrap != nil && *c.Bootstrap && c.Creator == principal && c.CreatorID == id
}

// outlived reports whether a key was issued to a principal that does not exist
// any more, even if there is another of its name now.
func (st *state) outlived(c *Credential) bool {
	a, _ := parseIAM(c.Principal)
	p, known := st.principal(c.Principal)
	return known && a.kind != "root" && (p == nil || p.ID != c.BoundTo)
}
