package ekssim_test

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"k8s.io/client-go/rest"

	"github.com/eksaccess/eksaccess/internal/ekssim"
)

const authorityWorld = `
settings: {updatePolls: 1}
accounts: [{id: "111122223333", roles: [admin]}]
credentials: [{accessKeyId: AKIAADMIN, principal: role/admin}]
clusters:
  - {name: plain, entries: [{principal: role/admin, policies: [AmazonEKSClusterAdminPolicy]}]}
  - name: dev
    entries: [{principal: role/admin, policies: [AmazonEKSClusterAdminPolicy]}]
    certificateAuthorities: [{id: first, notAfter: 2034-06-01T00:00:00Z}]
  - name: auto
    certificateAuthorities:
      - {id: signer, notBefore: 2017-01-01T00:00:00Z, notAfter: 2027-01-01T00:00:00Z}
      - id: successor
        createdBy: EKS
        firstAutoActivation: 2026-12-01T00:00:00Z
        finalAutoActivation: 2026-12-20T00:00:00Z
  - {name: given, certificateAuthorities: [{id: x, data: Zm9v}]}
`

func listAuthorities(t *testing.T, c *eks.Client, cluster string) string {
	t.Helper()
	var out []string
	in := &eks.ListCertificateAuthoritiesInput{ClusterName: &cluster}
	for _, a := range must(c.ListCertificateAuthorities(context.Background(), in)).CertificateAuthorities {
		line := []string{*a.Id, string(a.SigningStatus), string(a.DistributionStatus),
			string(a.CreatedBy), string(a.ActivatedBy)}
		out = append(out, strings.Join(line, " "))
	}
	return strings.Join(out, ", ")
}

func describeAuthority(c *eks.Client, cluster, id string) (*types.CertificateAuthority, error) {
	out, err := c.DescribeCertificateAuthority(context.Background(),
		&eks.DescribeCertificateAuthorityInput{ClusterName: &cluster, CertificateAuthorityId: &id})
	if err != nil {
		return nil, err
	}
	return out.CertificateAuthority, nil
}

func createAuthority(c *eks.Client, cluster string) (*eks.CreateCertificateAuthorityOutput, error) {
	return c.CreateCertificateAuthority(context.Background(),
		&eks.CreateCertificateAuthorityInput{ClusterName: &cluster})
}

func activateAuthority(c *eks.Client, cluster, id string) (*eks.ActivateCertificateAuthorityOutput, error) {
	return c.ActivateCertificateAuthority(context.Background(),
		&eks.ActivateCertificateAuthorityInput{ClusterName: &cluster, CertificateAuthorityId: &id})
}

func deleteAuthority(c *eks.Client, cluster, id string) (*eks.DeleteCertificateAuthorityOutput, error) {
	return c.DeleteCertificateAuthority(context.Background(),
		&eks.DeleteCertificateAuthorityInput{ClusterName: &cluster, CertificateAuthorityId: &id})
}

// bundle are the certificates of a cluster's trust bundle, and its signer.
func bundle(t *testing.T, c *eks.Client, cluster string) (certificates []string, data []byte, active string) {
	t.Helper()
	out := must(c.DescribeCluster(context.Background(), &eks.DescribeClusterInput{Name: &cluster}))
	ca := out.Cluster.CertificateAuthority
	data = must(base64.StdEncoding.DecodeString(*ca.Data))
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		certificates = append(certificates, string(block.Bytes))
	}
	return certificates, data, *ca.Active.Id + " " + string(ca.Active.ActivatedBy)
}

func finish(t *testing.T, c *eks.Client, cluster string, u *types.Update) *types.Update {
	t.Helper()
	if u.Type != types.UpdateTypeCertificateAuthorityUpdate || u.Status != types.UpdateStatusInProgress {
		t.Errorf("update %+v", u)
	}
	must(describeUpdate(c, cluster, *u.Id))
	return must(describeUpdate(c, cluster, *u.Id))
}

