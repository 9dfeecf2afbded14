package ekssim

import (
	"regexp"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// An entryRequest is what a Create or an Update asks for, with what was sent
// at all: on node types presence alone is refused.
type entryRequest struct {
	Entry
	groupsSent, usernameSent bool
}

// readCreate reads a Create and judges what EKS judges before it looks the
// cluster up: the username's and groups' prefixes and the shape of the ARN.
// Order by cdk-preflight.
func (c *call) readCreate() (entryRequest, *awsapi.Error) {
	m, err := parseMembers(c.Body)
	if err != nil {
		return entryRequest{}, err
	}
	req, err := readIdentity(m)
	if err != nil {
		return entryRequest{}, err
	}
	if req.Type, err = m.text("type"); err != nil {
		return entryRequest{}, err
	}
	if err := m.decode("tags", &req.Tags); err != nil {
		return entryRequest{}, err
	}
	req.Principal = c.Principal
	if err := checkPrincipal(c.Principal, true); err != nil {
		return entryRequest{}, err
	}
	if !m.has("type") {
		req.Type = typeStandard
	}
	if m.has("tags") {
		if err := checkTags(req.Tags, nil, invalidParameter); err != nil {
			return entryRequest{}, err
		}
		// Service Authorization Reference: tags sent need TagResource too.
		if err := c.authorize("eks:TagResource", entryResource(c)); err != nil {
			return entryRequest{}, err
		}
	}
	if _, known := entryTypes[req.Type]; known && isNodeType(req.Type) {
		// Service Authorization Reference: node types need PassRole. [U] text.
		if err := c.authorize("iam:PassRole", req.Principal); err != nil {
			return entryRequest{}, err
		}
	}
	return req, nil
}

// readIdentity reads username and groups and judges their prefixes: table
// rows 9 and 10.
func readIdentity(m members) (req entryRequest, err *awsapi.Error) {
	if req.Username, err = m.text("username"); err != nil {
		return req, err
	}
	if req.Groups, err = m.list("kubernetesGroups"); err != nil {
		return req, err
	}
	req.usernameSent, req.groupsSent = m.has("username"), m.has("kubernetesGroups")
	if p, bad := reservedPrefix(req.Username); bad {
		return req, invalidParameter(textUsernamePrefix, p)
	}
	for _, g := range req.Groups {
		if p, bad := reservedPrefix(g); bad {
			return req, invalidParameter(textGroupPrefix, g, p)
		}
		if g == "" { // [U]
			return req, invalidParameter("ekssim: a kubernetes group name must not be empty")
		}
	}
	return req, nil
}

// check judges a Create with its cluster known.
func (r *entryRequest) check(cl *cluster) *awsapi.Error {
	if _, known := entryTypes[r.Type]; !known {
		// [U] the text, and whether other spellings pass: here they do not.
		return invalidParameter("ekssim: the access entry type %q is not valid", r.Type)
	}
	if isNodeType(r.Type) {
		a, _ := arns.Parse(r.Principal)
		if a.Kind != "role" {
			return invalidParameter(textNodeRole) // row 6
		}
		if a.Account != cl.Account {
			return invalidParameter(textNodeAccount) // row 5
		}
	}
	return r.checkIdentity()
}

// sessionTemplate finds the templates an entry's username may hold. Whatever
// else is in braces belongs to aws-auth; [U] here it is refused.
var (
	template        = regexp.MustCompile(`\{\{[^}]*\}\}`)
	sessionTemplate = []string{"{{SessionName}}", "{{SessionNameRaw}}"}
)

// checkIdentity judges username and groups against type and principal.
func (r *entryRequest) checkIdentity() *awsapi.Error {
	if isNodeType(r.Type) {
		// [U] whether an empty list counts as "setting": here it does.
		if r.groupsSent {
			return invalidParameter(textNodeGroups, r.Type) // row 7
		}
		if r.usernameSent {
			return invalidParameter(textNodeUsername, r.Type) // row 8
		}
		return nil
	}
	if r.usernameSent && r.Username == "" {
		// [U] whether this means the default: here it is refused.
		return invalidParameter("ekssim: the username must not be empty")
	}
	a, _ := arns.Parse(r.Principal)
	for _, at := range template.FindAllStringIndex(r.Username, -1) {
		name := r.Username[at[0]:at[1]]
		switch {
		case !slices.Contains(sessionTemplate, name):
			return invalidParameter("ekssim: the username must not contain %s", name) // [U]
		case a.Kind != "role":
			// User guide: creating-access-entries. [U] the text, here and below.
			return invalidParameter("ekssim: the username must not contain %s unless the principal is a role", name)
		case !strings.Contains(r.Username[:at[0]], ":"):
			return invalidParameter("ekssim: the username must have a colon before %s", name)
		}
	}
	return nil
}
