package ekssim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// An object is one of Kubernetes.
type object interface {
	metav1.Object
	runtime.Object
}

// find says what a path of a cluster's API is about, and gives whoever may
// have it a way to get it. kubernetes, apiserver/pkg/endpoints/request.
func (c *kubeCall) find(path string) func() (int, any) {
	group, version, rest, isResource := apiPath(path)
	if !isResource {
		c.Operation, c.Resource = "GetPath", path
		c.request = kubeRequest{verb: strings.ToLower(c.r.Method), path: path}
		return func() (int, any) { return c.discovery(path) }
	}
	parts := strings.Split(rest, "/")
	r := kubeRequest{group: group}
	if len(parts) > 1 && parts[0] == "namespaces" {
		r.namespace = parts[1]
		if len(parts) > 2 && parts[2] != "status" && parts[2] != "finalize" {
			parts = parts[2:]
		}
	}
	r.resource = parts[0]
	if len(parts) > 1 {
		r.name = parts[1]
	}
	if len(parts) > 2 {
		r.subresource = strings.Join(parts[2:], "/")
	}
	r.verb = kubeVerb(c.r.Method, r.name != "", c.r.URL.Query().Get("watch"))
	c.request = r
	kind, known := kindOf(schema.GroupVersionResource{Group: group, Version: version, Resource: r.resource})
	c.Operation = operationName(r, cmp.Or(kind.kind, r.resource))
	c.Resource = strings.TrimPrefix(r.namespace+"/"+r.name, "/")
	switch {
	case !known:
		return noSuchResource
	case r.verb == "create" && reviews[kind.kind] != nil:
		return func() (int, any) { return reviews[kind.kind](c) }
	case r.subresource != "" || r.verb != "get" && r.verb != "list":
		return notImplemented
	case r.verb == "list":
		return func() (int, any) { return c.list(kind) }
	}
	return func() (int, any) { return c.get(kind) }
}

// apiPath takes the path of a resource apart; others are no resource.
func apiPath(path string) (group, version, rest string, ok bool) {
	parts := strings.SplitN(strings.Trim(path, "/"), "/", 4)
	switch {
	case len(parts) >= 3 && parts[0] == "api":
		return "", parts[1], strings.Join(parts[2:], "/"), true
	case len(parts) == 4 && parts[0] == "apis":
		return parts[1], parts[2], parts[3], true
	}
	return "", "", "", false
}

func kubeVerb(method string, named bool, watch string) string {
	switch method {
	case http.MethodGet, http.MethodHead:
		switch {
		case watch != "" && watch != "false" && watch != "0":
			return "watch"
		case named:
			return "get"
		}
		return "list"
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		return "patch"
	case http.MethodDelete:
		if named {
			return "delete"
		}
		return "deletecollection"
	}
	return strings.ToLower(method)
}

// operationName is how the journal and faults know a call: GetConfigMap,
// ListRoleBindings, CreateSelfSubjectAccessReview.
func operationName(r kubeRequest, kind string) string {
	name := strings.ToUpper(r.verb[:1]) + r.verb[1:] + kind
	if r.verb == "list" {
		name += "s"
	}
	return name
}

func noSuchResource() (int, any) {
	return failure(http.StatusNotFound, "NotFound", "the server could not find the requested resource")
}

func notImplemented() (int, any) {
	return failure(
		http.StatusMethodNotAllowed,
		"MethodNotAllowed",
		"ekssim: this Kubernetes can be read, not changed or watched",
	)
}

func (c *kubeCall) get(k kubeKind) (int, any) {
	all, err := c.objects(k)
	if err != nil {
		return failure(http.StatusInternalServerError, "InternalError", "ekssim: "+err.Error())
	}
	for _, o := range all {
		if o.GetName() == c.request.name && (!k.namespaced || o.GetNamespace() == c.request.namespace) {
			o.GetObjectKind().
				SetGroupVersionKind(schema.GroupVersionKind{Group: k.group, Version: k.version, Kind: k.kind})
			return http.StatusOK, o
		}
	}
	resource := k.plural
	if k.group != "" {
		resource += "." + k.group
	}
	return failure(http.StatusNotFound, "NotFound", resource+` "`+c.request.name+`" not found`)
}

func (c *kubeCall) list(k kubeKind) (int, any) {
	all, err := c.objects(k)
	if err != nil {
		return failure(http.StatusInternalServerError, "InternalError", "ekssim: "+err.Error())
	}
	items := []object{}
	for _, o := range all {
		if !k.namespaced || c.request.namespace == "" || o.GetNamespace() == c.request.namespace {
			o.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{}) // as in a real list
			items = append(items, o)
		}
	}
	slices.SortFunc(items, func(a, b object) int {
		return cmp.Or(cmp.Compare(a.GetNamespace(), b.GetNamespace()), cmp.Compare(a.GetName(), b.GetName()))
	})
	return http.StatusOK, map[string]any{
		"kind": k.kind + "List", "apiVersion": schema.GroupVersion{Group: k.group, Version: k.version}.String(),
		"metadata": map[string]string{"resourceVersion": "1"}, "items": items,
	}
}

// objects are those of a kind: namespaces, what RBAC has, and one ConfigMap.
// There are none of other kinds.
func (c *kubeCall) objects(k kubeKind) ([]object, error) {
	var out []object
	switch k.kind {
	case "Namespace":
		for _, name := range slices.Concat(bootNamespaces, c.cluster.Kubernetes.Namespaces) {
			ns := &corev1.Namespace{Status: corev1.NamespaceStatus{Phase: corev1.NamespaceActive}}
			ns.Name, ns.Labels = name, map[string]string{corev1.LabelMetadataName: name}
			out = append(out, ns)
		}
	case "ClusterRole":
		out = copies(c.cluster.clusterRoles())
	case "ClusterRoleBinding":
		out = copies(c.cluster.clusterRoleBindings())
	case "Role":
		out = copies(c.cluster.Kubernetes.Roles)
	case "RoleBinding":
		out = copies(c.cluster.Kubernetes.RoleBindings)
	case "ConfigMap":
		if c.cluster.AWSAuth != "" {
			data, err := authData(c.cluster.AWSAuth)
			if err != nil {
				return nil, err
			}
			m := &corev1.ConfigMap{Data: data}
			m.Name, m.Namespace = "aws-auth", "kube-system"
			out = append(out, m)
		}
	}
	for _, o := range out {
		o.SetUID(types.UID(uuid(k.kind, c.cluster.arn(), o.GetNamespace(), o.GetName())))
		o.SetResourceVersion("1")
		o.SetCreationTimestamp(metav1.NewTime(c.cluster.CreatedAt))
	}
	return out, nil
}

func copies[T any, P interface {
	*T
	object
	DeepCopy() P
}](items []T) []object {
	out := make([]object, len(items))
	for i := range items {
		out[i] = P(&items[i]).DeepCopy()
	}
	return out
}
