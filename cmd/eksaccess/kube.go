package main

import (
	"context"
	"errors"
	"time"

	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// awsAuthTimeout limits the attempt to read aws-auth without --kube: a
// private endpoint must not hold up an emergency.
const awsAuthTimeout = 5 * time.Second

// requireAWSAuth reads aws-auth where --kube says so. That it cannot be read
// fails nothing here: the guards that need it refuse.
func (f *fleetRun) requireAWSAuth(ctx context.Context, s *site) error {
	if f.kube && s.have.UsesAWSAuth() {
		s.have.AWSAuth = f.readAWSAuth(ctx, s, s.have, s.iam)
		s.have.AWSAuth.Required = true
	}
	return nil
}

// computeWithRows plans a cluster, and again with the rows of aws-auth if they
// can matter and --kube is not set: one attempt, for a short time.
func (f *fleetRun) computeWithRows(ctx context.Context, s *site, compute func(*site) plan.Cluster) plan.Cluster {
	c := compute(s)
	if s.have == nil || s.have.AWSAuth != nil || f.noKube || s.session == nil || !c.NeedsAWSAuth() {
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, awsAuthTimeout)
	defer cancel()
	s.have.AWSAuth = f.readAWSAuth(ctx, s, s.have, s.iam)
	return compute(s)
}

// readAWSAuth reads the ConfigMap aws-auth from the cluster itself, and what
// IAM knows of the principals of its rows.
func (f *fleetRun) readAWSAuth(ctx context.Context, s *site, have *spec.Live, d *live.Directory) *spec.AWSAuth {
	data, err := f.awsAuthOf(ctx, s, have)
	if err != nil {
		unread := &spec.AWSAuth{Why: err.Error()}
		var e *kube.Error
		if errors.As(err, &e) {
			unread.Hint = e.Hint
		}
		return unread
	}
	auth := awsauth.Parse(data)
	auth.Identities = d.ReadRowIdentities(ctx, auth.Rows)
	return auth
}

// rereadAWSAuth reads aws-auth again, if the last reading had it. A cluster that
// does not answer any more leaves the rows as they were known.
func (f *fleetRun) rereadAWSAuth(ctx context.Context, s *site, d *live.Directory, last *spec.AWSAuth) *spec.AWSAuth {
	if last == nil || !last.Read {
		return last
	}
	ctx, cancel := context.WithTimeout(ctx, awsAuthTimeout)
	defer cancel()
	auth := f.readAWSAuth(ctx, s, s.have, d)
	if !auth.Read {
		return last
	}
	auth.Required = last.Required
	return auth
}

// kubeClient reads from the cluster itself, as the caller.
func (f *fleetRun) kubeClient(s *site, have *spec.Live) (*kube.Client, error) {
	return kube.New(kube.Cluster{Region: have.ID.Region, Endpoint: have.Endpoint, CA: have.CA, TokenID: have.TokenID},
		s.session.Config.Credentials, kube.Options{Version: version(), Debug: f.p.debugLog, Now: f.tokenTime,
			TestOnlyTransport: f.p.testOnlyTransport})
}

func (f *fleetRun) awsAuthOf(ctx context.Context, s *site, have *spec.Live) (map[string]string, error) {
	client, err := f.kubeClient(s, have)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	data, _, err := client.ConfigMap(ctx, "kube-system", "aws-auth")
	return data, err
}
