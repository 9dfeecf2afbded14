package ekssim_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

const rightsWorld = `
accounts:
  - {id: "111122223333", roles: [admin, team/scoped, edit, view, adminview, reader, secrets, both, plain, remade], users: [alice]}
credentials:
  - {accessKeyId: AKIAADMIN, principal: role/admin}
  - {accessKeyId: AKIASCOPED, principal: role/team/scoped, session: me@example.com}
  - {accessKeyId: AKIAEDIT, principal: role/edit}
  - {accessKeyId: AKIAVIEW, principal: role/view}
  - {accessKeyId: AKIAADMINVIEW, principal: role/adminview}
  - {accessKeyId: AKIAREADER, principal: role/reader}
  - {accessKeyId: AKIASECRETS, principal: role/secrets}
  - {accessKeyId: AKIABOTH, principal: role/both}
  - {accessKeyId: AKIAPLAIN, principal: role/plain}
  - {accessKeyId: AKIAREMADE, principal: role/remade}
  - {accessKeyId: AKIAALICE, principal: user/alice}
clusters:
  - name: dev
    awsAuth: "mapUsers: [{userarn: 'arn:aws:iam::111122223333:user/alice', username: alice, groups: [system:masters]}]"
    entries:
      - {principal: role/admin, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/team/scoped, policies: [{policy: AmazonEKSAdminPolicy, namespaces: [shop, "shop-*"]}]}
      - {principal: role/edit, policies: [AmazonEKSEditPolicy]}
      - {principal: role/view, policies: [AmazonEKSViewPolicy]}
      - {principal: role/adminview, policies: [AmazonEKSAdminViewPolicy]}
      - {principal: role/reader, policies: [{policy: AmazonEKSSecretReaderPolicy, namespaces: [shop]}]}
      - {principal: role/secrets, policies: [AmazonEKSSecretAdminPolicy]}
      - {principal: role/both, policies: [AmazonEKSViewPolicy, {policy: AmazonEKSClusterAdminPolicy, namespaces: [shop]}]}
      - {principal: role/plain, groups: [devs], username: "devs:{{SessionName}}"}
      - {principal: role/remade, boundTo: AROAOLD, policies: [AmazonEKSClusterAdminPolicy]}
    kubernetes:
      namespaces: [payments]
      clusterRoles:
        - {metadata: {name: node-reader}, rules: [{apiGroups: [""], resources: [nodes], verbs: [get, list, watch]}]}
      clusterRoleBindings:
        - {metadata: {name: devs-see-nodes}, roleRef: {name: node-reader}, subjects: [{kind: Group, name: devs}]}
        - {metadata: {name: dangling}, roleRef: {name: gone}, subjects: [{kind: Group, name: devs}]}
      roles:
        - {metadata: {name: one, namespace: shop}, rules: [{apiGroups: [""], resources: [configmaps], resourceNames: [settings], verbs: [update]}]}
      roleBindings:
        - {metadata: {name: devs-edit, namespace: shop}, roleRef: {name: edit}, subjects: [{kind: User, name: "devs:session"}]}
        - {metadata: {name: one, namespace: shop}, roleRef: {kind: Role, name: one}, subjects: [{kind: Group, name: devs}]}
`

// asks is a client of one's own: no codec of client-go is between.
func asks(t *testing.T, to *rest.Config, bearer, method, path string, body any) (int, []byte) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	client, err := rest.HTTPClientFor(to)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(method, to.Host+path, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	defer client.CloseIdleConnections()
	res, err := client.Do(r)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, out
}

// attributes are "VERB RESOURCE[.GROUP][/SUB] [-n NAMESPACE] [NAME]", or "VERB /path".
func attributes(text string) authorizationv1.SelfSubjectAccessReview {
	f := strings.Fields(text)
	if strings.HasPrefix(f[1], "/") {
		return authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			NonResourceAttributes: &authorizationv1.NonResourceAttributes{Verb: f[0], Path: f[1]}}}
	}
	a := &authorizationv1.ResourceAttributes{Verb: f[0]}
	a.Resource, a.Subresource, _ = strings.Cut(f[1], "/")
	a.Resource, a.Group, _ = strings.Cut(a.Resource, ".")
	if rest := f[2:]; len(rest) > 1 && rest[0] == "-n" {
		a.Namespace, f = rest[1], append(f[:2], rest[2:]...)
	}
	if len(f) > 2 {
		a.Name = f[2]
	}
	return authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: a},
	}
}

