package kube

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/eksaccess/eksaccess/internal/snapshot"
)

// A Trust is which of the certificate authorities of a cluster a kubeconfig
// has. They are compared as sets of certificates: the order and the text of the
// bundle that EKS returns change with each rotation (aws/containers-roadmap
// issues 2638 and 2874).
type Trust struct {
	State TrustState
	Until time.Time // at which the newest of the certificates that it has ends; zero where not known

	has, lacks []string // fingerprints of the cluster's certificates
}

// A TrustState is the result of a comparison.
type TrustState string

const (
	TrustsAll     TrustState = "all"          // of the cluster's certificates
	TrustsSome    TrustState = "some"         // see [Trust.Judge]
	TrustsNone    TrustState = "none"         // every call fails with an x509 error
	TrustUnknown  TrustState = "not-compared" // TLS is not verified, or the certificates cannot be read
	TrustsOld     TrustState = "old"          // only the current signer: calls fail from the next rotation on
	TrustsRetired TrustState = "retired"      // only the signer before: calls fail now
)

// A bundle is the certificate authorities of a cluster.
type bundle struct {
	raw          []byte
	certificates []*x509.Certificate
}

func newBundle(text []byte) *bundle { return &bundle{raw: text, certificates: certificates(text)} }

// certificates are those of a PEM text that can be read.
func certificates(text []byte) []*x509.Certificate {
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return all
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			all = append(all, c)
		}
	}
}

// trustOf compares what a cluster of a kubeconfig trusts.
func (b *bundle) trustOf(c *api.Cluster) Trust {
	text := c.CertificateAuthorityData
	switch {
	case c.InsecureSkipTLSVerify:
		return Trust{State: TrustUnknown}
	case len(text) == 0 && c.CertificateAuthority != "": // data takes precedence (client-go, rest.TLSConfigFor)
		var ok bool
		if text, ok = readAuthority(c); !ok {
			return Trust{State: TrustUnknown}
		}
	}
	have := certificates(text)
	if len(b.certificates) == 0 || len(have) == 0 {
		if bytes.Equal(bytes.TrimSpace(text), bytes.TrimSpace(b.raw)) {
			return Trust{State: TrustsAll}
		}
		return Trust{State: TrustsNone}
	}
	t := Trust{}
	for _, c := range b.certificates {
		print := snapshot.Fingerprint(c.Raw)
		if !slices.ContainsFunc(have, c.Equal) {
			t.lacks = append(t.lacks, print)
			continue
		}
		t.has = append(t.has, print)
		if c.NotAfter.After(t.Until) {
			t.Until = c.NotAfter.UTC()
		}
	}
	switch {
	case len(t.lacks) == 0:
		t.State = TrustsAll
	case len(t.has) == 0:
		t.State = TrustsNone
	default:
		t.State = TrustsSome
	}
	return t
}

// readAuthority reads a certificate authority that is in a file of its own,
// whose name counts from the folder of the kubeconfig.
func readAuthority(c *api.Cluster) ([]byte, bool) {
	name := c.CertificateAuthority
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(c.LocationOfOrigin), name)
	}
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil, false
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	return text, err == nil
}

// WithRotation returns the trust with what EKS says about the rotation of the
// certificate authorities: whether one that is missing is the successor of the
// signer, and when it is activated at the latest. Where that is not known, the
// state stays [TrustsSome].
func (t Trust) WithRotation(authorities snapshot.Authorities) Trust {
	if t.State != TrustsSome || !authorities.Known() {
		return t
	}
	signer := authorities.Signer()
	if signer == nil {
		return t
	}
	if !slices.Contains(t.has, signer.Fingerprint) {
		if slices.Contains(t.lacks, signer.Fingerprint) {
			t.State, t.Until = TrustsRetired, time.Time{}
		}
		return t
	}
	t.State = TrustsAll
	for _, a := range authorities.Items {
		if !slices.Contains(t.lacks, a.Fingerprint) || !authorities.IsSuccessor(&a) {
			continue
		}
		t.State = TrustsOld
		if end := authorities.Activation(&a); end != nil {
			t.Until = *end
		} else if signer.NotAfter != nil {
			t.Until = *signer.NotAfter
		}
	}
	return t
}
