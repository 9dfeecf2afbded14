package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/snapshot"
)

// AWSAuth reads the ConfigMap aws-auth as it is. It never fails, like the
// others of this file: what can't be had is unknown, and says why.
func (c *Client) AWSAuth(ctx context.Context) snapshot.AWSAuth {
	data, found, err := c.ConfigMap(ctx, "kube-system", "aws-auth")
	if err != nil {
		return snapshot.AWSAuth{Fact: unknownFact(err, "")}
	}
	return snapshot.AWSAuth{Fact: snapshot.KnownFact(), Found: found, Data: data}
}

// Namespaces reads their names.
func (c *Client) Namespaces(ctx context.Context) snapshot.Namespaces {
	found := snapshot.Namespaces{Fact: snapshot.KnownFact()}
	err := list(ctx, c, "/api/v1/namespaces", func(l *corev1.NamespaceList) {
		for _, n := range l.Items {
			found.Names = append(found.Names, n.Name)
		}
	})
	if err != nil {
		return snapshot.Namespaces{Fact: unknownFact(err, toList)}
	}
	return found
}

// RBAC reads what binds users and groups to roles, and which cluster roles
// have no limit. A part that can't be had makes all of it unknown: half of the
// bindings would look like the whole.
func (c *Client) RBAC(ctx context.Context) snapshot.RBAC {
	const group = "/apis/rbac.authorization.k8s.io/v1/"
	found := snapshot.RBAC{Fact: snapshot.KnownFact()}
	err := list(ctx, c, group+"clusterrolebindings", func(l *rbacv1.ClusterRoleBindingList) {
		for _, b := range l.Items {
			found.Bindings = bind(found.Bindings, b.Name, "", b.RoleRef, b.Subjects)
		}
	})
	if err == nil {
		err = list(ctx, c, group+"rolebindings", func(l *rbacv1.RoleBindingList) {
			for _, b := range l.Items {
				found.Bindings = bind(found.Bindings, b.Name, b.Namespace, b.RoleRef, b.Subjects)
			}
		})
	}
	if err == nil {
		err = list(ctx, c, group+"clusterroles", func(l *rbacv1.ClusterRoleList) {
			for _, r := range l.Items {
				if slices.ContainsFunc(r.Rules, allowsEverything) {
					found.Unlimited = append(found.Unlimited, r.Name)
				}
			}
		})
	}
	if err != nil {
		return snapshot.RBAC{Fact: unknownFact(err, toList)}
	}
	return found
}

// bind takes over a binding of groups or users. Service accounts are no
// principals of IAM.
func bind(
	to []snapshot.Binding,
	name, namespace string,
	role rbacv1.RoleRef,
	subjects []rbacv1.Subject,
) []snapshot.Binding {
	b := snapshot.Binding{Name: name, Namespace: namespace, RoleKind: role.Kind, Role: role.Name}
	for _, s := range subjects {
		switch s.Kind {
		case rbacv1.GroupKind:
			b.Groups = append(b.Groups, s.Name)
		case rbacv1.UserKind:
			b.Users = append(b.Users, s.Name)
		}
	}
	if len(b.Groups)+len(b.Users) == 0 {
		return to
	}
	return append(to, b)
}

// allowsEverything reports whether a rule alone allows everything on every resource.
func allowsEverything(r rbacv1.PolicyRule) bool {
	return slices.Contains(r.Verbs, rbacv1.VerbAll) && slices.Contains(r.APIGroups, rbacv1.APIGroupAll) &&
		slices.Contains(r.Resources, rbacv1.ResourceAll) && len(r.ResourceNames) == 0
}

// page is how many objects an answer may hold, so that none grows past what is
// read of one (Kubernetes API concepts, "Retrieving large results sets in
// chunks").
const page = "500"

// maxPages is far more than any cluster has of what is listed.
const maxPages = 200

// list reads all pages of a list and gives each to take.
func list[L interface {
	runtime.Object
	metav1.ListInterface
}](ctx context.Context, c *Client, path string, take func(L)) error {
	next := ""
	for range maxPages {
		r := c.rest.Get().AbsPath(path).Param("limit", page)
		if next != "" {
			r = r.Param("continue", next)
		}
		l, e := answerOf[L](r.Do(ctx), c.host)
		if e != nil {
			return e
		}
		take(l)
		if next = l.GetContinue(); next == "" {
			return nil
		}
	}
	reason := fmt.Sprintf("the list %s has no end: it has more than %d pages", path, maxPages)
	return &Error{Code: kubeerr.NoCluster, Reason: reason}
}

// toList is what lets a caller see RBAC objects, which AmazonEKSViewPolicy
// does not (EKS user guide, access-policy-permissions).
const toList = "allow the caller to list namespaces, clusterroles, clusterrolebindings and rolebindings: " +
	"by a ClusterRole bound to a group of its access entry, or by AmazonEKSAdminViewPolicy, which reads secrets too"

func unknownFact(err error, forbidden string) snapshot.Fact {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Reason: err.Error()}
	}
	unknown := snapshot.UnknownFact(e.Reason, e.Hint)
	unknown.Code = e.Code
	if e.Code == kubeerr.Forbidden && forbidden != "" {
		unknown.Hint = forbidden
	}
	return unknown
}
