package rescue

import (
	"fmt"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// WhereElse is the hint for a cluster that is not where it was looked for: the
// regions that have one of its name, or names like it, and how many regions
// could not be asked; else what the error said already.
func WhereElse(id arn.Cluster, regions, near []string, unasked int, said string) string {
	rest := ""
	if unasked > 0 {
		rest = fmt.Sprintf("; %d regions did not answer or are not allowed (eks:ListClusters)", unasked)
	}
	switch {
	case len(regions) > 0:
		return fmt.Sprintf(
			"account %s has a cluster %q in %s: pass --region %s%s",
			id.Account,
			id.Name,
			strings.Join(regions, ", "),
			regions[0],
			rest,
		)
	case len(near) > 0:
		return fmt.Sprintf(
			"did you mean %s? No region asked has a cluster %q%s",
			strings.Join(near, " or "),
			id.Name,
			rest,
		)
	case unasked > 0:
		return said + rest
	}
	return fmt.Sprintf(
		"account %s has no cluster %q in any region; see who is calling with: aws sts get-caller-identity",
		id.Account,
		id.Name,
	)
}
