// Package spec is what the user wants, and the form in which both sides are
// compared.
//
// Bytes become documents with a position for everything written ([Decode]),
// documents become one fleet with sets, defaults and placeholders applied
// ([Load]), a cluster of it becomes the entries wanted once its principals
// have their ARNs ([Cluster.Resolve]). The side that was read from EKS comes
// in the same nouns: [Live] holds [Entry] values too.
//
// The common file:
//
//	apiVersion: eksaccess/v1
//	owner: platform
//	admins:                          # on every cluster of this document
//	  - permissionSet: AdministratorAccess
//	clusters:
//	  - arn:aws:eks:eu-west-1:111122223333:cluster/dev
//	  - arn: arn:aws:eks:eu-west-1:444455556666:cluster/prod
//	    access:
//	      - permissionSet: PaymentsDev
//	        policy: AmazonEKSEditPolicy
//	        namespaces: [payments]
//
// The types of file.go have all there is. What a cluster has is its own lines,
// its sets' and those on top of its document. Of several places that declare
// one principal, [WantEntry.Pos] is the first: the cluster's own before all
// others, then by file and line.
//
// Errors are what EKS is documented to refuse and what contradicts itself;
// what only AWS can know is a [Problem] among the warnings, or none. All of a
// run's problems come at once, as [Problems], which is also the error of the
// functions that read flags.
//
// It knows YAML, ARNs and the facts of EKS. It must not know the network, the
// AWS SDK or the clock.
package spec
