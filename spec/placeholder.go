package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/suggest"
)

// Placeholders may stand in every ARN of a file; the cluster they are read for
// fills them.
var placeholders = []string{"partition", "account", "region", "cluster"}

var placeholderText = regexp.MustCompile(`\$\{([^{}]*)\}?`)

func hasPlaceholder(s string) bool { return strings.Contains(s, "${") }

// fill puts the parts of id in place of the placeholders of s.
func fill(s string, id arn.Cluster) string {
	if !hasPlaceholder(s) {
		return s
	}
	return strings.NewReplacer("${partition}", id.Partition, "${account}", id.Account,
		"${region}", id.Region, "${cluster}", id.Name).Replace(s)
}

// example stands in for the clusters an ARN will be filled for, so that its
// form can be judged before there is one.
var example = arn.Cluster{Partition: "aws", Account: "111122223333", Region: "eu-west-1", Name: "cluster"}

// placeholderProblem says what is wrong with a placeholder of s, or "".
func placeholderProblem(s string) (summary, hint string) {
	for _, m := range placeholderText.FindAllStringSubmatch(s, -1) {
		switch {
		case !strings.HasSuffix(m[0], "}"):
			return fmt.Sprintf(
				"%.200q has a \"${\" without its \"}\"",
				s,
			), "write ${account}, or one of the others: ${partition}, ${region}, ${cluster}"
		case !slices.Contains(placeholders, m[1]):
			hint := suggest.DidYouMean("${"+m[1]+"}", []string{"${partition}", "${account}", "${region}", "${cluster}"})
			if hint == "" {
				hint = "the placeholders are ${partition}, ${account}, ${region} and ${cluster}"
			}
			return fmt.Sprintf("unknown placeholder %.80q", m[0]), hint
		}
	}
	return "", ""
}
