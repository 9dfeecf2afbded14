package audit

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

// docs/audit.md is what the rules say of themselves.
func TestPage(t *testing.T) {
	const path = "../../docs/audit.md"
	if *update {
		if err := os.WriteFile(path, []byte(Page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Page(), strings.ReplaceAll(string(got), "\r\n", "\n")); diff != "" {
		t.Errorf("run make golden; %s (-rules +page):\n%s", path, diff)
	}
}
