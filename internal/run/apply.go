package run

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// Apply carries out what is planned, and reads back. Where anything is to be
// done it calls confirm first, unless that is nil, and then reads the clusters
// again, since a person takes time to answer. An error means that nothing was
// sent; what failed in a cluster is in the result.
func (r *Run) Apply(ctx context.Context, targets []*Target, confirm func() error) (*apply.Result, error) {
	work := len(ChangedClusters(r.PlanOf(targets))) > 0
	if work && confirm != nil {
		if err := confirm(); err != nil {
			return nil, err
		}
		r.Refresh(ctx, targets)
	}
	if err := fleet.StopCause(ctx); err != nil {
		return nil, err
	}
	if work {
		if err := r.openJournal(); err != nil {
			return nil, err
		}
	}
	result := r.carryOut(ctx, targets)
	r.closeJournal()
	if r.settles {
		r.settle(targets, result)
	}
	return result, nil
}

// carryOut applies the plans of all clusters.
func (r *Run) carryOut(ctx context.Context, targets []*Target) *apply.Result {
	list := make([]apply.Target, len(targets))
	for i, t := range targets {
		list[i] = r.applyTarget(t)
	}
	events, end := r.options.Watch(list)
	defer end()
	begun := r.options.Now()
	clusters := apply.Fleet(ctx, list, apply.Options{
		AddOnly:       r.options.Plan.AddOnly,
		TakeOwnership: r.options.Plan.Allow.TakeOwnership,
		MaxFailures:   r.options.MaxFailures,
		Now:           r.options.Now,
		Sleep:         r.options.Sleep,
		Events:        events,
	})
	return &apply.Result{
		APIVersion:  plan.APIVersion,
		Kind:        apply.Kind,
		CreatedAt:   r.options.Now().UTC().Truncate(time.Second),
		ToolVersion: r.options.Version,
		Summary:     apply.Summarise(clusters),
		Clusters:    clusters,
		Seconds:     int(r.options.Now().Sub(begun).Seconds()),
	}
}

// applyTarget is what package apply needs of a cluster.
func (r *Run) applyTarget(t *Target) apply.Target {
	made := apply.Target{Plan: t.Plan, Have: t.Have, Reader: reader{r, t}, Callers: t.Callers}
	if t.Session == nil {
		return made // it could not be reached; its plan says why, and nothing will be sent
	}
	made.Writer = t.Session.EKS
	if r.journal != nil {
		made.Journal = r.journal.Cluster(&t.Plan, t.Callers)
	}
	made.Judge = func(have *spec.Live, remaining []plan.Change, start *spec.Live) []plan.Guard {
		j := t.Plan.Judgement(have, remaining, t.Callers, r.options.Plan.Allow, r.Fleet.Now())
		j.Start = start
		guards, _ := j.Judge()
		return guards
	}
	return made
}

// A reader reads one cluster for package apply.
type reader struct {
	r *Run
	t *Target
}

var _ apply.Reader = reader{}

func (r reader) Read(ctx context.Context) (*spec.Live, error) {
	if err := r.r.Fleet.Read(ctx, r.t.Cluster, r.t.refreshNeed()); err != nil {
		return nil, err
	}
	return r.t.Have, nil
}

func (r reader) ReadEntry(ctx context.Context, principal string) (*spec.LiveEntry, error) {
	return r.r.Fleet.ReadEntry(ctx, r.t.Cluster, principal)
}

func (r reader) ReadAWSAuth(ctx context.Context, last *spec.AWSAuth) *spec.AWSAuth {
	return r.r.Fleet.RereadAWSAuth(ctx, r.t.Cluster, last)
}

func (r reader) Mode(ctx context.Context) (string, error) {
	return r.r.Fleet.ReadMode(ctx, r.t.Cluster)
}

func (r reader) Update(ctx context.Context, id string) (apply.Update, error) {
	out, err := r.t.Session.EKS.DescribeUpdate(
		ctx,
		&eks.DescribeUpdateInput{Name: aws.String(r.t.Session.Cluster.Name), UpdateId: aws.String(id)},
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
