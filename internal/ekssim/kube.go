package ekssim

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The Kubernetes endpoint of every cluster: one TLS listener on loopback for
// all of them, each under a path of its own, /ACCOUNT/REGION/NAME. It begins
// when DescribeCluster first tells of it; a cluster whose seed names an
// endpoint keeps that. A cluster whose certificate authorities are rotated has
// a listener of its own, since what it shows depends on the signer.
//
// It lets in by tokens (kubetoken.go), knows a caller by access entries and
// aws-auth (kubeuser.go), allows by access policies and bindings
// (kuberights.go), and has the objects in kubeobjects.go. A real API server
// can have the first three of these from it: kubehooks.go.
type kubernetes struct {
	mu     sync.Mutex
	server *http.Server
	url    string
	ca     string // PEM

	ports    map[ClusterID]*port
	stranger tls.Certificate // of an unknown authority

	keys        sync.Mutex
	authorities map[string]authority // of clusters, by ARN and id; guarded by keys
}

// A port is the listener of one cluster.
type port struct {
	server *http.Server
	url    string
}

// kubeEndpoint is where a cluster's Kubernetes API is, and its authority.
func (s *Server) kubeEndpoint(c *cluster) (url, ca string) {
	if s.listener == nil || c.Endpoint != madeUpEndpoint(c) {
		return c.Endpoint, c.CertificateAuthority
	}
	s.kube.mu.Lock()
	defer s.kube.mu.Unlock()
	if s.kube.server == nil {
		if err := s.kube.begin(http.HandlerFunc(s.serveKube), s.wrongCertificate); err != nil {
			return c.Endpoint, c.CertificateAuthority // no port to be had: as good as out of reach
		}
	}
	path := "/" + c.Account + "/" + c.Region + "/" + c.Name
	if len(c.CertificateAuthorities) > 0 {
		if p, err := s.ownPort(c.id()); err == nil {
			return p.url + path, base64Of(s.kube.ca)
		}
	}
	return s.kube.url + path, base64Of(s.kube.ca)
}

// ownPort is the listener of one cluster, which begins here. The certificate it
// shows is one of the signer at the time.
func (s *Server) ownPort(id ClusterID) (*port, error) {
	if p := s.kube.ports[id]; p != nil {
		return p, nil
	}
	shared := s.kube.server.TLSConfig.GetCertificate
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	certificate := func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if s.wrongCertificate() {
			return &s.kube.stranger, nil
		}
		var made *authority
		s.locked(func() {
			if c := s.st.clusters[id]; c != nil && c.signer().Data == "" && c.signer().ID != c.firstAuthority() {
				if a, err := s.kube.authority(c, c.signer()); err == nil {
					made = &a
				}
			}
		})
		if made != nil {
			return &made.server, nil
		}
		return shared(hello)
	}
	p := &port{url: "https://" + l.Addr().String()}
	p.server = &http.Server{Handler: http.HandlerFunc(s.serveKube), ReadHeaderTimeout: time.Minute, ErrorLog: quiet,
		TLSConfig: &tls.Config{GetCertificate: certificate, MinVersion: tls.VersionTLS12}}
	go func() { _ = p.server.ServeTLS(l, "", "") }() // ends when the server is closed
	if s.kube.ports == nil {
		s.kube.ports = map[ClusterID]*port{}
	}
	s.kube.ports[id] = p
	return p, nil
}

// authority is the one behind a certificate authority of a cluster, made when
// it is first asked for.
func (k *kubernetes) authority(c *cluster, ca CertificateAuthority) (authority, error) {
	key := c.arn() + " " + ca.ID
	k.keys.Lock()
	defer k.keys.Unlock()
	if a, ok := k.authorities[key]; ok {
		return a, nil
	}
	a, err := newAuthority("ekssim "+c.Name+" "+ca.ID, ca.NotBefore, ca.NotAfter)
	if err != nil {
		return authority{}, err
	}
	if k.authorities == nil {
		k.authorities = map[string]authority{}
	}
	k.authorities[key] = a
	return a, nil
}

func (k *kubernetes) begin(h http.Handler, wrong func() bool) error {
	from, to := time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)
	authority, err := newAuthority("ekssim", from, to)
	if err != nil {
		return err
	}
	stranger, err := newAuthority("ekssim", from, to)
	if err != nil {
		return err
	}
	k.stranger = stranger.server
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	k.ca, k.url = authority.pem, "https://"+l.Addr().String()
	certificate := func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		if wrong() {
			return &stranger.server, nil
		}
		return &authority.server, nil
	}
	k.server = &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, ErrorLog: quiet,
		TLSConfig: &tls.Config{GetCertificate: certificate, MinVersion: tls.VersionTLS12}}
	go func() { _ = k.server.ServeTLS(l, "", "") }() // ends when the server is closed
	return nil
}

// handshake stands for an operation where there is none yet.
const handshake = "handshake"

