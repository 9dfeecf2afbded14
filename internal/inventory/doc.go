// Package inventory lists access: from a [snapshot.Snapshot] it computes a
// [Report] of principals and clusters, the strongest permission first, with
// every way in which a principal gets it, and with what was not read.
//
// It is pure: no network, no clock, no output. What is not known stays unknown:
// a group whose bindings were not read has the power [Groups], and a cluster
// that could not be read is listed with its error.
package inventory
