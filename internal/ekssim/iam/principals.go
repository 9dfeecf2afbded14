package iam

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
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

func (r *Request) viewRole(p *Principal) roleView {
	return roleView{
		Path: p.Path, RoleName: p.Name, RoleID: p.ID, ARN: r.Caller.Account.ARN("role", p),
		CreateDate: p.CreatedAt.Format(time.RFC3339), MaxDuration: 3600,
		Trust: p.Trust.percentEncoded(),
	}
}

// getRole takes a name: no path, no ARN. It answers about the caller's own
// account only, since it cannot be asked about another. IAM API reference.
func getRole(r *Request) (any, *awsapi.Error) {
	name := r.Form.Get("RoleName")
	if len(name) > 64 || !arns.IsName(name) {
		return nil, validationError(
			"the specified value for roleName is invalid. It must contain only alphanumeric characters and/or the " +
				"following: +=,.@_-",
		)
	}
	p := r.Caller.Account.Roles[name]
	if p == nil {
		return nil, &awsapi.Error{
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
func getUser(r *Request) (any, *awsapi.Error) {
	name := r.Form.Get("UserName")
	if name == "" {
		a, _ := arns.Parse(r.Caller.Base)
		if a.Kind != "user" {
			return nil, validationError("must specify userName when calling with non-User credentials")
		}
		name = a.Name
	}
	if len(name) > 128 || !arns.IsName(name) {
		return nil, validationError(
			"the specified value for userName is invalid. It must contain only alphanumeric characters and/or the " +
				"following: +=,.@_-",
		)
	}
	p := r.Caller.Account.Users[name]
	if p == nil {
		return nil, &awsapi.Error{
			Code:    "NoSuchEntity",
			Status:  404,
			Message: "The user with name " + name + " cannot be found.",
		}
	}
	return struct {
		XMLName xml.Name `xml:"GetUserResult"`
		User    userView `xml:"User"`
	}{User: userView{p.Path, p.Name, p.ID, r.Caller.Account.ARN("user", p), p.CreatedAt.Format(time.RFC3339)}}, nil
}

var pathPrefix = regexp.MustCompile(`^/([\x21-\x7e]*/)?$`)

// listRoles leaves out when a role was last used, as IAM does: only GetRole
// says that. IAM API reference, ListRoles.
func listRoles(r *Request) (any, *awsapi.Error) {
	prefix := cmp.Or(r.Form.Get("PathPrefix"), "/")
	if !pathPrefix.MatchString(prefix) {
		return nil, validationError("pathPrefix must begin and end with /")
	}
	keys := []string{}
	for name, p := range r.Caller.Account.Roles {
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
		out.Roles = append(out.Roles, r.viewRole(r.Caller.Account.Roles[name]))
	}
	return out, nil
}

// roleResource is the ARN that writing a role is judged on. Service Authorization
// Reference, IAM.
func roleResource(r *Request) string {
	p := r.Caller.Account.Roles[r.Form.Get("RoleName")]
	if p == nil {
		p = &Principal{Name: r.Form.Get("RoleName"), Path: cmp.Or(r.Form.Get("Path"), "/")}
	}
	return r.Caller.Account.ARN("role", p)
}

// createRole makes one that EKS knows at once; its trust policy is kept, but
// anyone may assume it. IAM API reference, CreateRole.
func createRole(r *Request) (any, *awsapi.Error) {
	name, path := r.Form.Get("RoleName"), cmp.Or(r.Form.Get("Path"), "/")
	if len(name) > 64 || !arns.IsName(name) || !arns.IsPath(path) {
		return nil, validationError("the specified value for roleName or path is invalid")
	}
	if r.Form.Get("AssumeRolePolicyDocument") == "" {
		return nil, validationError("assumeRolePolicyDocument must not be empty")
	}
	trust := r.Form.Get("AssumeRolePolicyDocument")
	if !json.Valid([]byte(trust)) { // [U] the text
		return nil, &awsapi.Error{Code: "MalformedPolicyDocument", Status: http.StatusBadRequest,
			Message: "ekssim: the trust policy is not JSON"}
	}
	if r.Caller.Account.Roles[name] != nil {
		return nil, &awsapi.Error{
			Code:    "EntityAlreadyExists",
			Status:  http.StatusConflict,
			Message: "Role with name " + name + " already exists.",
		}
	}
	p := Principal{Name: name, Path: path}
	arn := r.Caller.Account.ARN("role", &p)
	if err := r.World.CreateRole(arn, TrustPolicy(trust)); err != nil {
		return nil, validationError(err.Error())
	}
	return struct {
		XMLName xml.Name `xml:"CreateRoleResult"`
		Role    roleView `xml:"Role"`
	}{Role: r.viewRole(r.Caller.Account.Roles[name])}, nil
}

// deleteRole leaves its access entries, as EKS does. User guide:
// deleting-access-entries.
func deleteRole(r *Request) (any, *awsapi.Error) {
	name := r.Form.Get("RoleName")
	p := r.Caller.Account.Roles[name]
	if p == nil {
		return nil, &awsapi.Error{
			Code:    "NoSuchEntity",
			Status:  http.StatusNotFound,
			Message: "The role with name " + name + " cannot be found.",
		}
	}
	if err := r.World.DeleteRole(r.Caller.Account.ARN("role", p)); err != nil {
		return nil, validationError(err.Error())
	}
	return struct {
		XMLName xml.Name `xml:"DeleteRoleResult"`
	}{}, nil
}
