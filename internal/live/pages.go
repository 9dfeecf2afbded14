package live

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/eksaccess/eksaccess/internal/awserr"
)

// eachPage goes through the pages of a list; page does with its items what it
// wants and returns the token of the next. The end is an empty token and
// nothing else: a page may be short or empty with more to come (EKS and IAM API
// references, nextToken and Marker). A token that comes twice would never end
// and is an error.
func eachPage(page func(token *string) (next *string, err error)) error {
	var token *string
	seen := map[string]bool{}
	for {
		next, err := page(token)
		switch {
		case err != nil:
			return err
		case aws.ToString(next) == "":
			return nil
		case seen[*next]:
			return &awserr.Error{
				Code:    awserr.Unexpected,
				Message: "the list has no end: a page points back to an earlier one",
				Hint:    "try again; if it stays so, check AWS_ENDPOINT_URL",
			}
		}
		seen[*next] = true
		token = next
	}
}

// pages collects the items of all pages.
func pages[T any](page func(token *string) ([]T, *string, error)) ([]T, error) {
	var all []T
	err := eachPage(func(token *string) (*string, error) {
		items, next, err := page(token)
		all = append(all, items...)
		return next, err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}
