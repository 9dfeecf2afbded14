package kube

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func static(session string) aws.Credentials {
	return aws.Credentials{
		AccessKeyID:     "AKIDEXAMPLE",
		SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
		SessionToken:    session,
	}
}

func TestToken(t *testing.T) {
	// None of these may show in a token: a cluster takes AWS's own hosts only.
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"} {
		t.Setenv(name, "http://127.0.0.1:4566")
	}
	for _, tt := range []struct{ name, region, session, host string }{
		{"keys", "eu-west-1", "", "sts.eu-west-1.amazonaws.com"},
		{"a session", "us-east-1", "FwoG/+ =", "sts.us-east-1.amazonaws.com"},
		{"China", "cn-north-1", "", "sts.cn-north-1.amazonaws.com.cn"},
		{"GovCloud", "us-gov-west-1", "", "sts.us-gov-west-1.amazonaws.com"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			token, err := NewToken(context.Background(), static(tt.session), tt.region, "dev", noon)
			if err != nil {
				t.Fatal(err)
			}
			text, ok := strings.CutPrefix(token.Bearer(), "k8s-aws-v1.")
			raw, err := base64.RawURLEncoding.DecodeString(text)
			if !ok || err != nil {
				t.Fatalf("%q: %v", token.Bearer(), err)
			}
			u, err := url.Parse(string(raw))
			if err != nil {
				t.Fatal(err)
			}
			if u.Scheme != "https" || u.Host != tt.host || u.Path != "/" {
				t.Errorf("%s", u)
			}
			got := u.Query()
			if n := len(got.Get("X-Amz-Signature")); n != 64 {
				t.Errorf("a signature of %d characters", n)
			}
			got.Del("X-Amz-Signature")
			want := url.Values{
				"Action":          {"GetCallerIdentity"},
				"Version":         {"2011-06-15"},
				"X-Amz-Algorithm": {"AWS4-HMAC-SHA256"},
				"X-Amz-Credential": {
					"AKIDEXAMPLE/20260501/" + tt.region + "/sts/aws4_request",
				},
				"X-Amz-Date":          {"20260501T120000Z"},
				"X-Amz-Expires":       {"60"},
				"X-Amz-SignedHeaders": {"host;x-k8s-aws-id"},
			}
			if tt.session != "" {
				want["X-Amz-Security-Token"] = []string{tt.session}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
			if !token.Expires.Equal(noon.Add(14 * time.Minute)) {
				t.Errorf("expires at %v", token.Expires)
			}
		})
	}
}

// The same input gives the same token, another cluster, key or time another.
func TestTokenSigns(t *testing.T) {
	make := func(c aws.Credentials, id string, now time.Time) string {
		token, err := NewToken(context.Background(), c, "eu-west-1", id, now)
		if err != nil {
			t.Fatal(err)
		}
		return token.Bearer()
	}
	other := static("")
	other.SecretAccessKey += "x"
	all := []string{
		make(static(""), "dev", noon),
		make(static(""), "prod", noon),
		make(other, "dev", noon),
		make(static(""), "dev", noon.Add(time.Second)),
	}
	if all[0] != make(static(""), "dev", noon) {
		t.Error("the same twice gives two")
	}
	slices.Sort(all)
	if len(slices.Compact(all)) != 4 {
		t.Error("two different ones are the same")
	}
}

func TestTokenLimits(t *testing.T) {
	if _, err := NewToken(context.Background(), static(strings.Repeat("x", 4000)), "eu-west-1", "dev",
		noon); err == nil ||
		!strings.Contains(err.Error(), "at most 4096") {
		t.Errorf("a long one: %v", err)
	}
	soon := static("s")
	soon.CanExpire, soon.Expires = true, noon.Add(3*time.Minute)
	token, err := NewToken(context.Background(), soon, "eu-west-1", "dev", noon)
	if err != nil || !token.Expires.Equal(soon.Expires) {
		t.Errorf("it outlives its credentials: %v, %v", token.Expires, err)
	}
	shown := fmt.Sprintf("%v %+v %#v %s", token, token, token, []Token{token})
	if strings.Contains(shown, token.Bearer()) || strings.Contains(shown, "X-Amz") {
		t.Errorf("printing it shows it: %s", shown)
	}
}

// A token is used until shortly before its end, and then recreated.
func TestTokens(t *testing.T) {
	now, asked := noon, 0
	tokens := tokens{region: "eu-west-1", id: "dev", now: func() time.Time { return now },
		credentials: aws.CredentialsProviderFunc(
			func(context.Context) (aws.Credentials, error) { asked++; return static(""), nil },
		)}
	var seen []string
	for _, at := range []time.Duration{0, 12 * time.Minute, 13*time.Minute + time.Second, 20 * time.Minute} {
		now = noon.Add(at)
		bearer, err := tokens.bearer(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, bearer)
	}
	if asked != 2 || seen[0] != seen[1] || seen[1] == seen[2] || seen[2] != seen[3] {
		t.Errorf("asked for credentials %d times", asked)
	}
}
