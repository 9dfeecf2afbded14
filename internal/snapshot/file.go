package snapshot

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// Parse reads what a file holds. It takes only what could have been written:
// the kind and version are right, every cluster's place is whole and there is
// each once. Lists that a user changed are sorted again.
func Parse(data []byte) (*Snapshot, error) {
	var s Snapshot
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, err
	}
	switch {
	case s.Kind != Kind:
		return nil, fmt.Errorf("it is of kind %.80q, not %s", s.Kind, Kind)
	case s.APIVersion != APIVersion:
		return nil, fmt.Errorf("it is of version %.80q; this version reads %s", s.APIVersion, APIVersion)
	case s.CreatedAt.IsZero():
		return nil, errors.New("it has no time")
	case s.Clusters == nil:
		return nil, errors.New("it has no list of clusters")
	}
	for i := range s.Clusters {
		if a := &s.Clusters[i].Authorities; a.State == "" { // written before there were any
			a.Fact = UnknownFact("the snapshot does not have them", "take a new one: eksaccess snapshot --save FILE")
		}
		for _, f := range s.Clusters[i].facts() {
			if *f == kubeNotAskedBefore {
				*f = kubeNotAsked
			}
		}
		if err := s.Clusters[i].check(); err != nil {
			return nil, fmt.Errorf("cluster %d: %w", i+1, err)
		}
		s.Clusters[i].tidy()
	}
	if s.Asked == nil || s.NotRead == nil { // of an earlier version
		defer func() { s.Places(s.Asked, s.UnlistedRegions()) }()
	}
	slices.SortFunc(s.Clusters, func(a, b Cluster) int { return a.ID().Compare(b.ID()) })
	for i := 1; i < len(s.Clusters); i++ {
		if s.Clusters[i].ID() == s.Clusters[i-1].ID() {
			return nil, fmt.Errorf("cluster %q is in it twice", s.Clusters[i].ARN)
		}
	}
	return &s, nil
}

func (c *Cluster) check() error {
	id, err := arn.ParseCluster(c.ARN)
	if err != nil {
		return err
	}
	if id != c.ID() {
		return fmt.Errorf("%q and its name, region and account are of two clusters", c.ARN)
	}
	for _, f := range c.facts() {
		if f.State != Known && f.State != Unknown {
			return fmt.Errorf("%q: a state is %q, not known or unknown", c.ARN, f.State)
		}
	}
	return nil
}
