package trust

import (
	"slices"
	"strings"
)

// A Class says who stands behind a role, as far as a decision needs it: who
// can act with the role when access has to be repaired.
type Class string

const (
	People      Class = "people"     // accounts, principals, SAML, anyone, or a form that is not understood
	Automation  Class = "automation" // only jobs, instances, pods or the tokens of an OIDC issuer
	AWSServices Class = "service"    // only AWS services that act for themselves
	NoOne       Class = "no-one"
)

// Class returns the strongest class of the policy's statements.
func (p Policy) Class() Class {
	strongest := NoOne
	for _, s := range p.Statements {
		switch c := s.class(); {
		case c == People:
			return People
		case c == Automation || strongest == NoOne:
			strongest = c
		}
	}
	return strongest
}

func (s Statement) class() Class {
	switch s.Kind {
	case OIDC, ServiceAccount:
		return Automation
	case Service:
		if s.runsJobs() {
			return Automation
		}
		return AWSServices
	}
	return People
}

// jobServices run what a customer puts into them with the role that it names;
// any other service acts for itself (IAM user guide, "AWS services that work
// with IAM"; the guides of these services, "service role").
var jobServices = []string{
	"ec2",
	"ssm",
	"lambda",
	"codebuild",
	"codepipeline",
	"codedeploy",
	"ecs-tasks",
	"glue",
	"states",
	"batch",
	"cloudformation",
	"sagemaker",
	"scheduler",
	"events",
	"rolesanywhere",
	"codecatalyst-runner",
	"tasks.apprunner",
}

func (s Statement) runsJobs() bool {
	name, _, _ := strings.Cut(s.Who, ".amazonaws.")
	return slices.Contains(jobServices, name)
}

// Services returns the names of the AWS services that can assume the role,
// without their domain: "ec2", "eks-fargate-pods". Sorted.
func (p Policy) Services() []string {
	services := []string{}
	for _, s := range p.Statements {
		if name, _, ok := strings.Cut(s.Who, ".amazonaws."); ok && s.Kind != Principal {
			services = append(services, name)
		}
	}
	slices.Sort(services)
	return slices.Compact(services)
}
