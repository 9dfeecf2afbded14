package kubeapi

import (
	"encoding/json"
	"net/http"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// reviews are answered, not kept.
var reviews = map[string]func(*Route, Cluster, User) (int, any){
	"SelfSubjectReview":       (*Route).selfReview,
	"SelfSubjectAccessReview": (*Route).selfAccessReview,
}

// selfReview is what kubectl auth whoami asks.
func (f *Route) selfReview(_ Cluster, u User) (int, any) {
	var review authenticationv1.SelfSubjectReview
	if err := DecodeReview(&f.Body, &review); err != nil {
		return BadReview(err)
	}
	review.Kind, review.APIVersion = "SelfSubjectReview", authenticationv1.SchemeGroupVersion.String()
	review.Status.UserInfo = u.Info()
	return http.StatusCreated, review
}

// selfAccessReview is what kubectl auth can-i asks.
func (f *Route) selfAccessReview(c Cluster, u User) (int, any) {
	var review authorizationv1.SelfSubjectAccessReview
	if err := DecodeReview(&f.Body, &review); err != nil {
		return BadReview(err)
	}
	if (review.Spec.ResourceAttributes == nil) == (review.Spec.NonResourceAttributes == nil) {
		return Failure(
			http.StatusUnprocessableEntity,
			"Invalid",
			"spec.resourceAttributes: Invalid value: exactly one of nonResourceAttributes or resourceAttributes must "+
				"be specified",
		)
	}
	d := c.decide(u, ReviewedRequest(review.Spec.ResourceAttributes, review.Spec.NonResourceAttributes))
	review.Kind, review.APIVersion = "SelfSubjectAccessReview", authorizationv1.SchemeGroupVersion.String()
	review.Status = authorizationv1.SubjectAccessReviewStatus{Allowed: d.Allowed, Reason: d.Reason}
	return http.StatusCreated, review
}

// DecodeReview reads what was sent, as JSON or in the protocol buffers in which
// kubectl sends reviews. The body is then JSON, or empty after an error.
func DecodeReview(body *string, v runtime.Object) error {
	kinds, _, err := reviewScheme.ObjectKinds(v)
	if err == nil {
		_, _, err = reviewCodecs.Decode([]byte(*body), &kinds[0], v)
	}
	if err != nil {
		*body = ""
		return err
	}
	data, err := json.Marshal(v)
	*body = string(data)
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

func BadReview(err error) (int, any) {
	return Failure(http.StatusBadRequest, "BadRequest", "the object provided is unrecognized: "+err.Error())
}

// ReviewedRequest is what a review asks about; one of the two is given.
func ReviewedRequest(a *authorizationv1.ResourceAttributes, path *authorizationv1.NonResourceAttributes) Request {
	if a == nil {
		return Request{verb: path.Verb, path: path.Path}
	}
	return Request{
		verb:        a.Verb,
		group:       a.Group,
		resource:    a.Resource,
		subresource: a.Subresource,
		namespace:   a.Namespace,
		name:        a.Name,
	}
}

func (u User) Info() authenticationv1.UserInfo {
	info := authenticationv1.UserInfo{Username: u.Name, UID: u.UID, Groups: u.Groups}
	for key, values := range u.Extra {
		if info.Extra == nil {
			info.Extra = map[string]authenticationv1.ExtraValue{}
		}
		info.Extra[key] = values
	}
	return info
}
