package ekssim_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

const bulk = `
accounts:
  - {id: "111122223333", roles: [{bulk: {prefix: team/r, count: 250}}, other]}
clusters:
  - name: dev
    entries:
      - {bulk: {prefix: team/r, count: 250}, policies: [AmazonEKSViewPolicy]}
      - {principal: role/other, policies: [{policy: AmazonEKSEditPolicy, namespaces: [x]}]}
`

func TestPaging(t *testing.T) {
	for _, settings := range []string{"", "settings: {shuffle: true, seed: 7}\n", "settings: {pageSize: 7, " +
		"iamPageSize: 9}\n"} {
		s := start(t, bulk+settings)
		c := eksAs(s, "AKIASIM111122223333")
		seen := map[string]int{}
		pages := 0
		p := eks.NewListAccessEntriesPaginator(c, &eks.ListAccessEntriesInput{ClusterName: aws.String("dev")})
		for p.HasMorePages() {
			out := must(p.NextPage(context.Background()))
			pages++
			for _, a := range out.AccessEntries {
				seen[a]++
			}
		}
		if len(seen) != 251 || pages < 3 {
			t.Errorf("%d entries on %d pages", len(seen), pages)
		}
		for a, n := range seen {
			if n != 1 {
				t.Errorf("%s came %d times", a, n)
			}
		}
		roles := map[string]bool{}
		input := &iam.ListRolesInput{PathPrefix: aws.String("/team/")}
		for p := iam.NewListRolesPaginator(iamAs(s, "AKIASIM111122223333"), input); p.HasMorePages(); {
			for _, r := range must(p.NextPage(context.Background())).Roles {
				roles[*r.RoleName] = true
			}
		}
		if len(roles) != 250 {
			t.Errorf("%d roles", len(roles))
		}
	}
}

// TestPagingWhileItChanges: entries that were there all along come once.
func TestPagingWhileItChanges(t *testing.T) {
	s := start(t, bulk)
	c := eksAs(s, "AKIASIM111122223333")
	seen := []string{}
	p := eks.NewListAccessEntriesPaginator(
		c,
		&eks.ListAccessEntriesInput{ClusterName: aws.String("dev"), MaxResults: aws.Int32(100)},
	)
	for n := 0; p.HasMorePages(); n++ {
		out := must(p.NextPage(context.Background()))
		seen = append(seen, out.AccessEntries...)
		if n == 0 {
			last := out.AccessEntries[len(out.AccessEntries)-1]
			if err := remove(c, "dev", last); err != nil {
				t.Fatal(err)
			}
		}
	}
	slices.Sort(seen)
	if len(slices.Compact(seen)) != 251 {
		t.Errorf("%d entries", len(seen))
	}
}

func TestPagingRefusals(t *testing.T) {
	s := start(t, bulk+"  - {name: two}\n")
	c := eksAs(s, "AKIASIM111122223333")
	list := func(in *eks.ListAccessEntriesInput) (*eks.ListAccessEntriesOutput, error) {
		return c.ListAccessEntries(context.Background(), in)
	}
	for _, n := range []int32{0, 101, -1} {
		_, err := list(&eks.ListAccessEntriesInput{ClusterName: aws.String("dev"), MaxResults: &n})
		wantRefusal(t, err, "InvalidParameterException 400 ekssim: maxResults must be between 1 and 100")
	}
	first := must(list(&eks.ListAccessEntriesInput{ClusterName: aws.String("dev")}))
	if len(first.AccessEntries) != 100 {
		t.Errorf("%d entries by default", len(first.AccessEntries))
	}
	for _, in := range []*eks.ListAccessEntriesInput{
		{ClusterName: aws.String("dev"), NextToken: aws.String("rubbish")},
		{ClusterName: aws.String("two"), NextToken: first.NextToken},
		{
			ClusterName: aws.String("dev"), NextToken: first.NextToken,
			AssociatedPolicyArn: aws.String(policy("AmazonEKSViewPolicy")),
		},
	} {
		_, err := list(in)
		wantRefusal(t, err, "InvalidParameterException 400 ekssim: nextToken is not valid")
	}
}

// TestFilterByPolicy: under any scope.
func TestFilterByPolicy(t *testing.T) {
	s := start(t, bulk)
	c := eksAs(s, "AKIASIM111122223333")
	for name, want := range map[string]int{
		"AmazonEKSViewPolicy":  250,
		"AmazonEKSEditPolicy":  1,
		"AmazonEKSAdminPolicy": 0,
	} {
		n := 0
		p := eks.NewListAccessEntriesPaginator(
			c,
			&eks.ListAccessEntriesInput{ClusterName: aws.String("dev"), AssociatedPolicyArn: aws.String(policy(name))},
		)
		for p.HasMorePages() {
			n += len(must(p.NextPage(context.Background())).AccessEntries)
		}
		if n != want {
			t.Errorf("%s: %d entries, want %d", name, n, want)
		}
	}
}

