package kube

import (
	"context"
	"maps"
	"slices"

	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/eksaccess/eksaccess/internal/cani"
	"github.com/eksaccess/eksaccess/internal/kubeerr"
)

// A Subject is who a caller is to the cluster.
type Subject struct {
	Username string
	UID      string              // "aws-iam-authenticator:ACCOUNT:ID" by EKS
	Groups   []string            // sorted
	Extra    map[string][]string // of EKS: arn, canonicalArn, sessionName, accessKeyId, principalId
}

// An Answer is what a cluster says to a question.
type Answer struct {
	Allowed         bool
	Denied          bool   // no other authorizer was asked
	Reason          string // may be empty, also for a yes
	EvaluationError string // what kept the cluster from judging in full; the answer holds all the same
}

// WhoAmI asks the cluster, by a SelfSubjectReview, for the username and groups of
// the token. Errors are [*Error] values; one with status 404 is a cluster before
// Kubernetes 1.28, which has no such review.
func (c *Client) WhoAmI(ctx context.Context) (Subject, error) {
	r, err := review(
		ctx,
		c,
		authentication.SchemeGroupVersion.Group,
		"selfsubjectreviews",
		&authentication.SelfSubjectReview{},
	)
	if err != nil {
		return Subject{}, err
	}
	u := r.Status.UserInfo
	s := Subject{
		Username: u.Username,
		UID:      u.UID,
		Groups:   slices.Sorted(slices.Values(u.Groups)),
		Extra:    map[string][]string{},
	}
	for key := range maps.Keys(u.Extra) {
		s.Extra[key] = u.Extra[key]
	}
	return s, nil
}

// Can asks a question for the caller, by a SelfSubjectAccessReview, which is
// what "kubectl auth can-i" sends. Errors are [*Error] values; a no is none.
func (c *Client) Can(ctx context.Context, q cani.Question) (Answer, error) {
	var r authorization.SelfSubjectAccessReview
	if q.Path != "" {
		r.Spec.NonResourceAttributes = &authorization.NonResourceAttributes{Path: q.Path, Verb: q.Verb}
	} else {
		r.Spec.ResourceAttributes = &authorization.ResourceAttributes{Namespace: q.Namespace, Verb: q.Verb,
			Group:    q.Group,
			Resource: q.Resource, Subresource: q.Subresource, Name: q.Name}
	}
	answer, err := review(ctx, c, authorization.SchemeGroupVersion.Group, "selfsubjectaccessreviews", &r)
	if err != nil {
		return Answer{}, err
	}
	s := answer.Status
	return Answer{Allowed: s.Allowed, Denied: s.Denied, Reason: s.Reason, EvaluationError: s.EvaluationError}, nil
}

// review asks, and gives back the object that came filled in.
func review[T runtime.Object](ctx context.Context, c *Client, group, resource string, question T) (T, error) {
	answer, e := answerOf[T](c.rest.Post().AbsPath("/apis/"+group+"/v1/"+resource).Body(question).Do(ctx), c.host)
	switch {
	case e == nil:
		return answer, nil
	case e.Code == kubeerr.Unauthorized:
		e.Hint = "the caller requires an access entry or a row in aws-auth"
	case e.Code == kubeerr.Forbidden:
		// Kubernetes documentation, "Using RBAC Authorization", discovery roles.
		e.Hint = "ClusterRoleBinding system:basic-user, which allows this question, is missing; " +
			"kube-apiserver creates it again when it starts"
	}
	return answer, e
}
