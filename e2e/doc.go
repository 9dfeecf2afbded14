// Package e2e holds the program against a real Kubernetes: a kube-apiserver
// with an etcd, built from their sources, and kubectl. AWS is simulated. The
// API server asks the simulator who a token belongs to and what access
// policies allow, as on EKS it asks the authenticator and the authorizer
// beside it; bindings it judges itself.
//
//	make e2e
//
// It is a module of its own, so that the program's does not depend on
// Kubernetes as a whole, and knows the program only from outside: its
// command line, and the simulator's control path.
package e2e
