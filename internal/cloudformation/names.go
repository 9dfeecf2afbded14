package cloudformation

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/transfer"
)

// LogicalID is the name of an entry's resource: letters and digits, at most
// 255 (CloudFormation user guide, "Resources"). It depends on the principal
// alone, since another name is another resource to CloudFormation, which would
// make the new one and delete the old.
func LogicalID(e transfer.Entry) string {
	sum := sha256.Sum256([]byte(e.Principal))
	return "Entry" + camel(e.Name()) + strings.ToUpper(hex.EncodeToString(sum[:5]))
}

// camel keeps the letters and digits of a name: PlatformAdmin for
// platform-admin.
func camel(name string) string {
	var b strings.Builder
	up := true
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z' && up:
			b.WriteRune(r - 'a' + 'A')
			up = false
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			b.WriteRune(r)
			up = false
		default:
			up = true
		}
	}
	s := b.String()
	return s[:min(len(s), 200)]
}

// dynamic reports whether CloudFormation would put something else in place of
// a part of the entry (user guide, "dynamic references"). It can't be escaped.
func dynamic(e transfer.Entry) bool {
	texts := []string{e.Principal, e.Username}
	texts = append(texts, e.Groups...)
	for _, p := range e.Policies {
		texts = append(append(texts, p.ARN), p.Namespaces...)
	}
	for k, v := range e.Tags {
		texts = append(texts, k, v)
	}
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, "{{resolve:") })
}
