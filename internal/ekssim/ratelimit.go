package ekssim

import (
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// A RateLimit is a token bucket: Rate calls a second, Burst at once. AWS
// publishes none for EKS.
type RateLimit struct {
	Rate  float64 `json:"rate"`
	Burst int     `json:"burst"`
	// Code is ThrottlingException (default) or TooManyRequestsException.
	Code string `json:"code,omitempty"`
}

// Limits are per account and region, IAM's per account.
type bucketKey struct{ service, account, region string }

type bucket struct {
	tokens float64
	at     time.Time
}

// take takes a token if there is one.
func (b *bucket) take(now time.Time, limit RateLimit) bool {
	if d := now.Sub(b.at); d > 0 {
		b.tokens = min(float64(limit.Burst), b.tokens+d.Seconds()*limit.Rate)
		b.at = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// throttle refuses a call that is one too many.
func (s *Server) throttle(c *call) *awsapi.Error {
	limit, key := s.st.settings.RateLimit, bucketKey{c.Service, c.Account, c.Region}
	if c.Service != "eks" {
		limit, key.region = s.st.settings.IAMRateLimit, ""
	}
	if limit == nil || c.Service == "sts" {
		return nil
	}
	b := s.buckets[key]
	if b == nil {
		b = &bucket{float64(limit.Burst), s.now()}
		s.buckets[key] = b
	}
	if b.take(s.now(), *limit) {
		return nil
	}
	c.Fault = "rateLimit"
	if limit.Code == "TooManyRequestsException" {
		return faultEffects["tooManyRequests"]
	}
	if c.Service == "iam" {
		return faultEffects["rateExceeded"]
	}
	return faultEffects["throttle"]
}
