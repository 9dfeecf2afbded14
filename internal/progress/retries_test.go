package progress

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/eksaccess/eksaccess/internal/awsclient"
)

func TestRetries(t *testing.T) {
	var noted []string
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := NewRetries(func(text string) { noted = append(noted, text) })
	r.now = func() time.Time { return now }
	fails := awsclient.Retry{
		Operation: "ListClusters", Region: "eu-west-1", Attempt: 2, Attempts: 5,
		Err: &smithy.GenericAPIError{Code: "ServerException", Message: "broken"},
	}
	const line = "trying ListClusters in eu-west-1 again (attempt 2 of 5): ServerException: broken"

	r.Add(awsclient.Retry{Operation: "ListClusters", Err: &smithy.GenericAPIError{Code: "ThrottlingException"}})
	if r.Last() != "" || len(noted) > 0 {
		t.Errorf("throttling is reported: %q, %q", r.Last(), noted)
	}
	r.Add(fails)
	r.Add(fails) // for the same reason, at once
	if want := []string{line}; !slices.Equal(noted, want) {
		t.Errorf("noted %q, want %q", noted, want)
	}
	now = now.Add(retryReminder)
	r.Add(fails)
	if want := []string{line, line}; !slices.Equal(noted, want) {
		t.Errorf("noted %q, want %q", noted, want)
	}
	if want := "ListClusters: ServerException: broken"; r.Last() != want {
		t.Errorf("last is %q, want %q", r.Last(), want)
	}

	display := New(io.Discard, Live, 200, nil)
	display.Begin("reading", 1, 0)
	defer display.Done()
	r.ShowIn(display)
	fails.Err = errors.Join(context.DeadlineExceeded)
	if r.Add(fails); len(noted) != 2 {
		t.Errorf("what is drawn in place is noted too: %q", noted)
	}
	if (*Retries)(nil).Last() != "" {
		t.Error("none has a last one")
	}
}
