package awsclient

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awserr"
	"github.com/eksaccess/eksaccess/internal/fault"
)

// A Session is a way to one cluster: clients for its region and account, and
// who it is that uses them.
type Session struct {
	Cluster arn.Cluster
	EKS     *eks.Client
	IAM     *iam.Client
	STS     *sts.Client

	Caller      Caller // whom EKS sees
	Base        Caller // before AssumeRole; the same where no role was assumed
	Profile     string // shared-config profile in use; "" for the SDK's chain
	AssumedRole string // ARN of the role assumed; "" for none

	// Config is what the clients are made from, for a presigned STS request.
	Config aws.Config
}

// A Caller is who GetCallerIdentity says is calling.
type Caller struct {
	ARN     string // of a user, or of an STS session
	Account string
	UserID  string // "AIDA…", or "AROA…:session"
}

// Is reports whether the caller is a session of the role. A session's ARN has
// no path, and needs none: role names are unique in an account
// (IAM user guide, "IAM and AWS STS quotas").
func (c Caller) Is(roleARN string) bool {
	session, err := arn.ParsePrincipal(c.ARN)
	if err != nil || session.Kind != arn.AssumedRole {
		return false
	}
	role, err := arn.ParsePrincipal(roleARN)
	return err == nil && role.Kind == arn.Role &&
		role.Partition == session.Partition && role.Account == session.Account && role.Name == session.Name
}

// createClients gives s its clients, in the region of its cluster.
func (c *Connector) createClients(s *Session, b base, credentials aws.CredentialsProvider) {
	cfg := b.configFor(s.Cluster.Region, credentials)
	s.Config = cfg
	s.STS = sts.NewFromConfig(c.withLimits(cfg, ""))
	s.EKS = eks.NewFromConfig(c.withLimits(cfg, "eks "+s.Cluster.Account+" "+s.Cluster.Region))
	s.IAM = iam.NewFromConfig(c.withLimits(cfg, "iam "+s.Cluster.Account))
}

// wrongAccount says that the credentials are of another account than the
// cluster's, and which line or flag would change that.
func wrongAccount(s *Session, t Target, options Options) *fault.Error {
	using := "the credentials of the SDK's chain (environment, default profile)"
	if s.Profile != "" {
		using = fmt.Sprintf("profile %q", s.Profile)
	}
	if s.AssumedRole != "" {
		using += fmt.Sprintf(" and role %q", s.AssumedRole)
	}
	hint := fmt.Sprintf(
		"set \"assumeRole: arn:%s:iam::%s:role/NAME\" or \"profile: NAME\" for this cluster, or pass --profile",
		t.Cluster.Partition,
		t.Cluster.Account,
	)
	switch {
	case t.AssumeRole != "" && options.NoAssumeRole:
		hint = fmt.Sprintf("without --no-assume-role, %q is assumed", t.AssumeRole)
	case options.Profile == "" && t.Profile != "" && s.Profile == "":
		hint = fmt.Sprintf(
			"the file's profile %q is not on this machine; make it with \"aws configure sso%s\", or pass --profile",
			t.Profile,
			awserr.ProfileFlag(t.Profile),
		)
	}
	return &fault.Error{
		Code:      fault.WrongAccount,
		Operation: "GetCallerIdentity",
		Resource:  t.Cluster.ARN(),
		Message: fmt.Sprintf("the cluster is in account %s, but the caller, by %s, is %q of account %s",
			t.Cluster.Account, using, s.Caller.ARN, s.Caller.Account),
		Hint: hint,
	}
}

// explain turns err into an [fault.Error] that knows the target.
func explain(err error, t Target, profile string) *fault.Error {
	return awserr.From(err, awserr.Call{Cluster: t.Cluster, Profile: profile, AssumeRole: t.AssumeRole})
}
