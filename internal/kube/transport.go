package kube

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// largest is more than any object a cluster keeps (etcd's limit is 1.5 MiB).
const largest = 8 << 20

// Errors are returned; what client-go logs about them as well is dropped.
func init() { klog.SetLogger(logr.Discard()) }

// identified says in every request to the cluster who calls, and to no other
// host.
type identified struct {
	next   http.RoundTripper
	host   string
	tokens *tokens
	agent  string
	debug  *slog.Logger
}

func (i *identified) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", i.agent)
	if r.URL.Host == i.host && r.URL.Scheme == "https" {
		bearer, err := i.tokens.bearer(r.Context())
		if err != nil {
			return nil, &tokenError{err}
		}
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	start := time.Now()
	answer, err := i.next.RoundTrip(r)
	i.log(r, answer, time.Since(start))
	if err != nil {
		return nil, err
	}
	if after := answer.Header.Get("Retry-After"); after != "" && !isShortDelay(after) {
		answer.Header.Del("Retry-After") // client-go would wait for as long as it says
	}
	answer.Body = http.MaxBytesReader(nil, answer.Body, largest)
	return answer, nil
}

// isShortDelay reports whether a Retry-After asks for a few seconds only.
func isShortDelay(after string) bool {
	seconds, err := strconv.Atoi(after)
	return err == nil && seconds <= 5
}

// log tells what was asked and how it ended, no header and no body.
func (i *identified) log(r *http.Request, answer *http.Response, took time.Duration) {
	if i.debug == nil {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method),
		slog.String("host", r.URL.Host),
		slog.String("path", r.URL.Path),
		slog.Duration("took", took.Round(time.Millisecond)),
	}
	if answer != nil {
		attrs = append(attrs, slog.Int("status", answer.StatusCode))
	} else {
		attrs = append(attrs, slog.String("failed", "no answer"))
	}
	i.debug.LogAttrs(r.Context(), slog.LevelDebug, "kubernetes call", attrs...)
}

// CloseIdleConnections is for http.Client.
func (i *identified) CloseIdleConnections() { (&http.Client{Transport: i.next}).CloseIdleConnections() }
