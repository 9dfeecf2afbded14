// Package live reads clusters: their access entries from EKS, what IAM knows
// about their principals, and who the caller is.
//
// It uses clients of the AWS SDK through interfaces that only read, so that code
// with a reader of this package cannot write, by type. It returns values of
// package spec, in canonical form and sorted.
//
// It must not know plans, files or output. Texts of AWS are returned unchanged.
// Errors are [*fault.Error] values.
package live
