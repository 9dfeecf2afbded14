package awserr

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/eksaccess/eksaccess/internal/fault"
)

// facts are what an SDK error says, taken apart.
type facts struct {
	err       error
	service   string // "EKS", "STS", "ec2imds": the SDK's name
	operation string
	code      string // AWS's, or "" where the answer holds none
	message   string
	status    int // HTTP status, 0 without an answer
	requestID string
}

// read takes err apart. Credentials are fetched inside the call that needs
// them, so an error may hold two operations; the inner one is what failed.
func read(err error) facts {
	f := facts{err: err, message: err.Error()}
	for inner := err; ; {
		var op *smithy.OperationError
		if !errors.As(inner, &op) {
			break
		}
		f.service, f.operation, inner = op.ServiceID, op.OperationName, op.Err
		f.message = inner.Error()
	}
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) {
		f.status = answer.HTTPStatusCode()
	}
	var numbered interface{ ServiceRequestID() string }
	if errors.As(err, &numbered) {
		f.requestID = numbered.ServiceRequestID()
	}
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "" && api.ErrorCode() != "UnknownError" {
		f.code, f.message = api.ErrorCode(), api.ErrorMessage()
		if f.message == "" {
			f.message = "AWS gave no message with " + f.code
		}
		return f
	}
	if f.status >= 300 {
		// A proxy or a front end that answers in HTML; the text says nothing
		// that the status doesn't.
		f.code = statusCode(f.status)
		f.message = "the answer was HTTP " + http.StatusText(f.status) + ", with no error of AWS in it"
	}
	return f
}

// statusCode is the code AWS uses for a status it sends without a body, or the
// status in the same form.
func statusCode(status int) string {
	switch status {
	case http.StatusForbidden:
		return "AccessDeniedException"
	case http.StatusTooManyRequests:
		return "TooManyRequestsException"
	case http.StatusInternalServerError:
		return "InternalFailure" // EKS API reference, Common Errors
	case http.StatusServiceUnavailable:
		return "ServiceUnavailable" // the same
	}
	if text := http.StatusText(status); text != "" {
		return strings.NewReplacer(" ", "", "-", "", "'", "").Replace(text)
	}
	return fault.Unexpected
}
