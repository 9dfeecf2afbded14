package ekssim

import (
	"slices"
	"strings"
)

// A kubeUser is who a caller is to Kubernetes.
type kubeUser struct {
	name, uid string
	groups    []string
	extra     map[string][]string

	// Of whoever comes in by an access entry: whose it is, the unique id it is
	// bound to, and what it gives.
	principal, id string
	policies      []Association
}

const mastersGroup = "system:masters"

// kubeUser maps a caller: its access entry, if it is bound to this very
// principal, else aws-auth; as far as the mode has them. User guide:
// grant-k8s-access; aws-iam-authenticator, pkg/mapper. [U] a dead entry counts
// as none, so aws-auth rules.
//
// What is younger than a lag Kubernetes does not know yet.
func (c *call) kubeUser(cl *cluster, cred *Credential) (kubeUser, bool) {
	who := c.st.callerOf(cred)
	u, ok := c.mapped(cl, cred, who)
	u.uid, u.extra = kubeIdentity(cred, who)
	return u, ok
}

func (c *call) mapped(cl *cluster, cred *Credential, who caller) (kubeUser, bool) {
	if e := cl.entries[who.base]; apiMode(cl.Mode) && e != nil && e.BoundTo == cred.BoundTo && !c.hidden(e.CreatedAt) {
		return kubeUser{name: renderName(e.Username, cred, who), groups: e.Groups,
			principal: e.Principal, id: e.BoundTo, policies: c.inForce(e)}, true
	}
	if cl.Mode == modeAPI {
		return kubeUser{}, false
	}
	if !apiMode(cl.Mode) && *cl.Bootstrap && cl.Creator == who.base && cl.CreatorID == cred.BoundTo {
		// The administrator whom nothing shows. User guide: grant-k8s-access.
		return kubeUser{name: "kubernetes-admin", groups: []string{mastersGroup}}, true
	}
	return cl.authUser(cred, who)
}

// inForce are the policies of an entry that a lag does not hide.
func (c *call) inForce(e *Entry) []Association {
	return slices.DeleteFunc(slices.Clone(e.Policies), func(a Association) bool { return c.hidden(a.AssociatedAt) })
}

// kubeIdentity is what the authenticator tells Kubernetes of a caller besides
// name and groups. aws-iam-authenticator, pkg/server and pkg/token.
func kubeIdentity(cred *Credential, who caller) (uid string, extra map[string][]string) {
	canonical, _ := parseIAM(who.base)
	if canonical.kind == "role" {
		canonical.path = "/" // STS does not tell the path
	}
	session := ""
	if who.kind == "role" {
		session = cred.Session
	}
	return kubeUID(who.account.id, cred.BoundTo), map[string][]string{
		"accessKeyId": {cred.AccessKeyID}, "arn": {who.arn}, "canonicalArn": {canonical.String()}, "principalId": {cred.BoundTo},
		"sessionName": {session}, "sigs.k8s.io/aws-iam-authenticator/principalId": {cred.BoundTo},
	}
}

func kubeUID(account, id string) string { return "aws-iam-authenticator:" + account + ":" + id }

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
				return kubeUser{name: renderName(r.Username, cred, who), groups: r.Groups}, true
			}
		}
	}
	if slices.Contains(auth.accounts, a.account) {
		return kubeUser{name: a.String()}, true
	}
	return kubeUser{}, false
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
