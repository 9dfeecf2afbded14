package awserr

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/eksaccess/eksaccess/internal/fault"
)

// partsOf is what an error says: the fields of a [fault.Error] where there is
// one, else what the SDK gave.
func partsOf(err error) (code, message string, status int) {
	if err == nil {
		return "", "", 0
	}
	var e *fault.Error
	if errors.As(err, &e) {
		return e.Code, e.Message, 0
	}
	f := read(err)
	return f.code, f.message, f.status
}

// IsThrottle reports whether AWS asked for fewer calls, in any of its
// spellings: EKS models ThrottlingException and sends
// TooManyRequestsException as well; IAM and STS say Throttling.
func IsThrottle(err error) bool {
	code, _, status := partsOf(err)
	return throttleCode(code) || status == http.StatusTooManyRequests
}

func throttleCode(code string) bool {
	_, known := retry.DefaultThrottleErrorCodes[code]
	return known || strings.Contains(strings.ToLower(code), "throttl") || strings.HasPrefix(code, "TooManyRequests")
}

// IsNoCluster reports whether the cluster is not there. It has the code of a
// missing entry and must never be taken for one.
func IsNoCluster(err error) bool {
	code, message, _ := partsOf(err)
	return noCluster(code, message)
}

// noCluster also takes other words for the cluster's own: texts are no
// contract, and a cluster that is not there must never pass for an entry that
// was deleted. EKS's words for a missing entry or policy name those.
func noCluster(code, message string) bool {
	if code == fault.ClusterNotFound {
		return true
	}
	text := strings.ToLower(message)
	return notFound(code) && strings.Contains(text, "cluster") && !namesEntry(text) && !namesPolicy(text)
}

func namesEntry(text string) bool {
	return strings.Contains(text, "principal") || strings.Contains(text, "access entr") ||
		strings.Contains(text, "accessentr") ||
		strings.Contains(text, "access-entr")
}

func namesPolicy(text string) bool { return strings.Contains(text, "policy") }

// IsNotFoundEntry reports whether the cluster has no access entry of the
// principal asked about.
func IsNotFoundEntry(err error) bool {
	code, message, _ := partsOf(err)
	return noEntry(code, message)
}

func noEntry(code, message string) bool {
	if noCluster(code, message) || !notFound(code) {
		return false
	}
	// What is left is the entry or, where the call named one, a policy.
	// TagResource and its like say NotFoundException, of the one ARN they are given.
	text := strings.ToLower(message)
	return namesEntry(text) || !namesPolicy(text)
}

func notFound(code string) bool {
	return code == "ResourceNotFoundException" || code == "NotFoundException"
}

// IsInUse reports whether the principal has an access entry already.
func IsInUse(err error) bool {
	code, message, _ := partsOf(err)
	return code == "ResourceInUseException" && !updateInProgress.fits(code, message)
}

// IsUpdateInProgress reports whether another update of the cluster is running;
// published clients expect either of two codes for it.
func IsUpdateInProgress(err error) bool {
	code, message, _ := partsOf(err)
	return updateInProgress.fits(code, message)
}

// IsInvalidPrincipal reports whether EKS could not find the principal in IAM:
// mistyped, deleted, or so new that EKS doesn't know it yet.
func IsInvalidPrincipal(err error) bool {
	code, message, _ := partsOf(err)
	return invalidPrincipal.fits(code, message)
}

// IsConfigMapMode reports whether the call was refused because the cluster is
// in mode CONFIG_MAP.
func IsConfigMapMode(err error) bool {
	code, message, _ := partsOf(err)
	return configMapMode.fits(code, message)
}

// IsStandardOnly reports whether the call was refused because the entry's type
// takes no policies.
func IsStandardOnly(err error) bool {
	code, message, _ := partsOf(err)
	return standardOnly.fits(code, message)
}

// IsNoSuchEntity reports whether IAM has no such role or user. The Go type of
// it has another name than the code.
func IsNoSuchEntity(err error) bool {
	code, _, _ := partsOf(err)
	return code == "NoSuchEntity" || code == "NoSuchEntityException"
}

// IsAccessDenied reports whether IAM said no, to the call or to assuming the
// role for it.
func IsAccessDenied(err error) bool {
	code, _, _ := partsOf(err)
	return isDenied(code) || code == fault.AssumeRoleRefused
}

// IsRetryable reports whether the same call may succeed a little later:
// throttling, a server's fault, a connection that broke, or no answer in time.
func IsRetryable(err error) bool {
	code, _, status := partsOf(err)
	switch {
	case throttleCode(code) || status >= 500 || status == http.StatusTooManyRequests:
		return true
	case code != "":
		switch code {
		case fault.ConnectionFailed, fault.Timeout,
			"ServerException", "ServiceUnavailable", "ServiceUnavailableException", "InternalFailure", "InternalError",
			"BadGateway", "GatewayTimeout", "RequestTimeout", "RequestTimeoutException":
			return true
		}
		return false
	}
	return err != nil && retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err).Bool()
}

// IsPermanent reports whether the same call cannot succeed a little later: the
// credentials, the permissions or the cluster would have to change first.
func IsPermanent(err error) bool {
	code, message, _ := partsOf(err)
	if isDenied(code) || noCluster(code, message) {
		return true
	}
	switch code {
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired",
		"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "AuthFailure",
		"SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignature", "IncompleteSignature",
		"MissingAuthenticationToken", "MissingAuthenticationTokenException", "RequestExpired", "RequestTimeTooSkewed",
		"OptInRequired", "RegionDisabledException", "ValidationError", "ValidationException",
		fault.ConnectedCluster, fault.ClusterNotActive, fault.WrongAccount, fault.NoCredentials, fault.ProfileNotFound,
		fault.InvalidProfile, fault.LoginExpired,
		fault.AssumeRoleRefused, fault.ClockSkew, fault.PrincipalNotFound, fault.PrincipalAmbiguous:
		return true
	}
	return false
}
