package ekssim

import (
	"fmt"

	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// Codes and their HTTP status. botocore service model 2017-11-01.
func invalidParameter(format string, args ...any) *awsapi.Error {
	return &awsapi.Error{Code: "InvalidParameterException", Status: 400, Message: fmt.Sprintf(format, args...)}
}

func invalidRequest(format string, args ...any) *awsapi.Error {
	return &awsapi.Error{Code: "InvalidRequestException", Status: 400, Message: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) *awsapi.Error {
	return &awsapi.Error{Code: "ResourceNotFoundException", Status: 404, Message: fmt.Sprintf(format, args...)}
}

func inUse(format string, args ...any) *awsapi.Error {
	return &awsapi.Error{Code: "ResourceInUseException", Status: 409, Message: fmt.Sprintf(format, args...)}
}

// limitExceeded is a 400, unlike in most services.
func limitExceeded(format string, args ...any) *awsapi.Error {
	return &awsapi.Error{Code: "ResourceLimitExceededException", Status: 400, Message: fmt.Sprintf(format, args...)}
}

// The tag operations have exception types of their own.
func tagBadRequest(format string, args ...any) *awsapi.Error {
	return &awsapi.Error{Code: "BadRequestException", Status: 400, Message: fmt.Sprintf(format, args...)}
}

func tagNotFound(format string, args ...any) *awsapi.Error {
	return &awsapi.Error{Code: "NotFoundException", Status: 404, Message: fmt.Sprintf(format, args...)}
}

// The table: texts EKS was seen to answer with, as third parties published
// them. Numbers are used in comments and tests.
const (
	// Row 1. terraform-aws-eks #2968, #3206; cdk-preflight.
	textEntryInUse = "The specified access entry resource is already in use on this cluster."
	// Row 2. terraform-provider-aws consts.go; terraform-aws-eks #2896.
	textInvalidPrincipal = "The specified principalArn is invalid: invalid principal."
	// Row 3. cdk-preflight; AWS re:Post on access entries.
	textPrincipalFormat = "The principalArn parameter format is not valid"
	// Row 4. cdk-preflight.
	textServiceLinked = "The caller is not allowed to modify access entries with a principalArn value of a Service " +
		"Linked Role"
	// Rows 5 and 6. cdk-preflight. HYPERPOD_LINUX is not in the list.
	textNodeAccount = "AccessEntry principalArn must be from the same account as the cluster when using types " +
		"[EC2_LINUX, EC2_WINDOWS, FARGATE_LINUX, HYBRID_LINUX, EC2]"
	textNodeRole = "AccessEntry principalArn must be IAM role when using types [EC2_LINUX, EC2_WINDOWS, " +
		"FARGATE_LINUX, HYBRID_LINUX, EC2]"
	// Rows 7 and 8. cdk-preflight.
	textNodeGroups = "The specified kubernetesGroups is invalid: setting kubernetesGroups is not allowed when the " +
		"type is %q"
	textNodeUsername = "The specified username is invalid: setting username is not allowed when the type is %q"
	// Row 9. cdk-preflight; AWS re:Post; containers-roadmap #185.
	textGroupPrefix = "The kubernetes group name %s is invalid, it cannot start with %s"
	// Row 10. cdk-preflight; cluster-api-provider-aws.
	textUsernamePrefix = "The username must not begin with %s"
	// Row 11. cdk-preflight; ACK eks-controller.
	textStandardOnly = `This operation can only be performed on Access Entries with a type of "STANDARD".`
	// Row 12. terraform-provider-aws #35535.
	textNoEntry = "The specified principalArn could not be found. You can view your available access entries with " +
		"'list-access-entries'."
	// Rows 13 to 16. cdk-preflight.
	textNoPolicy = "The specified policyArn could not be found. You can view your available access policies " +
		"with 'list-access-policies'"
	textPolicyFormat     = "The policyArn parameter format is not valid"
	textNamespaceNeeded  = "At least 1 namespace must be provided if the type is set as namespace"
	textNamespaceRefused = "accessScope should not include namespaces if the type is not set as namespace"
	// Row 17. terraform-aws-eks #2969; ACK eks-controller; EKS workshop.
	textModeNeeded = "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform " +
		"this operation."
	// Row 18. terraform-aws-eks #3047; ACK eks-controller.
	textModeUpdate = "Unsupported authentication mode update from %s to %s"
	// Rows 19 and 22 are CreateCluster's, published without their origin; a
	// seed that breaks them is refused with the same words.
	textBootstrapNeeded = "bootstrapClusterCreatorAdminPermissions must be true if cluster authentication mode is " +
		"set to CONFIG_MAP"
	textAutoModeNeedsAPI = "When EKS Auto Mode is enabled, you must use an EKS access config authentication mode of " +
		"API_AND_CONFIG_MAP or API"
	// Row 20. containers-roadmap #2638 (of a CertificateAuthorityUpdate); ACK
	// eks-controller.
	textUpdateRunning = "Cannot %s because cluster %s currently has update %s in progress"
	// Row 21.
	textOneUpdate = "Only one type of update can be allowed."
	// Row 23.
	textNoCluster = "No cluster found for name: %s."
	// Row 24.
	textClusterName = `The clusterName parameter contains invalid characters. It should conform to the regular expression "^[0-9A-Za-z][A-Za-z0-9-_]*"`
)
