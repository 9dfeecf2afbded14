package ekssim

import (
	"fmt"
	"regexp"
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
// grant-k8s-access; aws-iam-authenticator, pkg/mapper. [I] a dead entry counts
// as none, so aws-auth rules, unless the settings say that it hides the row.
//
// What is younger than a lag Kubernetes does not know yet. A refusal is why the
// caller is not mapped.
func (c *call) kubeUser(cl *cluster, cred *Credential) (u kubeUser, refusal string) {
	who := c.st.callerOf(cred)
	u, refusal = c.mapped(cl, cred, who)
	u.uid, u.extra = kubeIdentity(cred, who)
	return u, refusal
}

func (c *call) mapped(cl *cluster, cred *Credential, who caller) (u kubeUser, refusal string) {
	if e := cl.entries[who.base]; apiMode(cl.Mode) && e != nil && !c.hidden(e.CreatedAt) {
		if e.BoundTo == cred.BoundTo {
			name, err := renderTemplate(e.Username, cl.Region, cred, who)
			// [U] templates in the groups of an entry: here they are plain text.
			return kubeUser{name: name, groups: e.Groups,
				principal: e.Principal, id: e.BoundTo, policies: c.inForce(e)}, reason(err)
		}
		if c.st.settings.StaleHides {
			return kubeUser{}, "the access entry of " + who.base + " is for a principal that was recreated since"
		}
	}
	if cl.Mode != modeAPI {
		if cl.hiddenAdmin(who.base, cred.BoundTo) {
			return kubeUser{name: "kubernetes-admin", groups: []string{mastersGroup}}, ""
		}
		if u, found, err := cl.authUser(cred, who); found {
			return u, reason(err)
		}
	}
	return kubeUser{}, "nothing maps " + who.arn
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// hiddenAdmin reports whether a principal is the creator in CONFIG_MAP mode, an
// administrator that neither entries nor aws-auth show. User guide:
// grant-k8s-access.
func (c *cluster) hiddenAdmin(principal, id string) bool {
	return !apiMode(c.Mode) && c.Bootstrap != nil && *c.Bootstrap && c.Creator == principal && c.CreatorID == id
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
		"accessKeyId": {
			cred.AccessKeyID,
		}, "arn": {who.arn}, "canonicalArn": {canonical.String()}, "principalId": {cred.BoundTo},
		"sessionName": {session}, "sigs.k8s.io/aws-iam-authenticator/principalId": {cred.BoundTo},
	}
}

func kubeUID(account, id string) string { return "aws-iam-authenticator:" + account + ":" + id }

// authUser maps by aws-auth, which compares with the canonical ARN. A row that
// matches decides, also if its templates cannot be rendered: the login then
// fails. aws-iam-authenticator, pkg/server.
func (c *cluster) authUser(cred *Credential, who caller) (u kubeUser, found bool, err error) {
	canonical := canonicalARN(who.base)
	auth := c.authMap()
	row, ok := auth.find(canonical)
	if !ok {
		return kubeUser{name: canonical}, auth.accounts[who.account.id], nil
	}
	if u.name, err = renderTemplate(row.Username, c.Region, cred, who); err != nil {
		return kubeUser{}, true, err
	}
	for _, g := range row.Groups {
		group, err := renderTemplate(g, c.Region, cred, who)
		if err != nil {
			return kubeUser{}, true, err
		}
		u.groups = append(u.groups, group)
	}
	return u, true, nil
}

const privateDNSName = "{{EC2PrivateDNSName}}"

// instanceID is the session name of an EC2 instance that uses its role.
// aws-iam-authenticator, pkg/server.
var instanceID = regexp.MustCompile(`^i-(\w{8}|\w{17})$`)

// renderTemplate fills in the templates of a username or of a group of
// aws-auth. User guide: creating-access-entries; aws-iam-authenticator,
// pkg/server (renderTemplates).
func renderTemplate(text, region string, cred *Credential, who caller) (string, error) {
	session := ""
	if who.kind == "role" {
		session = cred.Session
	}
	if strings.Contains(text, privateDNSName) {
		if !instanceID.MatchString(session) {
			return "", fmt.Errorf("rendering %q: the session name %q is not an instance id", text, session)
		}
		text = strings.ReplaceAll(text, privateDNSName, instanceDNSName(session, region))
	}
	return strings.NewReplacer(
		"{{SessionName}}", strings.ReplaceAll(session, "@", "-"), "{{SessionNameRaw}}", session,
		"{{AccountID}}", who.account.id, "{{AccessKeyID}}", cred.AccessKeyID,
	).Replace(text), nil
}

// instanceDNSName makes up the private name of an instance. EC2 user guide:
// instance-naming.
func instanceDNSName(instance, region string) string {
	sum := digest("instance", instance)
	domain := region + ".compute.internal"
	if region == "us-east-1" {
		domain = "ec2.internal"
	}
	return fmt.Sprintf("ip-10-%d-%d-%d.%s", sum[0], sum[1], sum[2], domain)
}
