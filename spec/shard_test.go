package spec

import (
	"fmt"
	"testing"

	"github.com/eksaccess/eksaccess/internal/arn"
)

func clusterNumber(i int) *Cluster {
	return &Cluster{
		ID: arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: fmt.Sprintf("c%04d", i)},
	}
}

func TestShards(t *testing.T) {
	var all []*Cluster
	for i := range 1000 {
		all = append(all, clusterNumber(i))
	}
	for _, n := range []int{1, 2, 3, 10, 64} {
		in, total := map[arn.Cluster]int{}, 0
		for i := range n {
			part := Shard{i, n}.Of(all)
			if want := 1000 / n; len(part) < want/3 || len(part) > want*2 {
				t.Errorf("part %d/%d has %d of 1000", i, n, len(part))
			}
			for _, c := range part {
				in[c.ID]++
			}
			total += len(part)
		}
		if total != 1000 || len(in) != 1000 {
			t.Errorf("%d parts have %d clusters, %d different", n, total, len(in))
		}
	}
	// What a cluster is in may never change: the parts of a run that was made
	// with one version must fit those made with another.
	for name, want := range map[int]int{1: 5, 2: 1, 3: 2} {
		if !(Shard{want, 10}).Holds(clusterNumber(name).ID) {
			for i := range 10 {
				if (Shard{i, 10}).Holds(clusterNumber(name).ID) {
					t.Errorf("c%04d is in part %d, was in %d", name, i, want)
				}
			}
		}
	}
}

func TestParseShard(t *testing.T) {
	for text, want := range map[string]Shard{"0/1": {0, 1}, "3/4": {3, 4}} {
		if got, err := ParseShard(text); err != nil || got != want || got.String() != text {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "4/4", "-1/4", "a/b", "1/0", "1/-1", "1/2/3", "1 / 2"} {
		if got, err := ParseShard(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
