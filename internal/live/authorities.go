package live

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/snapshot"
)

// An AuthorityReader is the part of the EKS client that reads certificate
// authorities of clusters (SDK v1.92.0, 2026-08-19).
type AuthorityReader interface {
	ListCertificateAuthorities(
		context.Context, *eks.ListCertificateAuthoritiesInput, ...func(*eks.Options),
	) (*eks.ListCertificateAuthoritiesOutput, error)
	DescribeCertificateAuthority(
		context.Context, *eks.DescribeCertificateAuthorityInput, ...func(*eks.Options),
	) (*eks.DescribeCertificateAuthorityOutput, error)
}

var _ AuthorityReader = (*eks.Client)(nil)

// ReadAuthorities reads the certificate authorities of a cluster. It never fails:
// the caller may lack the permission, and the endpoint of a region or a proxy
// may not know the operation. The summary of the list has neither the
// certificate nor the dates, so each one is described.
func ReadAuthorities(ctx context.Context, r AuthorityReader, cluster arn.Cluster) snapshot.Authorities {
	listed, err := collectPages(func(token *string) ([]types.CertificateAuthoritySummary, *string, error) {
		out, err := r.ListCertificateAuthorities(ctx, &eks.ListCertificateAuthoritiesInput{
			ClusterName: aws.String(cluster.Name), NextToken: token})
		if err != nil {
			return nil, nil, err
		}
		return out.CertificateAuthorities, out.NextToken, nil
	})
	if err != nil {
		return snapshot.Authorities{Fact: unknownFact(err, "ListCertificateAuthorities", cluster)}
	}
	if len(listed) == 0 { // each cluster has one: this endpoint does not know the operation
		return snapshot.Authorities{Fact: snapshot.UnknownFact("ListCertificateAuthorities: the answer has none", "")}
	}
	found := snapshot.Authorities{Fact: snapshot.KnownFact()}
	for _, s := range listed {
		out, err := r.DescribeCertificateAuthority(ctx, &eks.DescribeCertificateAuthorityInput{
			ClusterName: aws.String(cluster.Name), CertificateAuthorityId: s.Id})
		var gone *types.ResourceNotFoundException
		switch {
		case errors.As(err, &gone) && len(listed) > 1:
			continue // deleted since it was listed
		case err != nil:
			return snapshot.Authorities{Fact: unknownFact(err, "DescribeCertificateAuthority", cluster)}
		case out.CertificateAuthority == nil:
			none := snapshot.UnknownFact("DescribeCertificateAuthority: the answer has none", "")
			return snapshot.Authorities{Fact: none}
		}
		found.Items = append(found.Items, newAuthority(out.CertificateAuthority))
	}
	return found
}

func newAuthority(c *types.CertificateAuthority) snapshot.Authority {
	a := snapshot.Authority{ID: aws.ToString(c.Id),
		SigningStatus: string(
			c.SigningStatus,
		), DistributionStatus: string(c.DistributionStatus), CreatedBy: string(c.CreatedBy),
		CreatedAt: utc(c.CreatedAt), ActivatedAt: utc(c.ActivatedAt)}
	if v := c.Validity; v != nil {
		a.NotBefore, a.NotAfter = utc(v.NotBefore), utc(v.NotAfter)
	}
	if s := c.ScheduledEvents; s != nil {
		a.FirstAutoActivation, a.FinalAutoActivation = utc(s.FirstAutoActivation), utc(s.FinalAutoActivation)
	}
	if data, err := base64.StdEncoding.DecodeString(aws.ToString(c.Data)); err == nil {
		der := data // base64 of PEM, as the bundle of the cluster, or of DER: the model says "certificate"
		if block, _ := pem.Decode(data); block != nil {
			der = block.Bytes
		}
		if cert, err := x509.ParseCertificate(der); err == nil {
			a.Fingerprint = snapshot.Fingerprint(cert.Raw)
			if a.NotAfter == nil {
				a.NotBefore, a.NotAfter = utc(&cert.NotBefore), utc(&cert.NotAfter)
			}
		}
	}
	return a
}

func utc(t *time.Time) *time.Time {
	if t == nil || t.IsZero() {
		return nil
	}
	u := t.UTC()
	return &u
}
