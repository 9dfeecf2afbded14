package term

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func env(vars ...string) func(string) string {
	return func(key string) string {
		for _, v := range vars {
			if k, value, _ := strings.Cut(v, "="); k == key {
				return value
			}
		}
		return ""
	}
}

// TestNoTerminal: what is no terminal has the default width and no colour.
func TestNoTerminal(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, stream := range []any{nil, new(bytes.Buffer), file} {
		if Is(stream) {
			t.Errorf("%T is no terminal", stream)
		}
		if got := Width(stream, env()); got != 80 {
			t.Errorf("width of %T is %d, want 80", stream, got)
		}
		if Color(stream, env("TERM=xterm"), false) {
			t.Errorf("%T has colour", stream)
		}
	}
}

func TestColumns(t *testing.T) {
	for _, test := range []struct {
		columns string
		want    int
	}{{"132", 132}, {"0", 80}, {"-1", 80}, {"wide", 80}, {"", 80}} {
		if got := Width(nil, env("COLUMNS="+test.columns)); got != test.want {
			t.Errorf("COLUMNS=%s: %d, want %d", test.columns, got, test.want)
		}
	}
}

func TestConfirm(t *testing.T) {
	for _, test := range []struct {
		in     string
		want   bool
		reason string
	}{
		{"yes\n", true, "the whole word"},
		{"yes\r\n", true, "as Windows ends lines"},
		{" yes \n", true, "spaces around it are no other word"},
		{"y\n", false, "a letter is typed too easily"},
		{"Yes\n", false, "another word"},
		{"yes please\n", false, "two words"},
		{"\n", false, "nothing said is no"},
		{"", false, "end of input"},
		{"yes", false, "cut short by Ctrl-D"},
		{"no\nyes\n", false, "the first line is the answer"},
		{strings.Repeat("y", 5000) + "\n", false, "nobody types that"},
	} {
		var out bytes.Buffer
		p := Prompt{
			Out:  &out,
			Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(test.in)), nil },
		}
		got, err := p.Confirm(context.Background(), "Apply?")
		if err != nil || got != test.want {
			t.Errorf("%q: %t, %v, want %t: %s", test.in, got, err, test.want, test.reason)
		}
		if want := "Apply? Type \"yes\" to continue: "; !strings.HasPrefix(out.String(), want) {
			t.Errorf("asked %q, want %q", out.String(), want)
		}
	}
}

// TestConfirmReadsItsLine: what was typed after the answer is left to others.
func TestConfirmReadsItsLine(t *testing.T) {
	in := strings.NewReader("yes\nrest")
	p := Prompt{Out: io.Discard, Open: func() (io.ReadCloser, error) { return io.NopCloser(in), nil }}
	if ok, err := p.Confirm(context.Background(), "Apply?"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if rest, _ := io.ReadAll(in); string(rest) != "rest" {
		t.Errorf("left %q", rest)
	}
}

// TestConfirmInterrupted: Ctrl-C, which ends the context, is no, at once.
func TestConfirmInterrupted(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(context.Background())
	var out bytes.Buffer
	p := Prompt{
		Out:  writer(func(b []byte) (int, error) { cancel(); return out.Write(b) }),
		Open: func() (io.ReadCloser, error) { return r, nil },
	}
	if ok, err := p.Confirm(ctx, "Apply?"); ok || err != nil {
		t.Errorf("%t, %v", ok, err)
	}
	if !strings.HasSuffix(out.String(), "\n") {
		t.Errorf("the cursor stays behind the question: %q", out.String())
	}
	out.Reset()
	if ok, err := p.Confirm(ctx, "Apply?"); ok || err != nil || out.Len() > 0 {
		t.Errorf("asked although it is over: %t, %v, %q", ok, err, out.String())
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

func TestConfirmFails(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		name string
		open func() (io.ReadCloser, error)
		want error
	}{
		{"no terminal", func() (io.ReadCloser, error) { return nil, ErrNoTerminal }, ErrNoTerminal},
		{"broken", func() (io.ReadCloser, error) {
			r, w := io.Pipe()
			w.CloseWithError(broken)
			return r, nil
		}, broken},
	} {
		if ok, err := (Prompt{Out: io.Discard, Open: test.open}).Confirm(context.Background(), "Apply?"); ok ||
			!errors.Is(err, test.want) {
			t.Errorf("%s: %t, %v", test.name, ok, err)
		}
	}
}
