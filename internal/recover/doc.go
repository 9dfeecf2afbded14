// Package recover restores the access of one principal to one cluster, step by
// step, and verifies it. [Run] does that, [Drill] checks whether it would
// succeed, and [Commands] returns its steps as commands for aws and kubectl. All
// three use the same parts, which return their steps as values; an [Observer]
// shows them during the run.
//
// It reads with packages live and kube. It writes with package run, and the
// kubeconfig.
package recover
