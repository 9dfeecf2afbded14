// Package plan decides what would turn the access entries a cluster has into
// the ones it should have.
//
// It is a function of its arguments: no network, no files, no clock. The caller
// has read both sides already, and the receiver of the [Plan] can
// show it, save it or hand it to package apply.
package plan