const reviewPath = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

// canI is "yes", "no" or the status of a refusal.
func canI(t *testing.T, to *rest.Config, bearer, text string) (answer, reason string) {
	t.Helper()
	code, body := asks(t, to, bearer, "POST", reviewPath, attributes(text))
	if code != http.StatusCreated {
		return fmt.Sprint(code), strings.ReplaceAll(string(body), `\"`, `"`)
	}
	var review authorizationv1.SelfSubjectAccessReview
	if err := json.Unmarshal(body, &review); err != nil {
		t.Fatal(err)
	}
	if review.Status.Allowed {
		return "yes", review.Status.Reason
	}
	return "no", review.Status.Reason
}

// Who may what: access-policy-reference of the user guide, row by row where
// two policies differ.
func TestKubernetesRights(t *testing.T) {
	s := start(t, rightsWorld)
	to := endpoint(t, s, "AKIAADMIN", region, "dev")
	for _, tt := range []struct{ key, yes, no string }{
		{"AKIAADMIN", "* *, * *.*, get /metrics, * /*, delete nodes, impersonate users, get widgets.example.com -n " +
			"shop", ""},
		{"AKIAALICE", "* *, * *.*, * /*, escalate clusterroles.rbac.authorization.k8s.io", ""},
		{"AKIASCOPED", "get pods -n shop, create rolebindings.rbac.authorization.k8s.io -n shop-eu, get secrets -n " +
			"shop, get namespaces -n shop shop, create localsubjectaccessreviews.authorization.k8s.io -n shop",
			"* *, * * -n shop, get pods, get pods -n default, get pods -n shopper, list namespaces, create " +
				"resourcequotas -n shop, create pods/eviction -n shop, get widgets.example.com -n shop, get /metrics"},
		{"AKIAEDIT", "delete pods -n any, get secrets, create pods/exec -n x, impersonate serviceaccounts -n x, list " +
			"namespaces, patch deployments.apps/scale -n x",
			"* *, get roles.rbac.authorization.k8s.io -n x, create namespaces, update deployments.apps/status -n x, " +
				"get nodes, create localsubjectaccessreviews.authorization.k8s.io -n x"},
		{"AKIAVIEW", "get pods, get pods/log -n x, watch deployments.apps -n x, list namespaces, get limitranges -n " +
			"x, get ingresses.networking.k8s.io",
			"* *, delete pods -n x, get secrets -n x, get pods/exec -n x, get nodes, list " +
				"rolebindings.rbac.authorization.k8s.io, get widgets.example.com, update pods"},
		{"AKIAADMINVIEW", "get secrets, list widgets.example.com, get * , list " +
			"clusterrolebindings.rbac.authorization.k8s.io", "* *, get /metrics, update pods, create pods/exec -n x"},
		{"AKIAREADER", "get secrets -n shop", "get secrets, get secrets -n payments, delete secrets -n shop, get " +
			"pods -n shop"},
		{"AKIASECRETS", "delete secrets -n x, get secrets, * secrets", "get pods, * *"},
		{"AKIABOTH", "* * -n shop, delete widgets.example.com -n shop, get pods -n other", "* *, delete pods -n " +
			"other, get nodes, get /metrics"},
		{"AKIAPLAIN", "get nodes, list nodes, delete pods -n shop, create pods/eviction -n shop, update configmaps " +
			"-n shop settings, create selfsubjectreviews.authentication.k8s.io, get /version, get /api/v1",
			"* *, get pods, get pods -n payments, delete nodes, get /metrics"},
		{"AKIAREMADE", "", ""},
	} {
		bearer := token(t, tt.key, region, "dev")
		check := func(list, want string) {
			for text := range strings.SplitSeq(list, ",") {
				if strings.TrimSpace(text) == "" {
					continue
				}
				if got, reason := canI(t, to, bearer, text); got != want {
					t.Errorf("%s: %s: %s (%s), want %s", tt.key, text, got, reason, want)
				}
			}
		}
		check(tt.yes, "yes")
		check(tt.no, "no")
		if tt.yes == "" {
			check("get pods", "401")
		}
	}
}

