package kubeapi

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/authenticator"
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

// A handler answers a request that is allowed: with a status and what is sent
// as JSON, or as it is if it is text.
type handler func(Cluster, User) (code int, answer any)

// A Route is what a request to the API of a cluster is about.
type Route struct {
	// Operation and Resource are the names for journals: GetConfigMap, and
	// kube-system/aws-auth.
	Operation, Resource string
	Request             Request
	// Body is what was sent. A review leaves it as JSON, or empty if it cannot be
	// read.
	Body string
	work handler
}

// FindRoute returns what a request is about whose path, within the API of its
// cluster, is path. kubernetes, apiserver/pkg/endpoints/request.
func FindRoute(req *http.Request, path, body string) *Route {
	f := &Route{Body: body}
	group, version, rest, isResource := apiPath(path)
	if !isResource {
		f.Operation, f.Resource = "GetPath", path
		f.Request = Request{verb: strings.ToLower(req.Method), path: path}
		f.work = func(c Cluster, _ User) (int, any) { return c.discovery(path) }
		return f
	}
	parts := strings.Split(rest, "/")
	r := Request{group: group}
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
	r.verb = verbOf(req.Method, r.name != "", req.URL.Query().Get("watch"))
	f.Request = r
	kind, known := kindOf(schema.GroupVersionResource{Group: group, Version: version, Resource: r.resource})
	f.Operation = operationName(r, cmp.Or(kind.kind, r.resource))
	f.Resource = strings.TrimPrefix(r.namespace+"/"+r.name, "/")
	switch {
	case !known:
		f.work = func(Cluster, User) (int, any) { return noSuchResource() }
	case r.verb == "create" && reviews[kind.kind] != nil:
		f.work = func(c Cluster, u User) (int, any) { return reviews[kind.kind](f, c, u) }
	case r.subresource != "" || r.verb != "get" && r.verb != "list":
		f.work = func(Cluster, User) (int, any) { return notImplemented() }
	case r.verb == "list":
		f.work = func(c Cluster, _ User) (int, any) { return c.list(kind, r) }
	default:
		f.work = func(c Cluster, _ User) (int, any) { return c.get(kind, r) }
	}
	return f
}

// Answer answers the request of a user: first whether it is allowed, and only
// then what is there.
func (f *Route) Answer(c Cluster, u User) (code int, answer any) {
	if !c.decide(u, f.Request).Allowed {
		return Forbidden(f.Request, u)
	}
	return f.work(c, u)
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

func verbOf(method string, named bool, watch string) string {
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
func operationName(r Request, kind string) string {
	name := strings.ToUpper(r.verb[:1]) + r.verb[1:] + kind
	if r.verb == "list" {
		name += "s"
	}
	return name
}

func noSuchResource() (int, any) {
	return Failure(http.StatusNotFound, "NotFound", "the server could not find the requested resource")
}

func notImplemented() (int, any) {
	return Failure(
		http.StatusMethodNotAllowed,
		"MethodNotAllowed",
		"ekssim: this Kubernetes can be read, not changed or watched",
	)
}

func (c Cluster) get(k resourceKind, r Request) (int, any) {
	all, err := c.objects(k)
	if err != nil {
		return Failure(http.StatusInternalServerError, "InternalError", "ekssim: "+err.Error())
	}
	for _, o := range all {
		if o.GetName() == r.name && (!k.namespaced || o.GetNamespace() == r.namespace) {
			o.GetObjectKind().
				SetGroupVersionKind(schema.GroupVersionKind{Group: k.group, Version: k.version, Kind: k.kind})
			return http.StatusOK, o
		}
	}
	resource := k.plural
	if k.group != "" {
		resource += "." + k.group
	}
	return Failure(http.StatusNotFound, "NotFound", resource+` "`+r.name+`" not found`)
}

func (c Cluster) list(k resourceKind, r Request) (int, any) {
	all, err := c.objects(k)
	if err != nil {
		return Failure(http.StatusInternalServerError, "InternalError", "ekssim: "+err.Error())
	}
	items := []object{}
	for _, o := range all {
		if !k.namespaced || r.namespace == "" || o.GetNamespace() == r.namespace {
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
func (c Cluster) objects(k resourceKind) ([]object, error) {
	var out []object
	switch k.kind {
	case "Namespace":
		for _, name := range slices.Concat(bootNamespaces, c.Objects.Namespaces) {
			ns := &corev1.Namespace{Status: corev1.NamespaceStatus{Phase: corev1.NamespaceActive}}
			ns.Name, ns.Labels = name, map[string]string{corev1.LabelMetadataName: name}
			out = append(out, ns)
		}
	case "ClusterRole":
		out = copies(c.clusterRoles())
	case "ClusterRoleBinding":
		out = copies(c.clusterRoleBindings())
	case "Role":
		out = copies(c.Objects.Roles)
	case "RoleBinding":
		out = copies(c.Objects.RoleBindings)
	case "ConfigMap":
		if c.AWSAuth != "" {
			data, err := authenticator.Data(c.AWSAuth)
			if err != nil {
				return nil, err
			}
			m := &corev1.ConfigMap{Data: data}
			m.Name, m.Namespace = "aws-auth", "kube-system"
			out = append(out, m)
		}
	}
	for _, o := range out {
		o.SetUID(types.UID(arns.UUID(k.kind, c.ARN, o.GetNamespace(), o.GetName())))
		o.SetResourceVersion("1")
		o.SetCreationTimestamp(metav1.NewTime(c.CreatedAt))
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
