package audit

import (
	"slices"
	"strings"
	"unicode"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// Nothing in IAM says whether a role is used by people or by machines. The role
// of a permission set is people's; of other principals the name is all there
// is, so rules that go by it say so.

// machineWords are words in the names of roles that run something.
var machineWords = []string{
	"ci",
	"cd",
	"cicd",
	"deploy",
	"deployer",
	"deployment",
	"bot",
	"robot",
	"automation",
	"automated",
	"runner",
	"pipeline",
	"pipelines",
	"svc",
	"lambda",
	"flux",
	"argo",
	"tofu",
	"oidc",
	"irsa",
	"eksaccess",
}

// machineNames are names of programs, wherever they stand in a name.
var machineNames = []string{
	"github",
	"gitlab",
	"jenkins",
	"terraform",
	"argocd",
	"circleci",
	"buildkite",
	"codebuild",
	"codepipeline",
	"atlantis",
	"spacelift",
	"pulumi",
	"crossplane",
	"bitbucket",
}

// isMachine guesses whether a principal is used by a program.
func isMachine(principal string) bool {
	p, err := arn.ParsePrincipal(principal)
	if err != nil || p.Name == "" {
		return false
	}
	if _, _, people := p.PermissionSet(); people {
		return false
	}
	name := strings.ToLower(p.Name)
	return slices.ContainsFunc(machineNames, func(s string) bool { return strings.Contains(name, s) }) ||
		slices.ContainsFunc(wordsOf(p.Name), func(w string) bool { return slices.Contains(machineWords, w) })
}

// wordsOf parts a name at what is no letter, and where a capital begins a word:
// "CIDeploy" is ci and deploy.
func wordsOf(name string) []string {
	var words []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
			word = nil
		}
	}
	letters := []rune(name)
	for i, r := range letters {
		if !unicode.IsLetter(r) {
			flush()
			continue
		}
		begins := unicode.IsUpper(r) && i > 0 &&
			(unicode.IsLower(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1]))
		if begins {
			flush()
		}
		word = append(word, r)
	}
	flush()
	return words
}

// sourceOf names where the people behind a principal log in, as far as the ARN
// tells: Identity Center, users of an account, or roles of an account, behind
// which may be anybody.
func sourceOf(principal, account string) (source string, told bool) {
	p, err := arn.ParsePrincipal(principal)
	if err != nil {
		return "", false
	}
	_, _, sso := p.PermissionSet()
	switch {
	case sso:
		return "IAM Identity Center", true
	case p.Kind == arn.User:
		return "IAM users of account " + p.Account, true
	case p.Account != account:
		return "account " + p.Account, true
	}
	return "", false
}
