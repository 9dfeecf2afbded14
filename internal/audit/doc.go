// Package audit says what is wrong with access to clusters. Its rules are pure
// functions over a snapshot, and over what the files of a run declare where
// there are any: no network, no clock, no file.
//
// A [Rule] knows what it means, what it rests on and how to put it right; a
// rule that lacks its data says so and never passes in silence. [Run] asks all
// rules of all clusters and makes one [Report], the value that every form of
// output is drawn from. docs/audit.md is written from the registry ([Page]).
//
// It must not know how a snapshot came about, nor how a report is drawn.
package audit
