package ekssim

import (
	"encoding/json"
	"net/http"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// reviews are answered, not kept.
var reviews = map[string]func(*kubeCall) (int, any){
	"SelfSubjectReview":       (*kubeCall).selfReview,
	"SelfSubjectAccessReview": (*kubeCall).selfAccessReview,
}

// selfReview is what kubectl auth whoami asks.
func (c *kubeCall) selfReview() (int, any) {
	var review authenticationv1.SelfSubjectReview
	if err := c.decode(&review); err != nil {
		return badReview(err)
	}
	review.Kind, review.APIVersion = "SelfSubjectReview", authenticationv1.SchemeGroupVersion.String()
	review.Status.UserInfo = c.user.info()
	return http.StatusCreated, review
}

// selfAccessReview is what kubectl auth can-i asks.
func (c *kubeCall) selfAccessReview() (int, any) {
	var review authorizationv1.SelfSubjectAccessReview
	if err := c.decode(&review); err != nil {
		return badReview(err)
	}
	if (review.Spec.ResourceAttributes == nil) == (review.Spec.NonResourceAttributes == nil) {
		return failure(
			http.StatusUnprocessableEntity,
			"Invalid",
			"spec.resourceAttributes: Invalid value: exactly one of nonResourceAttributes or resourceAttributes must "+
				"be specified",
		)
	}
	d := c.cluster.decide(c.user, requestOf(review.Spec.ResourceAttributes, review.Spec.NonResourceAttributes))
	review.Kind, review.APIVersion = "SelfSubjectAccessReview", authorizationv1.SchemeGroupVersion.String()
	review.Status = authorizationv1.SubjectAccessReviewStatus{Allowed: d.allowed, Reason: d.reason}
	return http.StatusCreated, review
}

// decode reads what was sent, as JSON or in the protocol buffers kubectl
// sends reviews in. The journal gets it as JSON.
func (c *kubeCall) decode(v runtime.Object) error {
	kinds, _, err := reviewScheme.ObjectKinds(v)
	if err == nil {
		_, _, err = reviewCodecs.Decode([]byte(c.Body), &kinds[0], v)
	}
	if err != nil {
		c.Body = ""
		return err
	}
	data, err := json.Marshal(v)
	c.Body = string(data)
	return err
}

var (
	reviewScheme = runtime.NewScheme()
	reviewCodecs = func() runtime.Decoder {
		// Neither can fail: they only name types.
		_ = authenticationv1.AddToScheme(reviewScheme)
		_ = authorizationv1.AddToScheme(reviewScheme)
		return serializer.NewCodecFactory(reviewScheme).UniversalDeserializer()
	}()
)

func badReview(err error) (int, any) {
	return failure(http.StatusBadRequest, "BadRequest", "the object provided is unrecognized: "+err.Error())
}

// requestOf is what a review asks about; one of the two is given.
func requestOf(a *authorizationv1.ResourceAttributes, path *authorizationv1.NonResourceAttributes) kubeRequest {
	if a == nil {
		return kubeRequest{verb: path.Verb, path: path.Path}
	}
	return kubeRequest{
		verb:        a.Verb,
		group:       a.Group,
		resource:    a.Resource,
		subresource: a.Subresource,
		namespace:   a.Namespace,
		name:        a.Name,
	}
}

func (u kubeUser) info() authenticationv1.UserInfo {
	info := authenticationv1.UserInfo{Username: u.name, UID: u.uid, Groups: u.groups}
	for key, values := range u.extra {
		if info.Extra == nil {
			info.Extra = map[string]authenticationv1.ExtraValue{}
		}
		info.Extra[key] = values
	}
	return info
}
