package main

import (
	"bytes"
	"io"

	"github.com/eksaccess/eksaccess/internal/cliargs"
)

// A heldStream keeps what is written to a stream until it is released, for
// --quiet: a run that ends in 0 releases nothing.
type heldStream struct {
	io.Writer // the stream
	kept      *bytes.Buffer
}

func (h *heldStream) Write(b []byte) (int, error) {
	if h.kept != nil {
		return h.kept.Write(b)
	}
	return h.Writer.Write(b)
}

// Fd is that of the stream, so that package term sees the terminal behind it.
func (h *heldStream) Fd() uintptr {
	if f, ok := h.Writer.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0)
}

func (h *heldStream) release() {
	if h.kept != nil {
		_, _ = h.kept.WriteTo(h.Writer) // the exit code is an error already, or a question will fail
		h.kept = nil
	}
}

// hold makes a quiet run print nothing until it is released, except a result in
// the format that -o asks for.
func (p *program) hold(line cliargs.Line) {
	if !p.quiet || line.Help {
		return
	}
	if !line.Given["output"] {
		p.stdout = &heldStream{p.stdout, new(bytes.Buffer)}
	}
	p.stderr = &heldStream{p.stderr, new(bytes.Buffer)}
}

// release prints what a quiet run has printed so far, and then all that follows.
func (p *program) release() {
	for _, stream := range []io.Writer{p.stdout, p.stderr} {
		if held, ok := stream.(*heldStream); ok {
			held.release()
		}
	}
}

// document is standard output for a result that is a document of its own, such
// as a file or a token: --quiet does not hold it.
func (p *program) document() io.Writer {
	if held, ok := p.stdout.(*heldStream); ok {
		return held.Writer
	}
	return p.stdout
}