// An authorizer says why.
func TestKubernetesReasons(t *testing.T) {
	s := start(t, rightsWorld)
	to := endpoint(t, s, "AKIAADMIN", region, "dev")
	id := func(name string) string {
		for _, r := range s.World().Accounts[0].Roles {
			if r.Name == name {
				return r.ID
			}
		}
		return ""
	}
	for _, tt := range []struct{ key, text, want string }{
		{"AKIAADMIN", "* *", `EKS Access Policy: allowed by ClusterRoleBinding "` + arn("role/admin") + "+" + policy("AmazonEKSClusterAdminPolicy") +
			`" of ClusterRole "` + policy("AmazonEKSClusterAdminPolicy") + `" to User "` + id("admin") + `"`},
		{"AKIASCOPED", "get pods -n shop", `EKS Access Policy: allowed by RoleBinding "` + arn("role/team/scoped") + "+" + policy("AmazonEKSAdminPolicy") +
			`/shop" of ClusterRole "` + policy("AmazonEKSAdminPolicy") + `" to User "` + id("scoped") + `"`},
		{"AKIAPLAIN", "get nodes", `RBAC: allowed by ClusterRoleBinding "devs-see-nodes" of ClusterRole "node-reader" to Group "devs"`},
		{"AKIAPLAIN", "update configmaps -n shop settings", `RBAC: allowed by RoleBinding "devs-edit/shop" of ClusterRole "edit" to User "devs:session"`},
		{"AKIAPLAIN", "delete nodes", `RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found`},
		{"AKIAALICE", "* *", ""},
		{"AKIAVIEW", "* *", ""},
	} {
		if _, got := canI(t, to, token(t, tt.key, region, "dev"), tt.text); got != tt.want {
			t.Errorf("%s, %s:\n got %s\nwant %s", tt.key, tt.text, got, tt.want)
		}
	}
}

// Who one is to the cluster: aws-iam-authenticator's extras, and the group of
// everybody.
func TestKubernetesSelfReview(t *testing.T) {
	s := start(t, rightsWorld)
	code, body := asks(t, endpoint(t, s, "AKIAADMIN", region, "dev"), token(t, "AKIASCOPED", region, "dev"), "POST",
		"/apis/authentication.k8s.io/v1/selfsubjectreviews", authenticationv1.SelfSubjectReview{})
	var review authenticationv1.SelfSubjectReview
	if err := json.Unmarshal(body, &review); err != nil || code != http.StatusCreated {
		t.Fatal(code, err, string(body))
	}
	i := slices.IndexFunc(s.World().Accounts[0].Roles, func(p ekssim.Principal) bool { return p.Name == "scoped" })
	id := s.World().Accounts[0].Roles[i].ID
	want := authenticationv1.UserInfo{
		Username: "arn:aws:sts::111122223333:assumed-role/scoped/me-example.com",
		UID:      "aws-iam-authenticator:111122223333:" + id,
		Groups:   []string{"system:authenticated"},
		Extra: map[string]authenticationv1.ExtraValue{
			"arn":          {"arn:aws:sts::111122223333:assumed-role/scoped/me@example.com"},
			"canonicalArn": {"arn:aws:iam::111122223333:role/scoped"},
			"sessionName":  {"me@example.com"},
			"accessKeyId":  {"AKIASCOPED"},
			"principalId":  {id},
			"sigs.k8s.io/aws-iam-authenticator/principalId": {id},
		},
	}
	if diff := cmp.Diff(want, review.Status.UserInfo); diff != "" || review.Kind != "SelfSubjectReview" {
		t.Errorf("kind %q (-want +got)\n%s", review.Kind, diff)
	}
}

