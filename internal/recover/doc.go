// Package recover gives one principal access to one cluster again, step by
// step, and proves it. [Run] does that, [Drill] finds out whether it would
// work, and [Commands] returns its steps as commands of aws and kubectl. All
// three go through the same parts, which return their steps as values; an
// [Observer] shows them while the run goes on.
//
// It reads with packages live and kube. It writes only through [Env.Apply], and
// the kubeconfig.
package recover
