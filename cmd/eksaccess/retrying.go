package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/render"
)

// retryReminder is how long nothing more is said of calls that are sent again
// for the same reason.
const retryReminder = 30 * time.Second

// retries reports calls that are sent again because AWS fails or does not
// answer. Throttling is not among them: it is part of the pace, and counted.
type retries struct {
	mu       sync.Mutex
	progress *render.Progress     // where it is drawn in place
	said     map[string]time.Time // by reason
	last     string               // the latest, for the message of a run that is stopped
}

func (p *program) retrying(r awsclient.Retry) {
	if awserr.IsThrottle(r.Err) {
		return
	}
	reason := awserr.Brief(r.Err)
	where := ""
	if r.Region != "" {
		where = " in " + r.Region
	}
	text := fmt.Sprintf("trying %s%s again (attempt %d of %d): %s", r.Operation, where, r.Attempt, r.Attempts, reason)
	p.retries.mu.Lock()
	defer p.retries.mu.Unlock()
	p.retries.last = r.Operation + ": " + reason
	if p.retries.progress.Trouble(text) || p.quiet || p.progressMode == progressNone {
		return
	}
	key := r.Operation + where + reason
	if at, ok := p.retries.said[key]; ok && time.Since(at) < retryReminder {
		return
	}
	if p.retries.said == nil {
		p.retries.said = map[string]time.Time{}
	}
	p.retries.said[key] = time.Now()
	p.complain("note", text)
}

// latest is the latest error of AWS after which a call was sent again; "" for
// none.
func (r *retries) latest() string {
	if r == nil {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}
