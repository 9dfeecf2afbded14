//go:build acceptance

package acceptance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// enough is where the search for a limit gives up.
const enough = 512

// most is the greatest count that try accepts, and how EKS words its refusal of
// one more: doubling until it refuses, then halving the gap.
func most(try func(n int) error) (string, error) {
	good, bad := 0, 0
	refusal := ""
	for n := 1; bad == 0 || bad-good > 1; {
		answer, err := verdict(try(n))
		switch {
		case err != nil:
			return "", err
		case answer == "accepted" && n >= enough:
			return fmt.Sprintf("at least %d", n), nil
		case answer == "accepted":
			good = n
		default:
			bad, refusal = n, answer
		}
		if n = 2 * good; bad > 0 {
			n = (good + bad) / 2
		} else if n == 0 {
			n = 1
		}
	}
	return fmt.Sprintf("%d; one more: %s", good, refusal), nil
}

func numberedNames(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s%d", prefix, i+1)
	}
	return out
}

func manyGroups(ctx context.Context, t *testing.T, s *site) (string, error) {
	if err := s.create(ctx, eks.CreateAccessEntryInput{}); err != nil {
		return "", err
	}
	return most(func(n int) error {
		_, err := s.eks.UpdateAccessEntry(
			ctx,
			&eks.UpdateAccessEntryInput{ClusterName: &s.cluster, PrincipalArn: &s.principal,
				KubernetesGroups: numberedNames("eksaccess-acceptance:", n)},
		)
		return err
	})
}

func manyNamespaces(ctx context.Context, t *testing.T, s *site) (string, error) {
	if err := s.create(ctx, eks.CreateAccessEntryInput{}); err != nil {
		return "", err
	}
	return most(func(n int) error {
		return s.associate(ctx, "AmazonEKSViewPolicy", numberedNames(namespace+"-",
			n)...)
	})
}

// manyPolicies associates all there are in a namespace that does not exist.
// What is refused for itself, as one for service-linked roles is, is counted
// apart from what is one too many: that is refused however it is called.
func manyPolicies(ctx context.Context, t *testing.T, s *site) (string, error) {
	if err := s.create(ctx, eks.CreateAccessEntryInput{}); err != nil {
		return "", err
	}
	var names []string
	pages := eks.NewListAccessPoliciesPaginator(s.eks, &eks.ListAccessPoliciesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, p := range page.AccessPolicies {
			names = append(names, aws.ToString(p.Name))
		}
	}
	slices.Sort(names)
	accepted, full := 0, ""
	for _, name := range names {
		answer, err := verdict(s.associate(ctx, name, namespace+"-none"))
		if err != nil {
			return "", err
		}
		switch {
		case answer == "accepted":
			accepted++
		case strings.HasPrefix(answer, "ResourceLimitExceeded"):
			full = "; one more: " + answer
		}
	}
	return fmt.Sprintf("%d of the %d that are listed, in one namespace%s", accepted, len(names), full), nil
}

// The search finds a limit wherever it is, and does not take an error for one.
func TestMost(t *testing.T) {
	for _, limit := range []int{0, 1, 2, 3, 7, 20, 100, enough - 1} {
		tries := 0
		got, err := most(func(n int) error {
			if tries++; n > limit {
				return refusal("TooMany", 400)
			}
			return nil
		})
		if want := fmt.Sprintf("%d; one more: TooMany 400: no", limit); err != nil || got != want || tries > 20 {
			t.Errorf("%q after %d tries, want %q; error %v", got, tries, want, err)
		}
	}
	if got, err := most(func(int) error { return nil }); err != nil || got != "at least 512" {
		t.Errorf("%q, %v", got, err)
	}
	for _, err := range []error{errors.New("no network"), refusal("AccessDeniedException", 403),
		refusal("ThrottlingException", 429), refusal("ServerException", 500)} {
		if got, told := most(func(int) error { return err }); told == nil {
			t.Errorf("%v is taken for %q", err, got)
		}
	}
	if code(refusal("X", 400)) != "X" || code(errors.New("no network")) != "" {
		t.Error("codes are not told")
	}
}

// refusal is an error as the SDK has it for one of AWS's.
func refusal(code string, status int) error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
		Err:      &smithy.GenericAPIError{Code: code, Message: "no"},
	}
}
