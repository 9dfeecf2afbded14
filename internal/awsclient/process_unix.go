//go:build unix

package awsclient

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/term"
)

// setProcessGroup makes ending a command end what it started too. Not at a terminal: it
// may have to ask there, which a process group in the background cannot, and
// there Ctrl-C ends all of them.
func setProcessGroup(cmd *exec.Cmd) {
	if term.IsTerminal(int(os.Stdin.Fd())) {
		return
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
