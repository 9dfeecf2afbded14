package plan_test

import (
	"cmp"
	"flag"
	"os"
	"testing"
)

// CHECKS is how many random worlds a property is held against.
func TestMain(m *testing.M) {
	flag.Set("rapid.checks", cmp.Or(os.Getenv("CHECKS"), "2000"))
	os.Exit(m.Run())
}
