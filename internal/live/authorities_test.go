package live

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/snapshot"
)

// What EKS answers about certificate authorities, and what it may answer where
// the operation is denied or not known: that is not checked, never an error.
func TestAuthorities(t *testing.T) {
	id := arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "dev"}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Unix(1700000000, 0),
		NotAfter:              time.Unix(1900000000, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	data := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))

	type answer struct {
		status     int
		code, body string
	}
	const (
		list = "/clusters/dev/certificate-authorities"
		one  = list + "/one"
		two  = list + "/two"
	)
	good := map[string]answer{
		list:                     {200, "", `{"certificateAuthorities":[{"id":"one"}],"nextToken":"more"}`},
		list + "?nextToken=more": {200, "", `{"certificateAuthorities":[{"id":"two"}]}`},
		one: {
			200,
			"",
			`{"certificateAuthority":{"id":"one","data":"` + data +
				`","createdAt":1700000000,"signingStatus":"IN_USE"}}`,
		},
		two: {
			200,
			"",
			`{"certificateAuthority":{"id":"two","data":"no base64","createdAt":1800000000,"signingStatus":"NOT_USED",` +
				`"validity":{"notAfter":1950000000},"scheduledEvents":{"firstAutoActivation":1810000000,"finalAutoActivation":1820000000}}}`,
		},
	}
	denied := answer{
		403,
		"AccessDeniedException",
		`{"message":"User: x is not authorized to perform: eks:ListCertificateAuthorities"}`,
	}
	for _, tt := range []struct {
		name    string
		answers map[string]answer
		items   int
		why     string // "" for known
	}{
		{"two", nil, 2, ""},
		{"the list is denied", map[string]answer{list: denied}, 0, "ListCertificateAuthorities: "},
		{"one is denied", map[string]answer{two: denied}, 0, "DescribeCertificateAuthority: "},
		{"an old endpoint, which has no such path", map[string]answer{list: {404, "", "<html>404 page not " +
			"found</html>"}}, 0, "ListCertificateAuthorities: "},
		{"a proxy", map[string]answer{list: {405, "", ""}}, 0, "ListCertificateAuthorities: "},
		{"an unknown operation", map[string]answer{list: {400, "UnknownOperationException", "{}"}}, 0,
			"ListCertificateAuthorities: "},
		{"an answer of another kind", map[string]answer{list: {200, "", `{}`}}, 0, "the answer has none"},
		{"one without content", map[string]answer{one: {200, "", `{}`}}, 0, "the answer has none"},
		{"one was deleted meanwhile", map[string]answer{two: {404, "ResourceNotFoundException", `{"message":"gone"}`}},
			1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				a, ok := tt.answers[r.URL.Path]
				if !ok {
					a = good[r.URL.RequestURI()]
				}
				w.Header().Set("X-Amzn-ErrorType", a.code)
				w.WriteHeader(a.status)
				fmt.Fprint(w, a.body)
			}))
			defer s.Close()
			client := eks.NewFromConfig(aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String(s.URL),
				Credentials: credentials.NewStaticCredentialsProvider(
					"AKIA",
					"s",
					"",
				)}, func(o *eks.Options) { o.Retryer = aws.NopRetryer{} })
			got := ReadAuthorities(t.Context(), client, id)
			if got.Known() != (tt.why == "") || !strings.Contains(got.Why, tt.why) || len(got.Items) != tt.items {
				t.Fatalf("%+v", got)
			}
			if tt.items == 0 {
				return
			}
			first := got.Items[0]
			if first.Fingerprint != snapshot.Fingerprint(der) || first.NotAfter == nil ||
				first.NotAfter.Unix() != 1900000000 ||
				got.Signer().ID != "one" {
				t.Errorf("the signer: %+v", first)
			}
			if tt.items == 2 {
				second := got.Items[1]
				if second.Fingerprint != "" || second.NotAfter.Unix() != 1950000000 || !got.IsSuccessor(&second) ||
					got.IsSuccessor(&first) ||
					got.Activation(&second).Unix() != 1820000000 ||
					second.FirstAutoActivation.Unix() != 1810000000 {
					t.Errorf("the successor: %+v", second)
				}
			}
		})
	}
}
