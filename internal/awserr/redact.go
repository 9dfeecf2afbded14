package awserr

import (
	"regexp"
	"strings"
)

// secrets are the forms in which a credential might stand in a message: a
// signature mismatch makes AWS repeat the canonical request, with the session
// token among its headers; a URL may be presigned; a proxy may echo a header.
var secrets = regexp.MustCompile(
	`(?i)(x-amz-(?:security-token|signature|credential|sso_bearer_token)["']?\s*[:=]\s*["']?|` +
		`authorization["']?\s*[:=]\s*(?:AWS4-HMAC-SHA256|Bearer|Basic)?\s*|` +
		`(?:secret_?access_?key|session_?token|access_?token|secret_?key|refresh_?token)["']?\s*[:=]\s*["']?|` +
		`\b(?:signature|credential)=|k8s-aws-v1\.)[^\s"'&,<>]+`,
)

// userInfo is the name and password in a URL.
var userInfo = regexp.MustCompile(`://[^/\s@]+@`)

// redact takes out of a message what might hold a credential.
func redact(s string) string {
	if i := strings.Index(s, "The Canonical String"); i >= 0 {
		s = strings.TrimSpace(s[:i])
	}
	s = userInfo.ReplaceAllString(s, "://…@")
	return secrets.ReplaceAllString(s, "$1…")
}
