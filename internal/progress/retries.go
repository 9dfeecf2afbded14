package progress

import (
	"fmt"
	"sync"
	"time"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/awserr"
)

// retryReminder is how long nothing more is said of calls that are sent again
// for the same reason.
const retryReminder = 30 * time.Second

// Retries reports calls that are sent again because AWS fails or does not
// answer. Throttling is not among them: it is part of the pace, and counted. A
// nil one has none.
type Retries struct {
	note func(text string) // writes a line
	now  func() time.Time

	mu      sync.Mutex
	display *Display             // where they are drawn in place
	noted   map[string]time.Time // by reason
	last    string
}

// NewRetries returns a Retries that writes lines where nothing is drawn in
// place.
func NewRetries(note func(text string)) *Retries {
	return &Retries{note: note, now: time.Now, noted: map[string]time.Time{}}
}

// ShowIn makes a display the place where retries are drawn.
func (r *Retries) ShowIn(d *Display) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.display = d
}

// Add reports a call that is sent again.
func (r *Retries) Add(retry awsclient.Retry) {
	if awserr.IsThrottle(retry.Err) {
		return
	}
	reason := awserr.Brief(retry.Err)
	where := ""
	if retry.Region != "" {
		where = " in " + retry.Region
	}
	text := fmt.Sprintf("trying %s%s again (attempt %d of %d): %s", retry.Operation, where, retry.Attempt,
		retry.Attempts, reason)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = retry.Operation + ": " + reason
	if r.display.Trouble(text) {
		return
	}
	key := retry.Operation + where + reason
	if at, ok := r.noted[key]; ok && r.now().Sub(at) < retryReminder {
		return
	}
	r.noted[key] = r.now()
	r.note(text)
}

// Last is the latest error of AWS after which a call was sent again; "" for
// none.
func (r *Retries) Last() string {
	if r == nil {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}
