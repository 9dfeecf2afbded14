package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/spec"
)

func fleetOf(n int) []*spec.Cluster {
	var all []*spec.Cluster
	for i := range n {
		all = append(
			all,
			&spec.Cluster{
				ID: arn.Cluster{
					Partition: "aws",
					Account:   "111122223333",
					Region:    "eu-west-1",
					Name:      fmt.Sprintf("c%02d", i),
				},
			},
		)
	}
	return all
}

// shards are the plans of a fleet in n parts, all made at one time.
func shards(all []*spec.Cluster, n int) []Part {
	var parts []Part
	for i := range n {
		s := spec.Shard{Index: i, Count: n}
		var clusters []Cluster
		for _, c := range s.Of(all) {
			clusters = append(clusters, FailedCluster(c, Error{Code: "Timeout"}))
		}
		p := New(clusters, time.Date(2026, 11, 25, 8, i, 0, 0, time.UTC), "v1")
		p.InShard(ShardOf(s, all))
		parts = append(parts, Part{fmt.Sprintf("%d.json", i), p})
	}
	return parts
}

func TestMerge(t *testing.T) {
	all := fleetOf(20)
	whole := make([]Cluster, len(all))
	for i, c := range all {
		whole[i] = FailedCluster(c, Error{Code: "Timeout"})
	}
	for _, n := range []int{1, 3, 40} { // of forty, some have no cluster
		got, err := Merge(shards(all, n), "v1")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(New(whole, time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC), "v1"), got); diff != "" {
			t.Errorf("of %d shards (-made at once +merged)\n%s", n, diff)
		}
		if err := got.Check(); err != nil {
			t.Error(err)
		}
	}
	parts := shards(all, 5)
	got, err := Merge([]Part{parts[3], parts[1]}, "v1")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{0, 2, 4}, got.MissingShards); diff != "" || got.Check() != nil {
		t.Errorf("missing (-want +got)\n%s%v", diff, got.Check())
	}
	if !got.CreatedAt.Equal(parts[1].Plan.CreatedAt) {
		t.Errorf("it is of %v", got.CreatedAt)
	}
}

func TestMergeRefuses(t *testing.T) {
	all := fleetOf(20)
	three, other := shards(all, 3), shards(fleetOf(19), 3)
	unsharded := func(name string, clusters ...*spec.Cluster) Part {
		var made []Cluster
		for _, c := range clusters {
			made = append(made, FailedCluster(c, Error{}))
		}
		return Part{name, New(made, time.Now(), "v1")}
	}
	partial, err := Merge(three[:1], "v1")
	if err != nil {
		t.Fatal(err)
	}
	for says, parts := range map[string][]Part{
		"no plans to merge": nil,
		`both shard 0/3`:    {three[0], three[1], {"again.json", three[0].Plan}},
		`only one of`:       {three[0], unsharded("x.json", all[0])},
		`"0.json" is one of 3 shards, "1.json" is one of 4`: {three[0], shards(all, 4)[1]},
		"are plans of different clusters":                   {three[0], other[1]},
		`"x.json" and "y.json" both have cluster`: {unsharded("x.json", all[0], all[1]),
			unsharded("y.json", all[1])},
		"incomplete set of shards": {{"m.json", partial}, three[1]},
	} {
		if _, err := Merge(parts, "v1"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want one that says %q", err, says)
		}
	}
	if got, err := Merge([]Part{unsharded("x.json", all[0]), unsharded("y.json", all[1])}, "v1"); err != nil ||
		len(got.Clusters) != 2 {
		t.Errorf("of two selections: %v", err)
	}
}
