package term

import "golang.org/x/sys/windows"

// deviceName is the console's input (Windows console documentation, "Console
// Handles").
const deviceName = "CONIN$"

// enableColor makes a console understand escape codes, which older ones have
// to be told, and reports whether it does.
func enableColor(fd uintptr) bool {
	var mode uint32
	h := windows.Handle(fd)
	if windows.GetConsoleMode(h, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
