package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Authorities are the certificate authorities of a cluster: the one that signs,
// and its successor or the one before (EKS user guide and API, since 2026-08).
// The certificates themselves are not kept.
type Authorities struct {
	Fact
	Items []Authority `json:"items"` // by time of creation
}

// An Authority is one of them. Times that EKS does not return are null.
type Authority struct {
	ID                  string     `json:"id"`
	Fingerprint         string     `json:"fingerprint"`        // sha256:… of the certificate; "" if unreadable
	SigningStatus       string     `json:"signingStatus"`      // IN_USE, ACTIVATING, NOT_USED
	DistributionStatus  string     `json:"distributionStatus"` // IN_PROGRESS, COMPLETE, FAILED, DELETING
	CreatedBy           string     `json:"createdBy"`          // EKS, CUSTOMER
	CreatedAt           *time.Time `json:"createdAt"`
	ActivatedAt         *time.Time `json:"activatedAt"`
	NotBefore           *time.Time `json:"notBefore"`
	NotAfter            *time.Time `json:"notAfter"`
	FirstAutoActivation *time.Time `json:"firstAutoActivation"`
	FinalAutoActivation *time.Time `json:"finalAutoActivation"`
}

// Fingerprint identifies a certificate in DER.
func Fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Signer is the authority that signs certificates of the cluster, or nil. While
// a successor is being activated, it is still the one before.
func (a *Authorities) Signer() *Authority {
	for _, status := range []string{"IN_USE", "ACTIVATING"} { // EKS service model, CertificateAuthoritySigningStatus
		for i := range a.Items {
			if a.Items[i].SigningStatus == status {
				return &a.Items[i]
			}
		}
	}
	return nil
}

// IsSuccessor reports whether an authority will sign after the signer of now,
// and has not signed before it. One that was activated and was created earlier
// is the retired one.
func (a *Authorities) IsSuccessor(of *Authority) bool {
	signer := a.Signer()
	switch {
	case signer == nil || signer.ID == of.ID || of.DistributionStatus == "DELETING":
		return false
	case of.ActivatedAt == nil:
		return signer.CreatedAt == nil || of.CreatedAt == nil || !of.CreatedAt.Before(*signer.CreatedAt)
	}
	return signer.CreatedAt != nil && of.CreatedAt != nil && of.CreatedAt.After(*signer.CreatedAt)
}

// Activation is when EKS activates a successor at the latest, as far as that is
// known.
func (a *Authorities) Activation(successor *Authority) *time.Time {
	if successor.FinalAutoActivation != nil {
		return successor.FinalAutoActivation
	}
	return successor.FirstAutoActivation
}
