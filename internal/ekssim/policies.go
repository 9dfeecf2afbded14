package ekssim

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

type scopeView struct {
	Type       string   `json:"type"`
	Namespaces []string `json:"namespaces"`
}

type associationView struct {
	PolicyARN    string    `json:"policyArn"`
	AccessScope  scopeView `json:"accessScope"`
	AssociatedAt epoch     `json:"associatedAt"`
	ModifiedAt   epoch     `json:"modifiedAt"`
}

// viewAssociation shows cluster scope with an empty list, as the responses in
// the aws-cli examples do.
func (c *call) viewAssociation(a Association) associationView {
	v := associationView{
		PolicyARN: a.Policy, AssociatedAt: epoch(a.AssociatedAt), ModifiedAt: epoch(a.ModifiedAt),
		AccessScope: scopeView{Type: "cluster", Namespaces: []string{}},
	}
	if len(a.Namespaces) > 0 {
		v.AccessScope.Type = "namespace"
		v.AccessScope.Namespaces = append(v.AccessScope.Namespaces, a.Namespaces...)
		if c.st.settings.Shuffle {
			c.st.sortKeys(v.AccessScope.Namespaces)
		}
	}
	return v
}

// associatePolicy is an upsert that replaces the scope. User guide:
// access-policies.
func associatePolicy(c *call) (any, *awsapi.Error) {
	m, err := parseMembers(c.Body)
	if err != nil {
		return nil, err
	}
	policy, err := m.text("policyArn")
	if err != nil {
		return nil, err
	}
	if !policyShape.MatchString(policy) {
		return nil, invalidParameter(textPolicyFormat) // row 14
	}
	scope, namespaces, err := c.readScope(m)
	if err != nil {
		return nil, err
	}
	cl, e, err := c.findEntry()
	if err != nil {
		return nil, err
	}
	if err := checkPolicyForEntry(cl, e, policy, scope); err != nil {
		return nil, err
	}
	i, found := slices.BinarySearchFunc(e.Policies, policy, comparePolicy)
	if !found {
		e.Policies = slices.Insert(e.Policies, i, Association{Policy: policy, AssociatedAt: c.Time})
	}
	e.Policies[i].Namespaces = namespaces
	e.Policies[i].ModifiedAt = c.Time
	return map[string]any{
		"clusterName": cl.Name, "principalArn": e.Principal,
		"associatedAccessPolicy": c.viewAssociation(e.Policies[i]),
	}, nil
}

func comparePolicy(a Association, policy string) int { return strings.Compare(a.Policy, policy) }

// checkPolicyForEntry says whether an entry can have a policy.
func checkPolicyForEntry(cl *cluster, e *Entry, arn, scope string) *awsapi.Error {
	name := strings.TrimPrefix(arn, policyARN(cl.Partition, ""))
	// EC2 entries take AmazonEKSAutoNodePolicy by the user guide's
	// create-node-class, though row 11 denies it. [U] the others: refused.
	if e.Type != typeStandard && !(e.Type == typeEC2 && name == "AmazonEKSAutoNodePolicy") {
		return invalidParameter(textStandardOnly) // row 11
	}
	p, err := findPolicy(cl.Partition, arn)
	if err != nil {
		return err
	}
	// [U] both texts, and whether these are refused at all. EKS itself puts
	// some of the marked policies on the cluster's role in Auto Mode.
	if p.serviceLinked && e.Principal != cl.RoleARN {
		return invalidParameter("ekssim: the policy %s can be associated with service-linked roles only", name)
	}
	if p.scope != "" && p.scope != scope {
		return invalidParameter("ekssim: the policy %s can be associated at %s scope only", name, p.scope)
	}
	return nil
}

var (
	namespaceName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	// A prefix with a star. User guide: access-policies, "dev-*".
	namespacePrefix = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*\*$`)
	namespaceStars  = regexp.MustCompile(`^[a-z0-9*-]+$`)
)

// readScope judges an access scope: table rows 15 and 16.
func (c *call) readScope(m members) (kind string, namespaces []string, _ *awsapi.Error) {
	var scope map[string]json.RawMessage
	if err := m.decode("accessScope", &scope); err != nil {
		return "", nil, err
	}
	kind, err := members(scope).text("type")
	if err != nil {
		return "", nil, err
	}
	if namespaces, err = members(scope).list("namespaces"); err != nil {
		return "", nil, err
	}
	switch {
	case kind != "cluster" && kind != "namespace":
		return "", nil, invalidParameter(
			"ekssim: the accessScope type %q is not one of [cluster, namespace]",
			kind,
		) // [U] the text
	case kind == "namespace" && len(namespaces) == 0:
		return "", nil, invalidParameter(textNamespaceNeeded)
	case kind == "cluster" && len(namespaces) > 0:
		return "", nil, invalidParameter(textNamespaceRefused)
	}
	for _, ns := range namespaces {
		ok := len(ns) <= 63 && (namespaceName.MatchString(ns) || namespacePrefix.MatchString(ns))
		if c.st.settings.LooseNamespaces {
			ok = ok || namespaceStars.MatchString(ns)
		}
		if !ok { // [U] text and exact rule, a lone "*" included
			return "", nil, invalidParameter("ekssim: the namespace %q is not valid", ns)
		}
	}
	return kind, namespaces, nil
}

// disassociatePolicy takes the whole association away.
func disassociatePolicy(c *call) (any, *awsapi.Error) {
	if !policyShape.MatchString(c.Policy) {
		return nil, invalidParameter(textPolicyFormat) // [U] for this operation
	}
	_, e, err := c.findEntry()
	if err != nil {
		return nil, err
	}
	i, found := slices.BinarySearchFunc(e.Policies, c.Policy, comparePolicy)
	if !found {
		// [U] the text. terraform-provider-aws takes this code for done.
		return nil, notFound("ekssim: the policy %s is not associated with this access entry.", c.Policy)
	}
	e.Policies = slices.Delete(e.Policies, i, i+1)
	return struct{}{}, nil
}

func listAssociatedPolicies(c *call) (any, *awsapi.Error) {
	cl, e, err := c.findEntry()
	if err != nil {
		return nil, err
	}
	keys := []string{}
	by := map[string]Association{}
	for _, a := range e.Policies {
		if !c.isHidden(a.AssociatedAt) {
			keys = append(keys, a.Policy)
			by[a.Policy] = a
		}
	}
	page, next, err := c.page(c.st.sortKeys(keys), e.UUID)
	if err != nil {
		return nil, err
	}
	views := []associationView{}
	for _, k := range page {
		views = append(views, c.viewAssociation(by[k]))
	}
	out := listAnswer("associatedAccessPolicies", views, next)
	out["clusterName"], out["principalArn"] = cl.Name, e.Principal
	return out, nil
}

// listPolicies leaves some out that are associated in practice.
func listPolicies(c *call) (any, *awsapi.Error) {
	keys := []string{}
	for _, name := range slices.Sorted(maps.Keys(accessPolicies)) {
		if !accessPolicies[name].unlisted {
			keys = append(keys, name)
		}
	}
	page, next, err := c.page(c.st.sortKeys(keys), "")
	if err != nil {
		return nil, err
	}
	type view struct {
		Name string `json:"name"`
		ARN  string `json:"arn"`
	}
	views := []view{}
	for _, name := range page {
		views = append(views, view{name, policyARN(c.partition(), name)})
	}
	return listAnswer("accessPolicies", views, next), nil
}
