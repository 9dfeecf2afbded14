// Package awsapi has what the simulated APIs of EKS, IAM and STS share: the form
// of an error, and the tokens of pages.
package awsapi

import (
	"encoding/base64"
	"strconv"
)

// An Error is a refusal as AWS words it. Where a code differs between
// EKS's JSON and the query protocol of STS and IAM, the front end picks.
type Error struct {
	Code    string
	Status  int
	Message string
}

// SealToken returns a token for pages that is opaque, as those of AWS are.
func SealToken(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// OpenToken returns the text of a token, or "" if it is not valid.
func OpenToken(s string) string {
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return ""
	}
	return string(text)
}

// ParseCount reads a number from low to high.
func ParseCount(s string, low, high int) (int, error) {
	n, err := strconv.Atoi(s)
	if err == nil && (n < low || n > high) {
		err = strconv.ErrRange
	}
	return n, err
}
