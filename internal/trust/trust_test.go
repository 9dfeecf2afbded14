package trust

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	const own, role = "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/x"
	const github = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
	const irsa = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF"
	const saml = "arn:aws:iam::111122223333:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"
	allow := func(principal, action string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":` +
			action + `}]}`
	}
	const assume = `"sts:AssumeRole"`
	tests := []struct {
		name, document string
		want           []string // kind and who
		class          Class
	}{
		{"bare star", allow(`"*"`, assume), []string{"anyone *"}, People},
		{"star for AWS", allow(`{"AWS":"*"}`, assume), []string{"anyone *"}, People},
		{"root of an account", allow(`{"AWS":"`+own+`"}`, assume), []string{"account " + own}, People},
		{"number of an account", allow(`{"AWS":"111122223333"}`, assume), []string{"account 111122223333"}, People},
		{
			"list",
			allow(`{"AWS":["`+own+`","`+role+`"]}`, `["sts:AssumeRole","sts:TagSession"]`),
			[]string{"account " + own, "principal " + role},
			People,
		},
		{"deleted principal", allow(`{"AWS":"AROAEXAMPLEEXAMPLE00"}`, assume), nil, NoOne},
		{
			"wildcard in an ARN",
			allow(`{"AWS":"arn:aws:iam::111122223333:role/*"}`, assume),
			[]string{"unknown arn:aws:iam::111122223333:role/*"},
			People,
		},
		{
			"instances",
			allow(`{"Service":"ec2.amazonaws.com"}`, assume),
			[]string{"service ec2.amazonaws.com"},
			Automation,
		},
		{
			"instances in China",
			allow(`{"Service":"ec2.amazonaws.com.cn"}`, assume),
			[]string{"service ec2.amazonaws.com.cn"},
			Automation,
		},
		{
			"capability",
			allow(`{"Service":"capabilities.eks.amazonaws.com"}`, `["sts:AssumeRole","sts:TagSession"]`),
			[]string{"service capabilities.eks.amazonaws.com"},
			AWSServices,
		},
		{"service and jobs", allow(`{"Service":["eks.amazonaws.com","codebuild.amazonaws.com"]}`, assume),
			[]string{"service eks.amazonaws.com", "service codebuild.amazonaws.com"}, Automation},
		{
			"pods",
			allow(`{"Service":"pods.eks.amazonaws.com"}`, `["sts:AssumeRole","sts:TagSession"]`),
			[]string{"service-account pods.eks.amazonaws.com"},
			Automation,
		},
		{
			"IRSA",
			allow(`{"Federated":"`+irsa+`"}`, `"sts:AssumeRoleWithWebIdentity"`),
			[]string{"service-account " + irsa},
			Automation,
		},
		{
			"GitHub",
			allow(`{"Federated":"`+github+`"}`, `"sts:AssumeRoleWithWebIdentity"`),
			[]string{"oidc " + github},
			Automation,
		},
		{
			"SAML",
			allow(`{"Federated":"`+saml+`"}`, `["sts:AssumeRoleWithSAML","sts:TagSession"]`),
			[]string{"saml " + saml},
			People,
		},
		{"action of another kind", allow(`{"Federated":"`+saml+`"}`, assume), nil, NoOne},
		{"action pattern in any case", allow(`{"AWS":"`+own+`"}`, `"STS:assume*"`), []string{"account " + own}, People},
		{"only tags", allow(`{"AWS":"`+own+`"}`, `"sts:TagSession"`), nil, NoOne},
		{
			"account access manager",
			allow(`{"Service":"account-access.amazonaws.com"}`, `["sts:AssumeRole","sts:SetContext"]`),
			[]string{"identity-center account-access.amazonaws.com"},
			People,
		},
		{
			"NotPrincipal",
			`{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"` + role + `"},"Action":"sts:AssumeRole"}}`,
			[]string{"anyone NotPrincipal"},
			People,
		},
		{
			"NotAction",
			`{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + role + `"},"NotAction":"sts:TagSession"}}`,
			[]string{"principal " + role},
			People,
		},
		{"Deny alone", `{"Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}}`, nil, NoOne},
		{"form of no kind", allow(`{"CanonicalUser":"x"}`, assume), []string{"unknown x"}, People},
	}
	for _, tt := range tests {
		for form, document := range map[string]string{"plain": tt.document, "encoded": url.PathEscape(tt.document)} {
			t.Run(tt.name+" "+form, func(t *testing.T) {
				p, err := Parse(document)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, s := range p.Statements {
					got = append(got, string(s.Kind)+" "+s.Who)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("statements (-want +got):\n%s", diff)
				}
				if p.Class() != tt.class {
					t.Errorf("class %q, want %q", p.Class(), tt.class)
				}
			})
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, document := range []string{"", "%zz", "not JSON", `{}`, `{"Statement":[]}`, `{"Statement":5}`,
		`{"Statement":[{"Principal":7}]}`} {
		if p, err := Parse(document); err == nil {
			t.Errorf("%q is read as %+v", document, p)
		}
	}
}

func TestConditionsAndServices(t *testing.T) {
	p, err := Parse(
		`{"Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","eks-fargate-pods.amazonaws.com"]},
		"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:SecureTransport":true},"ArnLike":{"aws:SourceArn":["a","b"]}}},
		{"Effect":"Deny","Principal":"*","Action":"sts:*"}]}`,
	)
	if err != nil {
		t.Fatal(err)
	}
	want := []Condition{
		{"ArnLike", "aws:SourceArn", []string{"a", "b"}},
		{"Bool", "aws:SecureTransport", []string{"true"}},
	}
	if diff := cmp.Diff(want, p.Statements[0].Conditions); diff != "" {
		t.Errorf("conditions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ec2", "eks-fargate-pods"}, p.Services()); diff != "" || !p.Denies {
		t.Errorf("services (-want +got):\n%s denies %v", diff, p.Denies)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"Statement":[{"Effect":"Allow","Principal":{"AWS":["*","AROAX"]},"Action":"sts:*"}]}`)
	f.Add("%7B%22Statement%22%3A%5B%7B%7D%5D%7D")
	f.Fuzz(func(t *testing.T, document string) {
		p, err := Parse(document)
		if err == nil && p.Statements == nil {
			t.Error("statements are nil")
		}
	})
}
