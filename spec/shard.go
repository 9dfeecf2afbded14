package spec

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// A Shard is one of Count parts of a fleet, the one of number Index, from 0.
// Each cluster is in exactly one of them, and in which depends on its ARN alone:
// clusters that come and go move no others.
type Shard struct{ Index, Count int }

const shardHint = "write --shard 0/4, 1/4, 2/4, 3/4 for four parts"

// ParseShard reads "I/N".
func ParseShard(text string) (Shard, error) {
	index, count, ok := strings.Cut(text, "/")
	i, errIndex := strconv.Atoi(index)
	n, errCount := strconv.Atoi(count)
	switch {
	case !ok || errIndex != nil || errCount != nil || n < 1 || i < 0:
		return Shard{}, problemf(shardHint, "--shard %q is not INDEX/COUNT", text)
	case i >= n:
		return Shard{}, problemf(
			shardHint,
			"--shard %q: parts are counted from 0, so the last of %d is %d/%d",
			text,
			n,
			n-1,
			n,
		)
	}
	return Shard{i, n}, nil
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Count) }

// Holds reports whether the cluster is in this part.
func (s Shard) Holds(id arn.Cluster) bool {
	sum := sha256.Sum256([]byte(id.ARN()))
	return binary.BigEndian.Uint64(sum[:8])%uint64(s.Count) == uint64(s.Index)
}

// Of returns the clusters of this part, in their order. There may be none.
func (s Shard) Of(clusters []*Cluster) []*Cluster {
	part := []*Cluster{}
	for _, c := range clusters {
		if s.Holds(c.ID) {
			part = append(part, c)
		}
	}
	return part
}
