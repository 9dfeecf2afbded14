// Package doctor finds every reason why a principal has access to a cluster or
// not. Its input are facts, each of which may be missing for a reason; its
// output is a [Report] of checks with their evidence, answers to questions, and
// the next step. [Examine] is a pure function: the same facts give the same
// report.
//
// It knows what entries, policies and rows of aws-auth mean. It does not know how
// they were read, or how a report is shown.
package doctor
