// Package snapshot is what was read of clusters, as plain data that is kept in
// a file: a value of kind Snapshot. Audit, who, import, doctor and plan work
// from one as they do from a fresh reading, without a network.
//
// Every part that can be missing is a [Fact]: known, or unknown and why. In go
// readings of package live and what a cluster's own API told; out come the
// bytes of a file and, from those, readings again. The same readings give the
// same bytes.
//
// Nothing secret is in it: no token, no credential, no external id. It must not
// know how anything is read, what a finding is, or how it is shown.
package snapshot
