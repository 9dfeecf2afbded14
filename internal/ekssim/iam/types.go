package iam

import (
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/seed"
)

// A Principal is an IAM role or user. As text it is "path/name".
type Principal struct {
	Name      string    `json:"name,omitempty"`
	Path      string    `json:"path,omitempty"` // "/" or "/a/b/"
	ID        string    `json:"id,omitempty"`   // AROA…, AIDA…
	CreatedAt time.Time `json:"createdAt,omitzero"`
	LastUsed  time.Time `json:"lastUsed,omitzero"`

	// Propagation makes EKS not know the principal yet, though IAM does.
	Propagation *Propagation `json:"propagation,omitempty"`
	// AssumableBy limits who may assume the role: globs over the ARN of the
	// caller or of the role behind a session, or account numbers. Empty means
	// anyone.
	AssumableBy []string `json:"assumableBy,omitempty"`
	ExternalID  string   `json:"externalId,omitempty"`
	// Trust is the trust policy of a role, as iam:GetRole and iam:ListRoles
	// return it.
	Trust TrustPolicy `json:"trust,omitempty"`
	// Denied holds for every credential of this principal, and so do Policies:
	// with any of these only what they allow is allowed.
	Denied   []Denial         `json:"denied,omitempty"`
	Policies []PolicyDocument `json:"policies,omitempty"`
	Bulk     *seed.Bulk       `json:"bulk,omitempty"`
}

// Propagation says how long EKS does not see a new principal: for so many
// CreateAccessEntry calls, or for a time. For is turned into Until when the
// world is loaded.
type Propagation struct {
	Calls int           `json:"calls,omitempty"`
	For   seed.Duration `json:"for,omitempty"`
	Until time.Time     `json:"until,omitzero"`
}

// A Denial refuses an action (a glob such as "eks:*AccessEntry"), on the
// resources that match if any are named. As text it is the action alone.
type Denial struct {
	Action   string `json:"action"`
	Resource string `json:"resource,omitempty"`
	// Explicit words the refusal as that of a Deny statement.
	Explicit bool `json:"explicit,omitempty"`
}

// A Credential is an access key and who it belongs to. No secret is kept.
type Credential struct {
	AccessKeyID string `json:"accessKeyId"`
	// Principal is the ARN of a role, a user or an account's root, or
	// role/…, user/… or root in the account named.
	Principal string    `json:"principal"`
	Account   string    `json:"account,omitempty"`
	Session   string    `json:"session,omitempty"` // roles; default "session"
	BoundTo   string    `json:"boundTo,omitempty"` // unique id of the principal when the key was issued
	Expired   bool      `json:"expired,omitempty"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
	Denied    []Denial  `json:"denied,omitempty"`

	Policies []PolicyDocument `json:"policies,omitempty"` // see Principal
}

// UnmarshalJSON reads a principal, or "path/name" for one with defaults.
func (p *Principal) UnmarshalJSON(data []byte) error {
	if text, ok := seed.Text(data); ok {
		path, name := arns.SplitPath(text)
		*p = Principal{Name: name, Path: path}
		return nil
	}
	type plain Principal
	return seed.DecodeStrict(data, (*plain)(p))
}

// UnmarshalJSON reads a denial, or the action alone.
func (d *Denial) UnmarshalJSON(data []byte) error {
	if text, ok := seed.Text(data); ok {
		*d = Denial{Action: text}
		return nil
	}
	type plain Denial
	return seed.DecodeStrict(data, (*plain)(d))
}
