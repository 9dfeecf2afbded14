package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/term"
)

// The library writes a flag that may be repeated twice, as "--x X [ --x X ]",
// which pushes what it says out of sight. Its usage says "repeatable".
func init() {
	inFull := cli.FlagStringer
	cli.FlagStringer = func(f cli.Flag) string {
		name, usage, _ := strings.Cut(inFull(f), "\t")
		if before, _, ok := strings.Cut(name, " [ "); ok {
			name = before
		}
		return name + "\t" + usage
	}
}

// tellHelp prints the help that the library wrote, if it did.
func (p *program) tellHelp() error {
	if p.help.Len() == 0 {
		return nil
	}
	_, err := p.stdout.Write([]byte(render.Help(p.asCalled(p.help.String()), term.Width(p.stdout, getenv))))
	return err
}
