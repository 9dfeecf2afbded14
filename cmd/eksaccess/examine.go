package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/doctor"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// A checkup gathers what bears on one principal in one cluster.
type checkup struct {
	*fleetRun
	*site
	who   *spec.PrincipalRef // nil for who runs this
	named []spec.LiveEntry   // the principals that have entries, and no more of these
	facts doctor.Facts
}

// entryPrincipals are those that have entries, as far as they can be listed.
func (u *checkup) entryPrincipals(ctx context.Context, have *spec.Live) []string {
	if !eksfacts.ReadsEntries(have.Mode) {
		return nil
	}
	listed, _ := live.ListPrincipals(ctx, u.session.EKS, u.declared.ID, live.Options{Profile: u.session.Profile})
	return listed
}

// principal finds out whose access is looked at: the one asked for, or who
// runs this.
func (u *checkup) principal(ctx context.Context, listed []string) error {
	u.named = make([]spec.LiveEntry, len(listed))
	for i, principal := range listed {
		u.named[i].Principal = principal
	}
	self, guess, err := live.CallerPrincipal(ctx, u.session.Caller.ARN, u.iam, u.named)
	if u.who == nil {
		if err != nil {
			return err
		}
		u.facts.Principal, u.facts.Guess, u.facts.Self = self, guess, true
		return nil
	}
	if u.facts.Principal, err = u.iam.Resolve(ctx, *u.who); err != nil {
		return err
	}
	u.facts.Self = u.facts.Principal == self
	return nil
}

// readEntries reads the principal's entry and those that could be taken for
// it, and asks IAM about it. That the former is not there is certain even for
// who may not list entries.
func (u *checkup) readEntries(ctx context.Context, have *spec.Live, listed []string) {
	u.facts.Listed = snapshot.Learned()
	if eksfacts.ReadsEntries(have.Mode) {
		for _, p := range append([]string{u.facts.Principal}, listed...) {
			own := p == u.facts.Principal
			if own && len(have.Entries) > 0 || !own && !doctor.Alike(p, u.facts.Principal) {
				continue
			}
			entry, err := live.ReadEntry(ctx, u.session.EKS, u.declared.ID, p, live.Options{Profile: u.session.Profile})
			switch {
			case err != nil && own:
				u.facts.Listed = unlearned(err)
			case err == nil && entry != nil:
				have.Entries = append(have.Entries, *entry)
			}
		}
		have.EntriesRead = true
	}
	nodes := u.readNodeEntries(ctx, have, listed)
	u.facts.Cluster = snapshot.FromLive(have)
	u.facts.Cluster.Principals = u.iam.ReadPrincipals(ctx, append([]string{u.facts.Principal}, nodes...))
	if p, err := arn.ParsePrincipal(u.facts.Principal); err == nil {
		if _, _, sso := p.PermissionSet(); sso {
			u.facts.Cluster.PermissionSets = u.iam.ReadPermissionSets(ctx)
		}
	}
}

// readNodeEntries reads the entries of the roles of node groups and Fargate
// profiles, which concern everyone who uses the cluster; it returns the roles.
// What cannot be read is left out: the report is about the principal.
func (u *checkup) readNodeEntries(ctx context.Context, have *spec.Live, listed []string) []string {
	if !eksfacts.ReadsEntries(have.Mode) {
		return nil
	}
	roles, _ := live.ReadNodeRoles(ctx, u.session.EKS, u.declared.ID, u.session.Profile)
	var nodes []string
	for _, n := range roles {
		if n.Role == u.facts.Principal || !slices.Contains(listed, n.Role) || slices.Contains(nodes, n.Role) {
			continue
		}
		if entry, err := live.ReadEntry(ctx, u.session.EKS, u.declared.ID, n.Role,
			live.Options{Profile: u.session.Profile}); err == nil && entry != nil {
			have.Entries, nodes = append(have.Entries, *entry), append(nodes, n.Role)
		}
	}
	return nodes
}

// itemsOf are the items by which a file declares a principal in a cluster.
func itemsOf(c *spec.Cluster, principal string) []spec.Item {
	return slices.DeleteFunc(slices.Clone(c.Items), func(i spec.Item) bool {
		return !i.Principal.Matches(principal,
			c.ID.Account)
	})
}

// unlearned is what AWS refused, as a fact.
func unlearned(err error) snapshot.Fact {
	e := planError(err, &site{declared: &spec.Cluster{}})
	return snapshot.NotLearned(e.Message, e.Hint)
}

func (u *checkup) clock(ctx context.Context) doctor.Clock {
	ahead, told, err := live.MeasureClockOffset(ctx, u.session.STS)
	switch {
	case err != nil:
		return doctor.Clock{Fact: unlearned(err)}
	case !told:
		return doctor.Clock{Fact: snapshot.NotLearned("the answer does not say when it was made", "")}
	}
	return doctor.Clock{Fact: snapshot.Learned(), Ahead: ahead}
}

