package render

import (
	"fmt"
	"io"
	"testing"

	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// BenchmarkPlan draws what the program is built for: a thousand clusters, and
// one with as many entries as AWS allows.
func BenchmarkPlan(b *testing.B) {
	p := &plan.Plan{}
	for i := range 1000 {
		c := plan.Cluster{
			Name:    fmt.Sprintf("cluster-%d", i),
			Account: "111122223333",
			Region:  "eu-west-1",
			Status:  plan.Changed,
		}
		n := 5
		if i == 0 {
			n = 3000
		}
		for j := range n {
			e := spec.Entry{
				Principal: fmt.Sprintf("arn:aws:iam::111122223333:role/r%d", j),
				Type:      "STANDARD",
				Groups:    []string{"a", "b"},
				Policies: []spec.Policy{
					{ARN: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy", Scope: "cluster"},
				},
			}
			c.Changes = append(
				c.Changes,
				plan.Change{Action: plan.Create, Principal: e.Principal, Reason: "declared, and there is no entry",
					Source: "clusters.yaml:1:1", After: &e},
			)
			c.Unmanaged = append(
				c.Unmanaged,
				plan.Unmanaged{Principal: e.Principal, Type: "STANDARD", Policies: e.Policies, Groups: e.Groups},
			)
		}
		p.Clusters = append(p.Clusters, c)
	}
	for _, f := range Formats {
		b.Run(string(f), func(b *testing.B) {
			for b.Loop() {
				if err := Plan(io.Discard, p, Options{Format: f, Width: 200}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
