package eksfacts

import "regexp"

// Names as IAM and Identity Center take them (IAM service model 2010-05-08,
// roleNameType and existingUserNameType; Identity Center service model
// 2020-07-20, PermissionSetName).
const (
	MaxRoleName      = 64
	MaxUserName      = 128
	MaxPermissionSet = 32
)

// IAMNameCharacters says in words what such a name may hold.
const IAMNameCharacters = "letters, digits and _ + = , . @ -"

var iamName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]+$`)

// IsIAMName reports whether s may be a name of at most longest characters.
func IsIAMName(s string, longest int) bool { return len(s) <= longest && iamName.MatchString(s) }

var iamPath = regexp.MustCompile(`^/([!-~]+/)?$`)

// IsIAMPath reports whether s may be the path of a role or user (IAM service
// model, pathType).
func IsIAMPath(s string) bool { return len(s) <= 512 && iamPath.MatchString(s) }

// ExternalIDCharacters says in words what an external id may hold.
const ExternalIDCharacters = "letters, digits and _ + = , . @ : / -"

var externalID = regexp.MustCompile(`^[A-Za-z0-9_+=,.@:/-]+$`)

// IsExternalID reports whether STS takes s as an external id (STS service
// model 2011-06-15, externalIdType).
func IsExternalID(s string) bool {
	return len(s) >= 2 && len(s) <= 1224 && externalID.MatchString(s)
}
