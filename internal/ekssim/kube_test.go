package ekssim_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// token is made as the authenticator's own client makes it, by the SDK's
// presigner (aws-iam-authenticator, pkg/token).
func token(t *testing.T, key, region, cluster string, more ...func(*sts.PresignOptions)) string {
	t.Helper()
	client := sts.NewFromConfig(
		aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider(key, "simulated", "")},
	)
	signed, err := sts.NewPresignClient(client).
		PresignGetCallerIdentity(context.Background(), nil, append([]func(*sts.PresignOptions){
			func(o *sts.PresignOptions) {
				o.ClientOptions = append(o.ClientOptions, sts.WithAPIOptions(
					smithyhttp.SetHeaderValue(
						"x-k8s-aws-id",
						cluster,
					),
					smithyhttp.SetHeaderValue("X-Amz-Expires", "60"),
				))
			}}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	return "k8s-aws-v1." + base64.RawURLEncoding.EncodeToString([]byte(signed.URL))
}

func endpoint(t *testing.T, s *ekssim.Server, key, region, cluster string) *rest.Config {
	t.Helper()
	out, err := eks.NewFromConfig(config(s, key, region)).
		DescribeCluster(context.Background(), &eks.DescribeClusterInput{Name: &cluster})
	if err != nil {
		t.Fatal(err)
	}
	ca, err := base64.StdEncoding.DecodeString(*out.Cluster.CertificateAuthority.Data)
	if err != nil {
		t.Fatal(err)
	}
	return &rest.Config{
		Host:            *out.Cluster.Endpoint,
		TLSClientConfig: rest.TLSClientConfig{CAData: ca},
		Timeout:         10 * time.Second,
	}
}

func awsAuth(t *testing.T, to *rest.Config, bearer string) (*corev1.ConfigMap, error) {
	t.Helper()
	c := rest.CopyConfig(to)
	scheme := runtime.NewScheme()
	scheme.AddKnownTypes(corev1.SchemeGroupVersion, &corev1.ConfigMap{})
	metav1.AddToGroupVersion(scheme, corev1.SchemeGroupVersion)
	c.BearerToken, c.APIPath, c.GroupVersion = bearer, "/api", &corev1.SchemeGroupVersion
	c.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	client, err := rest.RESTClientFor(c)
	if err != nil {
		t.Fatal(err)
	}
	var m corev1.ConfigMap
	return &m, client.Get().
		Namespace("kube-system").
		Resource("configmaps").
		Name("aws-auth").
		Do(context.Background()).
		Into(&m)
}

const kubeWorld = `
accounts:
  - id: "111122223333"
    roles: [admin, team/viewer, team/mapped, nobody, remade, weak]
    users: [alice]
credentials:
  - {accessKeyId: AKIAADMIN, principal: role/admin}
  - {accessKeyId: AKIAVIEWER, principal: role/team/viewer, session: me@example.com}
  - {accessKeyId: AKIAMAPPED, principal: role/team/mapped}
  - {accessKeyId: AKIANOBODY, principal: role/nobody}
  - {accessKeyId: AKIAREMADE, principal: role/remade}
  - {accessKeyId: AKIAWEAK, principal: role/weak, session: me@example.com}
  - {accessKeyId: AKIAALICE, principal: user/alice}
  - {accessKeyId: AKIAOLD, principal: role/admin, expired: true}
  - {accessKeyId: AKIACHINA, principal: "arn:aws-cn:iam::777788889999:role/admin"}
clusters:
  - name: dev
    awsAuth: |
      mapRoles: |
        - {rolearn: "arn:aws:iam::111122223333:role/MAPPED", username: one}
        - 7
        - {rolearn: "arn:aws:iam::111122223333:role/mapped", username: two, groups: [system:masters]}
        - {rolearn: "arn:aws:iam::111122223333:role/weak", username: "no {{SessionName}}", groups: [system:masters]}
      mapUsers:
        - {userarn: "arn:aws:iam::111122223333:user/alice", groups: [system:masters]}
    entries:
      - {principal: role/admin, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/team/viewer, policies: [{policy: AmazonEKSViewPolicy, namespaces: ["kube-*"]}]}
      - {principal: role/remade, boundTo: AROAOLD, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/weak, username: "w:{{SessionName}}", policies: [{policy: AmazonEKSAdminPolicy, namespaces: [shop]}]}
  - {name: old, mode: CONFIG_MAP, creator: role/admin, awsAuth: "mapAccounts: ['111122223333']"}
  - {name: last, mode: API, entries: [{principal: role/admin, policies: [AmazonEKSAdminViewPolicy]}], awsAuth: "mapUsers: [{userarn: 'arn:aws:iam::111122223333:user/alice', groups: [system:masters]}]"}
  - {name: bare, entries: [{principal: role/admin, policies: [AmazonEKSClusterAdminPolicy]}]}
  - {name: far, endpoint: "https://far.example.com", certificateAuthority: Zm9v}
  - {name: pekin, region: cn-north-1, account: "777788889999", creator: role/admin, mode: CONFIG_MAP, awsAuth: "{}"}
`

// Who may read aws-auth where: reason "" for those who get it.
func TestKubernetes(t *testing.T) {
	s := start(t, kubeWorld)
	for _, tt := range []struct{ cluster, key, want, reason string }{
		{"dev", "AKIAADMIN", "", "ClusterAdmin"},
		{"dev", "AKIAVIEWER", "", "View reads ConfigMaps in the namespaces it has"},
		{"dev", "AKIAMAPPED", "", "aws-auth: of two rows the last, whatever the case, without a path"},
		{"dev", "AKIAALICE", "", "a user by aws-auth"},
		{"dev", "AKIANOBODY", "Unauthorized: Unauthorized", "neither entry nor row"},
		{"dev", "AKIAREMADE", "Unauthorized: Unauthorized", "the entry is bound to whom the role was before"},
		{"dev", "AKIAOLD", "Unauthorized: Unauthorized", "STS refuses an expired key"},
		{"dev", "AKIASTRANGER", "Unauthorized: Unauthorized", "and one it does not know"},
		{"dev", "AKIAWEAK", `Forbidden: configmaps "aws-auth" is forbidden: User "w:me-example.com" cannot get resource "configmaps" in API group "" in the namespace "kube-system"`,
			"an entry hides the row, which was system:masters, and @ becomes -"},
		{"old", "AKIAADMIN", "", "the creator is admin unseen"},
		{"old", "AKIAALICE", "Forbidden: ", "mapAccounts lets in, and no more"},
		{"last", "AKIAADMIN", "", "AdminView"},
		{"last", "AKIAALICE", "Unauthorized: Unauthorized", "mode API looks at no aws-auth"},
		{"bare", "AKIAADMIN", `NotFound: configmaps "aws-auth" not found`, "there is none"},
	} {
		m, err := awsAuth(t, endpoint(t, s, "AKIAADMIN", region, tt.cluster), token(t, tt.key, region, tt.cluster))
		got := ""
		if err != nil {
			got = string(apierrors.ReasonForError(err)) + ": " + err.Error()
		} else if m.Name != "aws-auth" || m.Namespace != "kube-system" || len(m.Data) == 0 {
			t.Errorf("%s: %+v", tt.cluster, m)
		}
		if (got == "") != (tt.want == "") || !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s as %s: %q, want %q (%s)", tt.cluster, tt.key, got, tt.want, tt.reason)
		}
	}
}

// An edit changes what the next caller is.
func TestKubernetesEdit(t *testing.T) {
	s := start(t, kubeWorld)
	to, bearer := endpoint(t, s, "AKIAADMIN", region, "dev"), token(t, "AKIAALICE", region, "dev")
	gone, wrong := "", "[1]"
	if err := s.Edit(ekssim.Edit{Cluster: dev, AWSAuth: &gone}); err != nil {
		t.Fatal(err)
	}
	if _, err := awsAuth(t, to, bearer); !apierrors.IsUnauthorized(err) {
		t.Errorf("without aws-auth: %v", err)
	}
	if err := s.Edit(ekssim.Edit{Cluster: dev, AWSAuth: &wrong}); err == nil {
		t.Error("a list is no aws-auth")
	}
}

// What makes a token wrong.
func TestKubernetesToken(t *testing.T) {
	c := newClock()
	c.t = time.Now()
	s := start(t, kubeWorld, ekssim.WithClock(c.now))
	to := endpoint(t, s, "AKIAADMIN", region, "dev")
	good := token(t, "AKIAADMIN", region, "dev")
	raw, _ := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(good, "k8s-aws-v1."))
	with := func(from, by string) string {
		return "k8s-aws-v1." + base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), from, by, 1)))
	}
	other := token(t, "AKIAADMIN", region, "dev", func(o *sts.PresignOptions) {
		o.ClientOptions = append(
			o.ClientOptions,
			func(o *sts.Options) { o.BaseEndpoint = aws.String("https://sts.example.com") },
		)
	})
	for name, bearer := range map[string]string{
		"of another cluster": token(t, "AKIAADMIN", region, "old"),
		"of another host":    other,
		"of another prefix":  strings.Replace(good, "v1", "v2", 1),
		"padded":             good + "=",
		"of another action":  with("GetCallerIdentity", "GetSessionToken"),
		"with another date":  with("X-Amz-Date=2", "X-Amz-Date=1"),
		"without expiry":     with("X-Amz-Expires=60", "X-Amz-Expires="),
		"with more in it":    with("?", "?Name=x&"),
		"without TLS":        with("https", "http"),
		"signed otherwise":   with("X-Amz-Signature=", "X-Amz-Signature=0"),
		"of another path":    with("/?", "/x?"),
		"that is empty":      "k8s-aws-v1.",
		"that is a word":     "word",
		"of a Chinese host":  with("amazonaws.com", "amazonaws.com.cn"),
		"that is too long":   with("?", "?X-Amz-Security-Token="+strings.Repeat("x", 4096)+"&"),
	} {
		if _, err := awsAuth(t, to, bearer); !apierrors.IsUnauthorized(err) {
			t.Errorf("a token %s: %v", name, err)
		}
	}
	if _, err := awsAuth(t, to, ""); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "system:anonymous") {
		t.Errorf("no token: %v", err)
	}
	c.forward(14 * time.Minute)
	if _, err := awsAuth(t, to, good); err != nil {
		t.Errorf("after 14 minutes: %v", err)
	}
	c.forward(2 * time.Minute)
	if _, err := awsAuth(t, to, good); !apierrors.IsUnauthorized(err) {
		t.Errorf("after 16 minutes: %v", err)
	}
}

