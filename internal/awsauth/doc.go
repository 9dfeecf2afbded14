// Package awsauth reads the ConfigMap aws-auth, in which clusters kept who may
// get in before there were access entries.
//
// It reads as the authenticator of EKS does, so that what it returns is what
// holds: an item that is wrong is left out while the rest counts, and it says
// which (kubernetes-sigs/aws-iam-authenticator, pkg/mapper/configmap). It must
// not know how the ConfigMap was got, nor what becomes of the rows.
package awsauth
