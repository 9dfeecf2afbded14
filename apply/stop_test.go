package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/smithy-go"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// wholeRun has every kind of change, entries that hide a row of aws-auth, and a
// mode step, in a bubble of testing/synctest: its clock is virtual.
func wholeRun() (*fakeEKS, Target, Options) {
	f, changes := everything()
	for _, name := range []string{"i-row", "j-row"} {
		f.awsAuth.Rows = append(
			f.awsAuth.Rows,
			spec.AWSAuthRow{ARN: role(name), Username: name, Groups: []string{"system:masters"}},
		)
		changes = append(changes, create(entry(name, "ClusterAdmin", "View")))
	}
	target := f.target(eksfacts.ModeAPI, changes...)
	target.Have = nil
	target.Callers = []string{role("caller")}
	target.Judge = func(*spec.Live, []plan.Change, *spec.Live) []plan.Guard { return nil }
	return f, target, Options{Entries: 1}
}

// callsOf is how many calls and readings a whole run makes.
func callsOf(t *testing.T) (n int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f, target, o := wholeRun()
		f.arrive = func(context.Context, string) error { n++; return nil }
		if r := f.run(t, context.Background(), target, o); r.Status != Applied {
			t.Fatalf("%s, %v", r.Status, r.Error)
		}
	})
	if n < 60 {
		t.Fatalf("%d calls are too few", n)
	}
	return n
}

func expiredToken() error {
	return &smithy.GenericAPIError{
		Code:    "ExpiredTokenException",
		Message: "The security token included in the request is expired",
	}
}

func noClusterErr() error {
	return &types.ResourceNotFoundException{Message: aws.String("No cluster found for name: prod.")}
}

func serverFaultErr() error {
	return &smithy.GenericAPIError{Code: "InternalFailure", Message: "internal", Fault: smithy.FaultServer}
}

func updateInProgress() error {
	return &types.ResourceInUseException{
		Message: aws.String("Cannot AccessConfigUpdate because cluster prod currently has update 1 in progress"),
	}
}

func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// A run that is stopped at any of its calls ends within 15 s, whatever AWS
// answers from then on, and its result has every step.
func TestStopped(t *testing.T) {
	calls := callsOf(t)
	interruption := errors.New("interrupted (SIGTERM)")
	for _, test := range []struct {
		name     string
		from     func(ctx context.Context, later int) error // the answer of the call, and of later ones
		finishes bool                                       // what must be finished can be, or put back
		putsBack bool                                       // some of it is put back
	}{
		{name: "answered", from: func(context.Context, int) error { return nil }, finishes: true},
		{name: "one call without an answer", from: func(ctx context.Context, later int) error {
			if later == 0 {
				return hang(ctx)
			}
			return nil
		}, finishes: true, putsBack: true},
		{name: "the next call meets another update", from: func(_ context.Context, later int) error {
			if later == 1 {
				return updateInProgress()
			}
			return nil
		}, finishes: true},
		{name: "no answers", from: func(ctx context.Context, _ int) error { return hang(ctx) }},
		{name: "server faults", from: func(context.Context, int) error { return serverFaultErr() }},
		{name: "expired credentials", from: func(context.Context, int) error { return expiredToken() }},
		{name: "another update", from: func(context.Context, int) error { return updateInProgress() }},
	} {
		for n := range calls {
			for _, timeout := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					f, target, o := wholeRun()
					ctx, cancel := context.WithCancelCause(context.Background())
					defer cancel(nil)
					if timeout {
						var done func()
						ctx, done = context.WithTimeoutCause(ctx, time.Minute, interruption)
						defer done()
					}
					start, seen, at := time.Now(), 0, ""
					after := map[string]bool{} // principals of writes since then
					var stopped time.Time
					f.arrive = func(call context.Context, what string) error {
						seen++
						if seen-1 < n {
							return nil
						}
						if seen-1 == n {
							at = what
							if timeout {
								time.Sleep(time.Minute - time.Since(start))
								<-ctx.Done()
							} else {
								cancel(interruption)
							}
							stopped = time.Now()
						}
						if op, principal, _ := strings.Cut(what, " "); op != "ReadEntry" && principal != "" &&
							seen-1 > n {
							after[principal] = true
						}
						return test.from(call, seen-1-n)
					}
					r := f.run(t, ctx, target, o)
					moment := fmt.Sprintf("%s, stopped (timeout %v) at call %d, %s", test.name, timeout, n, at)
					if took := time.Since(stopped); took > 14*time.Second {
						t.Errorf("%s: it ended after %s", moment, took)
					}
					switch r.Status {
					case Interrupted:
					case Applied, Unconfirmed, Incomplete, Failed: // the last call of all, or an error came first
					default:
						t.Errorf("%s: %s", moment, r.Status)
					}
					if len(after) > 1 {
						t.Errorf("%s: it wrote to %v", moment, after)
					}
					if !test.finishes {
						return
					}
					for _, p := range []string{role("d-dead"), role("e-retyped")} {
						e, there := f.entries[p]
						failed := slices.ContainsFunc(r.Failed, func(s StepResult) bool { return s.Principal == p })
						if !there || e.Type == eksfacts.Standard && len(e.Policies) == 0 && !failed {
							t.Errorf("%s: the replaced entry of %s has nothing", moment, p)
						}
					}
					for _, p := range []string{role("i-row"), role("j-row")} {
						e, there := f.entries[p]
						if created := has(r.Done, plan.CreateAccessEntry, p[len(role("")):]); there != created &&
							!test.putsBack {
							t.Errorf("%s: the entry of %s was created: %v, is there: %v", moment, p, created, there)
						}
						if there && len(e.Policies) < 2 {
							t.Errorf(
								"%s: the entry of %s hides its row and has only policies %v",
								moment,
								p,
								e.Policies,
							)
						}
					}
				})
			}
		}
	}
}

