package ekssim

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"slices"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"github.com/eksaccess/eksaccess/internal/ekssim/awsapi"
)

// A CertificateAuthority is one of the at most two of a cluster: the signer,
// and a successor or the one that was retired. botocore service model
// 2017-11-01: CertificateAuthority.
type CertificateAuthority struct {
	ID string `json:"id,omitempty"`
	// Data is base64 of PEM. If it is left out the simulator makes the
	// authority, and its certificate.
	Data                string    `json:"data,omitempty"`
	CreatedAt           time.Time `json:"createdAt,omitzero"`
	CreatedBy           string    `json:"createdBy,omitempty"` // EKS or CUSTOMER
	ActivatedAt         time.Time `json:"activatedAt,omitzero"`
	ActivatedBy         string    `json:"activatedBy,omitempty"`
	SigningStatus       string    `json:"signingStatus,omitempty"`
	DistributionStatus  string    `json:"distributionStatus,omitempty"`
	RollbackAvailable   bool      `json:"rollbackAvailable,omitempty"`
	NotBefore           time.Time `json:"notBefore,omitzero"`
	NotAfter            time.Time `json:"notAfter,omitzero"`
	FirstAutoActivation time.Time `json:"firstAutoActivation,omitzero"`
	FinalAutoActivation time.Time `json:"finalAutoActivation,omitzero"`
}

// botocore service model 2017-11-01: CertificateAuthoritySigningStatus,
// …DistributionStatus, …CreatedBy, UpdateType, UpdateParamType.
const (
	caNotUsed    = "NOT_USED"
	caActivating = "ACTIVATING"
	caInUse      = "IN_USE"

	caInProgress = "IN_PROGRESS"
	caComplete   = "COMPLETE"
	caFailed     = "FAILED"
	caDeleting   = "DELETING"

	byEKS      = "EKS"
	byCustomer = "CUSTOMER"

	updateAuthority = "CertificateAuthorityUpdate"
)

// [U] how long an authority is good for, and how long before its end EKS
// activates a successor. The dates of a world take their place.
const (
	caYears      = 10
	caFirstAuto  = 180 * 24 * time.Hour
	caFinalAuto  = 30 * 24 * time.Hour
	caFirstBirth = "first authority"
)

// authorities are those of the cluster. One that was never rotated has the
// authority that it was created with.
func (c *cluster) authorities() []CertificateAuthority {
	if len(c.CertificateAuthorities) > 0 {
		return c.CertificateAuthorities
	}
	first := CertificateAuthority{ID: c.firstAuthority()}
	c.fillAuthority(&first, 0)
	return []CertificateAuthority{first}
}

func (c *cluster) firstAuthority() string { return arns.UUID(caFirstBirth, c.arn()) }

// fillAuthority fills in what a world leaves out of its nth authority: the
// first signs, by EKS; another one waits.
func (c *cluster) fillAuthority(a *CertificateAuthority, n int) {
	a.ID = cmp.Or(a.ID, arns.UUID("authority", c.arn(), n))
	a.SigningStatus = cmp.Or(a.SigningStatus, []string{caInUse, caNotUsed}[min(n, 1)])
	a.CreatedBy = cmp.Or(a.CreatedBy, byEKS)
	if a.SigningStatus == caInUse {
		a.ActivatedBy = cmp.Or(a.ActivatedBy, a.CreatedBy)
	}
	a.DistributionStatus = cmp.Or(a.DistributionStatus, caComplete)
	for _, t := range []*time.Time{&a.CreatedAt, &a.ActivatedAt, &a.NotBefore, &a.NotAfter,
		&a.FirstAutoActivation, &a.FinalAutoActivation} {
		*t = millis(*t)
	}
	if a.CreatedAt.IsZero() {
		a.CreatedAt = c.CreatedAt
	}
	if a.NotBefore.IsZero() {
		a.NotBefore = a.CreatedAt
	}
	if a.NotAfter.IsZero() {
		a.NotAfter = a.NotBefore.AddDate(caYears, 0, 0)
	}
}

// fillAuthorities checks those that a world lists.
func (c *cluster) fillAuthorities() error {
	c.CertificateAuthorities = slices.Clone(c.CertificateAuthorities)
	signers := 0
	seen := map[string]bool{}
	for i := range c.CertificateAuthorities {
		a := &c.CertificateAuthorities[i]
		c.fillAuthority(a, i)
		switch {
		case seen[a.ID]:
			return fmt.Errorf("certificate authority %q: listed twice", a.ID)
		case !slices.Contains([]string{caNotUsed, caActivating, caInUse}, a.SigningStatus):
			return fmt.Errorf("certificate authority %q: unknown signing status %q", a.ID, a.SigningStatus)
		case !slices.Contains([]string{caInProgress, caComplete, caFailed, caDeleting}, a.DistributionStatus):
			return fmt.Errorf("certificate authority %q: unknown distribution status %q", a.ID, a.DistributionStatus)
		}
		seen[a.ID] = true
		if a.SigningStatus == caInUse {
			signers++
		}
	}
	if n := len(c.CertificateAuthorities); n > 2 || n > 0 && signers != 1 {
		return fmt.Errorf("a cluster has one or two certificate authorities, of which one is %s", caInUse)
	}
	return nil
}

