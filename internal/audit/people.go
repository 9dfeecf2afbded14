package audit

import (
	"slices"
	"strings"
	"unicode"

	"github.com/eksaccess/eksaccess/internal/arn"
)

// IAM does not record whether people or programs use a role. People use the role
// of a permission set; for other principals there is only the name, and rules that
// use it say so.

// machineWords are words in the names of roles of programs.
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

// machineNames are names of programs, at any position in a name.
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

// isMachine reports whether the name of a principal is typical of a program.
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

// wordsOf splits a name at characters that are not letters and at capital letters
// that begin a word: "CIDeploy" has the words ci and deploy.
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

// sourceOf returns where the users of a principal log in, if its ARN shows that:
// IAM Identity Center, IAM users of an account, or another account.
func sourceOf(principal, account string) (source string, ok bool) {
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
