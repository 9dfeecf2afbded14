// Package handover is access on its way from another tool's file to ours, or
// from ours to theirs: the entries of clusters, and notes on what does not go
// along and why.
//
// The formats of the tools are in packages of their own, which read bytes into
// these values ([Cluster] with [Note]s) or write them. What must not go along
// is decided here, once for all of them: see [Declared] and [Live]. It must
// not know any of the formats, the network or the clock.
package handover
