package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/term"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
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
		Subcommands: []*cli.Command{
			p.importLiveCommand(),
			p.importAWSAuthCommand(),
			p.importEksctlCommand(),
			p.importTerraformCommand(),
		},
		Action: func(c *cli.Context) error {
			var from []string
			for _, s := range c.Command.Subcommands {
				from = append(from, "eksaccess import "+s.Name)
			}
			return withHint(errors.New("import needs to know from what"), strings.Join(from, ", "))
		},
	}
}

// importFlags are those of every importer.
func importFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name:     "merge",
			Usage:    "print `FILE` with what it lacks added and marked; nothing that is in it changes",
			Category: "Output",
		},
		&cli.BoolFlag{
			Name:               "sets",
			Usage:              "make sets of what is the same on several clusters, where that makes the file shorter",
			Category:           "Output",
			DisableDefaultText: true,
		},
		&cli.BoolFlag{
			Name:               "watch",
			Usage:              "write watch: true, so that clusters are planned and never written",
			Category:           "Output",
			DisableDefaultText: true,
		},
	}
}

// checkImport refuses what goes nowhere, before anything is read.
func checkImport(c *cli.Context) error {
	if c.IsSet("merge") && c.Bool("sets") {
		return withHint(
			errors.New("--sets and --merge contradict each other: what is in a file stays as it is"),
			"pass one of them",
		)
	}
	return nil
}

// writeImport prints what an importer found as a file, and its report. Every
// importer ends here.
func (p *program) writeImport(c *cli.Context, found *transfer.Import) error {
	found.Watch = c.Bool("watch")
	text, told, err := p.importText(c, found)
	if err != nil {
		return err
	}
	opts := render.Options{Color: term.Color(p.stderr, getenv, p.noColor), Width: term.Width(p.stderr, getenv)}
	if err := render.Import(p.stderr, told, opts); err != nil {
		return err
	}
	if text == nil {
		return errors.New("there is nothing to make a file of")
	}
	if len(text) > spec.MaxFileSize {
		p.complain("warning", fmt.Sprintf("the file is larger than %d MiB, more than -f takes", spec.MaxFileSize>>20))
		p.complain("hint", "import some of the clusters at a time, into files of their own")
	}
	if _, err := p.stdout.Write(text); err != nil {
		return err
	}
	failed := 0
	for _, cluster := range told.Clusters {
		if cluster.Failed {
			failed++
		}
	}
	if failed > 0 {
		message := fmt.Sprintf(
			"import failed in %d of %s: they are not in the file",
			failed,
			phrase.Count(len(told.Clusters), "cluster"),
		)
		return outcome{code: exitSome, message: message}
	}
	return nil
}

func (p *program) importText(c *cli.Context, found *transfer.Import) ([]byte, *transfer.Import, error) {
	if !c.IsSet("merge") {
		text, told := transfer.Write(found, transfer.Options{Sets: c.Bool("sets")})
		return text, told, nil
	}
	sources, err := p.sources([]string{c.String("merge")})
	if err != nil {
		return nil, nil, err
	}
	if len(sources) != 1 {
		return nil, nil, withHint(
			fmt.Errorf("--merge %q is a folder with %s", c.String("merge"), phrase.Count(len(sources), "file")),
			"name one of them",
		)
	}
	text, told, err := transfer.Merge(sources[0], found)
	var problems spec.Problems
	if errors.As(err, &problems) {
		opts := render.Options{Color: term.Color(p.stderr, getenv, p.noColor), Width: term.Width(p.stderr, getenv)}
		if err := render.Problems(p.stderr, problems, opts); err != nil {
			return nil, nil, err
		}
		return nil, nil, fmt.Errorf("%s in what --merge names", phrase.Count(len(problems.Errors), "problem"))
	}
	return text, told, err
}
