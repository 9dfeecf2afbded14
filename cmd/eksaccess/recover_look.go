package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fault"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/rescue"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// identity finds out who is to get in. What else is read on the way is for the
// next step to say.
func (r *recovery) identity(ctx context.Context) error {
	cluster := r.s.declared
	r.f.nameEndpoints(ctx, []*spec.Cluster{cluster})
	if err := inOwnAccount(ctx, r.f.connector, cluster); err != nil {
		return r.failed(rescue.Identity, planError(err, r.s))
	}
	r.report.At(cluster.ID)
	if err := r.f.connect(ctx, r.s); err != nil {
		return r.failed(rescue.Identity, planError(err, r.s))
	}
	r.p.warnOfClock()
	r.report.CreatedAt = r.f.now().UTC().Truncate(time.Second)
	r.s.want = &spec.Want{Cluster: cluster}
	r.s.have, r.s.unread = live.Read(ctx, r.s.session.EKS, cluster.ID, live.Options{Profile: r.s.session.Profile})
	who, err := r.who(ctx)
	if err != nil {
		return r.failed(rescue.Identity, planError(err, r.s))
	}
	r.report.Principal = r.principal
	if r.reason == "" {
		r.reason = eksfacts.TagValue("recover by " + session(r.s.session.Caller.ARN))
	}
	return r.say(rescue.Identity, rescue.Done, "%s", who)
}

// who settles the principal, and says in words who it is.
func (r *recovery) who(ctx context.Context) (string, error) {
	caller := r.s.session.Caller.ARN
	var entries []spec.LiveEntry
	if r.s.have != nil {
		entries = r.s.have.Entries
	}
	own, guess, err := live.CallerPrincipal(ctx, caller, r.s.iam, entries)
	r.own = own
	if r.ref != (spec.PrincipalRef{}) {
		if r.principal, err = r.s.iam.Resolve(ctx, r.ref); err != nil {
			return "", err
		}
		r.self = err == nil && r.principal == own
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
		return "", &fault.Error{Code: fault.NotRecoverable, Operation: "GetCallerIdentity",
			Message: fmt.Sprintf(
				"%s runs this, which is neither a role nor a user, and can have no access entry",
				caller,
			),
			Hint: "name a role or user with --principal ARN, and run kubectl as that"}
	case guess && strings.HasPrefix(p.Name, "AWSReservedSSO_"):
		return "", &fault.Error{Code: fault.PathUnknown, Operation: "GetRole", Action: "iam:GetRole",
			Message: fmt.Sprintf(
				"the ARN of the role behind %s is not known: IAM does not tell its path, and no entry has it",
				caller,
			),
			Hint: fmt.Sprintf(
				"allow iam:GetRole, or pass --principal arn:%s:iam::%s:role/aws-reserved/sso.amazonaws.com/REGION/%s "+
					"with the region of Identity Center, left out for us-east-1",
				p.Partition,
				p.Account,
				p.Name,
			)}
	}
	r.principal, r.self = own, true
	text := own
	if s := session(caller); p.Kind == arn.Role && s != "" {
		text += fmt.Sprintf(" (session %q)", s)
	}
	if base := r.s.session.Base.ARN; base != caller {
		text += ", assumed by " + base
	}
	if guess {
		text += "; IAM does not tell its path, so it is taken to have none"
	}
	return text, nil
}

// session is the name of a session, or of the user.
func session(caller string) string {
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

// reach says whether EKS tells of the cluster, and where the cluster is instead
// if not there.
func (r *recovery) reach(ctx context.Context) error {
	if r.s.unread != nil {
		e := planError(r.s.unread, r.s)
		if e.Code == fault.ClusterNotFound {
			r.f.lookRound(ctx, r.s, &e)
		}
		return r.failed(rescue.Reach, e)
	}
	have := r.s.have
	r.s.identify(ctx, r.s.iam, have)
	have.Identities[r.principal] = r.s.iam.ReadIdentities(ctx, []string{r.principal})[r.principal]
	detail := fmt.Sprintf(
		"EKS answers in %s: %s is %s, Kubernetes %s",
		have.ID.Region,
		have.ID.Name,
		have.Status,
		have.Version,
	)
	if have.PublicEndpoint != nil && !*have.PublicEndpoint {
		detail += ", its endpoint private"
	}
	return r.say(rescue.Reach, rescue.Done, "%s", detail)
}

// plan decides what to do, or why nothing can be.
func (r *recovery) plan(ctx context.Context) error {
	if r.c.Bool("recreate") && r.self {
		r.refused = r.unauthorized(ctx)
	}
	r.s.plan = r.f.computeWithRows(ctx, r.s, func(s *site) plan.Cluster {
		return plan.Recover(plan.RecoverInput{Cluster: s.declared, Principal: r.principal, Policy: r.policy,
			Lasts: r.c.Duration(
				"expires",
			), Longer: r.c.IsSet("expires"), Reason: r.reason, Recreate: r.c.Bool("recreate"), Refused: r.refused,
			Have: s.have, CutOff: r.f.cutOff(s), Callers: s.callers, Now: r.f.now(), Options: r.f.options})
	})
	switch r.s.plan.Status {
	case plan.Failed:
		return r.failed(rescue.Entry, *r.s.plan.Error)
	case plan.Refused:
		for _, g := range r.s.plan.Guards {
			if g.Refuses() {
				r.report.Outcome = rescue.Refused
				return r.failed(
					rescue.Entry,
					plan.Error{Code: fault.Refused, Message: g.Name + ": " + g.Detail, Hint: g.Hint},
				)
			}
		}
	}
	for _, w := range r.s.plan.Warnings {
		r.p.complain("warning", w.Message)
	}
	return nil
}

// unauthorized reports whether the cluster itself says that it does not let in
// who runs this.
func (r *recovery) unauthorized(ctx context.Context) bool {
	client, err := r.f.kubeClient(r.s, r.s.have)
	if err != nil {
		return false
	}
	defer client.Close()
	_, err = client.WhoAmI(ctx)
	var e *kubeerr.Error
	return errors.As(err, &e) && e.Code == kubeerr.Unauthorized
}
