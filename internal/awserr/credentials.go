package awserr

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"

	"github.com/eksaccess/eksaccess/internal/fault"
)

// noCredentials is the end of the SDK's chain: nothing before it had any, and
// the last link, EC2's metadata service, doesn't answer on other machines.
func noCredentials(e *fault.Error, f facts, call Call) bool {
	if f.service != "ec2imds" && !strings.Contains(f.message, "EC2 IMDS role") &&
		f.code != "MissingAuthenticationToken" && f.code != "MissingAuthenticationTokenException" {
		return false
	}
	if f.status == 0 || f.service == "ec2imds" {
		e.Message = "no AWS credentials: not in the environment, not in a profile, and this machine has no role of " +
			"its own"
		if call.Profile != "" {
			e.Message = fmt.Sprintf(
				"profile %q has no AWS credentials, and this machine has no role of its own",
				call.Profile,
			)
		}
	}
	e.Code = fault.NoCredentials
	e.Operation, e.Resource = "", ""
	e.Hint = "choose a profile with --profile (\"aws configure list-profiles\" names them) or log in with \"aws sso " +
		"login" +
		ProfileFlag(
			call.Profile,
		) + "\"; check with \"aws sts get-caller-identity\""
	return true
}

// badProfile covers the shared configuration: no such profile, or one that
// can't be used.
func badProfile(e *fault.Error, f facts, call Call) bool {
	var absent config.SharedConfigProfileNotExistError
	var role config.SharedConfigAssumeRoleError
	var roleless config.CredentialRequiresARNError
	var file config.SharedConfigLoadError
	var mfa config.AssumeRoleTokenProviderNotSetError
	var process *processcreds.ProviderError
	switch {
	// Before the next, which a missing source_profile holds as well.
	case errors.As(f.err, &role), errors.As(f.err, &roleless), errors.As(f.err, &file):
		e.Code = fault.InvalidProfile
		e.Hint = "correct the profile in the shared config file; \"aws configure list" + ProfileFlag(
			call.Profile,
		) + "\" shows what it has"
	case errors.As(f.err, &absent):
		e.Code = fault.ProfileNotFound
		e.Message = fmt.Sprintf("this machine has no AWS profile %q", absent.Profile)
		e.Hint = "\"aws configure list-profiles\" names those it has; \"aws configure sso" + ProfileFlag(
			absent.Profile,
		) + "\" makes it"
	case errors.As(f.err, &mfa):
		e.Code = fault.InvalidProfile
		e.Message = fmt.Sprintf("profile %q asks for an MFA code", call.Profile)
		e.Hint = `get a session first: eval "$(aws configure export-credentials` + ProfileFlag(
			call.Profile,
		) + ` --format env)"`
	case errors.As(f.err, &process):
		// The SDK repeats what the program printed, which may be a credential.
		e.Code = fault.InvalidProfile
		e.Message = "the profile's credential_process failed or printed no credentials"
		e.Hint = "run it by hand; see \"aws configure get credential_process" + ProfileFlag(call.Profile) + "\""
	default:
		return false
	}
	e.Operation, e.Resource = "", ""
	return true
}

// The SDK has no types for these; the texts are those of its ssocreds and
// logincreds packages.
var loginTexts = regexp.MustCompile(
	`cached SSO token|SSO session has expired|refresh(?: cached)? SSO token|please reauthenticate|load login token`,
)

// loginExpired is a session of IAM Identity Center, or of "aws login", that is
// over.
func loginExpired(e *fault.Error, f facts, call Call) bool {
	var token *ssocreds.InvalidTokenError
	sso := f.service == "SSO" || f.service == "SSO OIDC"
	if !errors.As(f.err, &token) && !loginTexts.MatchString(f.err.Error()) &&
		(!sso || f.status != 401 && f.code != "InvalidGrantException" && f.code != "UnauthorizedException") {
		return false
	}
	e.Code = fault.LoginExpired
	e.Message = "the login session of the profile has expired or was never made"
	command := "aws sso login"
	if strings.Contains(f.err.Error(), "reauthenticate") || strings.Contains(f.err.Error(), "login token") {
		command = "aws login"
	}
	e.Operation, e.Resource = "", ""
	e.Hint = "log in again: " + command + ProfileFlag(call.Profile)
	return true
}

// badKey is a credential that AWS itself turns down
// (EKS and STS API references, Common Errors).
func badKey(e *fault.Error, f facts, call Call) bool {
	profile := ProfileFlag(call.Profile)
	switch f.code {
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		e.Hint = "the credentials are past their time; get new ones, for a login session with: aws sso login" + profile
	case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "AuthFailure":
		e.Hint = "AWS does not know this access key: it is deleted, inactive, mistyped or of another partition; see " +
			"\"aws configure list" + profile + "\""
	case "SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignature", "IncompleteSignature":
		e.Hint = "the secret key does not belong to the access key, or something on the way changes requests; see " +
			"\"aws configure list" + profile + "\""
	case "OptInRequired", "RegionDisabledException":
		e.Hint = "the region is not enabled for the account: aws account enable-region --region-name " + orUnknown(
			call.Cluster.Region,
		)
	default:
		return false
	}
	return true
}

// skewed is a clock that differs from AWS's by more than five minutes
// (IAM user guide, "Troubleshoot Signature Version 4 requests").
func skewed(e *fault.Error, f facts, _ Call) bool {
	fits := func(t text) bool { return t.fits(f.code, f.message) }
	if f.code != "RequestExpired" && f.code != "RequestTimeTooSkewed" && !slices.ContainsFunc(signatureTexts, fits) {
		return false
	}
	e.Code = fault.ClockSkew
	e.Hint = "set this machine's clock, by the network's time; see \"timedatectl\" or \"date -u\""
	return true
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9._/@+=:-]+$`)

// ProfileFlag is " --profile NAME", quoted for a shell, or "" for no profile: the
// end of an aws command in a hint.
func ProfileFlag(profile string) string {
	switch {
	case profile == "":
		return ""
	case plainWord.MatchString(profile):
		return " --profile " + profile
	}
	return " --profile '" + strings.ReplaceAll(profile, "'", `'\''`) + "'"
}
