package transfer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

// Sets make the file of a fleet of some size a small one.
func TestWriteManyClusters(t *testing.T) {
	found := &transfer.Import{Source: "live access"}
	for i := range 20 {
		id := arn.Cluster{
			Partition: "aws",
			Account:   fmt.Sprintf("%012d", 100000000000+i/4),
			Region:    "eu-west-1",
			Name:      fmt.Sprintf("prod-%d", i),
		}
		c := transfer.Cluster{ID: id}
		for j := range 200 {
			c.Entries = append(c.Entries, transfer.Entry{Entry: spec.Entry{
				Principal: fmt.Sprintf("arn:aws:iam::%s:role/team/r%03d", id.Account, j), Type: "STANDARD",
				Username: fmt.Sprintf("arn:aws:sts::%s:assumed-role/r%03d/{{SessionName}}", id.Account, j),
				Policies: []spec.Policy{
					{
						ARN:        arn.AccessPolicy("aws", "AmazonEKSViewPolicy"),
						Scope:      spec.ScopeNamespace,
						Namespaces: []string{fmt.Sprintf("n%d", j)},
					},
				},
			}})
		}
		found.Clusters = append(found.Clusters, c)
	}
	plain, _ := transfer.Write(found, transfer.Options{})
	shared, _ := transfer.Write(found, transfer.Options{Sets: true})
	a, b := strings.Count(string(plain), "\n"), strings.Count(string(shared), "\n")
	if a < 12_000 || b > 800 {
		t.Errorf("%d lines without sets, %d with", a, b)
	}
	fleet, problems := spec.Load([]spec.Source{{Name: "f.yaml", Data: shared}})
	if problems.Failed() || len(fleet.Clusters) != 20 || len(fleet.Clusters[19].Items) != 200 {
		t.Errorf("it is read as %d clusters: %v", len(fleet.Clusters), problems)
	}
}
