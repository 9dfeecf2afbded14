package term

import (
	"bytes"
	"os"
	"testing"
)

func TestHeld(t *testing.T) {
	var out bytes.Buffer
	h := Hold(&out)
	h.Write([]byte("a"))
	if out.Len() > 0 || Is(h) {
		t.Errorf("written before it is released: %q", out.String())
	}
	for range 2 {
		if err := h.Release(); err != nil {
			t.Fatal(err)
		}
	}
	h.Write([]byte("b"))
	if out.String() != "ab" {
		t.Errorf("written: %q", out.String())
	}
	if f := Hold(os.Stderr).Fd(); f != os.Stderr.Fd() {
		t.Errorf("the descriptor is %d", f)
	}
}
