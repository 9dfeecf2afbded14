//go:build unix

package process

import (
	"os"
	"syscall"

	"github.com/eksaccess/eksaccess/internal/term"
)

// forwarded are the signals that process 1 of a container passes on.
var forwarded = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT}

func noCoreDump() { _ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) }

// inForeground puts a child into the foreground of the terminal, so that Ctrl-C
// reaches it once, and not once more by way of its parent.
func inForeground(stdin *os.File) *syscall.SysProcAttr {
	if !term.Is(stdin) {
		return nil
	}
	return &syscall.SysProcAttr{Setpgid: true, Foreground: true, Ctty: int(stdin.Fd())}
}
