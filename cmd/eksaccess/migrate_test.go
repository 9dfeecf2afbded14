package main

import (
	"strings"
	"testing"
)

// Every command that docs/migrate.md gives is run: in a transcript of the page,
// or for another cluster and file in its script.
func TestMigrateIsTried(t *testing.T) {
	page := read(t, "../../docs/migrate.md")
	script := strings.NewReplacer("--cluster prod", "--cluster staging", "clusters.yaml", "api.yaml").
		Replace(read(t, "testdata/script/migrate.txtar"))
	n := 0
	for _, line := range strings.Split(page, "\n") {
		command, ok := strings.CutPrefix(line, "    ")
		if strings.HasPrefix(command, "$ eksaccess ") {
			n++ // in a transcript
		}
		if !ok || !strings.HasPrefix(command, "eksaccess ") {
			continue
		}
		n++
		command, _, _ = strings.Cut(command, " > ")
		if !strings.Contains(page, "    $ "+command) && !strings.Contains(script, "exec "+command) {
			t.Errorf("not run: %s", command)
		}
	}
	if n < 6 {
		t.Errorf("%d commands, want more", n)
	}
}
