// Package cani holds the question that "kubectl auth can-i" asks: may a caller
// do this, there? In goes what a person writes, out comes a [Question], which a
// cluster can be asked (internal/kube) or access policies can be searched for
// (internal/eksfacts).
//
// It knows Kubernetes' own resources by name and nothing of who answers.
package cani
