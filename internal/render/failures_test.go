package render

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/apply"
	"github.com/eksaccess/eksaccess/plan"
)

func denied(account, name string) *plan.Error {
	arn := "arn:aws:eks:eu-west-1:" + account + ":cluster/" + name
	return &plan.Error{
		Code:      "AccessDeniedException",
		Operation: "DescribeCluster",
		Resource:  arn,
		RequestID: "id-of-" + name,
		Message: "User: arn:aws:iam::" + account + ":user/u is not authorized to perform: eks:DescribeCluster on " +
			"resource: " + arn,
	}
}

func TestFailureSummary(t *testing.T) {
	expired := &plan.Error{Code: "ExpiredToken", Message: "the token is expired"}
	for _, test := range []struct {
		name string
		all  []Failure
		of   int
		want string
	}{
		{"one of one", []Failure{{"1", "r", "c", expired}}, 1, "plan failed in 1 of 1 cluster: ExpiredToken: the " +
			"token is expired"},
		{"one of several", []Failure{{"1", "r", "c", expired}}, 3, "plan failed in 1 of 3 clusters: ExpiredToken: " +
			"the token is expired (c)"},
		{"many with one error", []Failure{{"1", "r", "a", expired}, {"1", "r", "b", expired},
			{"1", "r", "c", expired}, {"1", "r", "d", expired}, {"1", "r", "e", expired}}, 5,
			"plan failed in 5 of 5 clusters: ExpiredToken: the token is expired (a, b, c and 2 more)"},
		{"one error about each cluster", []Failure{{"111122223333", "eu-west-1", "a", denied("111122223333", "a")},
			{"444455556666", "eu-west-1", "b", denied("444455556666", "b")}}, 2,
			"plan failed in 2 of 2 clusters: AccessDeniedException: User: arn:aws:iam::ACCOUNT:user/u is not " +
				"authorized to perform: eks:DescribeCluster on resource: arn:aws:eks:REGION:ACCOUNT:cluster/CLUSTER " +
				"(a, b)"},
		{"several errors", []Failure{{"1", "r", "a", expired},
			{"1", "r", "b", &plan.Error{Code: "Other", Message: "x"}}, {"1", "r", "c", expired}}, 9,
			"plan failed in 3 of 9 clusters: ExpiredToken (a, c); Other (b)"},
		{"hostile", []Failure{{"1", "r", "c", &plan.Error{Code: "##[error]x", Message: "::error::\x1b"}}}, 1, `plan failed in 1 of 1 cluster: #\x23[error]x: \x3a:error::\x1b`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, FailureSummary("plan failed", test.all, test.of)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// One error of 40 clusters is said once in every form for people, with the
// clusters.
func TestOneErrorOfManyClusters(t *testing.T) {
	var planned []plan.Cluster
	var applied []apply.ClusterResult
	for i := range 40 {
		account, name := fmt.Sprintf("11112222%04d", i), fmt.Sprintf("c%02d", i)
		e := denied(account, name)
		planned = append(
			planned,
			plan.Cluster{Name: name, Region: "eu-west-1", Account: account, Status: plan.Failed, Error: e},
		)
		applied = append(
			applied,
			apply.ClusterResult{Name: name, Region: "eu-west-1", Account: account, Status: apply.Failed, Error: e},
		)
	}
	for _, format := range []Format{Text, Markdown, GitHub} {
		for what, draw := range map[string]func(*bytes.Buffer) error{
			"plan": func(out *bytes.Buffer) error {
				return Plan(out, &plan.Plan{Clusters: planned}, Options{Format: format})
			},
			"result": func(out *bytes.Buffer) error {
				return Result(out, &apply.Result{Clusters: applied}, Options{Format: format})
			},
		} {
			var out bytes.Buffer
			if err := draw(&out); err != nil {
				t.Fatal(err)
			}
			text := out.String()
			if n := strings.Count(text, "AccessDeniedException"); n != 1 || strings.Count(text, "\n") > 20 {
				t.Errorf(
					"%s, %s: the error stands there %d times, in %d lines:\n%.1500s",
					what,
					format,
					n,
					strings.Count(text, "\n"),
					text,
				)
			}
			if !strings.Contains(strings.ReplaceAll(text, "%2C", ","), "c00, c01, c02") ||
				!strings.Contains(text, "40 clusters") {
				t.Errorf("%s, %s: the clusters are not named:\n%.1500s", what, format, text)
			}
		}
	}
}