// A rotation: append, activate, delete. The trust bundle has both from the
// append on, the signer first, and the endpoint shows a certificate of the
// signer.
func TestCertificateAuthorities(t *testing.T) {
	s := start(t, authorityWorld)
	c := eksAs(s, adminK)
	if got := listAuthorities(t, c, "dev"); got != "first IN_USE COMPLETE EKS EKS" {
		t.Errorf("at first %s", got)
	}
	before, oldData, active := bundle(t, c, "dev")
	if len(before) != 1 || active != "first EKS" {
		t.Errorf("bundle of %d, active %s", len(before), active)
	}
	reach := func(when string, ca []byte, want bool) {
		t.Helper()
		to := endpoint(t, s, adminK, region, "dev")
		to = &rest.Config{Host: to.Host, TLSClientConfig: rest.TLSClientConfig{CAData: ca}, Timeout: 10 * time.Second}
		got, reason := canI(t, to, token(t, adminK, region, "dev"), "* *")
		if (got == "yes") != want || !want && !strings.Contains(reason, "certificate signed by unknown authority") {
			t.Errorf("%s: %s (%s)", when, got, reason)
		}
	}
	reach("at first", oldData, true)

	created := must(createAuthority(c, "dev"))
	successor := created.CertificateAuthority
	id := *successor.Id
	if successor.DistributionStatus != "IN_PROGRESS" || successor.CreatedBy != "CUSTOMER" {
		t.Errorf("created %+v", successor)
	}
	busy := " because cluster dev currently has update " + *created.Update.Id + " in progress"
	_, err := setMode(c, "dev", "API")
	wantRefusal(t, err, "ResourceInUseException 409 Cannot AccessConfigUpdate"+busy)
	_, err = activateAuthority(c, "dev", id)
	wantRefusal(t, err, "ResourceInUseException 409 Cannot CertificateAuthorityUpdate"+busy)
	if u := finish(t, c, "dev", created.Update); u.Status != types.UpdateStatusSuccessful {
		t.Errorf("ended %+v", u)
	}
	both, bothData, active := bundle(t, c, "dev")
	if len(both) != 2 || both[0] != before[0] || active != "first EKS" {
		t.Errorf("after the append: %d certificates, active %s", len(both), active)
	}
	_, err = createAuthority(c, "dev")
	wantRefusal(t, err, "InvalidRequestException 400 ekssim: cluster dev already has two certificate authorities.")
	_, err = deleteAuthority(c, "dev", "first")
	wantRefusal(t, err, "InvalidRequestException 400 ekssim: certificate authority first is the signer.")
	_, err = activateAuthority(c, "dev", "first")
	wantRefusal(t, err, "InvalidRequestException 400 ekssim: certificate authority first is already the signer.")
	d := must(describeAuthority(c, "dev", id))
	if events := d.ScheduledEvents; events == nil || !events.FirstAutoActivation.Before(*events.FinalAutoActivation) {
		t.Errorf("scheduled events %+v", events)
	}
	if d.Validity == nil || !d.Validity.NotAfter.After(*d.Validity.NotBefore) ||
		d.ActivatedAt != nil || *d.RollbackAvailable {
		t.Errorf("successor %+v", d)
	}

	activated := must(activateAuthority(c, "dev", id))
	if activated.CertificateAuthority.SigningStatus != "ACTIVATING" {
		t.Errorf("activating %+v", activated.CertificateAuthority)
	}
	finish(t, c, "dev", activated.Update)
	turned, _, active := bundle(t, c, "dev")
	if len(turned) != 2 || turned[0] != both[1] || turned[1] != both[0] || active != id+" CUSTOMER" {
		t.Errorf("after the activation: %d certificates, active %s", len(turned), active)
	}
	d = must(describeAuthority(c, "dev", id))
	if d.ActivatedAt == nil || d.SigningStatus != "IN_USE" || d.ScheduledEvents != nil {
		t.Errorf("signer %+v", d)
	}
	if d := must(describeAuthority(c, "dev", "first")); !*d.RollbackAvailable || d.SigningStatus != "NOT_USED" {
		t.Errorf("retired %+v", d)
	}
	reach("the old bundle", oldData, false)
	reach("the bundle of the dual trust period", bothData, true)

	deleted := must(deleteAuthority(c, "dev", "first"))
	if deleted.CertificateAuthority.DistributionStatus != "DELETING" {
		t.Errorf("deleting %+v", deleted.CertificateAuthority)
	}
	finish(t, c, "dev", deleted.Update)
	if got := listAuthorities(t, c, "dev"); got != id+" IN_USE COMPLETE CUSTOMER CUSTOMER" {
		t.Errorf("at last %s", got)
	}
	_, err = describeAuthority(c, "dev", "first")
	wantRefusal(t, err, "ResourceNotFoundException 404 ekssim: no certificate authority found for ID: first")
	_, err = describeAuthority(c, "nope", "first")
	wantRefusal(t, err, "ResourceNotFoundException 404 No cluster found for name: nope.")
}

