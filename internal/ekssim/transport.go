package ekssim

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/kubeapi"
)

// kubeWithoutNetwork is the host of the Kubernetes endpoints for a client that
// has the simulator's transport. No such name exists (RFC 6761, 6.4).
const kubeWithoutNetwork = "kubernetes.ekssim.invalid"

// Transport returns a transport that carries requests to this simulator inside
// the process: without sockets, without TLS, and with an error at once where a
// rule leaves a request without an answer. Requests to the Kubernetes endpoint
// of a cluster go there, signed ones to AWS; there is nothing else to connect to.
// It is an error if the simulator listens: clusters then have endpoints on the
// network.
func (s *Server) Transport() (http.RoundTripper, error) {
	if s.listener != nil {
		return nil, errors.New("a simulator that listens has no transport")
	}
	now := time.Now()
	ca, err := s.kube.PEM(kubeapi.CA{
		Key: kubeWithoutNetwork, Name: "ekssim", NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
	})
	if err != nil {
		return nil, err
	}
	s.inProcess.Store(&ca)
	return transport{s}, nil
}

type transport struct{ server *Server }

func (t transport) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	defer in.Body.Close()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := &recorder{header: http.Header{}}
	defer func() {
		switch cause := recover(); cause {
		case nil:
		case http.ErrAbortHandler:
			answer, err = nil, &net.OpError{Op: "read", Net: "tcp", Err: w.broken}
		default:
			panic(cause)
		}
	}()
	switch {
	case r.URL.Host == kubeWithoutNetwork && t.server.wrongCertificate():
		return nil, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
	case r.URL.Host == kubeWithoutNetwork:
		t.server.serveKube(w, in)
	case strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-"):
		t.server.ServeHTTP(w, in)
	default:
		unknown := &net.DNSError{Err: "no such host", Name: r.URL.Host, IsNotFound: true}
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: unknown}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return &http.Response{
		Status:     http.StatusText(w.code),
		StatusCode: w.code,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,

		Header:        w.header,
		Body:          io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()),
		Request:       r,
	}, nil
}

// CloseIdleConnections is for http.Client.
func (transport) CloseIdleConnections() {}

// A recorder keeps an answer that no network carries.
type recorder struct {
	header http.Header
	code   int
	body   bytes.Buffer
	broken error // what the client sees if the handler aborts
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// breakOff makes the client see what it would see of a connection that the rule
// cuts.
func (w *recorder) breakOff(f *Fault) {
	w.broken = os.NewSyscallError("read", syscall.ECONNRESET)
	if f.is("timeout") {
		w.broken = os.ErrDeadlineExceeded
	}
	panic(http.ErrAbortHandler)
}
