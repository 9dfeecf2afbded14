package kubeapi

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
)

// Objects is what a cluster has in Kubernetes besides aws-auth. Objects
// are written as Kubernetes has them; kinds, API groups and the kind of a
// roleRef may be left out.
type Objects struct {
	// Namespaces are there besides those every cluster has and those that
	// objects below are in.
	Namespaces          []string                    `json:"namespaces,omitempty"`
	ClusterRoles        []rbacv1.ClusterRole        `json:"clusterRoles,omitempty"`
	ClusterRoleBindings []rbacv1.ClusterRoleBinding `json:"clusterRoleBindings,omitempty"`
	Roles               []rbacv1.Role               `json:"roles,omitempty"`
	RoleBindings        []rbacv1.RoleBinding        `json:"roleBindings,omitempty"`
	// NoBasicUser takes away the binding by which everybody may ask for
	// reviews of himself.
	NoBasicUser bool `json:"noBasicUser,omitempty"`
}

// bootNamespaces are in every cluster.
var bootNamespaces = []string{"default", "kube-node-lease", "kube-public", "kube-system"}

// WithDefaults is a copy with what may be left out.
func (k Objects) WithDefaults() (Objects, error) {
	out := Objects{NoBasicUser: k.NoBasicUser}
	namespaces := slices.Clone(k.Namespaces)
	for _, o := range k.ClusterRoles {
		out.ClusterRoles = append(out.ClusterRoles, *o.DeepCopy())
	}
	for _, o := range k.ClusterRoleBindings {
		o = *o.DeepCopy()
		fillBinding(&o.RoleRef, o.Subjects)
		out.ClusterRoleBindings = append(out.ClusterRoleBindings, o)
	}
	for _, o := range k.Roles {
		out.Roles, namespaces = append(out.Roles, *o.DeepCopy()), append(namespaces, o.Namespace)
	}
	for _, o := range k.RoleBindings {
		o = *o.DeepCopy()
		fillBinding(&o.RoleRef, o.Subjects)
		out.RoleBindings, namespaces = append(out.RoleBindings, o), append(namespaces, o.Namespace)
	}
	slices.Sort(namespaces)
	for _, n := range slices.Compact(namespaces) {
		if n == "" {
			return Objects{}, fmt.Errorf(
				"kubernetes: a namespace has no name, or a role or its binding no namespace",
			)
		}
		if !slices.Contains(bootNamespaces, n) {
			out.Namespaces = append(out.Namespaces, n)
		}
	}
	return out, out.check()
}

func fillBinding(ref *rbacv1.RoleRef, subjects []rbacv1.Subject) {
	ref.APIGroup, ref.Kind = rbacv1.GroupName, cmp.Or(ref.Kind, "ClusterRole")
	for i := range subjects {
		if s := &subjects[i]; s.Kind != rbacv1.ServiceAccountKind {
			s.APIGroup = rbacv1.GroupName
		}
	}
}

func (k Objects) check() error {
	seen := map[string]bool{}
	named := func(kind, namespace, name string) error {
		key := kind + " " + strings.TrimPrefix(namespace+"/"+name, "/")
		if name == "" || seen[key] {
			return fmt.Errorf("kubernetes: %q has no name or is listed twice", key)
		}
		seen[key] = true
		return nil
	}
	bound := func(kind string, ref rbacv1.RoleRef, subjects []rbacv1.Subject) error {
		if ref.Name == "" || ref.Kind != "ClusterRole" && (ref.Kind != "Role" || kind == "ClusterRoleBinding") {
			return fmt.Errorf("kubernetes: a %s can't be of %s %q", kind, ref.Kind, ref.Name)
		}
		for _, s := range subjects {
			if s.Name == "" ||
				!slices.Contains([]string{rbacv1.UserKind, rbacv1.GroupKind, rbacv1.ServiceAccountKind}, s.Kind) {
				return fmt.Errorf("kubernetes: a %s can't be for %s %q", kind, s.Kind, s.Name)
			}
		}
		return nil
	}
	for _, o := range slices.Concat(bootClusterRoles, k.ClusterRoles) {
		if err := named("ClusterRole", "", o.Name); err != nil {
			return err
		}
	}
	for _, o := range k.Roles {
		if err := named("Role", o.Namespace, o.Name); err != nil {
			return err
		}
	}
	for _, o := range slices.Concat(bootClusterRoleBindings, k.ClusterRoleBindings) {
		err := errors.Join(named("ClusterRoleBinding", "", o.Name), bound("ClusterRoleBinding", o.RoleRef, o.Subjects))
		if err != nil {
			return err
		}
	}
	for _, o := range k.RoleBindings {
		err := errors.Join(named("RoleBinding", o.Namespace, o.Name), bound("RoleBinding", o.RoleRef, o.Subjects))
		if err != nil {
			return err
		}
	}
	return nil
}
