package ekssim

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"net/http"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
)

// onRole is the ARN that writing a role is judged on. Service Authorization
// Reference, IAM.
func onRole(r *iamRequest) string {
	p := r.Caller.account.roles[r.Form.Get("RoleName")]
	if p == nil {
		p = &Principal{Name: r.Form.Get("RoleName"), Path: cmp.Or(r.Form.Get("Path"), "/")}
	}
	return r.Caller.account.arn("role", p)
}

// createRole makes one that EKS knows at once; its trust policy is kept, but
// anyone may assume it. IAM API reference, CreateRole.
func createRole(r *iamRequest) (any, *apiError) {
	name, path := r.Form.Get("RoleName"), cmp.Or(r.Form.Get("Path"), "/")
	if len(name) > 64 || !arns.IsName(name) || !arns.IsPath(path) {
		return nil, validation("the specified value for roleName or path is invalid")
	}
	if r.Form.Get("AssumeRolePolicyDocument") == "" {
		return nil, validation("assumeRolePolicyDocument must not be empty")
	}
	trust := r.Form.Get("AssumeRolePolicyDocument")
	if !json.Valid([]byte(trust)) { // [U] the text
		return nil, &apiError{Code: "MalformedPolicyDocument", Status: http.StatusBadRequest,
			Message: "ekssim: the trust policy is not JSON"}
	}
	if r.Caller.account.roles[name] != nil {
		return nil, &apiError{
			Code:    "EntityAlreadyExists",
			Status:  http.StatusConflict,
			Message: "Role with name " + name + " already exists.",
		}
	}
	p := Principal{Name: name, Path: path}
	arn := r.Caller.account.arn("role", &p)
	if err := r.World.CreateRole(arn, TrustPolicy(trust)); err != nil {
		return nil, validation(err.Error())
	}
	return struct {
		XMLName xml.Name `xml:"CreateRoleResult"`
		Role    roleView `xml:"Role"`
	}{Role: r.viewRole(r.Caller.account.roles[name])}, nil
}

// deleteRole leaves its access entries, as EKS does. User guide:
// deleting-access-entries.
func deleteRole(r *iamRequest) (any, *apiError) {
	name := r.Form.Get("RoleName")
	p := r.Caller.account.roles[name]
	if p == nil {
		return nil, &apiError{
			Code:    "NoSuchEntity",
			Status:  http.StatusNotFound,
			Message: "The role with name " + name + " cannot be found.",
		}
	}
	if err := r.World.DeleteRole(r.Caller.account.arn("role", p)); err != nil {
		return nil, validation(err.Error())
	}
	return struct {
		XMLName xml.Name `xml:"DeleteRoleResult"`
	}{}, nil
}
