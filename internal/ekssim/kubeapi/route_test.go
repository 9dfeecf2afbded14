package kubeapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// send answers a request to a cluster; the answer is JSON, or text as it is.
func send(t *testing.T, c Cluster, u User, line, body string) (route *Route, code int, answer string) {
	t.Helper()
	method, url, _ := strings.Cut(line, " ")
	req := httptest.NewRequest(method, url, nil)
	route = FindRoute(req, req.URL.Path, body)
	code, value := route.Answer(c, u)
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return route, code, string(data)
}

func TestRoutes(t *testing.T) {
	c := Cluster{
		ARN: "arn:aws:eks:eu-west-1:111122223333:cluster/dev", Version: "1.33", CreatedAt: time.Unix(0, 0),
		AWSAuth: "mapRoles: '[]'", Objects: readObjects(t, bindings),
	}
	masters := User{Name: "root", Groups: []string{MastersGroup}}
	const rbac = "/apis/rbac.authorization.k8s.io/v1"
	for _, tt := range []struct {
		line, operation, resource string
		code                      int
		contains                  string
	}{
		{"GET /healthz", "GetPath", "/healthz", 200, `"ok"`},
		{"GET /version/", "GetPath", "/version/", 200, `"gitVersion":"v1.33.0-eks-sim"`},
		{"GET /api", "GetPath", "/api", 200, `"versions":["v1"]`},
		{"GET /apis", "GetPath", "/apis", 200, `"groupVersion":"apps/v1"`},
		{"GET /api/v1", "GetPath", "/api/v1", 200, `"name":"configmaps"`},
		{"GET /apis/batch/v1", "GetPath", "/apis/batch/v1", 200, `"name":"cronjobs"`},
		{"GET /apis/batch/v2", "GetPath", "/apis/batch/v2", 404, "could not find the requested resource"},
		{"GET /other", "GetPath", "/other", 404, "could not find"},
		{"GET /api/v1/namespaces", "ListNamespaces", "", 200, `"name":"payments"`},
		{"GET /api/v1/namespaces/payments", "GetNamespace", "payments/payments", 200, `"kind":"Namespace"`},
		{"GET /api/v1/namespaces/payments/status", "GetNamespace", "payments/payments", 405, ""},
		{"GET /api/v1/namespaces/none", "GetNamespace", "none/none", 404, `namespaces \"none\" not found`},
		{
			"GET /api/v1/namespaces/kube-system/configmaps/aws-auth", "GetConfigMap", "kube-system/aws-auth", 200,
			`"data":{"mapRoles":"[]"}`,
		},
		{"GET /api/v1/namespaces/default/configmaps/aws-auth", "GetConfigMap", "default/aws-auth", 404, "not found"},
		{"GET /api/v1/configmaps?watch=true", "WatchConfigMap", "", 405, "not changed or watched"},
		{"GET /api/v1/configmaps?watch=false", "ListConfigMaps", "", 200, `"kind":"ConfigMapList"`},
		{"GET /api/v1/namespaces/default/pods", "ListPods", "default/", 200, `"items":[]`},
		{"GET /api/v1/namespaces/default/pods/x/log", "GetPod", "default/x", 405, ""},
		{"DELETE /api/v1/namespaces/default/pods/x", "DeletePod", "default/x", 405, ""},
		{"DELETE /api/v1/namespaces/default/pods", "DeletecollectionPod", "default/", 405, ""},
		{"GET " + rbac + "/clusterroles/view", "GetClusterRole", "view", 200, `"kubernetes.io/bootstrapping"`},
		{"GET " + rbac + "/roles", "ListRoles", "", 200, `"namespace":"payments"`},
		{"GET " + rbac + "/namespaces/default/roles", "ListRoles", "default/", 200, `"items":[]`},
		{"GET /apis/example.com/v1/things/x", "Getthings", "x", 404, "could not find"},
	} {
		route, code, answer := send(t, c, masters, tt.line, "")
		if route.Operation != tt.operation || route.Resource != tt.resource {
			t.Errorf("%s: %s %q, want %s %q", tt.line, route.Operation, route.Resource, tt.operation, tt.resource)
		}
		if code != tt.code || !strings.Contains(answer, tt.contains) {
			t.Errorf("%s: %d %s, want %d %s", tt.line, code, answer, tt.code, tt.contains)
		}
	}
	// A user without permission cannot find out whether an object exists.
	for _, path := range []string{"/api/v1/namespaces/none", "/api/v1/namespaces/default", "/other"} {
		if _, code, answer := send(t, c, User{Name: "ann"}, "GET "+path, ""); code != 403 {
			t.Errorf("%s: %d %s", path, code, answer)
		}
	}
	c.AWSAuth = "word"
	_, code, answer := send(t, c, masters, "GET /api/v1/configmaps", "")
	if code != 500 || !strings.Contains(answer, "awsAuth is no YAML map") {
		t.Errorf("an invalid aws-auth: %d %s", code, answer)
	}
}

func TestReviews(t *testing.T) {
	u := User{
		Name: "ann", UID: "1", Groups: []string{AuthenticatedGroup}, Extra: map[string][]string{"arn": {"a"}},
	}
	c := Cluster{Objects: readObjects(t, bindings)}
	const access = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
	spec := func(text string) string {
		return `{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{` + text + `}}`
	}
	const (
		path = `"nonResourceAttributes":{"verb":"get","path":"/version"}`
		pods = `"resourceAttributes":{"verb":"get","resource":"pods"}`
	)
	for _, tt := range []struct {
		line, body string
		code       int
		contains   string
		keepsBody  bool
	}{
		{access, spec(path), 201, `"allowed":true`, true},
		{access, spec(pods), 201, `"allowed":false`, true},
		{access, spec(""), 422, "exactly one of", true},
		{access, spec(path + "," + pods), 422, "exactly one of", true},
		{access, "{}", 422, "exactly one of", true},
		{access, "word", 400, "the object provided is unrecognized", false},
		{
			"POST /apis/authentication.k8s.io/v1/selfsubjectreviews",
			`{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}`, 201,
			`"userInfo":{"username":"ann","uid":"1","groups":["system:authenticated"],"extra":{"arn":["a"]}}`, true,
		},
	} {
		route, code, answer := send(t, c, u, tt.line, tt.body)
		if code != tt.code || !strings.Contains(answer, tt.contains) || (route.Body != "") != tt.keepsBody {
			t.Errorf("%s: %d %s, body %q, want %+v", tt.body, code, answer, route.Body, tt)
		}
	}
	if _, code, _ := send(t, c, User{Name: "x"}, access, spec(path)); code != http.StatusForbidden {
		t.Errorf("a review of a user without groups: %d", code)
	}
}
