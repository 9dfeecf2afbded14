// Package audit finds problems with access to clusters. Its rules are pure
// functions of a snapshot, and of what the files of a run declare, if there are
// any: no network, no clock, no file.
//
// A [Rule] has its impact, its evidence and its fix. A rule without its data is
// reported as not checked. [Run] checks all rules in all clusters and returns one
// [Report], from which every form of output is made. docs/audit.md is written
// from the rules ([Page]).
package audit
