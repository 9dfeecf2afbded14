package kubeapi

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Listeners serve the Kubernetes APIs of all clusters with TLS on loopback:
// one shared listener, and one for each cluster whose certificate authorities
// are rotated, since the certificate that it shows depends on the signer. They
// begin to listen when they are first asked for.
type Listeners struct {
	handler http.Handler
	isWrong func() bool // whether a connection gets a certificate of an unknown authority

	mu       sync.Mutex
	server   *http.Server
	url      string
	ca       string // PEM
	own      map[string]*listener
	stranger tls.Certificate // of an unknown authority

	keys        sync.Mutex
	authorities map[string]authority // by the key of their CA; guarded by keys
}

type listener struct {
	server *http.Server
	url    string
}

// A CA is a certificate authority of a cluster that the simulator makes.
type CA struct {
	Key, Name           string // Key is unique
	NotBefore, NotAfter time.Time
}

// NewListeners returns listeners for a handler. isWrong is asked in every
// handshake whether the certificate is to be one of an unknown authority.
func NewListeners(h http.Handler, isWrong func() bool) *Listeners {
	return &Listeners{
		handler: h, isWrong: isWrong, own: map[string]*listener{}, authorities: map[string]authority{},
	}
}

// SharedURL returns the URL of the shared listener and its authority, as PEM.
func (l *Listeners) SharedURL() (url, ca string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.listenShared(); err != nil {
		return "", "", err
	}
	return l.url, l.ca, nil
}

// Own returns the URL of the listener of one cluster. It shows a certificate of
// the authority that signer returns at the time, or that of the shared listener
// if there is none.
func (l *Listeners) Own(cluster string, signer func() (CA, bool)) (url string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.listenShared(); err != nil {
		return "", err
	}
	if o := l.own[cluster]; o != nil {
		return o.url, nil
	}
	shared := l.server.TLSConfig.GetCertificate
	server, url, err := l.listen(func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if l.isWrong() {
			return &l.stranger, nil
		}
		if ca, ok := signer(); ok {
			if a, err := l.authority(ca); err == nil {
				return &a.server, nil
			}
		}
		return shared(hello)
	})
	if err != nil {
		return "", err
	}
	l.own[cluster] = &listener{server, url}
	return url, nil
}

// PEM returns the certificate of an authority.
func (l *Listeners) PEM(ca CA) (string, error) {
	a, err := l.authority(ca)
	return a.pem, err
}

// authority returns the authority of a CA, which is made when it is first asked
// for.
func (l *Listeners) authority(ca CA) (authority, error) {
	l.keys.Lock()
	defer l.keys.Unlock()
	if a, ok := l.authorities[ca.Key]; ok {
		return a, nil
	}
	a, err := newAuthority(ca.Name, ca.NotBefore, ca.NotAfter)
	if err != nil {
		return authority{}, err
	}
	l.authorities[ca.Key] = a
	return a, nil
}

// listenShared starts the shared listener unless it listens.
func (l *Listeners) listenShared() error {
	if l.server != nil {
		return nil
	}
	from, to := time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)
	authority, err := newAuthority("ekssim", from, to)
	if err != nil {
		return err
	}
	stranger, err := newAuthority("ekssim", from, to)
	if err != nil {
		return err
	}
	server, url, err := l.listen(func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		if l.isWrong() {
			return &stranger.server, nil
		}
		return &authority.server, nil
	})
	if err != nil {
		return err
	}
	l.server, l.url, l.ca, l.stranger = server, url, authority.pem, stranger.server
	return nil
}

// listen serves the handler on a free port until Close.
func (l *Listeners) listen(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) (
	*http.Server, string, error,
) {
	n, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	server := &http.Server{Handler: l.handler, ReadHeaderTimeout: time.Minute, ErrorLog: quiet,
		TLSConfig: &tls.Config{GetCertificate: certificate, MinVersion: tls.VersionTLS12}}
	go func() { _ = server.ServeTLS(n, "", "") }() // ends when the server is closed
	return server, "https://" + n.Addr().String(), nil
}

// Close stops all listeners.
func (l *Listeners) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.server != nil {
		_ = l.server.Close()
	}
	for _, o := range l.own {
		_ = o.server.Close()
	}
}

// quiet keeps handshakes that clients gave up off standard error.
var quiet = log.New(io.Discard, "", 0)