// signer is the authority that signs.
func (c *cluster) signer() CertificateAuthority {
	list := c.authorities()
	i := slices.IndexFunc(list, func(a CertificateAuthority) bool { return a.SigningStatus == caInUse })
	return list[max(i, 0)]
}

// authorityData is the certificate of an authority, base64 of PEM.
func (s *Server) authorityData(c *cluster, a CertificateAuthority) string {
	switch {
	case a.Data != "":
		return a.Data
	case a.ID == c.firstAuthority():
		_, data := s.kubeEndpoint(c)
		return data
	}
	pem, err := s.kube.PEM(c.kubeCA(a))
	if err != nil {
		return c.CertificateAuthority
	}
	return base64Of(pem)
}

// trustBundle is the certificate data of a cluster: PEM of all of its
// authorities, the signer's first. containers-roadmap #2638, #2874.
func (s *Server) trustBundle(c *cluster) string {
	var bundle []byte
	list := slices.Clone(c.authorities())
	slices.SortStableFunc(list, func(a, b CertificateAuthority) int {
		rank := func(a CertificateAuthority) int {
			if a.SigningStatus == caInUse {
				return 0
			}
			return 1
		}
		return rank(a) - rank(b)
	})
	for _, a := range list {
		data := s.authorityData(c, a)
		text, err := base64.StdEncoding.DecodeString(data)
		if block, _ := pem.Decode(text); len(list) == 1 || err != nil || block == nil {
			return data // as the world has it, whatever it is
		}
		bundle = append(bundle, text...)
	}
	return base64.StdEncoding.EncodeToString(bundle)
}

func (a CertificateAuthority) summary() map[string]any {
	v := map[string]any{"id": a.ID, "createdAt": epoch(a.CreatedAt), "createdBy": a.CreatedBy,
		"signingStatus": a.SigningStatus, "distributionStatus": a.DistributionStatus}
	if a.ActivatedBy != "" {
		v["activatedBy"] = a.ActivatedBy
	}
	if !a.ActivatedAt.IsZero() {
		v["activatedAt"] = epoch(a.ActivatedAt)
	}
	return v
}

// findAuthority finds the one in the path. [U] the text.
func (c *call) findAuthority() (*cluster, int, *awsapi.Error) {
	cl, err := c.eksCluster()
	if err != nil {
		return nil, 0, err
	}
	id := c.labels["certificateAuthorityId"]
	i := slices.IndexFunc(cl.authorities(), func(a CertificateAuthority) bool { return a.ID == id })
	if i < 0 {
		return nil, 0, notFound("ekssim: no certificate authority found for ID: %s", id)
	}
	return cl, i, nil
}

// eksCluster is findCluster for what connected clusters do not have.
func (c *call) eksCluster() (*cluster, *awsapi.Error) {
	cl, err := c.findCluster()
	if err == nil && cl.Connector != nil { // [U] the text
		return nil, invalidRequest("ekssim: %s is a connected cluster, which has no certificate authorities.", cl.Name)
	}
	return cl, err
}

func listAuthorities(c *call) (any, *awsapi.Error) {
	cl, err := c.eksCluster()
	if err != nil {
		return nil, err
	}
	keys, by := []string{}, map[string]CertificateAuthority{}
	for _, a := range cl.authorities() {
		keys, by[a.ID] = append(keys, a.ID), a
	}
	page, next, err := c.page(c.st.sortKeys(keys), "")
	if err != nil {
		return nil, err
	}
	views := []any{}
	for _, id := range page {
		views = append(views, by[id].summary())
	}
	return listAnswer("certificateAuthorities", views, next), nil
}

func describeAuthority(c *call) (any, *awsapi.Error) {
	cl, i, err := c.findAuthority()
	if err != nil {
		return nil, err
	}
	a := cl.authorities()[i]
	v := a.summary()
	v["data"], v["rollbackAvailable"] = c.server.authorityData(cl, a), a.RollbackAvailable
	v["validity"] = map[string]any{"notBefore": epoch(a.NotBefore), "notAfter": epoch(a.NotAfter)}
	events := map[string]any{}
	if !a.FirstAutoActivation.IsZero() {
		events["firstAutoActivation"] = epoch(a.FirstAutoActivation)
	}
	if !a.FinalAutoActivation.IsZero() {
		events["finalAutoActivation"] = epoch(a.FinalAutoActivation)
	}
	if len(events) > 0 {
		v["scheduledEvents"] = events
	}
	return map[string]any{"certificateAuthority": v}, nil
}

