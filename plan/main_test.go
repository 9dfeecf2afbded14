package plan_test

import (
	"cmp"
	"flag"
	"os"
	"testing"
)

// CHECKS is how many random worlds a property is tested with; make soak asks for
// many.
func TestMain(m *testing.M) {
	flag.Set("rapid.checks", cmp.Or(os.Getenv("CHECKS"), "300"))
	os.Exit(m.Run())
}
