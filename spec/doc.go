// Package spec is what the user wants, and the form in which both sides are
// compared.
//
// Bytes become documents with a position for everything written ([Decode]),
// documents become one fleet with sets, defaults and placeholders applied
// ([Load]), a cluster of it becomes the entries wanted once its principals
// have their ARNs ([Cluster.Resolve]). The side that was read from EKS comes
// in the same nouns: [Live] holds [Entry] values too.
//
// It knows YAML, ARNs and the facts of EKS. It must not know the network, the
// AWS SDK or the clock.
package spec
