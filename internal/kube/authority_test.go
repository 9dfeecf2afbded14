package kube

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/eksaccess/eksaccess/internal/snapshot"
)

// What a kubeconfig trusts, compared with a cluster in each step of a rotation.
func TestTrust(t *testing.T) {
	old, next, other := ca(t), ca(t), ca(t)
	join := func(parts ...[]byte) []byte { return slices.Concat(parts...) }
	print := func(text []byte) string {
		block, _ := pem.Decode(text)
		return snapshot.Fingerprint(block.Bytes)
	}
	created, final := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC)
	later := created.AddDate(9, 0, 0)
	authority := func(text []byte, status string, created time.Time, activated *time.Time) snapshot.Authority {
		return snapshot.Authority{
			ID:                  print(text),
			Fingerprint:         print(text),
			SigningStatus:       status,
			CreatedAt:           &created,
			ActivatedAt:         activated,
			FinalAutoActivation: &final,
		}
	}
	rotation := func(items ...snapshot.Authority) snapshot.Authorities {
		return snapshot.Authorities{Fact: snapshot.KnownFact(), Items: items}
	}
	appended := rotation(authority(old, "IN_USE", created, nil), authority(next, "NOT_USED", later, nil))
	activated := rotation(authority(old, "NOT_USED", created, nil), authority(next, "IN_USE", later, &final))
	rolledBack := rotation(authority(old, "IN_USE", created, &final), authority(next, "NOT_USED", later, &later))
	unknown := snapshot.Authorities{Fact: snapshot.UnknownFact("denied", "")}
	for _, tt := range []struct {
		name          string
		cluster, have []byte
		authorities   snapshot.Authorities
		want          TrustState
		until         time.Time
	}{
		{"never rotated", old, old, unknown, TrustsAll, time.Time{}},
		{"another text of it", old, join([]byte("# comment\n"), old, []byte("\n")), unknown, TrustsAll, time.Time{}},
		{"another cluster's", old, other, appended, TrustsNone, time.Time{}},
		{"nothing", old, nil, appended, TrustsNone, time.Time{}},
		{"appended, both", join(old, next), join(old, next), appended, TrustsAll, time.Time{}},
		{"appended, both and one more, in another order", join(old, next), join(other, next, old), appended, TrustsAll,
			time.Time{}},
		{"appended, only the old one", join(old, next), old, appended, TrustsOld, final},
		{"appended, only the new one", join(old, next), next, appended, TrustsRetired, time.Time{}},
		{"activated, only the old one", join(next, old), old, activated, TrustsRetired, time.Time{}},
		{"activated, only the new one", join(next, old), next, activated, TrustsAll, time.Time{}},
		{"activated, both", join(next, old), join(old, next), activated, TrustsAll, time.Time{}},
		{"rolled back, only the old one", join(old, next), old, rolledBack, TrustsOld, final},
		{"deleted, only the old one", next, old, rotation(authority(next, "IN_USE", later, &final)), TrustsNone,
			time.Time{}},
		{"not known, only the old one", join(old, next), old, unknown, TrustsSome, time.Time{}},
		{"not in the list", join(old, next), old, rotation(authority(other, "IN_USE", created, nil)), TrustsSome,
			time.Time{}},
		{"what cannot be read is compared as text", []byte("x"), []byte(" x\n"), unknown, TrustsAll, time.Time{}},
		{"what cannot be read differs", []byte("x"), []byte("y"), unknown, TrustsNone, time.Time{}},
	} {
		got := newBundle(tt.cluster).
			trustOf(&api.Cluster{CertificateAuthorityData: tt.have}).
			WithRotation(tt.authorities)
		if got.State != tt.want || tt.want == TrustsOld && !got.Until.Equal(tt.until) {
			t.Errorf("%s: %s until %s, want %s until %s", tt.name, got.State, got.Until, tt.want, tt.until)
		}
		if tt.want == TrustsSome && got.Until.IsZero() {
			t.Errorf("%s: the end of the certificate is not known", tt.name)
		}
	}

	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), old, 0o600); err != nil {
		t.Fatal(err)
	}
	origin := filepath.Join(dir, "config")
	for _, tt := range []struct {
		name    string
		cluster api.Cluster
		want    TrustState
	}{
		{"in a file beside it", api.Cluster{CertificateAuthority: "ca.pem", LocationOfOrigin: origin}, TrustsAll},
		{"in a file that is not there", api.Cluster{CertificateAuthority: "none.pem", LocationOfOrigin: origin},
			TrustUnknown},
		{"in a file that is no file", api.Cluster{CertificateAuthority: dir, LocationOfOrigin: origin}, TrustUnknown},
		{"data takes precedence", api.Cluster{CertificateAuthority: "ca.pem", CertificateAuthorityData: other,
			LocationOfOrigin: origin}, TrustsNone},
		{"not verified", api.Cluster{InsecureSkipTLSVerify: true}, TrustUnknown},
	} {
		if got := newBundle(old).trustOf(&tt.cluster); got.State != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got.State, tt.want)
		}
	}
	if strings.Contains(print(old), "BEGIN") {
		t.Error("a fingerprint is a certificate")
	}
}
