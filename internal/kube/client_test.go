package kube

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/eksaccess/eksaccess/internal/ekssim"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
)

const world = `
credentials:
  - {accessKeyId: AKIAADMIN, principal: role/admin}
  - {accessKeyId: AKIAWEAK, principal: role/weak}
  - {accessKeyId: AKIANOBODY, principal: role/nobody}
clusters:
  - name: dev
    awsAuth: "mapAccounts: []"
    entries:
      - {principal: role/admin, policies: [AmazonEKSClusterAdminPolicy]}
      - {principal: role/weak}
`

func TestConfigMap(t *testing.T) {
	w, err := ekssim.ParseWorld([]byte(world))
	if err != nil {
		t.Fatal(err)
	}
	s, err := ekssim.Start(w)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	provider := func(key string) aws.CredentialsProvider {
		return credentials.NewStaticCredentialsProvider(key, "simulated", "")
	}
	out, err := eks.NewFromConfig(aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String(s.URL()),
		Credentials: provider("AKIAADMIN")}).
		DescribeCluster(context.Background(), &eks.DescribeClusterInput{Name: aws.String("dev")})
	if err != nil {
		t.Fatal(err)
	}
	ca, err := base64.StdEncoding.DecodeString(*out.Cluster.CertificateAuthority.Data)
	if err != nil {
		t.Fatal(err)
	}
	dev := Cluster{Region: "eu-west-1", Endpoint: *out.Cluster.Endpoint, CA: ca, TokenID: "dev"}
	var log bytes.Buffer
	debug := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))

	for _, tt := range []struct {
		key, name string
		found     bool
		status    int
		reason    string
	}{
		{"AKIAADMIN", "aws-auth", true, 0, ""},
		{"AKIAADMIN", "other", false, 0, ""},
		{"AKIAWEAK", "aws-auth", false, 403, "the cluster refuses to show it (403 Forbidden): configmaps " +
			"\"aws-auth\" is forbidden"},
		{"AKIANOBODY", "aws-auth", false, 401, "the cluster rejects the token of the caller (401 Unauthorized)"},
	} {
		c, err := New(dev, provider(tt.key), Options{Version: "v1", Debug: debug})
		if err != nil {
			t.Fatal(err)
		}
		data, found, err := c.ConfigMap(context.Background(), "kube-system", tt.name)
		c.Close()
		var e *Error
		if errors.As(err, &e) != (tt.status != 0) || found != tt.found || tt.found && data["mapAccounts"] == "" {
			t.Errorf("%s, %s: %v, found %t, %v", tt.key, tt.name, data, found, err)
		}
		if e != nil && (e.Status != tt.status || !strings.HasPrefix(e.Reason, tt.reason) || e.Hint == "") {
			t.Errorf("%s, %s: %d %q, hint %q", tt.key, tt.name, e.Status, e.Reason, e.Hint)
		}
	}
	if shown := log.String(); strings.Count(shown, "kubernetes call") != 4 || strings.Contains(shown, "k8s-aws-v1") ||
		strings.Contains(shown, "X-Amz") {
		t.Errorf("debug log:\n%s", shown)
	}
}

// Everything that keeps a cluster from answering, told apart.
func TestNoAnswer(t *testing.T) {
	ownCA := func(s *httptest.Server) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	}
	serve := func(f http.HandlerFunc) *httptest.Server {
		s := httptest.NewTLSServer(f)
		s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		t.Cleanup(s.Close)
		return s
	}
	var bearers []string
	elsewhere := serve(
		func(_ http.ResponseWriter, r *http.Request) { bearers = append(bearers, r.Header.Get("Authorization")) },
	)
	redirect := serve(
		func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) },
	)
	stuck := make(chan struct{})
	slow := serve(func(http.ResponseWriter, *http.Request) { <-stuck })
	defer close(stuck)
	page := serve(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>log in here</html>")) })
	closed := httptest.NewTLSServer(nil)
	closed.Close()
	plain := httptest.NewServer(nil)
	defer plain.Close()
	fails := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("the session is over")
	})
	good := credentials.NewStaticCredentialsProvider("AKIA", "s", "")

	for _, tt := range []struct {
		name, endpoint string
		ca             []byte
		credentials    aws.CredentialsProvider
		want           string
		code           kubeerr.Code
	}{
		{"another authority", slow.URL, ca(t), good, "is not from the certificate authority that EKS reports",
			kubeerr.BadTLS},
		{"nobody there", closed.URL, ca(t), good, "cannot be reached: dial tcp", kubeerr.Unreachable},
		{"no such host", "https://x.invalid", ca(t), good, "x.invalid", kubeerr.NoHost},
		{"slow", slow.URL, ownCA(slow), good, "no answer in time", kubeerr.Timeout},
		{"elsewhere", redirect.URL, ownCA(redirect), good, "answers 302", kubeerr.Refused},
		{"a page", page.URL, ownCA(page), good, "is not a cluster", kubeerr.NoCluster},
		{"no TLS", strings.Replace(plain.URL, "http", "https", 1), ca(t), good, "HTTP response to HTTPS " +
			"client", kubeerr.NoCluster},
		{"no credentials", slow.URL, ownCA(slow), fails, "no token can be created: the session is over",
			kubeerr.NoToken},
		{"http", plain.URL, ca(t), good, "is not an https URL", kubeerr.NoCluster},
		{"no endpoint", "", ca(t), good, "is not an https URL", kubeerr.NoCluster},
		{"no authority", slow.URL, nil, good, "certificate authority that EKS reports cannot be read",
			kubeerr.NoCluster},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := New(
				Cluster{Region: "eu-west-1", Endpoint: tt.endpoint, CA: tt.ca, TokenID: "dev"},
				tt.credentials,
				Options{Version: "v1"},
			)
			if err == nil {
				defer c.Close()
				ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
				defer cancel()
				_, _, err = c.ConfigMap(ctx, "kube-system", "aws-auth")
			}
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(e.Reason, tt.want) ||
				strings.Contains(e.Reason, "k8s-aws-v1") ||
				e.Code != tt.code {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			t.Logf("%s; %s", e.Reason, e.Hint)
		})
	}
	if len(bearers) > 0 {
		t.Errorf("another host was given %q", bearers)
	}
}

// ca is an authority of nobody's.
func ca(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