func TestKubernetesEndpoints(t *testing.T) {
	s := start(t, kubeWorld)
	if to := endpoint(t, s, "AKIAADMIN", region, "far"); to.Host != "https://far.example.com" ||
		string(to.CAData) != "foo" {
		t.Errorf("a seed's own endpoint became %q", to.Host)
	}
	pekin := endpoint(t, s, "AKIACHINA", "cn-north-1", "pekin")
	if _, err := awsAuth(t, pekin, token(t, "AKIACHINA", "cn-north-1", "pekin")); err != nil {
		t.Errorf("in another partition: %v", err)
	}
	if _, err := awsAuth(t, pekin, token(t, "AKIACHINA", region, "pekin")); !apierrors.IsUnauthorized(err) {
		t.Errorf("with a host of the wrong partition: %v", err)
	}
	dev := endpoint(t, s, "AKIAADMIN", region, "dev")
	if _, err := http.Get(dev.Host); err == nil {
		t.Error("its certificate should be of an authority nobody knows")
	}
	if err := s.AddFault(ekssim.Fault{Service: "kubernetes", Effect: "serviceUnavailable", Count: 1}); err != nil {
		t.Fatal(err)
	}
	bearer := token(t, "AKIAADMIN", region, "dev")
	if _, err := awsAuth(t, dev, bearer); err == nil || !strings.Contains(err.Error(), "Service is unavailable") {
		t.Errorf("with a fault: %v", err)
	}
	if _, err := awsAuth(t, dev, bearer); err != nil {
		t.Error(err)
	}
	calls := s.Calls(ekssim.CallFilter{Service: "kubernetes", Cluster: "dev"})
	if len(calls) != 2 || calls[1].Operation != "GetConfigMap" || calls[1].Caller == "" || calls[1].Status != 200 ||
		calls[0].Status != 503 {
		t.Errorf("journal: %+v", calls)
	}
	saved, err := s.World().YAML()
	if err != nil || strings.Contains(string(saved), "127.0.0.1") {
		t.Errorf("a saved world holds a port of this run (%v)", err)
	}
}
