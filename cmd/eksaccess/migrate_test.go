package main

import (
	"strings"
	"testing"
)

// Every command that docs/migrate.md tells people to type is run by its script.
func TestMigrateIsTried(t *testing.T) {
	script := read(t, "testdata/script/migrate.txtar")
	n := 0
	for _, line := range strings.Split(read(t, "../../docs/migrate.md"), "\n") {
		command, ok := strings.CutPrefix(line, "    ")
		if !ok || !strings.HasPrefix(command, "eksaccess ") {
			continue
		}
		n++
		command, _, _ = strings.Cut(command, " > ")
		if !strings.Contains(script, "exec "+command) && !strings.Contains(script, "exits 3 "+command) {
			t.Errorf("not tried: %s", command)
		}
	}
	if n < 6 {
		t.Errorf("%d commands, want more", n)
	}
}
