package arns

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
)

// Ids are derived from the seed and a counter, so that two runs of the same
// script print the same ones and goldens can hold them.

// UniqueID returns an id in IAM's form: AROA for roles, AIDA for users, ASIA
// for temporary keys, and 17 more characters.
func UniqueID(prefix string, parts ...any) string {
	sum := Digest(parts...)
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

// UUID returns a version-4 shaped UUID.
func UUID(parts ...any) string {
	b := Digest(parts...)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// Digest returns the hash of the parts, from which all made-up values derive.
func Digest(parts ...any) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%v", parts))
}
