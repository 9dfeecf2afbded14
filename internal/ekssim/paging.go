package ekssim

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// page cuts a list to what was asked for. A token names the last key given
// out, so that a list that changes between two pages neither repeats nor
// skips what was there all along; what binds it to its operation and filter
// is in it too. maxResults: botocore service model 2017-11-01. [U] the texts.
func (c *call) page(keys []string, filter string) (page []string, next string, _ *awsapi.Error) {
	q := c.r.URL.Query()
	size := 100
	if q.Has("maxResults") {
		n, err := awsapi.ParseCount(q.Get("maxResults"), 1, 100)
		if err != nil {
			return nil, "", invalidParameter("ekssim: maxResults must be between 1 and 100")
		}
		size = n
	}
	if limit := c.st.settings.PageSize; limit > 0 {
		size = min(size, limit)
	}
	bound := strings.Join([]string{c.op.name, c.Region, c.Cluster, filter}, "\n") + "\n"
	if token := q.Get("nextToken"); token != "" {
		last, ok := strings.CutPrefix(awsapi.OpenToken(token), bound)
		if !ok {
			return nil, "", invalidParameter("ekssim: nextToken is not valid")
		}
		keys = keys[c.st.after(keys, last):]
	}
	if len(keys) <= size {
		return keys, "", nil
	}
	return keys[:size], awsapi.SealToken(bound + keys[size-1]), nil
}

// after is the index of the first key behind last, which may be gone by now.
func (st *state) after(keys []string, last string) int {
	if i := slices.Index(keys, last); i >= 0 {
		return i + 1
	}
	for i, k := range keys {
		if st.compareKeys(k, last) > 0 {
			return i
		}
	}
	return len(keys)
}

// compareKeys is the order of lists: by text, or none that helps if the world
// says so, since EKS promises none.
func (st *state) compareKeys(a, b string) int {
	if st.settings.Shuffle {
		return cmp.Or(cmp.Compare(order(st.settings.Seed, a), order(st.settings.Seed, b)), strings.Compare(a, b))
	}
	return strings.Compare(a, b)
}

func (st *state) sortKeys(keys []string) []string {
	slices.SortFunc(keys, st.compareKeys)
	return keys
}

func listAnswer(member string, items any, next string) map[string]any {
	out := map[string]any{member: items}
	if next != "" {
		out["nextToken"] = next
	}
	return out
}

// isHidden says that something made at t is too fresh to be seen. User guide:
// creating-access-entries, entries are eventually consistent.
func (c *call) isHidden(t time.Time) bool { return c.lag > 0 && c.Time.Sub(t) < c.lag }

// order is a pseudo-random sort key for s.
func order(seed int64, s string) uint64 {
	sum := arns.Digest(seed, s)
	return binary.BigEndian.Uint64(sum[:8])
}
