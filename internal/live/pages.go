package live

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/eksaccess/eksaccess/internal/fault"
)

// eachPage reads the pages of a list; page reads one and returns the token of the
// next. Only an empty token is the end: a page may be short or empty with more to
// come (EKS and IAM API references, nextToken and Marker). A token that comes twice
// is an error, since the list would never end, and so are more than maxPages.
func eachPage(page func(token *string) (next *string, err error)) error {
	var token *string
	seen := map[string]bool{}
	for n := 1; ; n++ {
		next, err := page(token)
		switch {
		case err != nil:
			return err
		case aws.ToString(next) == "":
			return nil
		case n == maxPages:
			return &fault.Error{
				Code:    fault.Unexpected,
				Message: fmt.Sprintf("the list has no end: it has more than %d pages", maxPages),
				Hint:    "try again; if it stays so, check AWS_ENDPOINT_URL",
			}
		case seen[*next]:
			return &fault.Error{
				Code:    fault.Unexpected,
				Message: "the list has no end: a page points back to an earlier one",
				Hint:    "try again; if it stays so, check AWS_ENDPOINT_URL",
			}
		}
		seen[*next] = true
		token = next
	}
}

// maxPages is enough for the largest list, the 3,000 access entries of a
// cluster (EKS user guide, service quotas) and some 5,000 roles of an account
// (IAM user guide, quotas), with one or two items a page.
const maxPages = 3000

// maxItems is many times the size of any such list.
const maxItems = 100_000

func limitError(n int) error {
	if n <= maxItems {
		return nil
	}
	return &fault.Error{Code: fault.Unexpected, Hint: "check AWS_ENDPOINT_URL",
		Message: fmt.Sprintf("the list has more than %d items", maxItems)}
}

// collectPages collects the items of all pages.
func collectPages[T any](page func(token *string) ([]T, *string, error)) ([]T, error) {
	var all []T
	err := eachPage(func(token *string) (*string, error) {
		items, next, err := page(token)
		all = append(all, items...)
		if err == nil {
			err = limitError(len(all))
		}
		return next, err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
