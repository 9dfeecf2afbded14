package kube

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"

	"github.com/eksaccess/eksaccess/internal/kubeerr"
)

// How long a cluster may take. An endpoint that is private lets a caller from
// outside wait until the end of it.
const (
	dialPatience = 5 * time.Second
	patience     = 20 * time.Second
)

// A Cluster is where a cluster's Kubernetes API is, as DescribeCluster tells.
type Cluster struct {
	Region   string
	Endpoint string // https URL
	CA       []byte // PEM
	TokenID  string // what a token is bound to: the cluster's name, or the id of a local one on Outposts
}

// Options of a client.
type Options struct {
	Version string       // of this program, for the user agent
	Debug   *slog.Logger // one line a request; nil for none
	// Now is the clock by which tokens are signed; nil is the machine's.
	Now func() time.Time
	// TestOnlyTransport, if not nil, carries all requests in place of the network.
	TestOnlyTransport http.RoundTripper
}

// A Client reads from one cluster, and asks it for reviews, which are sent as
// objects to create and kept nowhere. It may be used by many goroutines.
type Client struct {
	host string
	http *http.Client
	rest *rest.RESTClient
}

func clock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

// New returns a client that calls as whom the credentials are. It makes no call
// yet. Errors are [*Error] values.
func New(c Cluster, credentials aws.CredentialsProvider, o Options) (*Client, error) {
	at, err := url.Parse(c.Endpoint)
	if err != nil || at.Scheme != "https" || at.Host == "" {
		return nil, &Error{
			Code:   kubeerr.NoCluster,
			Reason: fmt.Sprintf("the endpoint that EKS reports is not an https URL: %q", c.Endpoint),
		}
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(c.CA) {
		return nil, &Error{
			Code:   kubeerr.NoCluster,
			Reason: "the certificate authority that EKS reports cannot be read",
		}
	}
	next := o.TestOnlyTransport
	if next == nil {
		next = transport(roots)
	}
	client := &http.Client{
		Transport: &identified{
			next:   next,
			host:   at.Host,
			tokens: &tokens{credentials: credentials, region: c.Region, id: c.TokenID, now: clock(o.Now)},
			agent:  "eksaccess/" + o.Version,
			debug:  o.Debug,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       patience,
	}
	r, err := rest.RESTClientForConfigAndClient(&rest.Config{
		Host: c.Endpoint, APIPath: "/api",
		ContentConfig: rest.ContentConfig{
			GroupVersion:         &corev1.SchemeGroupVersion,
			NegotiatedSerializer: codecs(),
			ContentType:          runtime.ContentTypeJSON,
		},
		WarningHandler: rest.NoWarnings{}, // the default prints them
		QPS:            -1,                // nothing to hold back: a request or two a cluster
	}, client)
	if err != nil {
		return nil, &Error{Code: kubeerr.NoCluster, Reason: err.Error()}
	}
	return &Client{host: at.Host, http: client, rest: r}, nil
}

// codecs knows what is read here and no other kind: client-go's own knows all
// of Kubernetes, which doubles the program and what it does before it starts.
func codecs() runtime.NegotiatedSerializer {
	s := runtime.NewScheme()
	s.AddKnownTypes(corev1.SchemeGroupVersion, &corev1.ConfigMap{}, &corev1.NamespaceList{})
	s.AddKnownTypes(authentication.SchemeGroupVersion, &authentication.SelfSubjectReview{})
	s.AddKnownTypes(authorization.SchemeGroupVersion, &authorization.SelfSubjectAccessReview{})
	s.AddKnownTypes(
		rbacv1.SchemeGroupVersion,
		&rbacv1.ClusterRoleBindingList{},
		&rbacv1.RoleBindingList{},
		&rbacv1.ClusterRoleList{},
	)
	for _, v := range []schema.GroupVersion{corev1.SchemeGroupVersion, authentication.SchemeGroupVersion,
		authorization.SchemeGroupVersion, rbacv1.SchemeGroupVersion} {
		metav1.AddToGroupVersion(s, v)
	}
	return serializer.NewCodecFactory(s).WithoutConversion()
}

func transport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialPatience}).DialContext,
		TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: dialPatience,
		ForceAttemptHTTP2:   true,
		IdleConnTimeout:     30 * time.Second,
	}
}

// ConfigMap reads one; found is false where there is none of that name.
// Errors are [*Error] values.
func (c *Client) ConfigMap(
	ctx context.Context,
	namespace, name string,
) (data map[string]string, found bool, err error) {
	m, e := answerOf[*corev1.ConfigMap](
		c.rest.Get().Namespace(namespace).Resource("configmaps").Name(name).Do(ctx),
		c.host,
	)
	switch {
	case e == nil:
		return m.Data, true, nil
	case e.Status == http.StatusNotFound:
		return nil, false, nil
	default:
		return nil, false, e
	}
}

// answerOf is the object of an answer. client-go's own Into leaves what it is
// given empty, and says nothing, where another kind came.
func answerOf[T runtime.Object](r rest.Result, host string) (T, *Error) {
	var none T
	object, err := r.Get()
	if err != nil {
		return none, explain(err, host)
	}
	answer, ok := object.(T)
	if !ok {
		return none, explain(fmt.Errorf("requested a %T, and the answer is a %T", none, object), host)
	}
	return answer, nil
}

// Close lets go of connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }
