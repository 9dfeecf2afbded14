package recover

import (
	"cmp"

	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// fixes are the next steps when the cluster does not confirm the access.
type fixes struct {
	Identity spec.Identity // what IAM reports about the principal
	Recreate string        // the command that recreates the entry
	Ask      string        // the command that asks the cluster again
	Doctor   string        // the command that reports the reason
	Private  bool          // the endpoint is not public
}

// refusalError is the error of a cluster that could not be asked.
func refusalError(why kubeerr.Error, m fixes) plan.Error {
	e := plan.Error{
		Code:    cmp.Or(string(why.Code), fault.ClusterNotAsked),
		Message: why.Reason,
		Hint:    phrase.Join("; ", why.Hint, "ask again with: "+m.Ask),
	}
	if m.Private {
		e.Hint = phrase.Join("; ",
			"the endpoint of the cluster is private: in its network, run: "+m.Ask,
			"to skip the verification: --no-verify",
		)
	}
	return e
}

// unauthorizedError is the error of a cluster that rejects the token of a
// principal whose entry is correct: the entry is stale, or has not taken effect
// yet, or the clock of this machine is wrong.
func unauthorizedError(m fixes) plan.Error {
	e := plan.Error{
		Code:    string(kubeerr.Unauthorized),
		Message: "the cluster rejects the token of the caller (401 Unauthorized), although the entry is correct",
	}
	switch m.Identity.Existence {
	case spec.Exists:
		e.Hint = "wait some seconds and check the clock of this machine (date -u), then run: " + m.Ask +
			"; if that fails, find the reason with: " + m.Doctor + "; recreate the entry with: " + m.Recreate
	default:
		e.Hint = "IAM could not be asked whether the principal was recreated after its entry; if it was, run: " +
			m.Recreate
	}
	return e
}

// deniedError is the error of a cluster that denies a request of the principal.
func deniedError(q cani.Question, reason, trouble string, m fixes) plan.Error {
	message := "the cluster denies " + q.String()
	for _, more := range []string{reason, trouble} {
		if more != "" {
			message += ": " + more
		}
	}
	return plan.Error{Code: fault.NotAllowed, Message: message, Hint: "wait some seconds, then run: " + m.Ask}
}