// What there is, for those who may see it.
func TestKubernetesLists(t *testing.T) {
	s := start(t, rightsWorld)
	to := endpoint(t, s, "AKIAADMIN", region, "dev")
	for _, tt := range []struct {
		key, path string
		code      int
		want      string
	}{
		{"AKIAADMIN", "/api/v1/namespaces", 200, "NamespaceList: default kube-node-lease kube-public kube-system " +
			"payments shop"},
		{"AKIAVIEW", "/api/v1/namespaces/shop", 200, "Namespace: shop"},
		{"AKIAADMINVIEW", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?limit=500", 200,
			"ClusterRoleBindingList: cluster-admin dangling devs-see-nodes system:basic-user system:discovery " +
				"system:public-info-viewer"},
		{"AKIAADMINVIEW", "/apis/rbac.authorization.k8s.io/v1/rolebindings", 200, "RoleBindingList: devs-edit one"},
		{"AKIASCOPED", "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings", 200, "RoleBindingList: " +
			"devs-edit one"},
		{"AKIASCOPED", "/apis/rbac.authorization.k8s.io/v1/rolebindings", 403, `rolebindings.rbac.authorization.k8s.io is forbidden: User "arn:aws:sts::111122223333:assumed-role/scoped/me-example.com" cannot list resource "rolebindings" in API group "rbac.authorization.k8s.io" at the cluster scope`},
		{"AKIAADMIN", "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles", 200, "RoleList: one"},
		{"AKIAADMIN", "/apis/rbac.authorization.k8s.io/v1/clusterroles", 200,
			"ClusterRoleList: admin cluster-admin edit node-reader system:basic-user system:discovery " +
				"system:public-info-viewer view"},
		{"AKIAADMIN", "/apis/rbac.authorization.k8s.io/v1/clusterroles/node-reader", 200, "ClusterRole: node-reader"},
		{"AKIAADMIN", "/apis/rbac.authorization.k8s.io/v1/clusterroles/nobody", 404, `clusterroles.rbac.authorization.k8s.io "nobody" not found`},
		{"AKIAADMIN", "/api/v1/configmaps", 200, "ConfigMapList: aws-auth"},
		{"AKIAADMIN", "/api/v1/pods", 200, "PodList:"},
		{"AKIAADMIN", "/apis/example.com/v1/widgets", 404, "the server could not find the requested resource"},
		{"AKIAADMIN", "/api/v1/namespaces?watch=1", 405, "ekssim: this Kubernetes can be read, not changed or watched"},
		{"AKIAVIEW", "/api/v1/nodes", 403, `nodes is forbidden: User "arn:aws:sts::111122223333:assumed-role/view/session" cannot list resource "nodes" in API group "" at the cluster scope`},
		{"AKIAVIEW", "/metrics", 403, `forbidden: User "arn:aws:sts::111122223333:assumed-role/view/session" cannot get path "/metrics"`},
		{"", "/healthz", 200, ""},
		{"", "/api", 403, `forbidden: User "system:anonymous" cannot get path "/api"`},
	} {
		bearer := ""
		if tt.key != "" {
			bearer = token(t, tt.key, region, "dev")
		}
		code, body := asks(t, to, bearer, "GET", tt.path, nil)
		var got struct {
			Kind, Message string
			Metadata      struct{ Name string }
			Items         []struct{ Metadata struct{ Name string } }
		}
		text := ""
		if err := json.Unmarshal(body, &got); err == nil {
			text = got.Kind + ":"
			if got.Metadata.Name != "" {
				text += " " + got.Metadata.Name
			}
			for _, item := range got.Items {
				text += " " + item.Metadata.Name
			}
			if got.Kind == "Status" {
				text = got.Message
			}
		}
		if code != tt.code || text != tt.want {
			t.Errorf("%s as %s: %d %s\nwant %d %s", tt.path, tt.key, code, text, tt.code, tt.want)
		}
	}
}

