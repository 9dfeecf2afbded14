// Package kube speaks to a cluster's own Kubernetes API: who calls is shown by
// a token made from AWS credentials ([NewToken]), and a [Client] reads.
//
// It knows the AWS SDK's credentials and signer, and of client-go what one
// request needs. It must not know files, plans or what an object means, and it
// changes nothing in a cluster. A token is a bearer secret: it goes into one
// header of requests to that cluster and nowhere else, no message and no log.
package kube
