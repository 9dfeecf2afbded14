package awserr

import (
	"slices"
	"strings"
)

// A text is a message of AWS that tells apart what has one code. Texts are no
// contract, so a code decides wherever AWS has one; all that is recognised by
// its text stands in this file, loginTexts, notAuthorized, denyIn, noneAllows
// and the words for what was not found excepted, which are beside their use.
type text struct {
	codes []string // any of them
	parts []string // of the message, all of them
}

func (t text) fits(code, message string) bool {
	lacks := func(part string) bool { return !strings.Contains(message, part) }
	return slices.Contains(t.codes, code) && !slices.ContainsFunc(t.parts, lacks)
}

// EKS's own words, as published in issues of terraform-provider-aws,
// terraform-aws-eks and aws-controllers-k8s, and in cdk-preflight (deploy
// results of 2026-09-25).
var (
	updateInProgress = text{
		codes: []string{"ResourceInUseException", "InvalidRequestException"}, // published clients expect either
		parts: []string{"has update", "in progress"},
	}
	invalidPrincipal = text{
		codes: []string{"InvalidParameterException"},
		parts: []string{"principalArn is invalid"},
	}
	standardOnly = text{
		codes: []string{"InvalidParameterException"},
		parts: []string{`with a type of "STANDARD"`},
	}
	configMapMode = text{
		codes: []string{"InvalidRequestException"},
		parts: []string{"authentication mode must be set"},
	}
)

// signatureTexts are about the time of a request that is signed
// (IAM user guide, "Troubleshoot Signature Version 4 requests").
var signatureTexts = []text{
	{codes: signatureCodes, parts: []string{"Signature expired"}},
	{codes: signatureCodes, parts: []string{"Signature not yet current"}},
}

var signatureCodes = []string{"InvalidSignatureException", "SignatureDoesNotMatch", "InvalidSignature"}
