// Package live reads what there is: a cluster's access entries from EKS, what
// IAM knows of their principals, and who is asking.
//
// In go clients of the AWS SDK, seen through interfaces that only read; out
// come values of package spec, in canonical form and sorted. Nothing that is
// given a reader of this package can write, by type.
//
// It must not know plans, files or output. Texts of AWS are carried as they
// came. Errors are [*fault.Error] values.
package live
