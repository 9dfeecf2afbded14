// Package kubeapi is the Kubernetes API of a simulated cluster, as far as it can
// be read: objects, discovery, reviews, and what RBAC and access policies allow.
//
// A [Cluster], a [User] and a [Request] go in as values, an answer comes out.
// [Listeners] serve it with TLS. It does not know how a user is found, nor
// journals and faults.
package kubeapi

import "time"

// A Cluster is what the Kubernetes API of a cluster shows.
type Cluster struct {
	ARN, Version string
	CreatedAt    time.Time
	AWSAuth      string // text of aws-auth; "" if there is none
	Objects      Objects
}
