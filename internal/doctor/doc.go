// Package doctor finds every reason why a principal is in or out of a cluster.
// In go plain facts, each of which may be missing and then says why; out comes
// a [Report]: checks with their evidence, what was asked and answered, and the
// one thing to do next. [Examine] is a pure function: the same facts give the
// same report.
//
// It knows what an entry, a policy and a row of aws-auth mean. It must not know
// how any of it was read, nor how it is shown.
package doctor
