package awserr

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/eksaccess/eksaccess/internal/fault"
)

// A Stopped is a call that ended while it was being tried again: because of Err,
// after AWS had answered with Last.
type Stopped struct{ Err, Last error }

func (s *Stopped) Error() string { return s.Err.Error() }

func (s *Stopped) Unwrap() error { return s.Err }

// lastAnswer is the end of a message about a call that was stopped: what AWS had
// answered before; "" where it had not.
func lastAnswer(err error) string {
	var s *Stopped
	if !errors.As(err, &s) {
		return ""
	}
	return "; the last error of AWS was " + Brief(s.Last)
}

// Brief is the code and the message of an error of AWS.
func Brief(err error) string {
	e := From(err, Call{})
	text := e.Message
	if e.Code != "" {
		text = e.Code + ": " + text
	}
	if e.Operation != "" {
		text = e.Operation + ": " + text
	}
	return text
}

// canceled is a run that was stopped from outside.
func canceled(e *fault.Error, f facts, _ Call) bool {
	if !errors.Is(f.err, context.Canceled) {
		return false
	}
	e.Code, e.Message = fault.Canceled, "stopped before the answer came"+lastAnswer(f.err)
	return true
}

// timedOut is an answer that did not come in time, by our deadline or by the
// connection's.
func timedOut(e *fault.Error, f facts, _ Call) bool {
	var slow interface{ Timeout() bool }
	if !errors.Is(f.err, context.DeadlineExceeded) && (!errors.As(f.err, &slow) || !slow.Timeout()) {
		return false
	}
	e.Code = fault.Timeout
	e.Message = "no answer in time" + from(f.err) + lastAnswer(f.err)
	e.Hint = "try again; a longer --timeout and a lower --concurrency help where AWS or the network is slow"
	return true
}

// unreachable is an endpoint that can't be talked to at all.
func unreachable(e *fault.Error, f facts, call Call) bool {
	if f.status != 0 || f.code != "" {
		return false
	}
	var dns *net.DNSError
	var op *net.OpError
	var link *url.Error
	switch {
	case errors.As(f.err, &dns) && !dns.IsTimeout:
		e.Code, e.Message = fault.HostNotFound, fmt.Sprintf("no such host: %s", dns.Name)
		e.Hint = fmt.Sprintf("check the region (%s), DNS and AWS_ENDPOINT_URL", orUnknown(call.Cluster.Region))
	case errors.As(f.err, &op) && !op.Timeout():
		e.Code, e.Message = fault.ConnectionFailed, redact(op.Error())
		e.Hint = "check the network, the proxy (HTTPS_PROXY) and AWS_ENDPOINT_URL"
	case errors.As(f.err, &link) && !link.Timeout():
		e.Code, e.Message = fault.ConnectionFailed, "the connection"+from(f.err)+" failed: "+redact(link.Err.Error())
		e.Hint = "check the network, the proxy (HTTPS_PROXY) and AWS_ENDPOINT_URL"
	default:
		return false
	}
	return true
}

// from names the host an error is about, as " of HOST".
func from(err error) string {
	var link *url.Error
	if !errors.As(err, &link) {
		return ""
	}
	u, perr := url.Parse(link.URL)
	if perr != nil || u.Host == "" {
		return ""
	}
	return " of " + strings.ToLower(u.Host)
}
