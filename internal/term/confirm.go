package term

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// ErrNoTerminal says that there is no terminal for the question.
var ErrNoTerminal = errors.New("there is no terminal to ask at")

// A Prompt asks a person. The zero value asks on standard error and reads the
// terminal device.
type Prompt struct {
	Out io.Writer // nil is os.Stderr
	// Open returns where answers come from; nil is the terminal device, or
	// standard input where that is a terminal.
	Open func() (io.ReadCloser, error)
}

// Confirm writes the question and reports whether the answer is the whole word
// "yes". Anything else is no: another word, an empty line, end of input, and
// ctx done, which is how Ctrl-C arrives.
//
// The answer is read from the terminal even where standard input is a file
// that is piped in. Without a terminal the error is [ErrNoTerminal] and
// nothing is written.
func (p Prompt) Confirm(ctx context.Context, question string) (bool, error) {
	open, out := p.Open, p.Out
	if open == nil {
		open = device
	}
	if out == nil {
		out = os.Stderr
	}
	in, err := open()
	if err != nil {
		return false, err
	}
	defer in.Close()
	if ctx.Err() != nil {
		return false, nil
	}
	fmt.Fprintf(out, "%s Type \"yes\" to continue: ", question)

	type answer struct {
		line string
		err  error
	}
	// A read from a terminal can't be interrupted on every system, so it is
	// left behind when ctx ends; the program is about to end then.
	answers := make(chan answer, 1)
	go func() {
		line, err := readLine(in)
		answers <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(out)
		return false, nil
	case a := <-answers:
		if f, ok := out.(*os.File); a.err != nil || !ok || !Is(f) {
			fmt.Fprintln(out) // the cursor is still behind the question, unless the terminal showed the answer
		}
		if a.err != nil && a.err != io.EOF {
			return false, fmt.Errorf("reading the answer: %w", a.err)
		}
		return a.err == nil && strings.TrimSpace(a.line) == "yes", nil
	}
}

// maxAnswer is more than anybody types.
const maxAnswer = 1 << 10

// readLine reads one line and not a byte more: what follows is another
// else's. A line without an end is io.EOF, as when Ctrl-D cuts it short.
func readLine(r io.Reader) (string, error) {
	var line []byte
	b := make([]byte, 1)
	for len(line) < maxAnswer {
		n, err := r.Read(b)
		if n == 1 {
			if b[0] == '\n' {
				return string(line), nil
			}
			line = append(line, b[0])
			continue
		}
		if err != nil {
			return "", err
		}
	}
	return "", nil
}

// device opens the terminal the program belongs to.
func device() (io.ReadCloser, error) {
	if f, err := os.OpenFile(deviceName, os.O_RDWR, 0); err == nil {
		if Is(f) {
			return f, nil
		}
		f.Close()
	}
	if Is(os.Stdin) {
		return io.NopCloser(os.Stdin), nil
	}
	return nil, ErrNoTerminal
}
