// Package iampolicy says which IAM permissions a command needs for given
// clusters, and no others: as policies to attach to the caller ([For]),
// and as a service control policy that keeps everybody else from granting
// cluster admin ([SCP]).
//
// It is a function of what the files declare and makes no call. It must not know
// the network, the AWS SDK or output beyond the JSON of a policy.
package iampolicy
