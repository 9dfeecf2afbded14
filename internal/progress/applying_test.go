package progress

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/plan"
)

func TestApplying(t *testing.T) {
	const prod = "arn:aws:eks:eu-west-1:111122223333:cluster/prod"
	const idle = "arn:aws:eks:eu-west-1:111122223333:cluster/idle"
	var out bytes.Buffer
	d := New(&out, Plain, 100, nil)
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d.now = func() time.Time { return now }
	a := d.Apply([]apply.Target{
		{Plan: plan.Cluster{ARN: prod, Status: plan.Changed}},
		{Plan: plan.Cluster{ARN: idle, Status: plan.InSync}},
	})
	step := apply.StepResult{Step: plan.Step{Operation: "CreateAccessEntry",
		Principal: "arn:aws:iam::111122223333:role/dev"}}
	for _, e := range []apply.Event{
		{Cluster: prod, Kind: apply.StepStarted, Step: step},
		{Cluster: prod, Kind: apply.Waiting, Step: step, Detail: "update 17", Elapsed: 35 * time.Second},
		{Cluster: prod, Kind: apply.Retrying, Step: step, Detail: "ResourceInUse"},
		{Cluster: prod, Kind: apply.StepDone, Step: step},
		{Cluster: idle, Kind: apply.StepDone, Step: step},
		{Cluster: prod, Kind: apply.StepFailed, Step: step},
		{Cluster: prod, Kind: apply.ReadingBack, Detail: "1 entry"},
		{Cluster: prod, Kind: apply.Finished},
	} {
		a.Show(e)
	}
	a.Done()
	want := `prod: waiting for update 17, 35s so far
prod: trying CreateAccessEntry again: ResourceInUse
prod: CreateAccessEntry arn:aws:iam::111122223333:role/dev
prod: CreateAccessEntry arn:aws:iam::111122223333:role/dev failed
prod: reading back 1 entry
applying to 1/1 cluster
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
