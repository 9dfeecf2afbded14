package ekssim

import (
	"net/http"

	"github.com/eksaccess/eksaccess/internal/ekssim/kubeapi"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
)

// webhookRoutes are what a real API server asks instead of the authenticator
// and the authorizer that EKS puts beside its own:
//
//	POST /_webhook/ACCOUNT/REGION/CLUSTER/authenticate   a TokenReview
//	POST /_webhook/ACCOUNT/REGION/CLUSTER/authorize      a SubjectAccessReview
func (s *Server) webhookRoutes() http.Handler {
	mux := http.NewServeMux()
	type webhook struct {
		operation string
		answer    func(*kubeCall) (int, any)
	}
	for path, h := range map[string]webhook{
		"authenticate": {"TokenReview", (*kubeCall).tokenReview},
		"authorize":    {"SubjectAccessReview", (*kubeCall).accessReview},
	} {
		read := func(c *kubeCall) func() (int, any) {
			c.Operation = h.operation
			return func() (int, any) { return h.answer(c) }
		}
		mux.HandleFunc(
			"POST /_webhook/{account}/{region}/{cluster}/"+path,
			func(w http.ResponseWriter, r *http.Request) {
				id := ClusterID{r.PathValue("account"), r.PathValue("region"), r.PathValue("cluster")}
				s.serveKubeCall(w, r, id, read)
			},
		)
	}
	return mux
}

// tokenReview tells whose a token is. The group of everybody who has proved
// who he is comes from the API server.
func (c *kubeCall) tokenReview() (int, any) {
	var review authenticationv1.TokenReview
	err := kubeapi.DecodeReview(&c.Body, &review)
	c.Body = "" // it holds the token
	if code, refusal := c.faultKube(); code != 0 {
		return code, refusal
	}
	if err != nil {
		return kubeapi.BadReview(err)
	}
	answer := authenticationv1.TokenReview{TypeMeta: review.TypeMeta}
	if refusal := c.authenticate(review.Spec.Token); refusal != "" {
		c.ErrorCode, c.Message = "Unauthorized", refusal
		answer.Status.Error = refusal
		return http.StatusOK, answer
	}
	answer.Status.Authenticated, answer.Status.User = true, c.user.Info()
	return http.StatusOK, answer
}

// accessReview answers from access policies alone; what they do not allow is
// left to the API server's own bindings. They are those of the entry bound to
// the unique id in the user's uid, so that an impersonated user has none.
// User guide: access-policies.
func (c *kubeCall) accessReview() (int, any) {
	if code, refusal := c.faultKube(); code != 0 {
		return code, refusal
	}
	var review authorizationv1.SubjectAccessReview
	if err := kubeapi.DecodeReview(&c.Body, &review); err != nil {
		return kubeapi.BadReview(err)
	}
	if review.Spec.ResourceAttributes == nil && review.Spec.NonResourceAttributes == nil {
		return kubeapi.Failure(http.StatusUnprocessableEntity, "Invalid", "ekssim: a review of nothing")
	}
	c.request = kubeapi.ReviewedRequest(review.Spec.ResourceAttributes, review.Spec.NonResourceAttributes)
	d := c.kubeUserByUID(review.Spec.UID).DecideByPolicy(c.request)
	answer := authorizationv1.SubjectAccessReview{TypeMeta: review.TypeMeta}
	answer.Status = authorizationv1.SubjectAccessReviewStatus{Allowed: d.Allowed, Reason: d.Reason}
	return http.StatusOK, answer
}
