package awserr

import (
	"context"
	"errors"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// An Error is why a call failed. Fields that do not apply are empty. It has
// the fields of plan.Error in the same order, and converts to it.
type Error struct {
	Code      string // AWS's code, or one of the constants below
	Operation string // "DescribeCluster"
	Resource  string // what the operation is authorised on, as an IAM policy names it
	Action    string // on a refusal the IAM action that is missing: "eks:DescribeCluster"
	Message   string // AWS's own
	Hint      string // what to do next
	RequestID string
}

// Codes of our own, where AWS has none or none that tells the cause.
const (
	ClusterNotFound    = "ClusterNotFound"    // account and region have no cluster of that name
	ConnectedCluster   = "ConnectedCluster"   // registered with EKS, not run by it
	ClusterNotActive   = "ClusterNotActive"   // being made, being deleted, or failed
	WrongAccount       = "WrongAccount"       // the credentials are of another account
	NoCredentials      = "NoCredentials"      // nothing in the SDK's chain has any
	ProfileNotFound    = "ProfileNotFound"    // no such profile on this machine
	InvalidProfile     = "InvalidProfile"     // a profile that can't be used as it is written
	LoginExpired       = "LoginExpired"       // an SSO or console session is over
	AssumeRoleRefused  = "AssumeRoleRefused"  // sts:AssumeRole said no
	ClockSkew          = "ClockSkew"          // this machine's clock is off
	HostNotFound       = "HostNotFound"       // no such name in DNS
	ConnectionFailed   = "ConnectionFailed"   // refused, reset, no route, TLS
	Timeout            = "Timeout"            // no answer in time
	Canceled           = "Canceled"           // stopped from outside
	PrincipalNotFound  = "PrincipalNotFound"  // a name that IAM doesn't have
	PrincipalAmbiguous = "PrincipalAmbiguous" // a name that fits several roles
	Unexpected         = "UnexpectedError"    // none of these
)

// Error names the operation, AWS's message, the code and the request id, as
// far as they are known.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Operation != "" {
		b.WriteString(e.Operation + ": ")
	}
	b.WriteString(e.Message)
	b.WriteString(" (" + e.Code)
	if e.RequestID != "" {
		b.WriteString(", request id " + e.RequestID)
	}
	return b.String() + ")"
}

// Is makes a cancelled call and one out of time equal to what the context
// says, so that errors.Is works as on the SDK's error.
func (e *Error) Is(target error) bool {
	return target == context.Canceled && e.Code == Canceled ||
		target == context.DeadlineExceeded && e.Code == Timeout
}

// A Call is what was asked, for the words of the answer. What is not known or
// does not apply is left empty.
type Call struct {
	Operation  string      // "DescribeCluster"; else the one the SDK names
	Cluster    arn.Cluster // that the call is about
	Principal  string      // ARN of the access entry's principal, or what IAM was asked about
	Profile    string      // shared-config profile in use
	AssumeRole string      // ARN of the role assumed, or to be assumed
}

// From explains err, which must not be nil. An Error somewhere in err's chain
// is returned as it is: who was nearer to the call knew more.
func From(err error, call Call) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	f := read(err)
	if f.operation == "" {
		f.operation = call.Operation
	}
	e := &Error{Code: f.code, Operation: f.operation, Message: redact(f.message), RequestID: f.requestID}
	if action := actionOf(f.service, f.operation); action != "" {
		e.Resource = call.resource(action)
	}
	explain(e, f, call)
	return e
}

// explain sorts f by cause, the most certain first, and completes e.
func explain(e *Error, f facts, call Call) {
	for _, cause := range []func(*Error, facts, Call) bool{
		canceled, noCredentials, badProfile, loginExpired, // by type: no answer of the service asked
		skewed, badKey, refused, throttled, // by code
		missing, wrongMode, busy,
		serverFault, // by status
		unreachable, timedOut,
	} {
		if cause(e, f, call) {
			return
		}
	}
	if e.Code == "" {
		e.Code = Unexpected
	}
}
