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
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
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
}

// A Client reads from one cluster. It may be used by many goroutines.
type Client struct {
	host string
	http *http.Client
	rest *rest.RESTClient
}

// New returns a client that calls as whom the credentials are. It asks nobody
// yet. Errors are [*Error] values.
func New(c Cluster, credentials aws.CredentialsProvider, o Options) (*Client, error) {
	at, err := url.Parse(c.Endpoint)
	if err != nil || at.Scheme != "https" || at.Host == "" {
		return nil, &Error{Reason: fmt.Sprintf("EKS tells no https endpoint for it, but %q", c.Endpoint)}
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(c.CA) {
		return nil, &Error{Reason: "EKS tells no certificate authority for it that can be read"}
	}
	client := &http.Client{
		Transport: &identified{
			next:   transport(roots),
			host:   at.Host,
			tokens: &tokens{credentials: credentials, region: c.Region, id: c.TokenID, now: time.Now},
			agent:  "eksaccess/" + o.Version,
			debug:  o.Debug,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       patience,
	}
	r, err := rest.RESTClientForConfigAndClient(&rest.Config{
		Host: c.Endpoint, APIPath: "/api",
		ContentConfig:  rest.ContentConfig{GroupVersion: &corev1.SchemeGroupVersion, NegotiatedSerializer: codecs(), ContentType: runtime.ContentTypeJSON},
		WarningHandler: rest.NoWarnings{}, // the default prints them
		QPS:            -1,                // nothing to hold back: a request or two a cluster
	}, client)
	if err != nil {
		return nil, &Error{Reason: err.Error()}
	}
	return &Client{host: at.Host, http: client, rest: r}, nil
}

// codecs knows what is read here and no other kind: client-go's own knows all
// of Kubernetes, which doubles the program and what it does before it starts.
func codecs() runtime.NegotiatedSerializer {
	s := runtime.NewScheme()
	s.AddKnownTypes(corev1.SchemeGroupVersion, &corev1.ConfigMap{})
	metav1.AddToGroupVersion(s, corev1.SchemeGroupVersion)
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
func (c *Client) ConfigMap(ctx context.Context, namespace, name string) (data map[string]string, found bool, err error) {
	var m corev1.ConfigMap
	err = c.rest.Get().Namespace(namespace).Resource("configmaps").Name(name).Do(ctx).Into(&m)
	switch e := explain(err, c.host); {
	case e == nil:
		return m.Data, true, nil
	case e.Status == http.StatusNotFound:
		return nil, false, nil
	default:
		return nil, false, e
	}
}

// Close lets go of connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }
