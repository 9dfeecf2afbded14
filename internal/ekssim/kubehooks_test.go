package ekssim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// hook asks as an API server does: with its time limit behind the path.
func hook[T any](t *testing.T, s *ekssim.Server, path string, review T) (int, T) {
	t.Helper()
	data, err := json.Marshal(review)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(s.URL()+"/_webhook/"+path+"?timeout=30s", "application/json", bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out T
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return res.StatusCode, out
}

const devPath = "111122223333/eu-west-1/dev/"

func tokenReview(token string) authenticationv1.TokenReview {
	r := authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}
	r.Kind, r.APIVersion = "TokenReview", "authentication.k8s.io/v1"
	return r
}

// Whom a real API server is told a token belongs to.
func TestTokenReview(t *testing.T) {
	c := newClock()
	c.t = time.Now()
	s := start(t, rightsWorld, ekssim.WithClock(c.now))
	for _, tt := range []struct{ key, cluster, username, groups, refusal string }{
		{"AKIAPLAIN", "dev", "devs:session", "devs", ""},
		{"AKIAADMIN", "dev", "arn:aws:sts::111122223333:assumed-role/admin/session", "", ""},
		{"AKIAALICE", "dev", "alice", "system:masters", ""},
		{"AKIAADMIN", "prod", "", "", "the token is not one of this cluster, this secret and this time"},
		{"AKIAREMADE", "dev", "", "", "nothing maps arn:aws:sts::111122223333:assumed-role/remade/session"},
		{"AKIAUNKNOWN", "dev", "", "", "STS does not know the access key, or it has expired"},
	} {
		code, got := hook(t, s, devPath+"authenticate", tokenReview(token(t, tt.key, region, tt.cluster)))
		user := got.Status.User
		if code != 200 || got.Kind != "TokenReview" || got.APIVersion != "authentication.k8s.io/v1" ||
			got.Status.Authenticated != (tt.refusal == "") || got.Status.Error != tt.refusal ||
			user.Username != tt.username || strings.Join(user.Groups, " ") != tt.groups || got.Spec.Token != "" {
			t.Errorf("%s for %s: %d %+v", tt.key, tt.cluster, code, got)
		}
		if tt.refusal == "" && user.UID == "" {
			t.Errorf("%s: no uid", tt.key)
		}
	}
	c.forward(20 * time.Minute)
	old := tokenReview(token(t, "AKIAADMIN", region, "dev"))
	if _, got := hook(t, s, devPath+"authenticate", old); got.Status.Authenticated {
		t.Error("a token of 20 minutes ago is taken")
	}
	for _, call := range s.Calls(ekssim.CallFilter{Operation: "TokenReview"}) {
		if call.Body != "" || strings.Contains(call.Message, "k8s-aws-v1") {
			t.Errorf("a token is in the journal: %+v", call)
		}
	}
}

// A principal recreated is another to the cluster, until its entry is made
// again too.
func TestTokenReviewOfRemade(t *testing.T) {
	s := start(t, rightsWorld)
	in := func(key string) bool {
		_, got := hook(t, s, devPath+"authenticate", tokenReview(token(t, key, region, "dev")))
		return got.Status.Authenticated
	}
	before := in("AKIAEDIT")
	if err := s.RecreateRole(arn("role/edit")); err != nil {
		t.Fatal(err)
	}
	credential := &ekssim.Credential{AccessKeyID: "AKIANEW", Account: account, Principal: "role/edit"}
	if err := s.Edit(ekssim.Edit{Credential: credential}); err != nil {
		t.Fatal(err)
	}
	stale := in("AKIANEW")
	admin := eksAs(s, adminK)
	if err := remove(admin, "dev", arn("role/edit")); err != nil {
		t.Fatal(err)
	}
	if err := create(admin, "dev", arn("role/edit")); err != nil {
		t.Fatal(err)
	}
	if after := in("AKIANEW"); !before || stale || !after {
		t.Errorf("before %v, stale %v, after %v", before, stale, after)
	}
	if in("AKIAEDIT") {
		t.Error("a key outlives its role")
	}
}