// What cannot pass ends every wait at once: nothing is asked again, nor waited
// for.
func TestPermanentErrorsEndWaits(t *testing.T) {
	calls := callsOf(t)
	for name, refusal := range map[string]func() error{"expired credentials": expiredToken,
		"access denied": accessDenied,
		"no cluster":    noClusterErr} {
		for n := range calls {
			synctest.Test(t, func(t *testing.T) {
				f, target, o := wholeRun()
				seen, at := 0, ""
				var refused time.Time
				f.arrive = func(_ context.Context, what string) error {
					seen++
					if seen-1 < n {
						return nil
					}
					if seen-1 == n {
						at, refused = what, time.Now()
					}
					return refusal()
				}
				r := f.run(t, context.Background(), target, o)
				moment := fmt.Sprintf("%s from call %d on, %s", name, n, at)
				if took := time.Since(refused); took > 0 {
					t.Errorf("%s: it ended after %s", moment, took)
				}
				if r.Status != Failed && r.Status != Unconfirmed && r.Status != Applied {
					t.Errorf("%s: %s", moment, r.Status)
				}
			})
		}
	}
}

// A reading that fails for a cause that may pass is reported while it is waited for.
func TestWaitsAreReported(t *testing.T) {
	boss, goes := entry("boss", "ClusterAdmin"), entry("goes", "ClusterAdmin")
	f := newFake(boss, goes)
	target := f.target("", remove(goes))
	target.Judge = func(*spec.Live, []plan.Change, *spec.Live) []plan.Guard { return nil }
	f.arrive = func(_ context.Context, what string) error {
		if what == "ReadEntry role/boss" {
			return serverFaultErr()
		}
		return nil
	}
	o := f.options()
	var reported []string
	o.Events = func(e Event) {
		if e.Kind == Waiting {
			reported = append(reported, e.Detail)
		}
	}
	r := f.run(t, context.Background(), target, o)
	if r.Status != Failed || len(reported) == 0 || !strings.Contains(reported[0], "internal") {
		t.Errorf("%s, reported %q", r.Status, reported)
	}
}
