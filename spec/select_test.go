package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSelect(t *testing.T) {
	fleet, problems := Load([]Source{source("a.yaml",
		"defaults: {region: eu-west-1}",
		"clusters:",
		`  - {name: prod, account: "111122223333", labels: {env: prod, wave: "2"}}`,
		`  - {name: prod, account: "444455556666", labels: {env: prod, wave: "1"}}`,
		`  - {name: staging, account: "111122223333", labels: {env: staging}}`,
		`  - {name: dev, account: "111122223333"}`,
	)})
	if problems.Failed() {
		t.Fatal(problems)
	}
	for _, test := range []struct {
		name   string
		sel    Selection
		want   string // clusters, or the error with its hint
		reason string
	}{
		{"everything", Selection{}, "1/dev 1/prod 1/staging 4/prod", "in the fleet's order"},
		{"name", Selection{Clusters: []string{"prod"}}, "1/prod 4/prod", "a name may be that of several"},
		{"path", Selection{Clusters: []string{"444455556666/eu-west-1/prod"}}, "4/prod", ""},
		{"ARN", Selection{Clusters: []string{"arn:aws:eks:eu-west-1:444455556666:cluster/prod"}}, "4/prod", ""},
		{"glob over names", Selection{Clusters: []string{"*d*"}}, "1/dev 1/prod 4/prod", "prod has a d too"},
		{"glob over paths", Selection{Clusters: []string{"111122223333/*"}}, "1/dev 1/prod 1/staging", ""},
		{"two globs", Selection{Clusters: []string{"dev", "staging"}}, "1/dev 1/staging", "--cluster adds up"},
		{"typo", Selection{Clusters: []string{"prdo", "dev"}},
			`no cluster matches --cluster "prdo"; did you mean "prod"?`, "each must match"},
		{"nothing near", Selection{Clusters: []string{"x"}},
			`no cluster matches --cluster "x"; the clusters are dev, prod, staging; write a name, ACCOUNT/REGION/NAME or ARN; * matches any characters`, ""},
		{"empty", Selection{Clusters: []string{""}},
			`no cluster matches --cluster ""; the clusters are dev, prod, staging; write a name, ACCOUNT/REGION/NAME or ARN; * matches any characters`, "an unset variable in a script must not mean all"},
		{"label", Selection{Selectors: []string{"env=prod"}}, "1/prod 4/prod", ""},
		{"label as kubectl writes it", Selection{Selectors: []string{"env==prod"}}, "1/prod 4/prod", ""},
		{"not", Selection{Selectors: []string{"wave!=2"}}, "1/dev 1/staging 4/prod", "who has no wave is not in wave " +
			"2, as in Kubernetes"},
		{"has", Selection{Selectors: []string{"env"}}, "1/prod 1/staging 4/prod", ""},
		{"has not", Selection{Selectors: []string{"!env"}}, "1/dev", ""},
		{"comma", Selection{Selectors: []string{"env=prod, wave!=2"}}, "4/prod", "and"},
		{"repeated", Selection{Selectors: []string{"env=prod", "wave!=2"}}, "4/prod", "and; the flag library splits " +
			"at commas"},
		{"both", Selection{Clusters: []string{"111122223333/*"}, Selectors: []string{"env=prod"}}, "1/prod", "and"},
		{"none has both", Selection{Clusters: []string{"dev"}, Selectors: []string{"env=prod"}}, "no cluster matches " +
			"all of --cluster and --selector; choose a cluster that matches one --cluster and every --selector", ""},
		{"unknown label", Selection{Selectors: []string{"evn=prod"}},
			`no cluster matches --selector "evn=prod"; did you mean "env"?`, ""},
		{"unknown value", Selection{Selectors: []string{"env=prd"}},
			`no cluster matches --selector "env=prd"; did you mean "prod"?`, ""},
		{"far value", Selection{Selectors: []string{"env=testing1"}},
			`no cluster matches --selector "env=testing1"; env is one of prod, staging`, ""},
		{"far label", Selection{Selectors: []string{"team=x"}},
			`no cluster matches --selector "team=x"; the clusters have the labels env, wave`, ""},
		{"no selector", Selection{Selectors: []string{"env in (a)"}},
			`"env in (a)" is not a selector; write it like "env=prod", "wave!=2" or "env"`, ""},
		{"empty selector", Selection{Selectors: []string{""}},
			`"" is not a selector; write it like "env=prod", "wave!=2" or "env"`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			clusters, err := fleet.Select(test.sel)
			var got []string
			for _, c := range clusters {
				got = append(got, c.ID.Account[:1]+"/"+c.ID.Name)
			}
			if err != nil {
				for _, p := range err.(Problems).Errors {
					got = append(got, p.Summary+"; "+p.Hint)
				}
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s%s", diff, test.reason)
			}
		})
	}
}
