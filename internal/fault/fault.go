// Package fault has the error value that goes from a call to AWS, or from a
// check of this program, to the JSON output without a conversion.
package fault

import (
	"context"
	"strings"
)

// An Error is why a cluster could not be read, or why a step failed. Fields
// that do not apply are empty.
type Error struct {
	Code      string `json:"code"`      // AWS's error code, or one of the constants of this package
	Operation string `json:"operation"` // "DescribeCluster"
	Resource  string `json:"resource"`  // ARN the operation is authorised on, as an IAM policy names it
	Action    string `json:"action"`    // "eks:DescribeCluster": the IAM action that is missing, on a refusal
	Message   string `json:"message"`   // AWS's own
	Hint      string `json:"hint"`      // what to do next
	RequestID string `json:"requestId"`
}

// Codes of clusters and calls, where AWS has none or none that tells the cause.
const (
	ClusterNotFound    = "ClusterNotFound"    // account and region have no cluster of that name
	ConnectedCluster   = "ConnectedCluster"   // registered with EKS, not run by it
	ClusterNotActive   = "ClusterNotActive"   // being created, being deleted, or failed
	WrongAccount       = "WrongAccount"       // the credentials are of another account
	NoCredentials      = "NoCredentials"      // nothing in the SDK's chain has any
	ProfileNotFound    = "ProfileNotFound"    // no such profile on this machine
	InvalidProfile     = "InvalidProfile"     // a profile that can't be used as it is written
	LoginExpired       = "LoginExpired"       // an SSO or console session expired
	AssumeRoleRefused  = "AssumeRoleRefused"  // sts:AssumeRole was denied
	ClockSkew          = "ClockSkew"          // this machine's clock is wrong
	HostNotFound       = "HostNotFound"       // no such name in DNS
	ConnectionFailed   = "ConnectionFailed"   // refused, reset, no route, TLS
	Timeout            = "Timeout"            // no answer in time
	Canceled           = "Canceled"           // stopped by the caller
	PrincipalNotFound  = "PrincipalNotFound"  // a name that IAM does not have
	PrincipalAmbiguous = "PrincipalAmbiguous" // a name that fits several roles
	Unexpected         = "UnexpectedError"    // none of these
)

// Codes of runs.
const (
	ModeConfigMap      = "AuthenticationModeConfigMap" // the cluster has no access entries
	NotRecoverable     = "NotRecoverable"              // recover cannot give this principal an entry
	PathUnknown        = "PathUnknown"                 // the path of the caller's role is needed and not known
	NotInSnapshot      = "NotInSnapshot"               // a cluster or name that a snapshot does not hold
	InvalidFile        = "InvalidFile"                 // a name of the file does not resolve
	NotBegun           = "NotBegun"                    // other clusters failed first
	Interrupted        = "Interrupted"                 // stopped before everything was done
	JournalNotWritten  = "JournalNotWritten"           // the write was not sent for that
	JournalDamaged     = "JournalDamaged"
	UnknownOperation   = "UnknownOperation" // a step of a saved plan that this version does not know
	NotConfirmed       = "NotConfirmed"     // done, and not verified
	GuardNoLongerHolds = "GuardNoLongerHolds"
	ChangedSincePlan   = "ChangedSincePlan"
	Refused            = "Refused"      // by a guard
	AccessDenied       = "AccessDenied" // by IAM, as simulated before a run
)

// Codes of the proof that follows a recovery, beside those of package kubeerr.
const (
	KubeconfigNotWritten = "KubeconfigNotWritten"
	ClusterNotAsked      = "ClusterNotAsked" // its Kubernetes API was not reached
	NotAllowed           = "NotAllowed"      // its Kubernetes API answers no
)

// Error has the operation, the message, the code and the request id, as far as
// they are known.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Operation != "" {
		b.WriteString(e.Operation + ": ")
	}
	b.WriteString(e.Message)
	switch {
	case e.Code != "" && e.RequestID != "":
		b.WriteString(" (" + e.Code + ", request id " + e.RequestID + ")")
	case e.Code != "":
		b.WriteString(" (" + e.Code + ")")
	}
	return b.String()
}

// Is makes a canceled call and one out of time equal to what the context says,
// so that errors.Is works as on the error of the SDK.
func (e *Error) Is(target error) bool {
	return target == context.Canceled && e.Code == Canceled ||
		target == context.DeadlineExceeded && e.Code == Timeout
}
