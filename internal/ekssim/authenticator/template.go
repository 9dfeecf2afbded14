package authenticator

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
)

// An Identity is the AWS identity behind a token.
type Identity struct {
	ARN         string // as sts:GetCallerIdentity returns it
	Canonical   string // of the role or user, a role without its path
	Account     string
	AccessKeyID string
	PrincipalID string // unique id of the role or user
	Session     string // name of the session of a role, else ""
}

// UID is what Kubernetes knows a principal by.
func UID(account, principalID string) string {
	return "aws-iam-authenticator:" + account + ":" + principalID
}

// UID returns the uid of the user.
func (i Identity) UID() string { return UID(i.Account, i.PrincipalID) }

// Extra returns what the authenticator tells Kubernetes about a user besides
// name and groups. aws-iam-authenticator, pkg/server and pkg/token.
func (i Identity) Extra() map[string][]string {
	return map[string][]string{
		"accessKeyId":  {i.AccessKeyID},
		"arn":          {i.ARN},
		"canonicalArn": {i.Canonical},
		"principalId":  {i.PrincipalID},
		"sessionName":  {i.Session},
		"sigs.k8s.io/aws-iam-authenticator/principalId": {i.PrincipalID},
	}
}

// User maps an identity by aws-auth, which compares with the canonical ARN. A
// row that matches decides, also if its templates cannot be rendered: the login
// then fails. aws-iam-authenticator, pkg/server.
func (a *Map) User(i Identity, region string) (name string, groups []string, found bool, err error) {
	row, ok := a.Find(i.Canonical)
	if !ok {
		return i.Canonical, nil, a.Accounts[i.Account], nil
	}
	if name, err = i.Render(row.Username, region); err != nil {
		return "", nil, true, err
	}
	for _, g := range row.Groups {
		group, err := i.Render(g, region)
		if err != nil {
			return "", nil, true, err
		}
		groups = append(groups, group)
	}
	return name, groups, true, nil
}

const PrivateDNSName = "{{EC2PrivateDNSName}}"

// instanceID is the session name of an EC2 instance that uses its role.
// aws-iam-authenticator, pkg/server.
var instanceID = regexp.MustCompile(`^i-(\w{8}|\w{17})$`)

// Render fills in the templates of a username or of a group of aws-auth. User
// guide: creating-access-entries; aws-iam-authenticator, pkg/server
// (renderTemplates).
func (i Identity) Render(text, region string) (string, error) {
	if strings.Contains(text, PrivateDNSName) {
		if !instanceID.MatchString(i.Session) {
			return "", fmt.Errorf("rendering %q: the session name %q is not an instance id", text, i.Session)
		}
		text = strings.ReplaceAll(text, PrivateDNSName, instanceDNSName(i.Session, region))
	}
	return strings.NewReplacer(
		"{{SessionName}}", strings.ReplaceAll(i.Session, "@", "-"), "{{SessionNameRaw}}", i.Session,
		"{{AccountID}}", i.Account, "{{AccessKeyID}}", i.AccessKeyID,
	).Replace(text), nil
}

// instanceDNSName makes up the private name of an instance. EC2 user guide:
// instance-naming.
func instanceDNSName(instance, region string) string {
	sum := arns.Digest("instance", instance)
	domain := region + ".compute.internal"
	if region == "us-east-1" {
		domain = "ec2.internal"
	}
	return fmt.Sprintf("ip-10-%d-%d-%d.%s", sum[0], sum[1], sum[2], domain)
}