// Worlds say which authorities there are, and their dates.
func TestCertificateAuthoritiesOfWorlds(t *testing.T) {
	s := start(t, authorityWorld)
	c := eksAs(s, adminK)
	if got := listAuthorities(t, c, "auto"); got != "signer IN_USE COMPLETE EKS EKS, successor NOT_USED COMPLETE EKS " {
		t.Errorf("auto: %s", got)
	}
	signer, successor := must(describeAuthority(c, "auto", "signer")), must(describeAuthority(c, "auto", "successor"))
	if successor.ScheduledEvents.FinalAutoActivation.Format(time.DateOnly) != "2026-12-20" ||
		*successor.Data == *signer.Data {
		t.Errorf("successor %+v", successor)
	}
	if signer.Validity.NotAfter.Format(time.DateOnly) != "2027-01-01" || signer.ScheduledEvents != nil {
		t.Errorf("signer %+v", signer)
	}
	_, err := deleteAuthority(c, "auto", "successor")
	wantRefusal(t, err, "InvalidRequestException 400 "+
		"ekssim: certificate authority successor was appended by EKS and is the only successor.")
	if _, data, active := bundle(t, c, "given"); string(data) != "foo" || active != "x EKS" {
		t.Errorf("given: %q, %s", data, active)
	}
	// one that was never rotated, and the first of a rotation
	_, data, _ := bundle(t, c, "plain")
	first, rest, _ := strings.Cut(listAuthorities(t, c, "plain"), " ")
	d := must(describeAuthority(c, "plain", first))
	if rest != "IN_USE COMPLETE EKS EKS" || *d.Data != base64.StdEncoding.EncodeToString(data) {
		t.Errorf("plain: %s %s", first, rest)
	}
	finish(t, c, "plain", must(createAuthority(c, "plain")).Update)
	if _, both, _ := bundle(t, c, "plain"); !strings.HasPrefix(string(both), string(data)) || len(both) <= len(data) {
		t.Errorf("plain: the bundle does not begin with the first authority")
	}
	id := ekssim.ClusterID{Account: account, Region: region, Name: "auto"}
	only := []ekssim.CertificateAuthority{{ID: "only"}}
	if err := s.Edit(ekssim.Edit{Cluster: id, CertificateAuthorities: only}); err != nil {
		t.Fatal(err)
	}
	if got := listAuthorities(t, c, "auto"); got != "only IN_USE COMPLETE EKS EKS" {
		t.Errorf("edited: %s", got)
	}
}

// An update that fails leaves the signer as it was.
func TestCertificateAuthorityUpdateFails(t *testing.T) {
	s := start(t, authorityWorld+`
  - name: bad
    failUpdate: {times: 3}
    certificateAuthorities: [{id: one}, {id: two, createdBy: CUSTOMER}]
`)
	c := eksAs(s, adminK)
	finish(t, c, "bad", must(activateAuthority(c, "bad", "two")).Update)
	finish(t, c, "bad", must(deleteAuthority(c, "bad", "two")).Update)
	if got := listAuthorities(t, c, "bad"); got != "one IN_USE COMPLETE EKS EKS, two NOT_USED COMPLETE CUSTOMER " {
		t.Errorf("bad: %s", got)
	}
}
