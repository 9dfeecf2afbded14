package ekssim

import (
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
)

// A Call is one request as the journal keeps it. It never holds a secret:
// signatures and session tokens travel in headers, which are not kept.
type Call struct {
	Seq         int       `json:"seq"`
	Time        time.Time `json:"time"`
	Service     string    `json:"service"` // eks, sts, iam
	Operation   string    `json:"operation"`
	Mutating    bool      `json:"mutating,omitempty"`
	Account     string    `json:"account,omitempty"`
	Region      string    `json:"region,omitempty"`
	Cluster     string    `json:"cluster,omitempty"`
	Caller      string    `json:"caller,omitempty"`
	AccessKeyID string    `json:"accessKeyId,omitempty"`
	Principal   string    `json:"principal,omitempty"` // decoded
	Policy      string    `json:"policy,omitempty"`
	Resource    string    `json:"resource,omitempty"` // of the tag operations
	Query       string    `json:"query,omitempty"`
	// Body is as it was sent, so that a member left out can be told from an
	// empty one.
	Body      string `json:"body,omitempty"`
	Status    int    `json:"status"` // 0 if the connection was cut before any work
	ErrorCode string `json:"errorCode,omitempty"`
	Message   string `json:"message,omitempty"`
	RequestID string `json:"requestId"`
	Fault     string `json:"fault,omitempty"`   // name of the rule that decided the answer
	Applied   bool   `json:"applied,omitempty"` // a mutating call that did its work
	Lost      bool   `json:"lost,omitempty"`    // no answer was sent
}

// A CallFilter chooses calls. The zero value chooses all.
type CallFilter struct {
	Mutating  bool   // only calls that change something, applied or refused
	Failed    bool   // only refused ones
	Since     int    // only with a greater sequence number
	Service   string // glob
	Operation string // glob
	Cluster   string // glob over the name
	// AccessKeyID is a glob over the key: what one of several writers called.
	AccessKeyID string
}

func (f CallFilter) matches(c Call) bool {
	return (!f.Mutating || c.Mutating) && (!f.Failed || c.ErrorCode != "") && c.Seq > f.Since &&
		arns.Match(f.Service, c.Service) && arns.Match(f.Operation, c.Operation) && arns.Match(f.Cluster, c.Cluster) &&
		arns.Match(f.AccessKeyID, c.AccessKeyID)
}

type journal struct {
	calls []Call
	last  int
	write func(Call)
}

// next numbers calls in the order they came in; they are recorded in the
// order their work was done.
func (j *journal) next() int {
	j.last++
	return j.last
}

func (j *journal) add(c Call) {
	j.calls = append(j.calls, c)
	if j.write != nil {
		j.write(c)
	}
}

// Calls are the calls that match, in the order their work was done.
func (s *Server) Calls(f CallFilter) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Call{}
	for _, c := range s.journal.calls {
		if f.matches(c) {
			out = append(out, c)
		}
	}
	return out
}

// Operations are the names of the calls that match.
func (s *Server) Operations(f CallFilter) []string {
	out := []string{}
	for _, c := range s.Calls(f) {
		out = append(out, c.Operation)
	}
	return out
}

// ForgetCalls empties the journal. Numbers go on.
func (s *Server) ForgetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal.calls = slices.Clip(s.journal.calls[:0:0])
}
