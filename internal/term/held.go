package term

import (
	"bytes"
	"io"
)

// A Held is a stream that keeps what is written to it until it is released.
type Held struct {
	Stream io.Writer
	kept   *bytes.Buffer // nil once it is released
}

// Hold returns the stream, held.
func Hold(stream io.Writer) *Held { return &Held{stream, new(bytes.Buffer)} }

// Write keeps b, or writes it once the stream is released.
func (h *Held) Write(b []byte) (int, error) {
	if h.kept != nil {
		return h.kept.Write(b)
	}
	return h.Stream.Write(b)
}

// Release writes what was kept. What is written from then on is not kept.
func (h *Held) Release() error {
	if h.kept == nil {
		return nil
	}
	_, err := h.kept.WriteTo(h.Stream)
	h.kept = nil
	return err
}

// Fd is that of the stream, so that the terminal behind it is found.
func (h *Held) Fd() uintptr {
	if f, ok := h.Stream.(descriptor); ok {
		return f.Fd()
	}
	return ^uintptr(0) // which is no file
}
