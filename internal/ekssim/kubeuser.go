package ekssim

import (
	"slices"
	"strings"
)

// A kubeUser is who a caller is to Kubernetes.
type kubeUser struct {
	name     string
	groups   []string
	policies []Association // of its access entry
}

const mastersGroup = "system:masters"

// kubeUser maps a caller: its access entry, if it is bound to this very
// principal, else aws-auth; as far as the mode has them. User guide:
// grant-k8s-access; aws-iam-authenticator, pkg/mapper. [U] a dead entry counts
// as none, so aws-auth rules.
func (st *state) kubeUser(cl *cluster, cred *Credential) (kubeUser, bool) {
	who := st.callerOf(cred)
	if e := cl.entries[who.base]; apiMode(cl.Mode) && e != nil && e.BoundTo == cred.BoundTo {
		return kubeUser{name: renderName(e.Username, cred, who), groups: authenticated(e.Groups), policies: e.Policies}, true
	}
	if cl.Mode == modeAPI {
		return kubeUser{}, false
	}
	if !apiMode(cl.Mode) && *cl.Bootstrap && cl.Creator == who.base && cl.CreatorID == cred.BoundTo {
		// The administrator whom nothing shows. User guide: grant-k8s-access.
		return kubeUser{name: "kubernetes-admin", groups: authenticated([]string{mastersGroup})}, true
	}
	return cl.authUser(cred, who)
}

// authUser maps by aws-auth, which compares with the ARN of a session's role
// as far as the session tells it: without a path.
func (c *cluster) authUser(cred *Credential, who caller) (kubeUser, bool) {
	a, _ := parseIAM(who.base)
	if a.kind == "role" {
		a.path = "/"
	}
	auth := readAuth(c.AWSAuth)
	for _, rows := range [][]authRow{auth.roles, auth.users} {
		for _, r := range slices.Backward(rows) { // of two the last
			if strings.EqualFold(r.arn(), a.String()) {
				return kubeUser{name: renderName(r.Username, cred, who), groups: authenticated(r.Groups)}, true
			}
		}
	}
	if slices.Contains(auth.accounts, a.account) {
		return kubeUser{name: a.String(), groups: authenticated(nil)}, true
	}
	return kubeUser{}, false
}

func authenticated(groups []string) []string {
	return append(slices.Clone(groups), "system:authenticated")
}

// renderName fills in the templates of a username. User guide:
// creating-access-entries; aws-iam-authenticator, pkg/server.
func renderName(name string, cred *Credential, who caller) string {
	return strings.NewReplacer(
		"{{SessionName}}", strings.ReplaceAll(cred.Session, "@", "-"), "{{SessionNameRaw}}", cred.Session,
		"{{AccountID}}", who.account.id, "{{AccessKeyID}}", cred.AccessKeyID,
		"{{EC2PrivateDNSName}}", "ip-10-0-0-1.ec2.internal",
	).Replace(name)
}
