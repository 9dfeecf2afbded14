package plan

import (
	"fmt"
	"slices"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/spec"
)

// A Shard says which part of a fleet a plan is of.
type Shard struct {
	Index    int    `json:"index"` // from 0
	Count    int    `json:"count"`
	Clusters int    `json:"clusters"` // of all parts
	Fleet    string `json:"fleet"`    // a digest of which these are
	Files    string `json:"files"`    // a digest of the contents of the files
}

// ShardOf describes a part of the clusters that were chosen from files with
// these contents.
func ShardOf(s spec.Shard, all []*spec.Cluster, files ...[]byte) *Shard {
	arns := make([]string, len(all))
	for i, c := range all {
		arns[i] = c.ID.ARN()
	}
	slices.Sort(arns)
	contents := make([]string, len(files))
	for i, data := range files {
		contents[i] = sum(string(data))
	}
	slices.Sort(contents)
	return &Shard{Index: s.Index, Count: s.Count, Clusters: len(all), Fleet: sum(arns), Files: sum(contents)}
}

// InShard marks a plan as that of a part, and seals it again.
func (p *Plan) InShard(s *Shard) {
	p.Shard = s
	p.Digest = p.digest()
}

// A Part is a plan to be merged, and where it was read.
type Part struct {
	Name string
	Plan *Plan
}

// Merge joins the plans of parts of a fleet into one, as old as the oldest of
// them. No cluster may be in two, and shards must be of one fleet. Which shards
// are missing, it says in the plan.
func Merge(parts []Part, toolVersion string) (*Plan, error) {
	if len(parts) == 0 {
		return nil, fmt.Errorf("no plans to merge")
	}
	if err := checkParts(parts); err != nil {
		return nil, err
	}
	oldest := parts[0].Plan.CreatedAt
	var clusters []Cluster
	from := map[string]string{}
	for _, part := range parts {
		if part.Plan.CreatedAt.Before(oldest) {
			oldest = part.Plan.CreatedAt
		}
		for _, c := range part.Plan.Clusters {
			if other, twice := from[c.ARN]; twice {
				return nil, fmt.Errorf("%q and %q both have cluster %q", other, part.Name, c.ARN)
			}
			from[c.ARN] = part.Name
		}
		clusters = append(clusters, part.Plan.Clusters...)
	}
	merged := New(clusters, oldest, toolVersion)
	if missing := missingOf(parts); len(missing) > 0 {
		merged.MissingShards = missing
		merged.Digest = merged.digest()
	}
	if s := parts[0].Plan.Shard; s != nil && len(merged.MissingShards) == 0 && len(clusters) != s.Clusters {
		return nil, fmt.Errorf(
			"the shards have %s, and the fleet has %d",
			phrase.Count(len(clusters), "cluster"),
			s.Clusters,
		)
	}
	return merged, nil
}

// checkParts reports whether the parts are of one whole.
func checkParts(parts []Part) error {
	first := parts[0]
	named := map[int]string{}
	for _, part := range parts {
		s, f := part.Plan.Shard, first.Plan.Shard
		switch {
		case len(part.Plan.MissingShards) > 0:
			return fmt.Errorf(
				"%q was merged from an incomplete set of shards; merge the original shards",
				part.Name,
			)
		case s == nil && f == nil:
			continue
		case s == nil || f == nil:
			return fmt.Errorf("only one of %q and %q is a shard", first.Name, part.Name)
		case s.Count != f.Count:
			return fmt.Errorf(
				"%q is one of %s, %q is one of %d",
				first.Name,
				phrase.Count(f.Count, "shard"),
				part.Name,
				s.Count,
			)
		case s.Fleet != f.Fleet:
			return fmt.Errorf(
				"%q and %q are plans of different clusters: the files or the selection differ",
				first.Name,
				part.Name,
			)
		case s.Files != f.Files:
			return fmt.Errorf("%q and %q were made from different contents of the files", first.Name, part.Name)
		}
		if other, twice := named[s.Index]; twice {
			return fmt.Errorf("%q and %q are both shard %d/%d", other, part.Name, s.Index, s.Count)
		}
		named[s.Index] = part.Name
	}
	return nil
}

func missingOf(parts []Part) []int {
	if parts[0].Plan.Shard == nil {
		return nil
	}
	there := map[int]bool{}
	for _, part := range parts {
		there[part.Plan.Shard.Index] = true
	}
	var missing []int
	for i := range parts[0].Plan.Shard.Count {
		if !there[i] {
			missing = append(missing, i)
		}
	}
	return missing
}
