package apply

import (
	"errors"
	"strings"

	"github.com/aws/smithy-go"
)

// EKS gives one code to several causes, so these look at the code first and
// at AWS's text only to tell causes apart.

func codeAndText(err error) (code, text string) {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return "", ""
	}
	return strings.TrimSuffix(api.ErrorCode(), "Exception"), strings.ToLower(api.ErrorMessage())
}

// alreadyThere: "The specified access entry resource is already in use on this
// cluster." (module #2968).
func alreadyThere(err error) bool {
	code, _ := codeAndText(err)
	return code == "ResourceInUse" && !updateInProgress(err)
}

// updateInProgress: "Cannot … because cluster … currently has update … in
// progress" comes as ResourceInUse (ack), and other clients expect
// InvalidRequest.
func updateInProgress(err error) bool {
	code, text := codeAndText(err)
	return (code == "ResourceInUse" || code == "InvalidRequest") && strings.Contains(text, "in progress")
}

// invalidPrincipal: "The specified principalArn is invalid: invalid
// principal." stands for a principal that is mistyped, gone, or so new that
// EKS does not know it yet (provider, access_entry.go).
func invalidPrincipal(err error) bool {
	code, text := codeAndText(err)
	return code == "InvalidParameter" && strings.Contains(text, "invalid principal")
}

// notThere: what the call names is not there, and it is not the cluster that
// is missing ("No cluster found for name: …", which has the same code). The
// text is not searched for "cluster" alone: policy ARNs hold that word.
func notThere(err error) bool {
	code, text := codeAndText(err)
	return (code == "ResourceNotFound" || code == "NotFound") && !strings.Contains(text, "no cluster")
}

// noSuchEntry: "The specified principalArn could not be found. …", which also
// comes for an entry made a moment ago (provider #35535). An unknown policy
// has the same code (preflight); tags answer with NotFoundException (model).
func noSuchEntry(err error) bool {
	_, text := codeAndText(err)
	return notThere(err) && !strings.Contains(text, "policyarn")
}

// unanswered: nobody can tell from the error whether the call had an effect.
func unanswered(err error) bool {
	var api smithy.APIError
	return err != nil && (!errors.As(err, &api) || api.ErrorFault() == smithy.FaultServer)
}
