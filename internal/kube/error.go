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

	"github.com/eksaccess/eksaccess/internal/kubeerr"
)

// An Error is the reason why a cluster did not answer.
type Error = kubeerr.Error

// explain says what went wrong with a request to the host. nil stays nil.
func explain(err error, host string) *Error {
	if err == nil {
		return nil
	}
	e := &Error{Err: err}
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		e.Status = int(status.Status().Code)
		describeAnswer(e, status.Status().Message)
	} else {
		describeNoAnswer(e, host)
	}
	return e
}

// describeAnswer describes an HTTP answer that is a failure.
func describeAnswer(e *Error, message string) {
	e.Code = kubeerr.Refused
	switch e.Status {
	case http.StatusUnauthorized:
		e.Code = kubeerr.Unauthorized
		// The cluster says no more than this, whatever the reason
		// (kubernetes-sigs/aws-iam-authenticator, pkg/server).
		e.Reason = "the cluster rejects the token of the caller (401 Unauthorized)"
		e.Hint = "the caller requires an access entry or a row in aws-auth; AmazonEKSViewPolicy in namespace " +
			"kube-system is enough"
	case http.StatusForbidden:
		e.Code = kubeerr.Forbidden
		e.Reason = kubeerr.ForbiddenReason + ": " + message
		e.Hint = "associate AmazonEKSViewPolicy in namespace kube-system with the access entry of the caller"
	case http.StatusTooManyRequests:
		e.Reason = "the cluster limits calls (429 Too Many Requests): " + message
		e.Hint = "try again later"
	default:
		e.Reason = fmt.Sprintf("the cluster answers %d: %s", e.Status, message)
	}
}

// describeNoAnswer describes a call without an answer.
func describeNoAnswer(e *Error, host string) {
	var certificate *tls.CertificateVerificationError
	var header tls.RecordHeaderError
	var dns *net.DNSError
	var link *url.Error
	var token *tokenError
	var slow interface{ Timeout() bool }
	switch {
	case errors.Is(e.Err, context.Canceled):
		e.Code = kubeerr.Stopped
		e.Reason = "stopped before the cluster answered"
	case errors.As(e.Err, &token):
		e.Code = kubeerr.NoToken
		e.Reason = "no token can be created: " + token.err.Error()
	case errors.As(e.Err, &certificate), errors.As(e.Err, &header):
		e.Code = kubeerr.BadTLS
		e.Reason = fmt.Sprintf("the certificate of %s is not from the certificate authority that EKS reports: %v",
			host, withoutURL(e.Err))
		e.Hint = proxy
	case errors.As(e.Err, &dns) && !dns.IsTimeout:
		e.Code = kubeerr.NoHost
		e.Reason, e.Hint = "no such host: "+dns.Name, reach
	case errors.Is(e.Err, context.DeadlineExceeded), errors.As(e.Err, &slow) && slow.Timeout():
		e.Code = kubeerr.Timeout
		e.Reason, e.Hint = "no answer in time from "+host, reach
	case !errors.As(e.Err, &link), errors.Is(e.Err, http.ErrSchemeMismatch):
		e.Code = kubeerr.NoCluster
		e.Reason, e.Hint = fmt.Sprintf("the server at %s is not a cluster: %v", host, withoutURL(e.Err)), proxy
	default:
		e.Code = kubeerr.Unreachable
		e.Reason, e.Hint = fmt.Sprintf("%s cannot be reached: %v", host, link.Err), reach
	}
}

const proxy = "exclude the host of the cluster from a proxy that intercepts TLS (NO_PROXY)"

// EKS user guide, cluster-endpoint.
const reach = "run this where the Kubernetes endpoint of the cluster can be reached: a private endpoint only from " +
	"its network"

// A tokenError is why a request was not sent at all.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return e.err.Error() }

func (e *tokenError) Unwrap() error { return e.err }

// withoutURL leaves out the URL.
func withoutURL(err error) error {
	var link *url.Error
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
