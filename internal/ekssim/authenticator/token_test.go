package authenticator

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

var signedAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A request is what a token is made from. The AWS SDK signs it, so that the
// signature is not the one of this package.
type request struct {
	host, region, cluster, secret, service, query string
}

func (r request) token(t *testing.T) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, "https://"+r.host+"/?"+r.query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("x-k8s-aws-id", r.cluster)
	const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	credentials := aws.Credentials{AccessKeyID: "AKIA1", SecretAccessKey: r.secret}
	url, _, err := v4.NewSigner().PresignHTTP(
		context.Background(), credentials, req, emptyHash, r.service, r.region, signedAt,
	)
	if err != nil {
		t.Fatal(err)
	}
	return "k8s-aws-v1." + base64.RawURLEncoding.EncodeToString([]byte(url))
}

// valid is a request whose token is valid for the cluster dev.
var valid = request{
	host: "sts.eu-west-1.amazonaws.com", region: "eu-west-1", cluster: "dev", secret: tokenSecret, service: "sts",
	query: "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Expires=60",
}

func TestReadToken(t *testing.T) {
	host := func(name string) string { r := valid; r.host = name; return r.token(t) }
	query := func(text string) string { r := valid; r.query = text; return r.token(t) }
	for _, tt := range []struct {
		name, token, partition string
		after                  time.Duration
		ok                     bool
	}{
		{"valid", valid.token(t), "aws", 0, true},
		{"15 minutes old", valid.token(t), "aws", 15 * time.Minute, true},
		{"too old", valid.token(t), "aws", 15*time.Minute + time.Second, false},
		{"from the future", valid.token(t), "aws", -15*time.Minute - time.Second, false},
		{"a clock that is late", valid.token(t), "aws", -15 * time.Minute, true},

		{"global host", host("sts.amazonaws.com"), "aws", 0, true},
		{"FIPS host", host("sts-fips.us-east-1.amazonaws.com"), "aws", 0, true},
		{"dual-stack host", host("sts.eu-west-1.api.aws"), "aws", 0, true},
		{"host in China", host("sts.cn-north-1.amazonaws.com.cn"), "aws-cn", 0, true},
		{"host of another partition", host("sts.cn-north-1.amazonaws.com.cn"), "aws", 0, false},
		{"global host in China", host("sts.amazonaws.com"), "aws-cn", 0, false},
		{"unknown host", host("sts.example.com"), "aws", 0, false},
		{"host that only begins well", host("sts.eu-west-1.amazonaws.com.example.com"), "aws", 0, false},
		{"host with a port", host("sts.eu-west-1.amazonaws.com:8443"), "aws", 0, false},
		{"host of another service", host("iam.eu-west-1.amazonaws.com"), "aws", 0, false},

		{"expiry of 15 minutes", query("Action=GetCallerIdentity&X-Amz-Expires=900"), "aws", 0, true},
		{"expiry too long", query("Action=GetCallerIdentity&X-Amz-Expires=901"), "aws", 0, false},
		{"negative expiry", query("Action=GetCallerIdentity&X-Amz-Expires=-1"), "aws", 0, false},
		{"expiry is a word", query("Action=GetCallerIdentity&X-Amz-Expires=x"), "aws", 0, false},
		{"no expiry", query("Action=GetCallerIdentity"), "aws", 0, false},
		{"another action", query("Action=GetSessionToken&X-Amz-Expires=60"), "aws", 0, false},
		{"no action", query("X-Amz-Expires=60"), "aws", 0, false},
		{"unknown parameter", query(valid.query + "&Name=x"), "aws", 0, false},
		{"parameter twice", query(valid.query + "&Version=x"), "aws", 0, false},
		{"too long", query(valid.query + "&X-Amz-Security-Token=" + strings.Repeat("x", 4096)), "aws", 0, false},
		{"security token", query(valid.query + "&X-Amz-Security-Token=a%2Fb%2B%20c"), "aws", 0, true},
	} {
		key, ok := ReadToken(tt.token, tt.partition, "dev", signedAt.Add(tt.after))
		if ok != tt.ok || ok && key != "AKIA1" {
			t.Errorf("%s: %q, %v, want %v", tt.name, key, ok, tt.ok)
		}
	}
}

func TestReadTokenSignature(t *testing.T) {
	for name, change := range map[string]func(*request){
		"another cluster": func(r *request) { r.cluster = "prod" },
		"no cluster":      func(r *request) { r.cluster = "" },
		"another secret":  func(r *request) { r.secret = "other" },
		"another service": func(r *request) { r.service = "iam" },
	} {
		r := valid
		change(&r)
		if _, ok := ReadToken(r.token(t), "aws", "dev", signedAt); ok {
			t.Errorf("a token of %s is valid", name)
		}
	}
	r := valid
	r.cluster = "prod"
	if _, ok := ReadToken(r.token(t), "aws", "prod", signedAt); !ok {
		t.Error("a token is not valid for its own cluster")
	}
}

func TestReadTokenForm(t *testing.T) {
	good := valid.token(t)
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(good, "k8s-aws-v1."))
	if err != nil {
		t.Fatal(err)
	}
	with := func(from, to string) string {
		changed := strings.Replace(string(raw), from, to, 1)
		if changed == string(raw) {
			t.Fatalf("%s contains no %q", raw, from)
		}
		return "k8s-aws-v1." + base64.RawURLEncoding.EncodeToString([]byte(changed))
	}
	for name, token := range map[string]string{
		"empty":                  "",
		"prefix alone":           "k8s-aws-v1.",
		"no prefix":              strings.TrimPrefix(good, "k8s-aws-v1."),
		"another prefix":         strings.Replace(good, "v1", "v2", 1),
		"padded":                 good + "=",
		"no TLS":                 with("https://", "http://"),
		"user":                   with("https://", "https://me@"),
		"path":                   with("/?", "/x?"),
		"changed signature":      with("X-Amz-Signature=", "X-Amz-Signature=0"),
		"changed date":           with("X-Amz-Date=20260301T1200", "X-Amz-Date=20260301T1201"),
		"invalid date":           with("X-Amz-Date=2026", "X-Amz-Date=x"),
		"short credential":       with("%2Faws4_request", ""),
		"cluster was not signed": with("host%3Bx-k8s-aws-id", "host"),
	} {
		if _, ok := ReadToken(token, "aws", "dev", signedAt); ok {
			t.Errorf("a token is valid: %s", name)
		}
	}
}
