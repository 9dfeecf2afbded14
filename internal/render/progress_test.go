package render

import (
	"bytes"
	"strings"
	"sync"
	"testing"
)

func TestProgress(t *testing.T) {
	run := func(p *Progress) {
		p.Step("reading", 1, 2, "dev")
		p.Step("reading", 2, 2, "pr\x1bod")
		p.Line("endpoint is http://127.0.0.1\n")
		p.Step("reading", 3, 3, strings.Repeat("x", 100))
		p.Done()
	}
	for _, test := range []struct {
		name    string
		inPlace bool
		want    string
	}{
		{"lines", false, "reading 1/2: dev\nreading 2/2: pr\\x1bod\nendpoint is http://127.0.0.1\\n\nreading 3/3: " + strings.Repeat("x", 100) + "\n"},
		{"in place", true, "\r\x1b[Kreading 1/2: dev\r\x1b[Kreading 2/2: pr\\x1bod\r\x1b[Kendpoint is http://127.0.0.1\\n\n" +
			"\r\x1b[Kreading 3/3: " + strings.Repeat("x", 23) + "...\r\x1b[K"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got bytes.Buffer
			run(NewProgress(&got, test.inPlace, 40))
			if got.String() != test.want {
				t.Errorf("got  %q\nwant %q", got.String(), test.want)
			}
		})
	}
	run(nil) // silent
}

// TestProgressTogether is for the race detector.
func TestProgressTogether(t *testing.T) {
	var out bytes.Buffer
	p := NewProgress(&out, true, 80)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() { p.Step("reading", i, 20, "c"); p.Line("x") })
	}
	wg.Wait()
	p.Done()
}
