package checkup

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/doctor"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// readKubectl reads which principal and endpoint kubectl uses for the cluster.
func (u *checkup) readKubectl(ctx context.Context, have *spec.Live) doctor.Kubectl {
	if u.Principal != nil && u.Kubeconfig == nil {
		return doctor.Kubectl{Fact: snapshot.UnknownFact("the principal is not the caller", "")}
	}
	file := ""
	if u.Kubeconfig != nil {
		file = *u.Kubeconfig
	}
	logins, err := kube.OpenKubeconfig(file).Logins(have.ID, kube.Cluster{Endpoint: have.Endpoint, CA: have.CA})
	if err != nil {
		return doctor.Kubectl{Fact: snapshot.UnknownFact(err.Error(), kube.Hint(err))}
	}
	k := doctor.Kubectl{Fact: snapshot.KnownFact(), File: file}
	authorities := func() snapshot.Authorities { return live.ReadAuthorities(ctx, u.cluster.Session.EKS, have.ID) }
	for _, o := range kube.OldAuthorities(logins, have, "", authorities) {
		if o.Trust.State == kube.TrustsRetired && o.Context == logins[0].Context {
			logins[0].Trust.State = kube.TrustsNone // the signer is not among those it has
		}
		if o.Context != logins[0].Context || o.Trust.State != kube.TrustsNone { // reported as WrongCA
			k.OldAuthorities = append(k.OldAuthorities, o.String())
		}
	}
	if len(logins) == 0 {
		return k
	}
	l := logins[0]
	k.Context, k.Current, k.Program, k.Profile, k.Role = l.Context, l.Current, l.Program, l.Profile, l.Role
	k.EnvKeys = l.ByEnv && u.EnvKeys
	k.WrongCA = l.Trust.State == kube.TrustsNone
	if !l.IsFor(have.Endpoint) {
		k.Elsewhere = l.Server
	}
	if l.Cluster != "" && l.Cluster != have.TokenID && l.Cluster != have.ID.Name {
		k.TokenFor = l.Cluster
	}
	if k.PrincipalBy = l.Unreadable; k.PrincipalBy == "" {
		k.Principal, k.PrincipalBy = u.loginPrincipal(ctx, l, k.EnvKeys)
	}
	return k
}

// loginPrincipal returns the principal that EKS sees: the role, or that of the profile.
func (u *checkup) loginPrincipal(ctx context.Context, l kube.Login, envKeys bool) (principal, why string) {
	if l.Role != "" {
		return l.Role, ""
	}
	profile := l.Profile
	if envKeys {
		profile = ""
	}
	caller, err := u.fleet.CallerWith(ctx, profile, u.cluster)
	if err != nil {
		return "", u.cluster.Fault(err).Message
	}
	principal, _, err = live.CallerPrincipal(ctx, caller.ARN, u.cluster.IAM, u.named)
	if err != nil {
		return "", err.Error()
	}
	return principal, ""
}

// askCluster asks the cluster as the caller. If it does not answer the first
// question, it is not asked again.
func (u *checkup) askCluster(ctx context.Context, have *spec.Live) {
	client, err := u.fleet.KubeClient(u.cluster)
	if err != nil {
		u.facts.Inside = doctor.Inside{Fact: snapshot.KnownFact(), Refusal: refusalOf(err)}
		u.facts.Cluster.Inside(snapshot.UnknownFact(err.Error(), ""))
		return
	}
	defer client.Close()
	in := &u.facts.Inside
	in.Fact = snapshot.KnownFact()
	subject, err := client.WhoAmI(ctx)
	var e *kubeerr.Error
	switch {
	case err == nil:
		in.Username, in.Groups = subject.Username, subject.Groups
	case errors.As(err, &e) && (e.Status == http.StatusNotFound || e.Code == kubeerr.Forbidden):
		// authenticated, but the cluster does not report the username
	default:
		in.Refusal = refusalOf(err)
		u.facts.Cluster.Inside(snapshot.UnknownFact(in.Refusal.Reason, in.Refusal.Hint))
		return
	}
	if u.facts.Self {
		in.Reviews = u.readReviews(ctx, client)
	}
	if have.UsesAWSAuth() {
		u.facts.Cluster.AWSAuth = client.AWSAuth(ctx)
		if row, ok := rowOf(u.facts.Cluster.AWSAuth.Parse(), u.facts.Principal); ok {
			u.facts.Cluster.AWSAuth.Identify(u.cluster.IAM.ReadRowIdentities(ctx, []spec.AWSAuthRow{row}))
		}
	}
	u.facts.Cluster.RBAC = client.RBAC(ctx)
}

// readReviews asks what the caller is allowed to do.
func (u *checkup) readReviews(ctx context.Context, client *kube.Client) []doctor.Review {
	questions := append([]cani.Question{cani.Everything, cani.EveryGroup, cani.EveryPath}, u.Questions...)
	reviews := make([]doctor.Review, len(questions))
	for i, q := range questions {
		r := doctor.Review{Question: q}
		if answer, err := client.Can(ctx, q); err != nil {
			r.Refusal = refusalOf(err)
		} else {
			r.Allowed, r.Reason, r.Error = answer.Allowed, answer.Reason, answer.EvaluationError
		}
		reviews[i] = r
	}
	return reviews
}

// rowOf returns the principal's row of aws-auth.
func rowOf(a *spec.AWSAuth, principal string) (spec.AWSAuthRow, bool) {
	if a == nil || !a.Read {
		return spec.AWSAuthRow{}, false
	}
	row, ok := a.ByKey()[spec.AWSAuthKey(principal)]
	return row, ok
}

// refusalOf returns the reason why a cluster did not answer.
func refusalOf(err error) *kubeerr.Error {
	var e *kubeerr.Error
	if !errors.As(err, &e) {
		return &kubeerr.Error{Reason: strings.TrimSpace(err.Error())}
	}
	return e
}
