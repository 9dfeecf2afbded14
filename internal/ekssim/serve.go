package ekssim

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
	"github.com/eksaccess/eksaccess/internal/ekssim/iam"
)

// An operation is one API call the simulator knows.
type operation struct {
	service  string // eks, sts or iam
	name     string
	mutating bool
	// resource is what IAM judges the call on. Service Authorization
	// Reference for EKS.
	resource func(*call) string
	do       func(*call) (any, *awsapi.Error)

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
	caller iam.Caller
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
	if strings.HasPrefix(r.URL.Path, "/_webhook/") {
		s.webhooks.ServeHTTP(w, r)
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
	s.arrive(c)
	out, refusal := s.execute(c, refusal)
	c.answer(w, out, refusal)
}

// execute takes a routed call through admission, the hooks and the work. The
// lock is held in two stretches, so that calls that are made to wait do not
// hold up others and hooks may call back.
func (s *Server) execute(c *call, refusal *awsapi.Error) (any, *awsapi.Error) {
	s.withLock(func() { refusal = s.admit(c, refusal) })
	s.delay(c)
	works := refusal == nil && !c.fault.dropsWork() && !c.fault.is("ignored")
	if works {
		s.before(c.Call)
	}
	var out any
	var changed bool
	s.withLock(func() {
		c.st, c.Time = s.st, millis(s.now())
		if works {
			out, refusal = c.op.do(c)
		} else if refusal == nil {
			out = struct{}{}
		}
		if c.Applied = works && c.op.mutating && refusal == nil; c.Applied {
			s.recordCall(c)
		}
		changed, s.isChanged = c.Applied || s.isChanged, false
		if refusal != nil {
			c.Status, c.ErrorCode, c.Message = refusal.Status, c.wireCode(refusal), refusal.Message
		} else if c.Status = http.StatusOK; c.fault.dropsWork() {
			c.Status = 0
		}
		c.Lost = c.fault.dropsAnswer()
		s.journal.add(c.Call)
	})
	if changed {
		s.notifyChange()
	}
	if works {
		s.after(c.Call)
	}
	return out, refusal
}

func (s *Server) withLock(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// admit is all that happens before a service sees the call: identity, rate,
// faults, IAM.
func (s *Server) admit(c *call, refusal *awsapi.Error) *awsapi.Error {
	c.st, c.Time = s.st, millis(s.now())
	c.Seq = s.journal.next()
	c.RequestID = arns.UUID("request", s.st.settings.Seed, c.Seq)
	c.delay = time.Duration(s.st.settings.Latency)
	c.lag = time.Duration(s.st.settings.VisibilityLag)
	if err := s.st.authenticate(c); err != nil {
		return err
	}
	if refusal != nil { // an operation that is not known
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

// delay makes a call wait: for its delay, or if it is to have no answer, until
// the client goes away.
func (s *Server) delay(c *call) {
	s.sleep(c.delay)
	if c.fault.is("timeout") && s.inProcess.Load() == nil {
		select {
		case <-c.r.Context().Done():
		case <-s.done:
		}
	}
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
