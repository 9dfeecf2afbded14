package plan

import (
	"slices"

	"github.com/eksaccess/eksaccess/internal/eksfacts"
)

// NeedsAWSAuth reports whether the rows of aws-auth can change what a plan
// does to people: it creates or deletes entries of a cluster whose mode includes
// aws-auth, so that rows are hidden or take effect again. An entry that gives
// cluster admin hides nothing but node access, so an emergency grant alone does
// not need them.
func (c *Cluster) NeedsAWSAuth() bool {
	m := c.AuthenticationMode
	if c.Status == Failed || m == nil || m.Before == eksfacts.ModeAPI {
		return false
	}
	return slices.ContainsFunc(c.Changes, func(ch Change) bool {
		return slices.ContainsFunc(ch.Steps, func(s Step) bool {
			return s.Operation == DeleteAccessEntry ||
				s.Operation == CreateAccessEntry && !(ch.Emergency && ch.After.IsClusterAdmin())
		})
	})
}
