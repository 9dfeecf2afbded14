// Package examples holds the example file and the simulated world it is for,
// so that they can be tried where there is no checkout.
package examples

import _ "embed" // for the files below

//go:embed clusters.yaml
var Clusters []byte // a file for eksaccess

//go:embed demo/world.yaml
var World []byte // a world for ekssim, with the clusters of that file
