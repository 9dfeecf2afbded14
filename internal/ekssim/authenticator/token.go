package authenticator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
)

// tokenSecret is the secret of every access key. It matters for tokens: they do
// not contain the name of their cluster, only a signature over it.
const tokenSecret = "simulated"

// Names that may be in the query of a token, and how old one may be.
// aws-iam-authenticator, pkg/token.
var tokenQuery = map[string]bool{
	"action": true, "version": true, "x-amz-algorithm": true, "x-amz-credential": true, "x-amz-date": true,
	"x-amz-expires": true, "x-amz-security-token": true, "x-amz-signature": true, "x-amz-signedheaders": true,
}

const (
	tokenAge    = 15 * time.Minute
	tokenLength = 4096
	tokenID     = "x-k8s-aws-id"
)

// ReadToken returns the access key of a token that a cluster accepts: what the
// authenticator checks, and the signature, which it leaves to STS. The token is
// for the name of the cluster, or for its id if it is a local one on an
// Outpost: aws-cli, get_token.py.
func ReadToken(token, partition, cluster string, now time.Time) (accessKey string, ok bool) {
	text, ok := strings.CutPrefix(token, "k8s-aws-v1.")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil || len(token) > tokenLength {
		return "", false
	}
	u, err := url.Parse(string(raw))
	if err != nil || u.Scheme != "https" || u.Path != "/" || u.User != nil || !stsHost(partition, u.Host) {
		return "", false
	}
	q := u.Query()
	for name, values := range q {
		if !tokenQuery[strings.ToLower(name)] || len(values) != 1 {
			return "", false
		}
	}
	expires, err := strconv.Atoi(q.Get("X-Amz-Expires"))
	signed, dateErr := time.Parse("20060102T150405Z", q.Get("X-Amz-Date"))
	scope := strings.Split(q.Get("X-Amz-Credential"), "/")
	switch {
	case q.Get("Action") != "GetCallerIdentity", err != nil, expires < 0, expires > 900:
		return "", false
	case dateErr != nil, now.Sub(signed) > tokenAge, signed.Sub(now) > tokenAge:
		return "", false
	case len(scope) != 5, scope[3] != "sts":
		return "", false
	case q.Get("X-Amz-SignedHeaders") != "host;"+tokenID:
		return "", false
	}
	want := signature(u, scope, cluster)
	return scope[0], hmac.Equal([]byte(q.Get("X-Amz-Signature")), []byte(want))
}

// stsHost: regional, FIPS and dual-stack names, and in aws the global one.
func stsHost(partition, host string) bool {
	if host == "sts.amazonaws.com" {
		return partition == "aws"
	}
	m := stsName.FindStringSubmatch(host)
	return m != nil && arns.Partition(m[1]) == partition
}

var stsName = regexp.MustCompile(
	`^sts(?:-fips)?\.([a-z]{2,4}(?:-[a-z]+)+-\d)\.(?:amazonaws\.com(?:\.cn)?|api\.aws|c2s\.ic\.gov|sc2s\.sgov\.gov|amazonaws\.eu)$`,
)

// signature is the one a presigned URL has for a cluster. AWS General
// Reference, Signature Version 4.
func signature(u *url.URL, scope []string, cluster string) string {
	q := u.Query()
	q.Del("X-Amz-Signature")
	empty := sha256.Sum256(nil)
	request := strings.Join([]string{"GET", "/", strings.ReplaceAll(q.Encode(), "+", "%20"),
		"host:" + u.Host, tokenID + ":" + cluster, "", "host;" + tokenID, hex.EncodeToString(empty[:])}, "\n")
	hash := sha256.Sum256([]byte(request))
	text := strings.Join(
		[]string{"AWS4-HMAC-SHA256", q.Get("X-Amz-Date"), strings.Join(scope[1:], "/"), hex.EncodeToString(hash[:])},
		"\n",
	)
	key := []byte("AWS4" + tokenSecret)
	for _, part := range slices.Concat(scope[1:], []string{text}) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return hex.EncodeToString(key)
}
