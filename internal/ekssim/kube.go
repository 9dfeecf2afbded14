package ekssim

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/kubeapi"
)

// The Kubernetes endpoint of every cluster has a path of its own on a shared
// listener, /ACCOUNT/REGION/NAME. It begins when DescribeCluster first shows
// it; a cluster whose seed names an endpoint keeps that.

// kubeEndpoint is where a cluster's Kubernetes API is, and its authority.
func (s *Server) kubeEndpoint(c *cluster) (url, ca string) {
	if ca := s.inProcess.Load(); ca != nil && c.Endpoint == madeUpEndpoint(c) {
		return "https://" + kubeWithoutNetwork + "/" + c.Account + "/" + c.Region + "/" + c.Name, base64Of(*ca)
	}
	if s.listener == nil || c.Endpoint != madeUpEndpoint(c) {
		return c.Endpoint, c.CertificateAuthority
	}
	url, ca, err := s.kube.SharedURL()
	if err != nil {
		return c.Endpoint, c.CertificateAuthority // no port to be had: as good as out of reach
	}
	if len(c.CertificateAuthorities) > 0 {
		id := c.id()
		if own, err := s.kube.Own(c.arn(), func() (kubeapi.CA, bool) { return s.newSigner(id) }); err == nil {
			url = own
		}
	}
	return url + "/" + c.Account + "/" + c.Region + "/" + c.Name, base64Of(ca)
}

// newSigner returns the authority of the simulator that signs for a cluster,
// unless the cluster has its first one or one of its own.
func (s *Server) newSigner(id ClusterID) (ca kubeapi.CA, ok bool) {
	s.withLock(func() {
		if c := s.st.clusters[id]; c != nil && c.signer().Data == "" && c.signer().ID != c.firstAuthority() {
			ca, ok = c.kubeCA(c.signer()), true
		}
	})
	return ca, ok
}

func (c *cluster) kubeCA(a CertificateAuthority) kubeapi.CA {
	return kubeapi.CA{
		Key: c.arn() + " " + a.ID, Name: "ekssim " + c.Name + " " + a.ID, NotBefore: a.NotBefore, NotAfter: a.NotAfter,
	}
}

// kubeCluster is what the Kubernetes API shows of a cluster.
func (c *cluster) kubeCluster() kubeapi.Cluster {
	return kubeapi.Cluster{
		ARN: c.arn(), Version: c.Version, CreatedAt: c.CreatedAt, AWSAuth: c.AWSAuth, Objects: c.Kubernetes,
	}
}

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// handshake stands for an operation where there is none yet.
const handshake = "handshake"

// wrongCertificate reports whether a rule wants the connection that is being
// made to see a certificate of an unknown authority.
func (s *Server) wrongCertificate() bool {
	c := &call{server: s}
	c.Service, c.Operation = "kubernetes", handshake
	s.withLock(func() { s.applyFaults(c) })
	return c.fault.is(wrongCertificate)
}

// A kubeCall is one request about a cluster's Kubernetes API: to it, or from
// an API server that asks who a caller is and what he may do.
type kubeCall struct {
	call
	cluster *cluster
	request kubeapi.Request
	user    kubeapi.User
}

// serveKube answers one request to the API of a cluster.
func (s *Server) serveKube(w http.ResponseWriter, r *http.Request) {
	parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/"), "/", 4)
	for len(parts) < 4 {
		parts = append(parts, "")
	}
	s.serveKubeCall(w, r, ClusterID{parts[0], parts[1], parts[2]}, func(c *kubeCall) func() (int, any) {
		route := kubeapi.FindRoute(r, "/"+parts[3], c.Body)
		c.Operation, c.Resource, c.request = route.Operation, route.Resource, route.Request
		return func() (int, any) { return c.answerKube(route) }
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
	s.withLock(func() {
		c.st, c.Time = s.st, millis(s.now())
		c.Seq = s.journal.next()
		c.RequestID = arns.UUID("request", s.st.settings.Seed, c.Seq)
		c.delay, c.lag = time.Duration(s.st.settings.Latency), time.Duration(s.st.settings.VisibilityLag)
		if c.cluster = s.st.clusters[id]; c.cluster == nil || c.cluster.Connector != nil {
			c.Operation = "Unknown"
			code, out = kubeapi.Failure(http.StatusNotFound, "NotFound", "ekssim: no such cluster")
		} else {
			s.endDueUpdate(c.cluster)
			code, out = answer()
		}
		if status, ok := out.(kubeapi.Status); ok {
			c.ErrorCode, c.Message = status.Reason, status.Message
		}
		c.Status = code
		if c.Lost = c.fault.dropsAnswer(); c.fault.dropsWork() {
			c.Status = 0
		}
		s.journal.add(c.Call)
	})
	s.delay(&c.call)
	if c.Lost {
		c.fault.resetConnection(w)
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
func (c *kubeCall) answerKube(route *kubeapi.Route) (int, any) {
	if code, refusal := c.faultKube(); code != 0 {
		return code, refusal
	}
	if !c.login() {
		return kubeapi.UnauthorizedStatus()
	}
	code, answer := route.Answer(c.cluster.kubeCluster(), c.user)
	c.Body = route.Body
	return code, answer
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
		return kubeapi.Failure(refusal.Status, refusal.Code, refusal.Message)
	case !c.login():
		return kubeapi.UnauthorizedStatus()
	}
	return kubeapi.Forbidden(c.request, c.user)
}
