package kube

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// A Kind says at which step a call ended.
type Kind string

const (
	Stopped      Kind = "stopped"      // by the caller
	NoToken      Kind = "noToken"      // none could be made, so nothing was sent
	NoHost       Kind = "noHost"       // its name has no address here
	Unreachable  Kind = "unreachable"  // no connection
	Timeout      Kind = "timeout"      // no answer in time, which is how a private endpoint is seen from outside
	BadTLS       Kind = "tls"          // what answers is not of the cluster's authority
	NoCluster    Kind = "noCluster"    // what answers does not speak like one, or EKS tells no address
	Unauthorized Kind = "unauthorized" // 401: the token is refused, or its principal is nobody there
	Forbidden    Kind = "forbidden"    // 403: somebody, and not allowed
	Refused      Kind = "refused"      // any other answer that is a failure
)

// An Error is why a cluster told nothing.
type Error struct {
	Kind   Kind
	Status int    // of HTTP; 0 where there was no answer
	Reason string // lower-case
	Hint   string // what to do next; may be empty
	err    error
}

func (e *Error) Error() string { return e.Reason }

func (e *Error) Unwrap() error { return e.err }

// explain says what went wrong with a request to the host. nil stays nil.
func explain(err error, host string) *Error {
	if err == nil {
		return nil
	}
	e := &Error{err: err}
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		e.Status = int(status.Status().Code)
		e.answered(status.Status().Message)
	} else {
		e.unanswered(host)
	}
	return e
}

func (e *Error) answered(message string) {
	e.Kind = Refused
	switch e.Status {
	case http.StatusUnauthorized:
		e.Kind = Unauthorized
		// The cluster says no more than this, whatever the reason
		// (kubernetes-sigs/aws-iam-authenticator, pkg/server).
		e.Reason = "the cluster does not let in who runs this (401 Unauthorized)"
		e.Hint = "it needs an access entry or an aws-auth row of its own; AmazonEKSViewPolicy in namespace " +
			"kube-system is enough"
	case http.StatusForbidden:
		e.Kind = Forbidden
		e.Reason = "the cluster refuses to show it (403 Forbidden): " + message
		e.Hint = "associate AmazonEKSViewPolicy in namespace kube-system with the access entry of who runs this"
	case http.StatusTooManyRequests:
		e.Reason = "the cluster limits calls (429 Too Many Requests): " + message
		e.Hint = "try again later"
	default:
		e.Reason = fmt.Sprintf("the cluster answers %d: %s", e.Status, message)
	}
}

func (e *Error) unanswered(host string) {
	var certificate *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	var dns *net.DNSError
	var link *url.Error
	var token *tokenError
	var slow interface{ Timeout() bool }
	switch {
	case errors.Is(e.err, context.Canceled):
		e.Kind = Stopped
		e.Reason = "stopped before the answer came"
	case errors.As(e.err, &token):
		e.Kind = NoToken
		e.Reason = "no token can be made: " + token.err.Error()
	case errors.As(e.err, &certificate), errors.As(e.err, &header):
		e.Kind = BadTLS
		e.Reason = fmt.Sprintf("the certificate of %s is not of the authority that EKS tells: %v", host, inner(e.err))
		e.Hint = proxy
	case errors.As(e.err, &dns) && !dns.IsTimeout:
		e.Kind = NoHost
		e.Reason, e.Hint = "no such host: "+dns.Name, reach
	case errors.Is(e.err, context.DeadlineExceeded), errors.As(e.err, &slow) && slow.Timeout():
		e.Kind = Timeout
		e.Reason, e.Hint = "no answer in time from "+host, reach
	case !errors.As(e.err, &link), errors.Is(e.err, http.ErrSchemeMismatch):
		e.Kind = NoCluster
		e.Reason, e.Hint = fmt.Sprintf("what answers at %s is not a cluster: %v", host, inner(e.err)), proxy
	default:
		e.Kind = Unreachable
		e.Reason, e.Hint = fmt.Sprintf("%s can't be reached: %v", host, link.Err), reach
	}
}

const proxy = "a proxy that opens TLS must leave the cluster's host alone (NO_PROXY)"

// EKS user guide, cluster-endpoint.
const reach = "run it where the cluster's Kubernetes endpoint can be reached: a private one is seen from its own " +
	"network only"

// A tokenError is why a request was not sent at all.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return e.err.Error() }

func (e *tokenError) Unwrap() error { return e.err }

// inner leaves out the URL.
func inner(err error) error {
	var link *url.Error
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
