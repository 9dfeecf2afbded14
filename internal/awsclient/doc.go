// Package awsclient makes AWS clients for clusters: which credentials, which
// role, which region, how many calls at a time and what is tried again.
//
// A [Connector] is made once a run from [Options]. [Connector.Connect] takes a
// [Target], a cluster with what its file says about reaching it, and returns a
// [Session], whose caller is known and belongs to the cluster's account.
// Credentials are looked up once a profile and roles assumed once a run,
// however many clusters share them.
//
// It knows the AWS SDK and nothing of entries, plans or output. No credential,
// token or header leaves it in a message or in the debug log.
package awsclient
