package kubeapi

import (
	"net/http"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// A resourceKind is a kind of object this Kubernetes has heard of.
type resourceKind struct {
	group, version, plural, kind string
	namespaced                   bool
}

// resourceKinds are those a client can look up: what there are objects of, and
// what people ask about most.
var resourceKinds = slices.Concat(
	kinds("", true, "ConfigMap Endpoints=endpoints Event PersistentVolumeClaim Pod Secret Service ServiceAccount"),
	kinds("", false, "Namespace Node PersistentVolume"),
	kinds("apps", true, "DaemonSet Deployment ReplicaSet StatefulSet"),
	kinds("batch", true, "CronJob Job"),
	kinds("networking.k8s.io", true, "Ingress=ingresses NetworkPolicy=networkpolicies"),
	kinds("rbac.authorization.k8s.io", true, "Role RoleBinding"),
	kinds("rbac.authorization.k8s.io", false, "ClusterRole ClusterRoleBinding"),
	kinds("authentication.k8s.io", false, "SelfSubjectReview"),
	kinds("authorization.k8s.io", false, "SelfSubjectAccessReview"),
)

// kinds of a group, all in v1. The plural is written behind those that do not
// take an s.
func kinds(group string, namespaced bool, names string) []resourceKind {
	var out []resourceKind
	for _, name := range strings.Fields(names) {
		kind, plural, ok := strings.Cut(name, "=")
		if !ok {
			plural = strings.ToLower(kind) + "s"
		}
		out = append(out, resourceKind{group, "v1", plural, kind, namespaced})
	}
	return out
}

func kindOf(r schema.GroupVersionResource) (resourceKind, bool) {
	i := slices.IndexFunc(resourceKinds, func(k resourceKind) bool {
		return k.group == r.Group && k.version == r.Version && k.plural == r.Resource
	})
	if i < 0 {
		return resourceKind{}, false
	}
	return resourceKinds[i], true
}

// discovery answers on the paths that are no resource: what groups and
// resources there are, which version this is, and that it is well.
func (c Cluster) discovery(path string) (int, any) {
	path = strings.TrimSuffix(path, "/")
	switch path {
	case "/healthz", "/livez", "/readyz":
		return http.StatusOK, "ok"
	case "/version":
		major, minor, _ := strings.Cut(c.Version, ".")
		return http.StatusOK, map[string]string{
			"major":      major,
			"minor":      minor,
			"gitVersion": "v" + c.Version + ".0-eks-sim",
		}
	case "/api":
		return http.StatusOK, metav1.APIVersions{
			TypeMeta: metav1.TypeMeta{Kind: "APIVersions"},
			Versions: []string{"v1"},
		}
	case "/apis":
		return http.StatusOK, groups()
	}
	name, ok := strings.CutPrefix(path, "/apis/")
	if path == "/api/v1" {
		name, ok = "v1", true
	}
	gv, err := schema.ParseGroupVersion(name)
	if list := resources(gv); ok && err == nil && len(list.APIResources) > 0 {
		return http.StatusOK, list
	}
	return noSuchResource()
}

func groups() metav1.APIGroupList {
	list := metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}}
	for _, k := range resourceKinds {
		version := metav1.GroupVersionForDiscovery{GroupVersion: k.group + "/" + k.version, Version: k.version}
		if k.group != "" &&
			!slices.ContainsFunc(list.Groups, func(g metav1.APIGroup) bool { return g.Name == k.group }) {
			list.Groups = append(list.Groups, metav1.APIGroup{Name: k.group,
				Versions: []metav1.GroupVersionForDiscovery{version}, PreferredVersion: version})
		}
	}
	return list
}

func resources(gv schema.GroupVersion) metav1.APIResourceList {
	list := metav1.APIResourceList{
		TypeMeta:     metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"},
		GroupVersion: gv.String(),
	}
	for _, k := range resourceKinds {
		if k.group == gv.Group && k.version == gv.Version {
			verbs := metav1.Verbs{"get", "list"}
			if reviews[k.kind] != nil {
				verbs = metav1.Verbs{"create"}
			}
			list.APIResources = append(
				list.APIResources,
				metav1.APIResource{Name: k.plural, SingularName: strings.ToLower(k.kind),
					Namespaced: k.namespaced, Kind: k.kind, Verbs: verbs},
			)
		}
	}
	return list
}
