package term

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// openPTY returns the two ends of a pseudo-terminal (pty(7)): what is written
// to the first is typed at the second.
func openPTY(t *testing.T) (person, terminal *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { terminal.Close() })
	return person, terminal
}

func TestTerminal(t *testing.T) {
	_, terminal := openPTY(t)
	if !Is(terminal) {
		t.Fatal("not taken for a terminal")
	}
	if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: 123, Row: 40}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		env  []string
		want int
	}{{nil, 123}, {[]string{"COLUMNS=99"}, 99}, {[]string{"COLUMNS=x"}, 123}} {
		if got := Width(terminal, env(test.env...)); got != test.want {
			t.Errorf("width with %q is %d, want %d", test.env, got, test.want)
		}
	}
	for _, test := range []struct {
		env     []string
		noColor bool
		want    bool
	}{
		{[]string{"TERM=xterm"}, false, true},
		{nil, false, true},
		{[]string{"TERM=xterm"}, true, false},
		{[]string{"TERM=dumb"}, false, false},
		{[]string{"TERM=xterm", "NO_COLOR=1"}, false, false},
		{[]string{"TERM=xterm", "NO_COLOR="}, false, true},
	} {
		if got := Color(terminal, env(test.env...), test.noColor); got != test.want {
			t.Errorf("colour with %q, --no-color %t: %t, want %t", test.env, test.noColor, got, test.want)
		}
	}
}

// TestMain lets the test binary be the program that asks, in a session of its
// own.
func TestMain(m *testing.M) {
	if os.Getenv("TERM_TEST_ASK") == "" {
		os.Exit(m.Run())
	}
	ok, err := Prompt{}.Confirm(context.Background(), "Apply?")
	fmt.Printf("%t %t\n", ok, errors.Is(err, ErrNoTerminal))
	os.Exit(0)
}

// TestDevice: the question is answered at the terminal while standard input is
// something else, and without a terminal there is no question.
func TestDevice(t *testing.T) {
	ask := func(terminal *os.File) (string, string) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "TERM_TEST_ASK=1")
		cmd.Stdin = strings.NewReader("no\n")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		var stdout, stderr strings.Builder
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if terminal != nil {
			cmd.ExtraFiles = []*os.File{terminal}
			cmd.SysProcAttr.Setctty, cmd.SysProcAttr.Ctty = true, 3
		}
		if err := cmd.Run(); err != nil {
			t.Fatal(err, stderr.String())
		}
		return stdout.String(), stderr.String()
	}

	person, terminal := openPTY(t)
	fmt.Fprint(person, "yes\n") // typed ahead; the terminal keeps it
	out, question := ask(terminal)
	if out != "true false\n" || !strings.HasPrefix(question, "Apply?") {
		t.Errorf("at a terminal: %q, asked %q", out, question)
	}
	if echo, _ := bufio.NewReader(person).ReadString('\n'); echo != "yes\r\n" {
		t.Errorf("the terminal echoed %q", echo)
	}

	if out, question := ask(nil); out != "false true\n" || question != "" {
		t.Errorf("without a terminal: %q, asked %q", out, question)
	}
}
