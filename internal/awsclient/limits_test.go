package awsclient

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
)

func TestPause(t *testing.T) {
	odd := errors.New("odd")
	last := time.Duration(0)
	for attempt := 1; attempt <= maxAttempts; attempt++ {
		d, err := pause(attempt, odd)
		if err != nil || d < firstPause/2 || d > maxPause {
			t.Errorf("after attempt %d: %v, %v", attempt, d, err)
		}
		last = d
	}
	if last < maxPause/2 {
		t.Errorf("the last pause is %v, want about %v", last, maxPause)
	}
	refused := &net.OpError{Op: "dial", Err: odd}
	if d, _ := pause(maxAttempts, refused); d > firstPause {
		t.Errorf("after a refused connection: %v", d)
	}
}

func TestPaceLearns(t *testing.T) {
	throttle := &smithy.GenericAPIError{Code: "ThrottlingException"}
	window := func(p *pace, passed, refused int) {
		p.since = time.Now().Add(-paceWindow)
		p.passed, p.refused = passed, refused
		p.done(nil)
	}
	p := &pace{}
	window(p, 70, 30)
	if p.interval != 0 {
		t.Errorf("after 30%% throttled: %v between calls, want no limit", p.interval)
	}
	window(p, 19, 80)
	if r := float64(time.Second) / float64(p.interval); r < 15 || r > 25 {
		t.Errorf("after 20 passed a second: a rate of %.1f", r)
	}
	before := p.interval
	window(p, 20, 0)
	if p.interval >= before {
		t.Errorf("after nothing was throttled: %v, before %v", p.interval, before)
	}
	for range 20 {
		window(p, 20, 0)
	}
	if p.interval != 0 {
		t.Errorf("after a long time without throttling: %v", p.interval)
	}
	p = &pace{}
	for range fewest + 1 {
		p.done(throttle)
	}
	if p.interval != 0 {
		t.Error("judged before the window was over")
	}
}

func TestPaceWaits(t *testing.T) {
	p := &pace{interval: 20 * time.Millisecond}
	start := time.Now()
	for range 5 {
		if err := p.wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took < 75*time.Millisecond {
		t.Errorf("five calls in %v", took)
	}
	p.interval = time.Hour
	_ = p.wait(t.Context())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := p.wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestSessionName(t *testing.T) {
	tests := []struct{ caller, want string }{
		{"arn:aws:iam::111122223333:user/ops/alice", "eksaccess-alice"},
		{"arn:aws:sts::111122223333:assumed-role/ci/run 7/x", "eksaccess"}, // no ARN
		{"arn:aws:sts::111122223333:assumed-role/ci/me@corp.example", "eksaccess-me@corp.example"},
		{"arn:aws:sts::111122223333:assumed-role/ci/ü:1", "eksaccess--1"},
		{"arn:aws:sts::111122223333:assumed-role/x/eksaccess-alice", "eksaccess"},
		{"arn:aws:iam::111122223333:root", "eksaccess"},
		{"", "eksaccess"},
		{"arn:aws:iam::111122223333:user/" + strings.Repeat("a", 80), "eksaccess-" + strings.Repeat("a", 54)},
	}
	for _, tt := range tests {
		if got := sessionName(Caller{ARN: tt.caller}); got != tt.want {
			t.Errorf("of %q: %q, want %q", tt.caller, got, tt.want)
		}
	}
}

func TestRetryerKnowsOddErrors(t *testing.T) {
	r := newRetryer(0)
	for _, code := range []string{"ThrottlingException", "TooManyRequestsException", "Throttling", "RequestThrottledByGateway", "SlowDown"} {
		if !r.IsErrorRetryable(&smithy.GenericAPIError{Code: code}) {
			t.Errorf("%s is not tried again", code)
		}
	}
	for _, code := range []string{"AccessDeniedException", "ResourceInUseException", "InvalidParameterException", "ExpiredTokenException"} {
		if r.IsErrorRetryable(&smithy.GenericAPIError{Code: code}) {
			t.Errorf("%s is tried again", code)
		}
	}
}
