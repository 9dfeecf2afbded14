// Package apply carries out the plan of one cluster, or of many side by side.
//
// Inside a cluster: the guards; the mode step that makes access entries
// possible; grants (creates, then associations and widenings, then tags); a
// reading in which all that was granted must be seen; the guards again; the
// mode step that ends aws-auth; revocations (narrowings, disassociations,
// deletions, with admins and the caller last); a reading in which all
// must be as planned. Any failed grant means that nothing is revoked.
//
// It decides nothing that the plan did not: what to send comes from the plan,
// and where the cluster turns out to be different (an entry that is already
// there), from plan.UpdateSteps. It knows the plan, the spec and the SDK's EKS
// types; not files, not the terminal, and not how a cluster is read, which it
// is handed as a [Reader]. All writes of a run go through its [Writer]: in a
// cluster those of several entries at a time, in turns (see run.phase); replaces,
// admins and the caller come one by one.
//
// Sources of AWS facts, by the short names used in the comments:
//
//   - guide: the Amazon EKS user guide, by page
//   - model: the EKS service model 2017-11-01
//   - provider: hashicorp/terraform-provider-aws, or its issue by number
//   - module: terraform-aws-modules/terraform-aws-eks, issue by number
//   - ack: aws-controllers-k8s/eks-controller
//   - preflight: badmintoncryer/cdk-preflight, deploy results of 2026-09-25
package apply
