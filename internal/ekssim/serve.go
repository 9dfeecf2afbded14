package ekssim

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// An operation is one API call the simulator knows.
type operation struct {
	service  string // eks, sts or iam
	name     string
	mutating bool
	// resource is what IAM judges the call on. Service Authorization
	// Reference for EKS.
	resource func(*call) string
	do       func(*call) (any, *apiError)

	// Of EKS only: the request line. Labels are {name}, {principalArn}, …
	method  string
	pattern []string
}

func (o *operation) action() string { return o.service + ":" + o.name }

// A call is one request on its way through.
type call struct {
	Call // what the journal keeps

	server *Server
	r      *http.Request
	op     *operation
	labels map[string]string // of an EKS path, unescaped
	form   url.Values        // of the query protocol
	caller caller
	st     *state // valid while the lock is held
	lag    time.Duration

	fault *Fault // of those that fired, the one that decides the answer
	delay time.Duration
}

// ServeHTTP answers one request: to EKS, STS or IAM, or on the control path.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_sim/") {
		s.control.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	c := &call{server: s, r: r}
	c.Body = string(body)
	refusal := c.route()
	out, refusal := s.carryOut(c, refusal)
	c.answer(w, out, refusal)
}

// carryOut takes a routed call through admission, the hooks and the work. The
// lock is held in two stretches, so that calls that are made to wait do not
// hold up others and hooks may call back.
func (s *Server) carryOut(c *call, refusal *apiError) (any, *apiError) {
	s.locked(func() { refusal = s.admit(c, refusal) })
	s.sleep(c.delay)
	works := refusal == nil && !c.fault.is("reset")
	if works {
		s.before(c.Call)
	}
	var out any
	var changed bool
	s.locked(func() {
		c.st, c.Time = s.st, millis(s.now())
		if works {
			out, refusal = c.op.do(c)
		}
		if c.Applied = works && c.op.mutating && refusal == nil; c.Applied {
			s.touched(c)
		}
		changed, s.stirred = c.Applied || s.stirred, false
		if refusal != nil {
			c.Status, c.ErrorCode, c.Message = refusal.Status, c.wireCode(refusal), refusal.Message
		} else if c.Status = http.StatusOK; c.fault.is("reset") {
			c.Status = 0
		}
		c.Lost = c.fault.is("reset") || c.fault.is("lost")
		s.journal.add(c.Call)
	})
	if changed {
		s.dirty()
	}
	if works {
		s.after(c.Call)
	}
	return out, refusal
}

func (s *Server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// admit is all that happens before a service sees the call: identity, rate,
// faults, IAM.
func (s *Server) admit(c *call, refusal *apiError) *apiError {
	c.st, c.Time = s.st, millis(s.now())
	c.Seq = s.journal.next()
	c.RequestID = uuid("request", s.st.settings.Seed, c.Seq)
	c.delay = time.Duration(s.st.settings.Latency)
	c.lag = time.Duration(s.st.settings.VisibilityLag)
	if err := s.st.authenticate(c); err != nil {
		return err
	}
	if refusal != nil { // an operation nobody knows
		return refusal
	}
	if err := s.throttle(c); err != nil {
		return err
	}
	if err := s.applyFaults(c); err != nil {
		return err
	}
	if c.op.name == "GetCallerIdentity" {
		return nil // cannot be denied. STS API reference.
	}
	return c.authorize(c.op.action(), c.op.resource(c))
}

func (s *Server) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.done:
	}
}

// answer writes what came of the call, or cuts the connection.
func (c *call) answer(w http.ResponseWriter, out any, refusal *apiError) {
	if c.Lost {
		cut(w)
		return
	}
	w.Header().Set("X-Amzn-Requestid", c.RequestID)
	if refusal != nil && c.fault != nil && c.fault.Body != "" {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(refusal.Status)
		_, _ = io.WriteString(w, c.fault.Body)
		return
	}
	if c.Service == "eks" {
		c.answerJSON(w, out, refusal)
	} else {
		c.answerXML(w, out, refusal)
	}
}

func (c *call) answerJSON(w http.ResponseWriter, out any, refusal *apiError) {
	status := http.StatusOK
	if refusal != nil {
		w.Header().Set("X-Amzn-Errortype", refusal.Code)
		status = refusal.Status
		body := map[string]string{"message": refusal.Message}
		if c.Cluster != "" {
			// A member of most EKS exceptions; none carries the principal.
			// botocore service model 2017-11-01.
			body["clusterName"] = c.Cluster
		}
		out = body
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(out); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	c.send(w, "application/json", status, b.Bytes())
}

// send gives a client that posted something the time to notice that it is
// done. smithy-go 1.28 closes the request's body when an answer begins; if
// net/http is then still looking for its end it takes that for a failed write
// and closes the connection, under any answer too long to have been read at
// once. AWS is too far away for it; on loopback one call in ten is hit.
func (c *call) send(w http.ResponseWriter, contentType string, status int, body []byte) {
	if c.r.Method == http.MethodPost && len(body) > 2048 {
		c.server.sleep(5 * time.Millisecond)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// cut ends the connection with a reset where there is one to reset; without
// a listener it ends the handler as net/http asks for.
func cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
