package live

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/eksaccess/eksaccess/internal/awserr"
)

// pages collects the items of all pages. The end is an empty token and nothing
// else: a page may be short or empty with more to come (EKS and IAM API
// references, nextToken and Marker). A token that comes twice would never end
// and is an error.
func pages[T any](page func(token *string) ([]T, *string, error)) ([]T, error) {
	var all []T
	var token *string
	seen := map[string]bool{}
	for {
		items, next, err := page(token)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		switch {
		case aws.ToString(next) == "":
			return all, nil
		case seen[*next]:
			return nil, &awserr.Error{
				Code:    awserr.Unexpected,
				Message: "the list has no end: a page points back to an earlier one",
				Hint:    "try again; if it stays so, check AWS_ENDPOINT_URL",
			}
		}
		seen[*next] = true
		token = next
	}
}
