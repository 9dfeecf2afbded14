package kube

import (
	"fmt"
	"time"

	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/spec"
)

// An OldAuthority is a context that lacks a certificate authority of its
// cluster.
type OldAuthority struct {
	Context string
	Cluster string // name
	Trust   Trust
	Unknown string // why EKS was not asked when it activates the one that is missing; "" if it was
}

// OldAuthorities returns those of the contexts for a cluster that lack one of
// its certificate authorities, except the one of the name written. EKS is asked
// about them, by read, at most once and only where an answer is needed.
func OldAuthorities(
	logins []Login, have *spec.Live, written string, read func() snapshot.Authorities,
) []OldAuthority {
	var old []OldAuthority
	var authorities *snapshot.Authorities
	for _, l := range logins {
		if l.Context == written || !l.IsFor(have.Endpoint) {
			continue
		}
		if l.Trust.State == TrustsSome && authorities == nil {
			a := read()
			authorities = &a
		}
		o := OldAuthority{Context: l.Context, Cluster: have.ID.Name, Trust: l.Trust}
		if authorities != nil {
			o.Trust, o.Unknown = l.Trust.WithRotation(*authorities), authorities.Why
		}
		switch o.Trust.State {
		case TrustsNone, TrustsOld, TrustsRetired, TrustsSome:
			old = append(old, o)
		}
	}
	return old
}

// String says what is wrong, and from when on calls fail.
func (o OldAuthority) String() string {
	context := fmt.Sprintf("context %q ", o.Context)
	until := o.Trust.Until.UTC().Format(time.RFC3339)
	switch o.Trust.State {
	case TrustsOld:
		return context + fmt.Sprintf("has only the old certificate authority of %s and stops working by %s, "+
			"when EKS activates the new one", o.Cluster, until)
	case TrustsRetired:
		return context + fmt.Sprintf("has only the old certificate authority of %s, which no longer signs: "+
			"every call fails with an x509 error", o.Cluster)
	case TrustsSome:
		text := context + fmt.Sprintf("lacks a certificate authority of %s and stops working when EKS activates it",
			o.Cluster)
		if !o.Trust.Until.IsZero() {
			text += ", at the latest when the old one expires at " + until
		}
		if o.Unknown != "" {
			text += "; the date was not checked: " + o.Unknown
		}
		return text
	}
	return context + fmt.Sprintf("has none of the certificate authorities of %s: every call fails with an x509 error",
		o.Cluster)
}

// Hint returns what to do about it; instead is a context that works.
func (o OldAuthority) Hint(instead string) string {
	return fmt.Sprintf("use context %q, or write %q again with the program that created it", instead, o.Context)
}
