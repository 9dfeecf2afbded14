package awsclient

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/eksaccess/eksaccess/internal/awserr"
)

// A reader of the largest cluster makes 6,000 calls, and all have to succeed.
// With a third of them failing, twelve attempts leave one run in three hundred
// incomplete.
const (
	maxAttempts = 12
	firstPause  = 300 * time.Millisecond
	maxPause    = 20 * time.Second
)

// newRetryer is the SDK's standard retryer with more patience. The SDK's quota
// of retries is off: it is meant for servers that should give up, and would
// end a run as soon as every sixth call fails.
func newRetryer(testOnlyPatience time.Duration) aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		o.MaxBackoff = maxPause
		o.RateLimiter = ratelimit.None
		o.Backoff = retry.BackoffDelayerFunc(retryDelay)
		if testOnlyPatience > 0 {
			o.Backoff = retry.BackoffDelayerFunc(
				func(int, error) (time.Duration, error) { return rand.N(testOnlyPatience), nil },
			)
		}
		o.Retryables = append(o.Retryables,
			retry.IsErrorRetryableFunc(isBrokenAnswer),
			retry.IsErrorRetryableFunc(isOtherThrottle))
	})
}

// retryDelay doubles with each attempt, with jitter. A host that refuses
// connections is not busy but absent, and is not worth as long a wait.
func retryDelay(attempt int, err error) (time.Duration, error) {
	d := min(firstPause<<max(0, min(attempt-1, 10)), maxPause)
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		d = firstPause
	}
	return d/2 + rand.N(d/2), nil
}

// isBrokenAnswer is an answer that stops in the middle, which the SDK takes for
// one it can't read.
func isBrokenAnswer(err error) aws.Ternary {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}

// isOtherThrottle is throttling in a spelling that the SDK doesn't know.
func isOtherThrottle(err error) aws.Ternary {
	if awserr.IsThrottle(err) {
		return aws.TrueTernary
	}
	return aws.UnknownTernary
}
