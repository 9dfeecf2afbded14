// Package kube speaks to a cluster's own Kubernetes API, and lets kubectl do
// so: who calls is shown by a token made from AWS credentials ([NewToken]), a
// [Client] reads and asks what its caller may, and a [Kubeconfig] takes one
// [Entry] a cluster.
//
// It knows the AWS SDK's credentials and signer, and of client-go what one
// request and one kubeconfig need. It must not know clusters' files, plans or
// what an object means, and it changes nothing in a cluster. A token is a
// bearer secret: it is sent in one header of requests to that cluster, or printed
// as [Token.ExecCredential], and is in no message and no log.
package kube
