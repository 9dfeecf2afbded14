package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/adopt"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/term"
)

func (p *program) importCommand() *cli.Command {
	return &cli.Command{
		Name:  "import",
		Usage: "make a file of access that is there already; changes nothing",
		UsageText: "eksaccess import live --all-clusters --region eu-west-1 > clusters.yaml\n" +
			"eksaccess import aws-auth aws-auth.yaml --cluster prod --region eu-west-1",
		Description: "The file goes to standard output; what became of each thing that was read, and what could not\n" +
			"be carried over and why, to standard error. With --merge FILE the result is FILE, every byte of\n" +
			"it as it was, and added to it what it lacks.",
		Subcommands: []*cli.Command{p.importLiveCommand()},
		Action: func(c *cli.Context) error {
			var from []string
			for _, s := range c.Command.Subcommands {
				from = append(from, "eksaccess import "+s.Name)
			}
			if c.Args().Present() {
				return withHint(fmt.Errorf("import does not know %q", c.Args().First()), strings.Join(from, ", "))
			}
			return withHint(errors.New("import needs to know from what"), strings.Join(from, ", "))
		},
	}
}

// importFlags are those of every importer.
func importFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "merge", Usage: "print `FILE` with what it lacks added and marked; nothing that is in it changes", Category: "Output"},
		&cli.BoolFlag{Name: "sets", Usage: "make sets of what is the same on several clusters, where that makes the file shorter", Category: "Output", DisableDefaultText: true},
		&cli.BoolFlag{Name: "watch", Usage: "write watch: true, so that clusters are planned and never written", Category: "Output", DisableDefaultText: true},
	}
}

// writeImport prints what an importer found as a file, and its report. Every
// importer ends here.
func (p *program) writeImport(c *cli.Context, found *adopt.Found) error {
	found.Watch = c.Bool("watch")
	text, told := adopt.Write(found, adopt.Options{Sets: c.Bool("sets")})
	opts := render.Options{Color: term.Color(p.stderr, getenv, p.noColor), Width: term.Width(p.stderr, getenv)}
	if err := render.Import(p.stderr, told, opts); err != nil {
		return err
	}
	if text == nil {
		return errors.New("there is nothing to make a file of")
	}
	_, err := p.stdout.Write(text)
	return err
}