// What a real API server is told somebody may do: access policies only.
func TestSubjectAccessReview(t *testing.T) {
	s := start(t, rightsWorld)
	user := func(key string) authenticationv1.UserInfo {
		_, got := hook(t, s, devPath+"authenticate", tokenReview(token(t, key, region, "dev")))
		return got.Status.User
	}
	ask := func(u authenticationv1.UserInfo, text string) authorizationv1.SubjectAccessReviewStatus {
		spec := attributes(text).Spec
		r := authorizationv1.SubjectAccessReview{
			Spec: authorizationv1.SubjectAccessReviewSpec{User: u.Username, UID: u.UID, Groups: u.Groups,
				ResourceAttributes: spec.ResourceAttributes, NonResourceAttributes: spec.NonResourceAttributes},
		}
		code, got := hook(t, s, devPath+"authorize", r)
		if code != 200 {
			t.Errorf("%s: %d", text, code)
		}
		return got.Status
	}
	impersonated := authenticationv1.UserInfo{Username: user("AKIAADMIN").Username}
	for _, tt := range []struct {
		user   authenticationv1.UserInfo
		text   string
		want   bool
		reason string
	}{
		{user("AKIAADMIN"), "* *", true, "ClusterAdmin"},
		{user("AKIAADMIN"), "get /metrics", true, "of paths too"},
		{user("AKIAVIEW"), "* *", false, "View"},
		{user("AKIAVIEW"), "get pods -n x", true, "View"},
		{user("AKIASCOPED"), "delete pods -n shop-eu", true, "a pattern of namespaces"},
		{user("AKIASCOPED"), "delete pods -n payments", false, "not that namespace"},
		{user("AKIAPLAIN"), "get nodes", false, "bindings are the API server's business"},
		{user("AKIAALICE"), "* *", false, "so is system:masters"},
		{impersonated, "* *", false, "policies have no effect under impersonation"},
	} {
		got := ask(tt.user, tt.text)
		if got.Allowed != tt.want || got.Denied ||
			got.Allowed != strings.HasPrefix(got.Reason, "EKS Access Policy: allowed by ") {
			t.Errorf("%s: %s: %+v (%s)", tt.user.Username, tt.text, got, tt.reason)
		}
	}
	admin := user("AKIAADMIN")
	if err := s.SetMode(dev, "CONFIG_MAP"); err != nil {
		t.Fatal(err)
	}
	if ask(admin, "* *").Allowed {
		t.Error("policies count without access entries")
	}
}

func TestWebhooksOfNothing(t *testing.T) {
	s := start(t, rightsWorld)
	for path, want := range map[string]int{
		"1/eu-west-1/dev/authenticate": 404,
		devPath + "other":              404,
		devPath + "authorize":          422,
	} {
		res, err := http.Post(s.URL()+"/_webhook/"+path, "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, want)
		}
	}
	fault := ekssim.Fault{Service: "kubernetes", Operation: "TokenReview", Effect: "serviceUnavailable"}
	if err := s.AddFault(fault); err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(s.URL()+"/_webhook/"+devPath+"authenticate", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 503 {
		t.Errorf("with a fault: %d", res.StatusCode)
	}
}

// A cluster can be told where its Kubernetes is, and what is in it; a world
// that holds all that is written and read again as it was.
func TestEditKubernetes(t *testing.T) {
	s := start(t, rightsWorld)
	if err := s.Edit(ekssim.Edit{Cluster: dev, Endpoint: "https://127.0.0.1:6443", CertificateAuthority: "Zm9v",
		Kubernetes: &ekssim.Kubernetes{Namespaces: []string{"b", "a", "kube-system"}}}); err != nil {
		t.Fatal(err)
	}
	if to := endpoint(t, s, "AKIAADMIN", region, "dev"); to.Host != "https://127.0.0.1:6443" ||
		string(to.CAData) != "foo" {
		t.Errorf("endpoint %q, authority %q", to.Host, to.CAData)
	}
	if diff := cmp.Diff([]string{"a", "b"}, s.World().Clusters[0].Kubernetes.Namespaces); diff != "" {
		t.Error(diff)
	}
	if err := s.Edit(ekssim.Edit{Endpoint: "https://127.0.0.1"}); err == nil {
		t.Error("an edit of no cluster")
	}
	first := must(start(t, rightsWorld).World().YAML())
	again := must(start(t, string(first)).World().YAML())
	if diff := cmp.Diff(string(first), string(again)); diff != "" {
		t.Errorf("(-first +again)\n%s", diff)
	}
	for _, wrong := range []string{
		`roles: [{metadata: {name: x}}]`, `namespaces: [""]`, `clusterRoles: [{metadata: {name: admin}}]`, `clusterRoles: [{}]`,
		`clusterRoleBindings: [{metadata: {name: x}, roleRef: {kind: Role, name: y}}]`, `clusterRoleBindings: [{metadata: {name: x}}]`,
		`roleBindings: [{metadata: {name: x, namespace: n}, roleRef: {name: y}, subjects: [{kind: Robot, name: z}]}]`,
	} {
		w, err := ekssim.ParseWorld([]byte("clusters: [{name: dev, kubernetes: {" + wrong + "}}]"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ekssim.New(w); err == nil || !strings.Contains(err.Error(), "kubernetes: ") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
