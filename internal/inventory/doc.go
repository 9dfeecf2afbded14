// Package inventory answers who has what: a [snapshot.Snapshot] goes in, and
// out comes a [Report] of principals by clusters, the strongest right first,
// with every way each of them gets in and with what was not read.
//
// It is pure: no network, no clock, no output. What is not known stays
// unknown: a group whose bindings were not read is a way in that nobody can
// judge, and a cluster that could not be read is named as such.
package inventory