// wrongCertificate says whether a rule wants the connection that is being
// made to see one.
func (s *Server) wrongCertificate() bool {
	c := &call{server: s}
	c.Service, c.Operation = "kubernetes", handshake
	s.locked(func() { s.applyFaults(c) })
	return c.fault.is(wrongCertificate)
}

func (k *kubernetes) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.server != nil {
		_ = k.server.Close()
	}
	for _, p := range k.ports {
		_ = p.server.Close()
	}
}

// A kubeCall is one request about a cluster's Kubernetes API: to it, or from
// an API server that asks who somebody is and what he may do.
type kubeCall struct {
	call
	cluster *cluster
	request kubeRequest
	user    kubeUser
}

// serveKube answers one request to the API of a cluster.
func (s *Server) serveKube(w http.ResponseWriter, r *http.Request) {
	parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/"), "/", 4)
	for len(parts) < 4 {
		parts = append(parts, "")
	}
	s.serveKubeCall(w, r, ClusterID{parts[0], parts[1], parts[2]}, func(c *kubeCall) func() (int, any) {
		work := c.find("/" + parts[3])
		return func() (int, any) { return c.answerKube(work) }
	})
}

// A kubeReader finds out what a request is about and gives a way to answer it.
type kubeReader func(*kubeCall) (answer func() (int, any))

// serveKubeCall carries out one request. Journal and faults know it as a call
// of service "kubernetes". The answer is made under the lock.
func (s *Server) serveKubeCall(w http.ResponseWriter, r *http.Request, id ClusterID, read kubeReader) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	c := &kubeCall{call: call{server: s, r: r}}
	c.Service, c.Account, c.Region, c.Cluster, c.Body = "kubernetes", id.Account, id.Region, id.Name, string(body)
	answer := read(c)
	s.arrive(&c.call)
	var code int
	var out any
	s.locked(func() {
		c.st, c.Time = s.st, millis(s.now())
		c.Seq = s.journal.next()
		c.RequestID = uuid("request", s.st.settings.Seed, c.Seq)
		c.delay, c.lag = time.Duration(s.st.settings.Latency), time.Duration(s.st.settings.VisibilityLag)
		if c.cluster = s.st.clusters[id]; c.cluster == nil || c.cluster.Connector != nil {
			c.Operation = "Unknown"
			code, out = failure(http.StatusNotFound, "NotFound", "ekssim: no such cluster")
		} else {
			s.settle(c.cluster)
			code, out = answer()
		}
		if status, ok := out.(kubeStatus); ok {
			c.ErrorCode, c.Message = status.Reason, status.Message
		}
		c.Status = code
		if c.Lost = c.fault.cuts(); c.fault.before() {
			c.Status = 0
		}
		s.journal.add(c.Call)
	})
	s.hold(&c.call)
	if c.Lost {
		cut(w)
		return
	}
	w.Header().Set("Audit-Id", c.RequestID)
	s.dateHeader(w)
	if text, ok := out.(string); ok {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, text)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(out)
}

// answerKube goes the way of a request through an API server: who is it, may
// it, and only then what is there.
func (c *kubeCall) answerKube(work func() (int, any)) (int, any) {
	if code, refusal := c.faultKube(); code != 0 {
		return code, refusal
	}
	if !c.login() {
		return unauthorized()
	}
	if !c.cluster.decide(c.user, c.request).allowed {
		return c.forbidden()
	}
	return work()
}

// faultKube is what the rules make of the call; 0 for nothing. To deny is to
// forbid, in the words of an API server.
func (c *kubeCall) faultKube() (int, any) {
	c.op = &operation{service: c.Service, name: c.Operation, resource: func(*call) string { return "*" }}
	refusal := c.server.applyFaults(&c.call)
	switch {
	case refusal == nil:
		return 0, nil
	case !c.fault.is("deny"):
		return failure(refusal.Status, refusal.Code, refusal.Message)
	case !c.login():
		return unauthorized()
	}
	return c.forbidden()
}

func unauthorized() (int, any) {
	return failure(http.StatusUnauthorized, "Unauthorized", "Unauthorized")
}

func (c *kubeCall) forbidden() (int, any) {
	return failure(http.StatusForbidden, "Forbidden", c.request.forbidden(c.user.name))
}

// kubeStatus is a Status of the Kubernetes API: how it refuses.
type kubeStatus struct {
	Kind       string   `json:"kind"`
	APIVersion string   `json:"apiVersion"`
	Metadata   struct{} `json:"metadata"`
	Status     string   `json:"status"`
	Message    string   `json:"message"`
	Reason     string   `json:"reason"`
	Code       int      `json:"code"`
}

func failure(code int, reason, message string) (int, any) {
	return code, kubeStatus{
		Kind:       "Status",
		APIVersion: "v1",
		Status:     "Failure",
		Message:    message,
		Reason:     reason,
		Code:       code,
	}
}
