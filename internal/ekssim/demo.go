package ekssim

import _ "embed" // for the world below

//go:embed demo.yaml
var demoYAML []byte

// DemoWorld is a small world to look at: three clusters, two accounts, and
// one of each kind of trouble.
func DemoWorld() World {
	w, err := ParseWorld(demoYAML)
	if err != nil {
		panic(err) // embedded: it is the same in every build
	}
	return w
}
