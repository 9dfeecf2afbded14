package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/live"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// A siteReader reads one site for package apply: anew each time, IAM too, so
// that the guards judge what is and not what was.
type siteReader struct {
	f *fleetRun
	s *site
}

var _ apply.Reader = siteReader{}

func (r siteReader) options() live.Options { return live.Options{Profile: r.s.session.Profile} }

func (r siteReader) Read(ctx context.Context) (*spec.Live, error) {
	d := live.NewDirectory(r.s.session.IAM, r.s.session.Cluster, r.s.session.Profile)
	have, err := r.f.entries(ctx, r.s, d, live.Options{})
	if err != nil {
		return nil, err
	}
	var last *spec.AWSAuth
	if r.s.have != nil {
		last = r.s.have.AWSAuth
	}
	r.s.identify(ctx, d, have)
	if have.UsesAWSAuth() {
		have.AWSAuth = r.f.rereadAWSAuth(ctx, r.s, d, last)
	}
	return have, nil
}

func (r siteReader) ReadEntry(ctx context.Context, principal string) (*spec.LiveEntry, error) {
	return live.ReadEntry(ctx, r.s.session.EKS, r.s.session.Cluster, principal, r.options())
}

func (r siteReader) ReadAWSAuth(ctx context.Context, last *spec.AWSAuth) *spec.AWSAuth {
	d := live.NewDirectory(r.s.session.IAM, r.s.session.Cluster, r.s.session.Profile)
	return r.f.rereadAWSAuth(ctx, r.s, d, last)
}

func (r siteReader) Mode(ctx context.Context) (string, error) {
	l, err := live.ReadCluster(ctx, r.s.session.EKS, r.s.session.Cluster, r.s.session.Profile)
	if err != nil {
		return "", err
	}
	return l.Mode, nil
}

func (r siteReader) Update(ctx context.Context, id string) (apply.Update, error) {
	out, err := r.s.session.EKS.DescribeUpdate(
		ctx,
		&eks.DescribeUpdateInput{Name: aws.String(r.s.session.Cluster.Name), UpdateId: aws.String(id)},
	)
	if err != nil {
		return apply.Update{}, err
	}
	u := apply.Update{Status: string(out.Update.Status)}
	if len(out.Update.Errors) > 0 {
		u.Code, u.Message = string(out.Update.Errors[0].ErrorCode), aws.ToString(out.Update.Errors[0].ErrorMessage)
	}
	return u, nil
}

// target is what package apply needs of a site.
func (f *fleetRun) applyTarget(s *site) apply.Target {
	t := apply.Target{Plan: s.plan, Have: s.have, Reader: siteReader{f, s}, Callers: s.callers}
	if s.session == nil {
		return t // it could not be reached; its plan says why, and nothing will be sent
	}
	t.Writer = s.session.EKS
	if f.journal != nil {
		t.Journal = f.journal.Cluster(&s.plan, s.callers)
	}
	t.Judge = func(have *spec.Live, remaining []plan.Change, start *spec.Live) []plan.Guard {
		j := s.plan.Judgement(have, remaining, s.callers, f.options.Allow, f.now())
		j.Start = start
		guards, _ := j.Judge()
		return guards
	}
	return t
}
