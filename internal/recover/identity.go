package recover

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/spec"
)

// identify finds out who is to get in. What else is read on the way is for the
// next part to say.
func (r *recovery) identify(ctx context.Context) ([]Step, bool, error) {
	clusters := r.run.Fleet
	clusters.NoteEndpoints(ctx, r.Cluster)
	err := clusters.Connect(ctx, r.target.Cluster)
	if r.Cluster.ID.Account != "" {
		r.report.place(r.Cluster.ID)
	}
	if err != nil {
		return stopAt(Identity, r.target.Fault(err))
	}
	clusters.WarnOfClock()
	r.report.CreatedAt = clusters.Now().UTC().Truncate(time.Second)
	r.unread = clusters.Read(ctx, r.target.Cluster, fleet.Need{Part: fleet.Entries})
	r.report.read = r.unread == nil
	who, err := r.findPrincipal(ctx)
	if err != nil {
		return stopAt(Identity, r.target.Fault(err))
	}
	r.report.Principal = r.principal
	if r.Reason == "" {
		r.Reason = eksfacts.TagValue("recover by " + sessionName(r.target.Session.Caller.ARN))
	}
	return goOn(Step{Name: Identity, Status: Done, Detail: who})
}

// findPrincipal sets the principal, and returns in words who it is.
func (r *recovery) findPrincipal(ctx context.Context) (string, error) {
	caller := r.target.Session.Caller.ARN
	var entries []spec.LiveEntry
	if r.target.Have != nil {
		entries = r.target.Have.Entries
	}
	own, guess, err := live.CallerPrincipal(ctx, caller, r.target.IAM, entries)
	r.own = own
	if r.Options.Principal != (spec.PrincipalRef{}) {
		if r.principal, err = r.target.IAM.Resolve(ctx, r.Options.Principal); err != nil {
			return "", err
		}
		r.self = r.principal == own
		if !r.self {
			return fmt.Sprintf("%s; it is %s who asks for it", r.principal, caller), nil
		}
	}
	if err != nil {
		return "", err
	}
	p, err := arn.ParsePrincipal(own)
	if err != nil {
		return "", err
	}
	switch {
	case p.Kind != arn.Role && p.Kind != arn.User:
		return "", &fault.Error{
			Code:      fault.NotRecoverable,
			Operation: "GetCallerIdentity",
			Message: fmt.Sprintf("%s runs this, which is neither a role nor a user, and can have no access entry",
				caller),
			Hint: "name a role or user with --principal ARN, and run kubectl as that",
		}
	case guess && strings.HasPrefix(p.Name, "AWSReservedSSO_"):
		return "", &fault.Error{
			Code:      fault.PathUnknown,
			Operation: "GetRole",
			Action:    "iam:GetRole",
			Message: fmt.Sprintf("the ARN of the role behind %s is not known: IAM does not tell its path, "+
				"and no entry has it", caller),
			Hint: fmt.Sprintf("allow iam:GetRole, or pass --principal "+
				"arn:%s:iam::%s:role/aws-reserved/sso.amazonaws.com/REGION/%s "+
				"with the region of Identity Center, left out for us-east-1", p.Partition, p.Account, p.Name),
		}
	}
	r.principal, r.self = own, true
	text := own
	if s := sessionName(caller); p.Kind == arn.Role && s != "" {
		text += fmt.Sprintf(" (session %q)", s)
	}
	if base := r.target.Session.Base.ARN; base != caller {
		text += ", assumed by " + base
	}
	if guess {
		text += "; IAM does not tell its path, so it is taken to have none"
	}
	return text, nil
}

// sessionName is the name of a session, or of the user.
func sessionName(caller string) string {
	p, err := arn.ParsePrincipal(caller)
	switch {
	case err != nil:
		return ""
	case p.Session != "":
		return p.Session
	case p.Name != "":
		return p.Name
	}
	return string(p.Kind)
}
