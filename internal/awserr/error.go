package awserr

import (
	"errors"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/fault"
)

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
func From(err error, call Call) *fault.Error {
	var known *fault.Error
	if errors.As(err, &known) {
		return known
	}
	f := read(err)
	if f.operation == "" {
		f.operation = call.Operation
	}
	e := &fault.Error{Code: f.code, Operation: f.operation, Message: redact(f.message), RequestID: f.requestID}
	if action := actionOf(f.service, f.operation); action != "" {
		e.Resource = call.resource(action)
	}
	explain(e, f, call)
	return e
}

// explain sorts f by cause, the most certain first, and completes e.
func explain(e *fault.Error, f facts, call Call) {
	for _, cause := range []func(*fault.Error, facts, Call) bool{
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
		e.Code = fault.Unexpected
	}
}
