// Package examples holds the example files and the simulated world that they are
// for, so that the programs can be tried without a checkout.
package examples

import _ "embed" // for the files below

//go:embed clusters.yaml
var Clusters []byte // a file for eksaccess

//go:embed breakglass.yaml
var Breakglass []byte // a file for emergencies

//go:embed demo/world.yaml
var World []byte // a world for ekssim, with the clusters of these files
