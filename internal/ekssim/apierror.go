package ekssim

import (
	"encoding/base64"
	"strconv"
)

// An apiError is a refusal as AWS words it. Where a code differs between
// EKS's JSON and the query protocol of STS and IAM, the front end picks.
type apiError struct {
	Code    string
	Status  int
	Message string
}

// Tokens are opaque to clients, so they do not look like what they hold.

func sealToken(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// openToken gives nothing for what is no token.
func openToken(s string) string {
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return ""
	}
	return string(text)
}

func parseCount(s string, low, high int) (int, error) {
	n, err := strconv.Atoi(s)
	if err == nil && (n < low || n > high) {
		err = strconv.ErrRange
	}
	return n, err
}
