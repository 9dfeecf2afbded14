package render

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStats(t *testing.T) {
	s := Stats{Took: 812 * time.Millisecond, Calls: []CallCount{
		{
			Service:   "EKS",
			Operation: "DescribeAccessEntry",
			Calls:     200,
			Throttled: 3,
			Failed:    1,
			Time:      8 * time.Second,
			Longest:   90 * time.Millisecond,
		},
		{
			Service:   "STS",
			Operation: "GetCallerIdentity",
			Calls:     1,
			Time:      41 * time.Millisecond,
			Longest:   41 * time.Millisecond,
		},
	}}
	for _, test := range []struct {
		name   string
		asJSON bool
		stats  Stats
		want   string
	}{
		{"text", false, s, `  calls  throttled  failed  time of all  of one  longest  operation
    200          3       1           8s    40ms     90ms  EKS DescribeAccessEntry
      1          0       0         41ms    41ms     41ms  STS GetCallerIdentity
    201          3       1       8.041s    40ms     90ms  all, in 812ms
`},
		{"JSON", true, s, `{"apiVersion":"eksaccess/v1","kind":"Stats","milliseconds":812,"calls":201,"throttled":3,"failed":1,"operations":[` +
			`{"service":"EKS","operation":"DescribeAccessEntry","calls":200,"throttled":3,"failed":1,"milliseconds":8000,"longestMilliseconds":90},` +
			`{"service":"STS","operation":"GetCallerIdentity","calls":1,"throttled":0,"failed":0,"milliseconds":41,"longestMilliseconds":41}]}
`},
		{"no call", true, Stats{}, `{"apiVersion":"eksaccess/v1","kind":"Stats","milliseconds":0,"calls":0,"throttled":0,"failed":0,"operations":[]}
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := test.stats.Write(&out, test.asJSON); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, out.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
