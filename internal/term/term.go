package term

import (
	"strconv"

	"golang.org/x/term"
)

// defaultWidth is for output that goes to no terminal.
const defaultWidth = 80

// descriptor is what *os.File has. Streams come as io.Writer or io.Reader from
// the caller's caller, so this is asked of any value.
type descriptor interface{ Fd() uintptr }

// Is reports whether stream, an *os.File or anything, is a terminal.
func Is(stream any) bool {
	f, ok := stream.(descriptor)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Width is how many columns stream has: what COLUMNS says, else what the
// terminal does, else 80.
func Width(stream any, getenv func(string) string) int {
	if n, err := strconv.Atoi(getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if f, ok := stream.(descriptor); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return defaultWidth
}

// Color reports whether to use colour on stream: it is a terminal that can,
// and neither the flag --no-color nor the environment says no. NO_COLOR counts
// when it is there and not empty (no-color.org).
func Color(stream any, getenv func(string) string, noColor bool) bool {
	if noColor || getenv("NO_COLOR") != "" || getenv("TERM") == "dumb" {
		return false
	}
	return Is(stream) && enableColor(stream.(descriptor).Fd())
}
