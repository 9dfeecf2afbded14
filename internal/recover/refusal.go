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

// remedies are what can be done when the cluster does not say yes.
type remedies struct {
	Identity spec.Identity // what IAM knows of the principal
	Recreate string        // the command that makes its entry anew
	Ask      string        // the command that asks the cluster again
	Doctor   string        // the one that says why
	Private  bool          // EKS says that the endpoint is not public
}

// refusalError is a cluster that could not be asked.
func refusalError(why kubeerr.Error, m remedies) plan.Error {
	e := plan.Error{
		Code:    cmp.Or(string(why.Code), fault.ClusterNotAsked),
		Message: why.Reason,
		Hint:    phrase.Join("; ", why.Hint, "ask again with: "+m.Ask),
	}
	if m.Private {
		e.Hint = phrase.Join("; ",
			"EKS says that the endpoint is private: ask from its own network, with: "+m.Ask,
			"without proof: --no-verify",
		)
	}
	return e
}

// unauthorizedError is a cluster that goes on not knowing the principal, with an
// entry that looks right: it is bound to the id of a principal that is gone, or
// EKS is late, or the token is of another time.
func unauthorizedError(m remedies) plan.Error {
	e := plan.Error{
		Code: string(kubeerr.Unauthorized),
		Message: "the cluster still does not let in who runs this (401 Unauthorized), though its entry is as it " +
			"should be",
	}
	switch m.Identity.Existence {
	case spec.Exists:
		e.Hint = "EKS may be late, or this machine's clock off by minutes (date -u): ask again with: " + m.Ask +
			"; if it stays so: " + m.Doctor + " says why, and the entry is made anew with: " + m.Recreate
	default:
		e.Hint = "IAM did not say whether the principal was made again after its entry; if it was, that is why: " +
			m.Recreate
	}
	return e
}

// deniedError is a cluster that lets the principal in and says no.
func deniedError(q cani.Question, reason, trouble string, m remedies) plan.Error {
	message := "the cluster says no to " + q.String()
	for _, more := range []string{reason, trouble} {
		if more != "" {
			message += ": " + more
		}
	}
	return plan.Error{Code: fault.NotAllowed, Message: message, Hint: "EKS may be late; ask again with: " + m.Ask}
}