// createAuthority appends a successor, which the trust bundle then has.
func createAuthority(c *call) (any, *awsapi.Error) {
	cl, err := c.eksCluster()
	if err != nil {
		return nil, err
	}
	if err := c.checkNoUpdate(cl, updateAuthority); err != nil {
		return nil, err
	}
	list := slices.Clone(cl.authorities())
	if len(list) > 1 { // [U] the code and the text
		return nil, invalidRequest("ekssim: cluster %s already has two certificate authorities.", cl.Name)
	}
	end := list[0].NotAfter
	a := CertificateAuthority{ID: c.st.nextUUID(), CreatedAt: c.Time, CreatedBy: byCustomer,
		SigningStatus: caNotUsed, DistributionStatus: caInProgress,
		FirstAutoActivation: end.Add(-caFirstAuto), FinalAutoActivation: end.Add(-caFinalAuto)}
	cl.fillAuthority(&a, 1)
	cl.CertificateAuthorities = append(list, a)
	return c.beginAuthorityUpdate(cl, 1, "create"), nil
}

// activateAuthority makes the other authority the signer, also a retired one
// again.
func activateAuthority(c *call) (any, *awsapi.Error) {
	cl, i, err := c.findAuthority()
	if err != nil {
		return nil, err
	}
	if err := c.checkNoUpdate(cl, updateAuthority); err != nil {
		return nil, err
	}
	a := cl.authorities()[i]
	switch { // [U] the codes and the texts
	case a.SigningStatus == caInUse:
		return nil, invalidRequest("ekssim: certificate authority %s is already the signer.", a.ID)
	case a.DistributionStatus != caComplete:
		return nil, invalidRequest("ekssim: certificate authority %s is in distribution status %s.",
			a.ID, a.DistributionStatus)
	}
	cl.CertificateAuthorities = slices.Clone(cl.authorities())
	cl.CertificateAuthorities[i].SigningStatus = caActivating
	return c.beginAuthorityUpdate(cl, i, "activate"), nil
}

func deleteAuthority(c *call) (any, *awsapi.Error) {
	cl, i, err := c.findAuthority()
	if err != nil {
		return nil, err
	}
	if err := c.checkNoUpdate(cl, updateAuthority); err != nil {
		return nil, err
	}
	a := cl.authorities()[i]
	switch { // [U] the codes and the texts
	case a.SigningStatus == caInUse:
		return nil, invalidRequest("ekssim: certificate authority %s is the signer.", a.ID)
	case a.CreatedBy == byEKS && a.ActivatedAt.IsZero() && a.ActivatedBy == "":
		return nil, invalidRequest("ekssim: certificate authority %s was appended by EKS and is the only successor.",
			a.ID)
	}
	cl.CertificateAuthorities = slices.Clone(cl.authorities())
	cl.CertificateAuthorities[i].DistributionStatus = caDeleting
	return c.beginAuthorityUpdate(cl, i, "delete"), nil
}

// beginAuthorityUpdate answers with the authority and the update that works on
// it. [U] which parameters an update has at which step, and their form.
func (c *call) beginAuthorityUpdate(cl *cluster, i int, step string) any {
	a := cl.CertificateAuthorities[i]
	var ids []string
	for _, o := range cl.CertificateAuthorities {
		ids = append(ids, o.ID)
	}
	trusted, _ := json.Marshal(ids)
	u := Update{Type: updateAuthority, Authority: a.ID, AuthorityStep: step, Params: []UpdateParam{
		{"CertificateAuthorityId", a.ID}, {"SigningStatus", a.SigningStatus},
		{"ActiveCertificateAuthority", cl.signer().ID}, {"TrustedCertificateAuthorities", string(trusted)}}}
	out := c.beginUpdate(cl, u)
	return map[string]any{"certificateAuthority": a.summary(), "update": out["update"]}
}

// endAuthorityUpdate does what an update was for, or takes it back.
func (c *cluster) endAuthorityUpdate(u Update, now time.Time) {
	i := slices.IndexFunc(c.CertificateAuthorities, func(a CertificateAuthority) bool { return a.ID == u.Authority })
	if i < 0 {
		return
	}
	a, done := &c.CertificateAuthorities[i], u.Status == updateSuccessful
	switch {
	case u.AuthorityStep == "create" && done:
		a.DistributionStatus = caComplete
	case u.AuthorityStep == "create":
		a.DistributionStatus = caFailed
	case u.AuthorityStep == "activate" && done:
		for j := range c.CertificateAuthorities {
			if o := &c.CertificateAuthorities[j]; o.SigningStatus == caInUse {
				// [U] which of the two this is said of, and for how long.
				o.SigningStatus, o.RollbackAvailable = caNotUsed, true
			}
		}
		a.SigningStatus, a.ActivatedAt, a.ActivatedBy, a.RollbackAvailable = caInUse, now, byCustomer, false
		a.FirstAutoActivation, a.FinalAutoActivation = time.Time{}, time.Time{}
	case u.AuthorityStep == "activate":
		a.SigningStatus = caNotUsed
	case done:
		c.CertificateAuthorities = slices.Delete(c.CertificateAuthorities, i, i+1)
	default:
		a.DistributionStatus = caComplete
	}
}
