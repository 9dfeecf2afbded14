package awsauth_test

import (
	"strings"
	"testing"

	"github.com/eksaccess/eksaccess/internal/awsauth"
)

// Text that grows when it is read, or nests without end, is a note like any
// other, and soon.
func TestHostile(t *testing.T) {
	bomb := "- &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'l'; c++ {
		bomb += "- &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+",", 9) + "*" + string(c-1) + "]\n"
	}
	for name, text := range map[string]string{
		"aliases": bomb, "deep": strings.Repeat("[", 100_000), "flow": strings.Repeat("{a: ", 20_000),
		"block": strings.Repeat("- ", 100_000),
	} {
		// What is expanded without a limit does not end within the time of the tests.
		got := awsauth.Parse(map[string]string{"mapRoles": text, "mapAccounts": text})
		if len(got.Malformed) == 0 || len(got.Rows) > 0 {
			t.Errorf("%s: %d notes, %d rows", name, len(got.Malformed), len(got.Rows))
		}
	}
}