// kubectl finds out who kubectl would be in the cluster. Keys in the
// environment stand above a profile that is named there, for the aws command
// and for the SDK (AWS SDKs and Tools reference, "Precedence of settings").
func (u *checkup) kubectl(ctx context.Context, c *cli.Context, have *spec.Live) doctor.Kubectl {
	if c.IsSet("principal") && !c.IsSet("kubeconfig") {
		return doctor.Kubectl{Fact: snapshot.NotLearned("another principal is looked at than who runs this", "")}
	}
	logins, err := kube.OpenKubeconfig(c.String("kubeconfig")).
		Logins(have.ID, kube.Cluster{Endpoint: have.Endpoint, CA: have.CA})
	if err != nil {
		return doctor.Kubectl{Fact: snapshot.NotLearned(err.Error(), kubeconfigHint(err))}
	}
	k := doctor.Kubectl{Fact: snapshot.Learned(), File: c.String("kubeconfig")}
	for _, o := range (clusterRead{u.session, have}).judgeAuthorities(ctx, logins, "") {
		if o.trust.State == kube.TrustsRetired && o.context == logins[0].Context {
			logins[0].Trust.State = kube.TrustsNone // the signer is not among those it has
		}
		if o.context != logins[0].Context || o.trust.State != kube.TrustsNone { // which is reported as WrongCA
			k.OldAuthorities = append(k.OldAuthorities, o.String())
		}
	}
	if len(logins) == 0 {
		return k
	}
	l := logins[0]
	k.Context, k.Current, k.Program, k.Profile, k.Role = l.Context, l.Current, l.Program, l.Profile, l.Role
	k.EnvKeys = l.ByEnv && getenv("AWS_ACCESS_KEY_ID") != ""
	k.WrongCA = l.Trust.State == kube.TrustsNone
	if !l.IsFor(have.Endpoint) {
		k.Elsewhere = l.Server
	}
	if l.Cluster != "" && l.Cluster != have.TokenID && l.Cluster != have.ID.Name {
		k.TokenFor = l.Cluster
	}
	if k.PrincipalBy = l.Unreadable; k.PrincipalBy == "" {
		k.Principal, k.PrincipalBy = u.loginPrincipal(ctx, c, l, k.EnvKeys)
	}
	return k
}

// loginPrincipal is whom EKS would see: the role, or who the profile is.
func (u *checkup) loginPrincipal(
	ctx context.Context,
	c *cli.Context,
	l kube.Login,
	envKeys bool,
) (principal, why string) {
	if l.Role != "" {
		return l.Role, ""
	}
	options := u.p.connection(c)
	if options.Profile = l.Profile; envKeys {
		options.Profile = ""
	}
	caller, err := awsclient.New(options).Caller(ctx, awsclient.Target{Cluster: u.declared.ID})
	if err != nil {
		return "", planError(err, u.site).Message
	}
	principal, _, err = live.CallerPrincipal(ctx, caller.ARN, u.iam, u.named)
	if err != nil {
		return "", err.Error()
	}
	return principal, ""
}

// inside asks the cluster itself, as who runs this. Where it does not answer,
// it is asked once.
func (u *checkup) inside(ctx context.Context, have *spec.Live) {
	client, err := u.kubeClient(u.site, have)
	if err != nil {
		u.facts.Inside = doctor.Inside{Fact: snapshot.Learned(), Refusal: refusalOf(err)}
		u.facts.Cluster.Inside(snapshot.NotLearned(err.Error(), ""))
		return
	}
	defer client.Close()
	in := &u.facts.Inside
	in.Fact = snapshot.Learned()
	subject, err := client.WhoAmI(ctx)
	var e *kubeerr.Error
	switch {
	case err == nil:
		in.Username, in.Groups = subject.Username, subject.Groups
	case errors.As(err, &e) && (e.Status == 404 || e.Code == kubeerr.Forbidden): // let in, and not told as whom
	default:
		in.Refusal = refusalOf(err)
		u.facts.Cluster.Inside(snapshot.NotLearned(in.Refusal.Reason, in.Refusal.Hint))
		return
	}
	if u.facts.Self {
		questions := append([]cani.Question{cani.Everything, cani.EveryGroup, cani.EveryPath}, u.facts.Questions...)
		for _, q := range questions {
			r := doctor.Review{Question: q}
			if answer, err := client.Can(ctx, q); err != nil {
				r.Refusal = refusalOf(err)
			} else {
				r.Allowed, r.Reason, r.Error = answer.Allowed, answer.Reason, answer.EvaluationError
			}
			in.Reviews = append(in.Reviews, r)
		}
	}
	if have.UsesAWSAuth() {
		u.facts.Cluster.AWSAuth = client.AWSAuth(ctx)
		if row, ok := rowOf(u.facts.Cluster.AWSAuth.Parsed(), u.facts.Principal); ok {
			u.facts.Cluster.AWSAuth.Identify(u.iam.ReadRowIdentities(ctx, []spec.AWSAuthRow{row}))
		}
	}
	u.facts.Cluster.RBAC = client.RBAC(ctx)
}

// rowOf returns the principal's row of aws-auth.
func rowOf(a *spec.AWSAuth, principal string) (spec.AWSAuthRow, bool) {
	if a == nil || !a.Read {
		return spec.AWSAuthRow{}, false
	}
	row, ok := a.ByKey()[spec.AWSAuthKey(principal)]
	return row, ok
}

// refusalOf is why a cluster told nothing.
func refusalOf(err error) *kubeerr.Error {
	var e *kubeerr.Error
	if !errors.As(err, &e) {
		return &kubeerr.Error{Reason: strings.TrimSpace(err.Error())}
	}
	return e
}
