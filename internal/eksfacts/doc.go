// Package eksfacts holds what AWS says of access entries, as tables with
// their sources: entry types, access policies, authentication modes, limits
// and reserved names. Code elsewhere asks questions here and keeps no lists.
//
// A list of AWS's grows without notice. What is not in a table may therefore
// be warned about and never refused; only EKS refuses.
//
// Sources, by the short names used in the comments:
//
//   - model: the EKS service model 2017-11-01, read 2026-11-23
//   - guide: the Amazon EKS user guide, by page
//   - preflight: badmintoncryer/cdk-preflight, deploy results of 2026-09-25
//   - authenticator: kubernetes-sigs/aws-iam-authenticator
package eksfacts
