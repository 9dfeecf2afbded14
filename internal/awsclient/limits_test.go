package awsclient

import (
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
		d, err := retryDelay(attempt, odd)
		if err != nil || d < firstPause/2 || d > maxPause {
			t.Errorf("after attempt %d: %v, %v", attempt, d, err)
		}
		last = d
	}
	if last < maxPause/2 {
		t.Errorf("the last pause is %v, want about %v", last, maxPause)
	}
	refused := &net.OpError{Op: "dial", Err: odd}
	if d, _ := retryDelay(maxAttempts, refused); d > firstPause {
		t.Errorf("after a refused connection: %v", d)
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
	for _, code := range []string{"ThrottlingException", "TooManyRequestsException", "Throttling",
		"RequestThrottledByGateway", "SlowDown"} {
		if !r.IsErrorRetryable(&smithy.GenericAPIError{Code: code}) {
			t.Errorf("%s is not tried again", code)
		}
	}
	for _, code := range []string{"AccessDeniedException", "ResourceInUseException", "InvalidParameterException",
		"ExpiredTokenException"} {
		if r.IsErrorRetryable(&smithy.GenericAPIError{Code: code}) {
			t.Errorf("%s is tried again", code)
		}
	}
}
