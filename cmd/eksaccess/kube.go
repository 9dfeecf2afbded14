package main

import (
	"context"
	"errors"

	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/spec"
)

// readAWSAuth adds the ConfigMap aws-auth to a reading, from the cluster
// itself. That it can't be had fails nothing: the guards that need it say so.
// In mode API nobody looks at it any more.
func (f *fleet) readAWSAuth(ctx context.Context, s *site, have *spec.Live) {
	if !f.kube || !have.UsesAWSAuth() {
		return
	}
	data, err := f.awsAuthOf(ctx, s, have)
	if err != nil {
		have.AWSAuth = &spec.AWSAuth{Why: err.Error()}
		var e *kube.Error
		if errors.As(err, &e) {
			have.AWSAuth.Hint = e.Hint
		}
		return
	}
	have.AWSAuth = awsauth.Parse(data)
}

// kubeClient reads from the cluster itself, as whoever the session is.
func (f *fleet) kubeClient(s *site, have *spec.Live) (*kube.Client, error) {
	return kube.New(kube.Cluster{Region: have.ID.Region, Endpoint: have.Endpoint, CA: have.CA, TokenID: have.TokenID},
		s.session.Config.Credentials, kube.Options{Version: version(), Debug: f.p.debugLog})
}

func (f *fleet) awsAuthOf(ctx context.Context, s *site, have *spec.Live) (map[string]string, error) {
	client, err := f.kubeClient(s, have)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	data, _, err := client.ConfigMap(ctx, "kube-system", "aws-auth")
	return data, err
}