// TestListAccessPolicies: the list leaves some out that can be associated.
func TestListAccessPolicies(t *testing.T) {
	s := start(t, bulk+"settings: {pageSize: 5}\n")
	c := eksAs(s, "AKIASIM111122223333")
	var names []string
	for p := eks.NewListAccessPoliciesPaginator(c, &eks.ListAccessPoliciesInput{}); p.HasMorePages(); {
		for _, a := range must(p.NextPage(context.Background())).AccessPolicies {
			if want := policy(*a.Name); *a.Arn != want {
				t.Errorf("ARN %q, want %q", *a.Arn, want)
			}
			names = append(names, *a.Name)
		}
	}
	for _, name := range []string{"AmazonEKSClusterAdminPolicy", "AmazonEKSSecretAdminPolicy", "AmazonEMRJobPolicy",
		"AmazonEKSPodIdentityPolicy"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing", name)
		}
	}
	if len(names) != 33 { // as in a live list of April 2026
		t.Errorf("%d policies are listed", len(names))
	}
	for _, name := range []string{"AmazonEKSClusterInsightsPolicy", "AmazonPrometheusScraperPolicy",
		"AWSBackupFullAccessPolicyForBackup", "AWSBackupFullAccessPolicyForRestore",
		"AmazonSagemakerHyperpodInferenceMonitoringPolicy"} {
		if slices.Contains(names, name) {
			t.Errorf("%s is listed", name)
		}
	}
}

// TestShuffle: no order can be relied on, yet it is always the same one.
func TestShuffle(t *testing.T) {
	first := func(seed int) []string {
		s := start(t, fmt.Sprintf("%ssettings: {shuffle: true, seed: %d}\n", bulk, seed))
		return must(eksAs(s, "AKIASIM111122223333").ListAccessEntries(context.Background(),
			&eks.ListAccessEntriesInput{ClusterName: aws.String("dev")})).AccessEntries
	}
	one := first(1)
	if !slices.Equal(one, first(1)) || slices.Equal(one, first(2)) || slices.IsSorted(one) {
		t.Error("the order is not the seed's")
	}
}

func TestTags(t *testing.T) {
	ctx := context.Background()
	s := start(t, base+`
  - name: tagged
    entries: [{principal: role/a, tags: {"aws:eks:managed": "yes", team: x}}]
`)
	c := eksAs(s, adminK)
	e := must(describe(c, "tagged", arn("role/a")))
	tag := func(resource string, tags map[string]string) error {
		_, err := c.TagResource(ctx, &eks.TagResourceInput{ResourceArn: &resource, Tags: tags})
		return err
	}
	untag := func(resource string, keys ...string) error {
		_, err := c.UntagResource(ctx, &eks.UntagResourceInput{ResourceArn: &resource, TagKeys: keys})
		return err
	}
	many := map[string]string{}
	for i := range 49 {
		many[fmt.Sprint("k", i)] = ""
	}
	const bad, none = "BadRequestException 400 ekssim: ", "NotFoundException 404 ekssim: no resource found for ARN: "
	other := (*e.AccessEntryArn)[:len(*e.AccessEntryArn)-1] + "x"
	tests := []struct {
		err  error
		want string
	}{
		{tag(*e.AccessEntryArn, map[string]string{"a": "1", "Ünï code": "x@y.z:/+-=_"}), ""},
		{tag(*e.AccessEntryArn, map[string]string{"A": "2"}), ""},
		{untag(*e.AccessEntryArn, "team", "not there"), ""},
		{tag(*e.AccessEntryArn, map[string]string{"AWS:x": ""}), bad + `the tag "AWS:x": the prefix aws: is reserved`},
		{untag(*e.AccessEntryArn, "aws:eks:managed"), bad + `the tag "aws:eks:managed": the prefix aws: is reserved`},
		{
			tag(*e.AccessEntryArn, map[string]string{"a": "b;c"}),
			bad + `the tag "a" has characters that are not allowed`,
		},
		{tag(*e.AccessEntryArn, map[string]string{}), bad + "at least one tag is needed"},
		{tag(*e.AccessEntryArn, many), bad + "a resource can have at most 50 tags"},
		{tag(other, map[string]string{"a": "b"}), none + other + "."},
		{untag(other, "a"), none + other + "."},
		{
			tag("arn:aws:s3:::x", map[string]string{"a": "b"}),
			bad + `"arn:aws:s3:::x" is not the ARN of an EKS resource`,
		},
		{tag("arn:aws:eks:eu-west-1:111122223333:cluster/dev", map[string]string{"a": "b"}), ""},
		{
			create(c, "dev", arn("role/b"), withTags(map[string]string{"aws:x": "y"})),
			"InvalidParameterException 400 ekssim: the tag \"aws:x\": the prefix aws: is reserved",
		},
	}
	for i, tt := range tests {
		if got := refusal(tt.err); got != tt.want {
			t.Errorf("%d: got %q, want %q", i, got, tt.want)
		}
	}
	want := map[string]string{"a": "1", "A": "2", "Ünï code": "x@y.z:/+-=_", "aws:eks:managed": "yes"}
	got := must(c.ListTagsForResource(ctx, &eks.ListTagsForResourceInput{ResourceArn: e.AccessEntryArn})).Tags
	if fmt.Sprint(got) != fmt.Sprint(want) ||
		fmt.Sprint(must(describe(c, "tagged", arn("role/a"))).Tags) != fmt.Sprint(want) {
		t.Errorf("tags %v", got)
	}
	calls := s.Calls(ekssim.CallFilter{Operation: "TagResource"})
	if calls[0].Cluster != "tagged" || calls[0].Principal != arn("role/a") {
		t.Errorf("the journal does not say whose tags these are: %+v", calls[0])
	}
}
