// Package acceptance runs the program against one throw-away EKS cluster, and
// asks EKS what no public source tells. docs/acceptance.md is about how to run
// it, what it changes and what it costs.
//
// It is all tests, behind the build tag acceptance:
//
//	make acceptance CLUSTER=… REGION=… PRINCIPAL=… EKSACCESS_ACCEPTANCE=yes-change-…
//	make acceptance-sim    # the same against the simulator
//
// They come in three parts. Before anything is changed it is looked at
// whether this cluster may be changed at all. Then the flows run the built
// program as a user does, each going on from where the one before ended, and
// look at what came of it through an SDK client of their own. Then the
// questions are put by that client to the cluster and to the simulator alike,
// and the answers are printed side by side.
//
// Only the entry of PRINCIPAL is touched, and those of principals that the
// caller names for a question. Whatever is made has, before it is made,
// something registered that takes it back, however the run ends. It must know
// nothing of how the program works inside: command lines, files and the JSON
// forms are all there is. Of its packages it borrows what reads an ARN and what
// asks a cluster who a caller is.
package acceptance
