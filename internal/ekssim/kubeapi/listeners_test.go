package kubeapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// get returns the error of a request by a client that trusts one authority.
func get(url, ca string) error {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(ca))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	res, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Get(url)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusTeapot {
		err = errors.New(res.Status)
	}
	return errors.Join(err, res.Body.Close())
}

func TestListeners(t *testing.T) {
	var isWrong atomic.Bool // this and signer are read in handshakes
	var signer atomic.Value
	signer.Store("")
	handler := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }
	l := NewListeners(http.HandlerFunc(handler), isWrong.Load)
	t.Cleanup(l.Close)
	shared, sharedCA, err := l.SharedURL()
	if err != nil {
		t.Fatal(err)
	}
	if again, ca, err := l.SharedURL(); again != shared || ca != sharedCA || err != nil {
		t.Errorf("the shared listener is now %s, %v", again, err)
	}
	now := time.Now()
	cas := map[string]CA{
		"old":     {"old", "kubernetes", now.Add(-time.Hour), now.Add(time.Hour)},
		"new":     {"new", "kubernetes", now.Add(-time.Hour), now.Add(time.Hour)},
		"expired": {"expired", "kubernetes", now.Add(-2 * time.Hour), now.Add(-time.Hour)},
	}
	pems := map[string]string{"shared": sharedCA}
	for key, ca := range cas {
		if pems[key], err = l.PEM(ca); err != nil {
			t.Fatal(err)
		}
		if again, err := l.PEM(ca); again != pems[key] || err != nil {
			t.Errorf("the authority %s is made twice: %v", key, err)
		}
	}
	own, err := l.Own("dev", func() (CA, bool) { ca, ok := cas[signer.Load().(string)]; return ca, ok })
	if err != nil {
		t.Fatal(err)
	}
	if again, err := l.Own("dev", nil); again != own || err != nil {
		t.Errorf("the listener of the cluster is now %s, %v", again, err)
	}
	if other, err := l.Own("prod", func() (CA, bool) { return CA{}, false }); other == own || err != nil {
		t.Errorf("two clusters share the listener %s, %v", other, err)
	}
	for _, tt := range []struct {
		url, signer, trusted string
		isWrong, ok          bool
	}{
		{shared, "", "shared", false, true},
		{shared, "old", "old", false, false},
		{shared, "", "shared", true, false},
		{own, "", "shared", false, true},
		{own, "old", "old", false, true},
		{own, "old", "new", false, false},
		{own, "old", "shared", false, false},
		{own, "new", "new", false, true},
		{own, "new", "new", true, false},
		{own, "expired", "expired", false, false},
	} {
		signer.Store(tt.signer)
		isWrong.Store(tt.isWrong)
		if err := get(tt.url, pems[tt.trusted]); (err == nil) != tt.ok {
			t.Errorf("%+v: %v", tt, err)
		}
	}
	l.Close()
	if err := get(shared, sharedCA); err == nil {
		t.Error("the shared listener still answers after Close")
	}
}
