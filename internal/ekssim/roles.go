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
func onRole(c *call) string {
	p := c.caller.account.roles[c.form.Get("RoleName")]
	if p == nil {
		p = &Principal{Name: c.form.Get("RoleName"), Path: cmp.Or(c.form.Get("Path"), "/")}
	}
	return c.caller.account.arn("role", p)
}

// createRole makes one that EKS knows at once; its trust policy is kept, but
// anyone may assume it. IAM API reference, CreateRole.
func createRole(c *call) (any, *apiError) {
	name, path := c.form.Get("RoleName"), cmp.Or(c.form.Get("Path"), "/")
	if len(name) > 64 || !arns.IsName(name) || !arns.IsPath(path) {
		return nil, validation("the specified value for roleName or path is invalid")
	}
	if c.form.Get("AssumeRolePolicyDocument") == "" {
		return nil, validation("assumeRolePolicyDocument must not be empty")
	}
	trust := c.form.Get("AssumeRolePolicyDocument")
	if !json.Valid([]byte(trust)) { // [U] the text
		return nil, &apiError{Code: "MalformedPolicyDocument", Status: http.StatusBadRequest,
			Message: "ekssim: the trust policy is not JSON"}
	}
	if c.caller.account.roles[name] != nil {
		return nil, &apiError{
			Code:    "EntityAlreadyExists",
			Status:  http.StatusConflict,
			Message: "Role with name " + name + " already exists.",
		}
	}
	p := Principal{Name: name, Path: path}
	arn := c.caller.account.arn("role", &p)
	if err := c.server.edit(Edit{RecreatePrincipal: arn, Trust: TrustPolicy(trust)}); err != nil {
		return nil, validation(err.Error())
	}
	return struct {
		XMLName xml.Name `xml:"CreateRoleResult"`
		Role    roleView `xml:"Role"`
	}{Role: c.viewRole(c.caller.account.roles[name])}, nil
}

// deleteRole leaves its access entries, as EKS does. User guide:
// deleting-access-entries.
func deleteRole(c *call) (any, *apiError) {
	name := c.form.Get("RoleName")
	p := c.caller.account.roles[name]
	if p == nil {
		return nil, &apiError{
			Code:    "NoSuchEntity",
			Status:  http.StatusNotFound,
			Message: "The role with name " + name + " cannot be found.",
		}
	}
	if err := c.server.edit(Edit{DeletePrincipal: c.caller.account.arn("role", p)}); err != nil {
		return nil, validation(err.Error())
	}
	return struct {
		XMLName xml.Name `xml:"DeleteRoleResult"`
	}{}, nil
}
