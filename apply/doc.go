// Package apply carries out the plan of one cluster: mode steps, grants,
// read-back, revocations, read-back.
//
// It decides nothing that the plan did not: what to send comes from the plan,
// and where the cluster turns out to be different (an entry that is already
// there), from plan.Steps. It knows the plan, the spec and the SDK's EKS
// types; not files, not the terminal, and not how a cluster is read, which it
// is handed as an interface.
package apply
