package ekssim

import (
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The Kubernetes endpoint of every cluster: one TLS listener on loopback for
// all of them, each under a path of its own, /ACCOUNT/REGION/NAME. It begins
// when DescribeCluster first tells of it; a cluster whose seed names an
// endpoint keeps that.
//
// It lets in by tokens (kubetoken.go), knows a caller by access entries and
// aws-auth (kubeuser.go), allows by access policies (kuberights.go), and has
// the objects in kubeobjects.go.
type kubernetes struct {
	mu     sync.Mutex
	server *http.Server
	url    string
	ca     string // PEM
}

// kubeEndpoint is where a cluster's Kubernetes API is, and its authority.
func (s *Server) kubeEndpoint(c *cluster) (url, ca string) {
	if s.listener == nil || c.Endpoint != madeUpEndpoint(c) {
		return c.Endpoint, c.CertificateAuthority
	}
	s.kube.mu.Lock()
	defer s.kube.mu.Unlock()
	if s.kube.server == nil {
		if err := s.kube.begin(http.HandlerFunc(s.serveKube)); err != nil {
			return c.Endpoint, c.CertificateAuthority // no port to be had: as good as out of reach
		}
	}
	return s.kube.url + "/" + c.Account + "/" + c.Region + "/" + c.Name, base64Of(s.kube.ca)
}

func (k *kubernetes) begin(h http.Handler) error {
	authority, err := newAuthority()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	k.ca, k.url = authority.pem, "https://"+l.Addr().String()
	k.server = &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, TLSConfig: authority.config, ErrorLog: quiet}
	go func() { _ = k.server.ServeTLS(l, "", "") }() // ends when the server is closed
	return nil
}

func (k *kubernetes) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.server != nil {
		_ = k.server.Close()
	}
}

// A kubeCall is one request to a cluster's Kubernetes API.
type kubeCall struct {
	call
	cluster *cluster
	request kubeRequest
	user    kubeUser
}

// serveKube answers one request. Journal and faults know it as a call of
// service "kubernetes".
func (s *Server) serveKube(w http.ResponseWriter, r *http.Request) {
	c := &kubeCall{call: call{server: s, r: r}}
	c.Service = "kubernetes"
	var code int
	var body any
	s.locked(func() {
		c.st, c.Time = s.st, millis(s.now())
		c.Seq = s.journal.next()
		c.RequestID = uuid("request", s.st.settings.Seed, c.Seq)
		c.delay = time.Duration(s.st.settings.Latency)
		code, body = c.answerKube()
		if status, ok := body.(kubeStatus); ok {
			c.ErrorCode, c.Message = status.Reason, status.Message
		}
		c.Status = code
		c.Lost = c.fault.is("reset") || c.fault.is("lost")
		s.journal.add(c.Call)
	})
	s.sleep(c.delay)
	if c.Lost {
		cut(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Audit-Id", c.RequestID)
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
}

// answerKube goes the way of a request through an API server: who is it, may
// it, and only then what is there.
func (c *kubeCall) answerKube() (int, any) {
	parts := strings.SplitN(strings.TrimPrefix(c.r.URL.Path, "/"), "/", 4)
	if len(parts) < 4 {
		return failure(http.StatusNotFound, "NotFound", "the server could not find the requested resource")
	}
	c.Account, c.Region, c.Cluster = parts[0], parts[1], parts[2]
	if c.cluster = c.st.clusters[c.clusterID()]; c.cluster == nil {
		return failure(http.StatusNotFound, "NotFound", "ekssim: no such cluster")
	}
	c.server.settle(c.cluster)
	object := c.find(parts[3])
	if refusal := c.faultKube(); refusal != nil {
		return failure(refusal.Status, refusal.Code, refusal.Message)
	}
	if !c.login() {
		return failure(http.StatusUnauthorized, "Unauthorized", "Unauthorized")
	}
	if object == nil {
		return failure(http.StatusNotFound, "NotFound", "the server could not find the requested resource")
	}
	if !c.user.may(c.request) {
		return failure(http.StatusForbidden, "Forbidden", c.request.forbidden(c.user.name))
	}
	return object()
}

func (c *kubeCall) faultKube() *apiError {
	c.op = &operation{service: c.Service, name: c.Operation, resource: func(*call) string { return "*" }}
	return c.server.applyFaults(&c.call)
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
	return code, kubeStatus{Kind: "Status", APIVersion: "v1", Status: "Failure", Message: message, Reason: reason, Code: code}
}
