package live_test

import (
	"testing"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/live"
)

// The hint names the place of the cluster, or what it may be called.
func TestSearchHint(t *testing.T) {
	dev := arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "dev"}
	for _, test := range []struct {
		search live.Search
		want   string
	}{
		{live.Search{Regions: []string{"us-east-1", "us-west-2"}},
			`account 111122223333 has a cluster "dev" in us-east-1, us-west-2: pass --region us-east-1`},
		{live.Search{Similar: []string{`"dev1"`, `"dev2"`}, Failed: []string{"a", "b"}},
			`did you mean "dev1" or "dev2"? No region asked has a cluster "dev"; ` +
				`2 regions did not answer or are not allowed (eks:ListClusters)`},
		{live.Search{Failed: []string{"a", "b", "c"}},
			"said; 3 regions did not answer or are not allowed (eks:ListClusters)"},
		{live.Search{}, `account 111122223333 has no cluster "dev" in any region; ` +
			`see who is calling with: aws sts get-caller-identity`},
	} {
		if got := test.search.Hint(dev, "said"); got != test.want {
			t.Errorf("%q", got)
		}
	}
}