// What can go wrong on the way to an answer.
func TestKubernetesFaults(t *testing.T) {
	s := start(t, rightsWorld)
	to := endpoint(t, s, "AKIAADMIN", region, "dev")
	bearer := token(t, "AKIAADMIN", region, "dev")
	for _, tt := range []struct{ fault, want string }{
		{"{service: kubernetes, effect: unauthorized}", "401 Unauthorized"},
		{"{service: kubernetes, operation: Create*Review, effect: deny}", `403 selfsubjectaccessreviews.authorization.k8s.io is forbidden: User "arn:aws:sts::111122223333:assumed-role/admin/session" cannot create resource`},
		{"{service: kubernetes, effect: timeout}", "0 exceeded"},
		{"{service: kubernetes, effect: reset}", "0 "},
		{"{service: kubernetes, effect: wrongCertificate}", "0 certificate signed by unknown authority"},
		{"{service: kubernetes, lag: 100000h}", "401 Unauthorized"},
		{"{service: eks, effect: wrongCertificate}", "yes"},
		{"{service: kubernetes, cluster: other, effect: unauthorized}", "yes"},
	} {
		var f ekssim.Fault
		if err := json.Unmarshal([]byte(yamlToJSON(t, tt.fault)), &f); err != nil {
			t.Fatal(err)
		}
		if err := s.AddFault(f); err != nil {
			t.Fatal(err)
		}
		faulty := rest.CopyConfig(to)
		if f.Effect == "timeout" {
			faulty.Timeout = 300 * time.Millisecond
		}
		got, reason := canI(t, faulty, bearer, "* *")
		code, text, _ := strings.Cut(tt.want, " ")
		if got != code || !strings.Contains(reason, text) {
			t.Errorf("%s: %s %s", tt.fault, got, reason)
		}
		s.RemoveFaults("*")
		if got, reason := canI(t, to, bearer, "* *"); got != "yes" {
			t.Errorf("after %s: %s %s", tt.fault, got, reason)
		}
	}
	if err := s.Edit(ekssim.Edit{Cluster: dev, Kubernetes: &ekssim.Kubernetes{NoBasicUser: true}}); err != nil {
		t.Fatal(err)
	}
	if got, _ := canI(t, to, token(t, "AKIAVIEW", region, "dev"), "* *"); got != "403" {
		t.Errorf("without the binding of system:basic-user: %s", got)
	}
	if got, _ := canI(t, to, bearer, "* *"); got != "yes" {
		t.Errorf("which an admin does not need: %s", got)
	}
}

// TestKubectl: the client people use takes this for a Kubernetes.
func TestKubectl(t *testing.T) {
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("there is no kubectl here")
	}
	s := start(t, rightsWorld)
	to := endpoint(t, s, "AKIAADMIN", region, "dev")
	run := func(key, args string) (string, string) {
		dir := t.TempDir()
		file := filepath.Join(dir, "config")
		config := fmt.Sprintf(
			`{apiVersion: v1, kind: Config, current-context: x, contexts: [{name: x, context: {cluster: x, user: x}}],
  clusters: [{name: x, cluster: {server: %q, certificate-authority-data: %q}}], users: [{name: x, user: {token: %q}}]}`,
			to.Host,
			base64.StdEncoding.EncodeToString(to.CAData),
			token(t, key, region, "dev"),
		)
		if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(kubectl, strings.Fields(args)...)
		cmd.Env = append(os.Environ(), "KUBECONFIG="+file, "HOME="+dir, "KUBECACHEDIR="+dir)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		_ = cmd.Run() // what it says is what counts
		return strings.TrimSpace(out.String()), strings.TrimSpace(errs.String())
	}
	for _, tt := range []struct{ key, args, out, errs string }{
		{"AKIAADMIN", "auth can-i * * --all-namespaces", "yes", ""},
		{"AKIAVIEW", "auth can-i * * --all-namespaces", "no", ""},
		{"AKIAVIEW", "auth can-i get pods -n shop", "yes", ""},
		{"AKIASCOPED", "auth can-i delete deployments.apps -n shop", "yes", ""},
		{"AKIASCOPED", "auth can-i delete pods -n payments", "no", ""},
		{"AKIAADMIN", "auth can-i get /metrics", "yes", ""},
		{"AKIAREMADE", "auth can-i get pods", "", "You must be logged in to the server (Unauthorized)"},
		{"AKIAALICE", "auth whoami -o jsonpath={.status.userInfo.username}", "alice", ""},
		{"AKIAADMIN", "get namespaces -o name", "namespace/default\nnamespace/kube-node-lease\nnamespace/kube-public\nnamespace/kube-system\nnamespace/payments\nnamespace/shop", ""},
		{"AKIAVIEW", "get pods -n shop", "", "No resources found in shop namespace."},
		{"AKIAVIEW", "get secrets -n shop", "", `Error from server (Forbidden): secrets is forbidden: User "arn:aws:sts::111122223333:assumed-role/view/session" cannot list resource "secrets" in API group "" in the namespace "shop"`},
		{"AKIASCOPED", "get rolebindings -n shop -o name", "rolebinding.rbac.authorization.k8s.io/devs-edit\nrolebinding.rbac.authorization.k8s.io/one", ""},
	} {
		out, errs := run(tt.key, tt.args)
		if out != tt.out || !strings.Contains(errs, tt.errs) {
			t.Errorf("kubectl %s as %s: %q, %q", tt.args, tt.key, out, errs)
		}
	}
}

func yamlToJSON(t *testing.T, text string) string {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
