package iam

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

type callerIdentity struct {
	XMLName xml.Name `xml:"GetCallerIdentityResult"`
	UserID  string   `xml:"UserId"`
	Account string   `xml:"Account"`
	ARN     string   `xml:"Arn"`
}

// getCallerIdentity: UserId is AROA…:session of a role, AIDA… of a user, the
// account of root. STS API reference.
func getCallerIdentity(r *Request) (any, *awsapi.Error) {
	return callerIdentity{UserID: r.Caller.userID, Account: r.Caller.Account.ID, ARN: r.Caller.ARN}, nil
}

type assumedRole struct {
	XMLName     xml.Name `xml:"AssumeRoleResult"`
	AccessKeyID string   `xml:"Credentials>AccessKeyId"`
	Secret      string   `xml:"Credentials>SecretAccessKey"`
	Token       string   `xml:"Credentials>SessionToken"`
	Expiration  string   `xml:"Credentials>Expiration"`
	ID          string   `xml:"AssumedRoleUser>AssumedRoleId"`
	ARN         string   `xml:"AssumedRoleUser>Arn"`
}

// botocore service model sts/2011-06-15.
var (
	sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	externalID  = regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`)
)

// assumeRole issues a key that acts as a session of the role from then on.
// The answer to a refused call is the same whether the role, the trust or the external
// id is missing: AccessDenied.
func assumeRole(r *Request) (any, *awsapi.Error) {
	arn, session := r.Form.Get("RoleArn"), r.Form.Get("RoleSessionName")
	a, ok := arns.Parse(arn)
	if !ok || a.Kind != "role" {
		return nil, validationError(arn + " is not a role")
	}
	if !sessionName.MatchString(session) {
		return nil, validationError("roleSessionName must be 2 to 64 characters of [\\w+=,.@-]")
	}
	if r.Form.Has("ExternalId") &&
		(len(r.Form.Get("ExternalId")) > 1224 || !externalID.MatchString(r.Form.Get("ExternalId"))) {
		return nil, validationError("externalId must be 2 to 1224 characters of [\\w+=,.@:/-]")
	}
	seconds := 3600
	if r.Form.Has("DurationSeconds") {
		n, err := awsapi.ParseCount(r.Form.Get("DurationSeconds"), 900, 43200)
		if err != nil {
			return nil, validationError("durationSeconds must be between 900 and 43200")
		}
		seconds = n
	}
	if r.Caller.Kind == "role" && seconds > 3600 {
		return nil, validationError(
			"the requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
		)
	}
	if r.Caller.Kind == "root" {
		return nil, &awsapi.Error{Code: "AccessDenied", Status: 403,
			Message: "Roles may not be assumed by root accounts."}
	}
	p, _ := r.Principal(arn)
	if p == nil || !p.canBeAssumedBy(r.Caller) || p.ExternalID != "" && p.ExternalID != r.Form.Get("ExternalId") {
		return nil, &awsapi.Error{Code: "AccessDenied", Status: 403,
			Message: fmt.Sprintf(
				"User: %s is not authorized to perform: sts:AssumeRole on resource: %s",
				r.Caller.ARN,
				arn,
			)}
	}
	cred := &Credential{
		AccessKeyID: r.World.NewAccessKeyID(),
		Principal:   arn, Account: a.Account, Session: session, BoundTo: p.ID,
		ExpiresAt: r.Time.Add(time.Duration(seconds) * time.Second),
	}
	r.Credentials[cred.AccessKeyID] = cred
	p.LastUsed = r.Time
	r.World.MarkChanged()
	issued := r.CallerOf(cred)
	return assumedRole{
		AccessKeyID: cred.AccessKeyID, Secret: "simulated", Token: "simulated",
		Expiration: cred.ExpiresAt.Format(time.RFC3339), ID: issued.userID, ARN: issued.ARN,
	}, nil
}

// canBeAssumedBy is a loose reading of a trust policy: no named principal means any.
func (p *Principal) canBeAssumedBy(c Caller) bool {
	for _, who := range p.AssumableBy {
		if who == c.Account.ID || arns.Match(who, c.ARN) || arns.Match(who, c.Base) {
			return true
		}
	}
	return len(p.AssumableBy) == 0
}
