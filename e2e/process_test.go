package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A process is a server that ends with the tests, however they end: a shell
// holds it that kills it when the pipe from here is closed, which the system
// does for a process that was killed, too.
type process struct {
	cmd  *exec.Cmd
	hold io.Closer
	done chan struct{} // closed when it has ended
	log  string
}

const holder = `"$@" </dev/null & child=$!
(while kill -0 $child 2>/dev/null; do sleep 0.2; done; kill $$ 2>/dev/null) &
cat >/dev/null; kill $child; sleep 0.1; kill -9 $child 2>/dev/null`

// start runs a server in a process group of its own, with what it says in a
// file.
func start(log string, program string, args ...string) (*process, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	p := &process{
		cmd:  exec.Command("sh", append([]string{"-c", holder, "sh", program}, args...)...),
		done: make(chan struct{}),
		log:  log,
	}
	p.cmd.Stdout, p.cmd.Stderr = file, file
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if p.hold, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { _ = p.cmd.Wait(); close(p.done) }()
	return p, nil
}

func (p *process) stop() {
	_ = p.hold.Close()
	select {
	case <-p.done:
	case <-time.After(3 * time.Second):
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
}

// until waits for ready to be true, and gives up when the process ends.
func (p *process) until(limit time.Duration, ready func() bool) error {
	end := time.After(limit)
	for !ready() {
		select {
		case <-p.done:
			return fmt.Errorf("%s has ended:\n%s", p.cmd.Args[4], p.said())
		case <-end:
			return fmt.Errorf("%s is not ready after %s:\n%s", p.cmd.Args[4], limit, p.said())
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil
}

// said is the end of what the process said.
func (p *process) said() string {
	data, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-4000):])
}

// freePorts are of loopback, and different ones.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // only when all are found
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
