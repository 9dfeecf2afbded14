// Package kubeerr describes why the Kubernetes API of a cluster told nothing:
// a value that packages can judge without a client of that API.
package kubeerr

// A Code says at which step a call ended. It is part of the JSON output.
type Code string

const (
	Stopped      Code = "Stopped"      // by the caller
	NoToken      Code = "NoToken"      // none could be made, so nothing was sent
	NoHost       Code = "NoHost"       // its name has no address here
	Unreachable  Code = "Unreachable"  // no connection
	Timeout      Code = "Timeout"      // no answer in time, which is how a private endpoint is seen from outside
	BadTLS       Code = "Tls"          // what answers is not of the cluster's authority
	NoCluster    Code = "NoCluster"    // what answers does not speak like one, or EKS tells no address
	Unauthorized Code = "Unauthorized" // 401: the token is refused, or the cluster does not know its principal
	Forbidden    Code = "Forbidden"    // 403: the cluster knows the principal, and refuses the call
	Refused      Code = "Refused"      // any other answer that is a failure
)

// IsUnheard reports whether the call never reached the cluster.
func (c Code) IsUnheard() bool {
	switch c {
	case NoHost, Unreachable, Timeout, BadTLS, NoCluster:
		return true
	}
	return false
}

// An Error is why a cluster told nothing.
type Error struct {
	Code   Code   // "" where the step is not known
	Status int    // of HTTP; 0 where there was no answer
	Reason string // lower-case
	Hint   string // what to do next; may be empty
	Err    error
}

func (e *Error) Error() string { return e.Reason }

func (e *Error) Unwrap() error { return e.Err }

// ForbiddenReason is the reason of [Forbidden] without the cluster's own
// message, which repeats the request.
const ForbiddenReason = "the cluster refuses to show it (403 Forbidden)"
