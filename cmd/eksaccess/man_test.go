package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eksaccess/eksaccess/internal/render"
)

// The manual page is made of the commands themselves.
func TestManualPage(t *testing.T) {
	const path = "../../docs/eksaccess.1"
	page := render.Manual((&program{}).commands())
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(read(t, path), page); diff != "" {
		t.Errorf("%s (-want +got), \"make golden\" rewrites it:\n%s", path, diff)
	}
}
