package recover

import (
	"cmp"
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

// identify finds out which principal gets access. The next part reports what
// else it reads.
func (r *recovery) identify(ctx context.Context) ([]Step, bool, error) {
	clusters := r.run.Fleet
	clusters.NoteEndpoints(ctx, r.Cluster)
	err := clusters.Connect(ctx, r.target.Cluster)
	if r.Cluster.ID.Account != "" {
		r.report.setCluster(r.Cluster.ID)
	}
	if err != nil {
		return stop(Identity, r.target.Fault(err))
	}
	clusters.WarnOfClock()
	r.report.CreatedAt = clusters.Now().UTC().Truncate(time.Second)
	r.unread = clusters.Read(ctx, r.target.Cluster, fleet.Need{Part: fleet.Entries})
	r.report.read = r.unread == nil
	who, err := r.findPrincipal(ctx)
	if err != nil {
		return stop(Identity, r.target.Fault(err))
	}
	r.report.Principal, r.report.Self = r.principal, r.self
	r.report.Principals = []string{r.principal, r.own}
	if r.target.Have != nil {
		for _, e := range r.target.Have.Entries {
			r.report.Principals = append(r.report.Principals, e.Principal)
		}
	}
	if r.Reason == "" {
		r.Reason = eksfacts.TagValue("recover by " + sessionName(r.target.Session.Caller.ARN))
	}
	return oneStep(Step{Name: Identity, Status: Done, Detail: who})
}

// findPrincipal sets the principal, and returns its description.
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
			requester := withSession(cmp.Or(own, caller), caller)
			return r.principal + "; requested by " + requester, nil
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
			Message:   caller + " is neither a role nor a user, and cannot have an access entry",
			Hint:      "pass a role or user with --principal ARN, and run kubectl as that principal",
		}
	case guess && strings.HasPrefix(p.Name, "AWSReservedSSO_"):
		return "", &fault.Error{
			Code:      fault.PathUnknown,
			Operation: "GetRole",
			Action:    "iam:GetRole",
			Message: fmt.Sprintf("the ARN of the role of %s is not known: IAM does not return its path, "+
				"and no entry has it", caller),
			Hint: fmt.Sprintf("allow iam:GetRole, or pass --principal "+
				"arn:%s:iam::%s:role/aws-reserved/sso.amazonaws.com/REGION/%s "+
				"with the region of Identity Center; without REGION/ for us-east-1", p.Partition, p.Account, p.Name),
		}
	}
	r.principal, r.self = own, true
	text := withSession(own, caller)
	if p.Account == r.Cluster.ID.Account { // a label has any other account
		text += ", account " + p.Account
	}
	if base := r.target.Session.Base.ARN; base != caller {
		text += ", assumed by " + base
	}
	if guess {
		text += "; IAM does not return its path, which is assumed to be /"
	}
	return text, nil
}

// withSession adds to a principal the session of its caller, if there is one.
func withSession(principal, caller string) string {
	if c, err := arn.ParsePrincipal(caller); err == nil && c.Session != "" {
		return principal + ", session " + c.Session
	}
	return principal
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
