package awsclient

import "time"

// A window counts the answers of the last second, by tenths.
type window struct {
	tenths [10]struct {
		at              int64 // number of the tenth since 1970
		passed, refused int
	}
}

const tenth = 100 * time.Millisecond

func (w *window) count(now time.Time, refused bool) {
	at := now.UnixNano() / int64(tenth)
	t := &w.tenths[at%int64(len(w.tenths))]
	if t.at != at {
		t.at, t.passed, t.refused = at, 0, 0
	}
	if refused {
		t.refused++
	} else {
		t.passed++
	}
}

// lastSecond is what passed and what was refused in it.
func (w *window) lastSecond(now time.Time) (passed, refused float64) {
	at := now.UnixNano() / int64(tenth)
	for _, t := range w.tenths {
		if at-t.at < int64(len(w.tenths)) {
			passed, refused = passed+float64(t.passed), refused+float64(t.refused)
		}
	}
	return passed, refused
}
