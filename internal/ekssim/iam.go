package ekssim

import (
	"cmp"
	"encoding/xml"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
)

type roleView struct {
	Path        string        `xml:"Path"`
	RoleName    string        `xml:"RoleName"`
	RoleID      string        `xml:"RoleId"`
	ARN         string        `xml:"Arn"`
	CreateDate  string        `xml:"CreateDate"`
	Trust       string        `xml:"AssumeRolePolicyDocument"`
	MaxDuration int           `xml:"MaxSessionDuration"`
	LastUsed    *lastUsedView `xml:"RoleLastUsed,omitempty"`
}

type lastUsedView struct {
	Date   string `xml:"LastUsedDate,omitempty"`
	Region string `xml:"Region,omitempty"`
}

func (r *iamRequest) viewRole(p *Principal) roleView {
	return roleView{
		Path: p.Path, RoleName: p.Name, RoleID: p.ID, ARN: r.Caller.account.arn("role", p),
		CreateDate: p.CreatedAt.Format(time.RFC3339), MaxDuration: 3600,
		Trust: p.Trust.encoded(),
	}
}

// getRole takes a name: no path, no ARN. It answers about the caller's own
// account only, since it cannot be asked about another. IAM API reference.
func getRole(r *iamRequest) (any, *apiError) {
	name := r.Form.Get("RoleName")
	if len(name) > 64 || !arns.IsName(name) {
		return nil, validation(
			"the specified value for roleName is invalid. It must contain only alphanumeric characters and/or the " +
				"following: +=,.@_-",
		)
	}
	p := r.Caller.account.roles[name]
	if p == nil {
		return nil, &apiError{
			Code:    "NoSuchEntity",
			Status:  404,
			Message: "The role with name " + name + " cannot be found.",
		}
	}
	v := r.viewRole(p)
	v.LastUsed = &lastUsedView{} // empty for a role never used
	if !p.LastUsed.IsZero() {
		v.LastUsed = &lastUsedView{p.LastUsed.Format(time.RFC3339), r.Region}
	}
	return struct {
		XMLName xml.Name `xml:"GetRoleResult"`
		Role    roleView `xml:"Role"`
	}{Role: v}, nil
}

type userView struct {
	Path       string `xml:"Path"`
	UserName   string `xml:"UserName"`
	UserID     string `xml:"UserId"`
	ARN        string `xml:"Arn"`
	CreateDate string `xml:"CreateDate"`
}

// getUser without a name is about the caller. IAM API reference.
func getUser(r *iamRequest) (any, *apiError) {
	name := r.Form.Get("UserName")
	if name == "" {
		a, _ := arns.Parse(r.Caller.base)
		if a.Kind != "user" {
			return nil, validation("must specify userName when calling with non-User credentials")
		}
		name = a.Name
	}
	if len(name) > 128 || !arns.IsName(name) {
		return nil, validation(
			"the specified value for userName is invalid. It must contain only alphanumeric characters and/or the " +
				"following: +=,.@_-",
		)
	}
	p := r.Caller.account.users[name]
	if p == nil {
		return nil, &apiError{
			Code:    "NoSuchEntity",
			Status:  404,
			Message: "The user with name " + name + " cannot be found.",
		}
	}
	return struct {
		XMLName xml.Name `xml:"GetUserResult"`
		User    userView `xml:"User"`
	}{User: userView{p.Path, p.Name, p.ID, r.Caller.account.arn("user", p), p.CreatedAt.Format(time.RFC3339)}}, nil
}

var pathPrefix = regexp.MustCompile(`^/([\x21-\x7e]*/)?$`)

// listRoles leaves out when a role was last used, as IAM does: only GetRole
// says that. IAM API reference, ListRoles.
func listRoles(r *iamRequest) (any, *apiError) {
	prefix := cmp.Or(r.Form.Get("PathPrefix"), "/")
	if !pathPrefix.MatchString(prefix) {
		return nil, validation("pathPrefix must begin and end with /")
	}
	keys := []string{}
	for name, p := range r.Caller.account.roles {
		if strings.HasPrefix(p.Path, prefix) {
			keys = append(keys, name)
		}
	}
	slices.Sort(keys)
	page, marker, err := r.formPage(keys, prefix)
	if err != nil {
		return nil, err
	}
	out := struct {
		XMLName     xml.Name   `xml:"ListRolesResult"`
		Roles       []roleView `xml:"Roles>member"`
		IsTruncated bool       `xml:"IsTruncated"`
		Marker      string     `xml:"Marker,omitempty"`
	}{IsTruncated: marker != "", Marker: marker}
	for _, name := range page {
		out.Roles = append(out.Roles, r.viewRole(r.Caller.account.roles[name]))
	}
	return out, nil
}
