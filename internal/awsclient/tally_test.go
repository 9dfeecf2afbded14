package awsclient

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTally(t *testing.T) {
	var tally Tally
	if all := tally.Total(); all != (Count{}) || len(tally.Counts()) != 0 {
		t.Errorf("before any call: %+v", all)
	}
	var calls sync.WaitGroup
	for i := range 100 {
		calls.Go(func() {
			switch {
			case i == 7:
				tally.add("STS", "GetCallerIdentity", time.Second, nil)
			case i%10 == 0:
				tally.add("EKS", "DescribeAccessEntry", time.Millisecond, errThrottled)
			case i%10 == 1:
				tally.add("EKS", "DescribeAccessEntry", time.Millisecond, errors.New("no"))
			default:
				tally.add("EKS", "DescribeAccessEntry", 2*time.Millisecond, nil)
			}
		})
	}
	calls.Wait()
	want := []Count{
		{
			Service:   "EKS",
			Operation: "DescribeAccessEntry",
			Calls:     99,
			Throttled: 10,
			Failed:    10,
			Time:      178 * time.Millisecond,
			Longest:   2 * time.Millisecond,
		},
		{Service: "STS", Operation: "GetCallerIdentity", Calls: 1, Time: time.Second, Longest: time.Second},
	}
	if diff := cmp.Diff(want, tally.Counts()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if all := tally.Total(); all.Calls != 100 || all.Throttled != 10 || all.Failed != 10 || all.Longest != time.Second {
		t.Errorf("%+v", all)
	}
}
