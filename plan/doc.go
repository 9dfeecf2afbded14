// Package plan decides what would turn the access entries a cluster has into
// the ones it should have.
//
// It is a function of its arguments: no network, no files, no clock. Whoever
// calls it has read both sides already, and whoever receives the [Plan] can
// show it, save it or hand it to package apply.
package plan
