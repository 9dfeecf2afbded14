package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/atomicfile"
	"github.com/eksaccess/eksaccess/internal/cloudformation"
	"github.com/eksaccess/eksaccess/internal/eksctl"
	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/internal/suggest"
	"github.com/eksaccess/eksaccess/internal/terraform"
	"github.com/eksaccess/eksaccess/internal/transfer"
)

// tools are whom access can be handed to.
var tools = []string{"terraform", "eksctl", "cloudformation"}

func (p *program) exportCommand() *cli.Command {
	return &cli.Command{
		Name:  "export",
		Usage: "write access for another tool to keep; changes nothing",
		UsageText: "eksaccess export -o terraform -f clusters.yaml > access.tf\n" +
			"eksaccess export -o cloudformation --cluster prod --region eu-west-1 --dir out",
		Description: "With -f, what the files declare; no network where they name principals by ARN. Else what is " +
			"live.\n" +
			"The result goes to standard output, or into files below --dir: a ClusterConfig or a template for each\n" +
			"cluster. What can't go along, and why, goes to standard error. Entries that end by themselves stay " +
			"behind.",
		Flags: join(locateFlags(), []cli.Flag{
			choice(cli.StringFlag{
				Name: "output", Aliases: []string{"o"}, Usage: "`TOOL`: " + strings.Join(tools, ", "), Category: "Output",
			}, tools...),
			&cli.StringFlag{
				Name:     "dir",
				Usage:    "write files below `FOLDER`; one that is there and differs is not overwritten",
				Category: "Output",
			},
			&cli.BoolFlag{
				Name: "no-import",
				Usage: "without what takes existing entries over: terraform's import blocks, " +
					"cloudformation's import list",
				Category:           "Output",
				DisableDefaultText: true,
			},
			snapshotFlag(),
		}, awsFlags()),
		Action: func(c *cli.Context) error {
			if err := knownTool(c); err != nil {
				return err
			}
			ctx, cancel := timed(c)
			defer cancel()
			access, err := p.handed(ctx, c)
			if err != nil {
				return err
			}
			return p.handOver(c, access)
		},
	}
}

func knownTool(c *cli.Context) error {
	tool := c.String("output")
	for _, t := range tools {
		if t == tool {
			return nil
		}
	}
	if tool == "" {
		return withHint(errors.New("export needs to know for which tool"), "pass -o "+strings.Join(tools, ", -o "))
	}
	hint := "there are " + strings.Join(tools, ", ")
	if near := suggest.DidYouMean(tool, tools); near != "" {
		hint = near
	}
	return withHint(fmt.Errorf("export knows no tool %q", tool), hint)
}

// handOver writes for the tool.
func (p *program) handOver(c *cli.Context, h *handing) error {
	entries := 0
	for _, cl := range h.clusters {
		entries += len(cl.Entries)
	}
	files, notes := h.files(c.String("output"), !c.Bool("no-import"))
	p.tellNotes(transfer.SortNotes(append(h.notes, notes...)))
	if entries == 0 || len(files) == 0 {
		return errors.New("there is no entry to export")
	}
	if c.IsSet("dir") {
		if err := writeFiles(c.String("dir"), files); err != nil {
			return err
		}
		for _, f := range files {
			p.complain("note", "wrote "+filepath.Join(c.String("dir"), f.Name))
		}
	} else {
		whole := 0
		for _, f := range files {
			if !f.Beside {
				whole++
			}
		}
		if whole > 1 {
			return withHint(fmt.Errorf("%s takes a file for each cluster, and there are %d", c.String("output"), whole),
				"write them into a folder with --dir FOLDER, or choose one with --cluster")
		}
		if len(files) > 1 {
			p.complain("note", files[1].Name+", which the import of what exists needs, is written with --dir FOLDER "+
				"only")
		}
		if _, err := p.stdout.Write(files[0].Data); err != nil {
			return err
		}
	}
	p.tellNext(c, h)
	return nil
}

func (h *handing) files(tool string, imports bool) ([]transfer.File, []transfer.Note) {
	switch tool {
	case "eksctl":
		return eksctl.Files(h.clusters)
	case "cloudformation":
		return cloudformation.Files(h.clusters, imports)
	}
	return terraform.Files(
		h.clusters,
		terraform.Options{Imports: imports, Reach: func(id arn.Cluster) (string, string) {
			return h.declared[id].AssumeRole, h.declared[id].ExternalID
		}},
	), nil
}

// tellNotes prints notes, each hint once behind those it is for.
func (p *program) tellNotes(notes []transfer.Note) {
	for i, n := range notes {
		p.complain("note", n.String())
		if n.Hint != "" && (i+1 == len(notes) || notes[i+1].Hint != n.Hint) {
			p.complain("hint", n.Hint)
		}
	}
}

// tellNext says what has to be so before the result is used.
func (p *program) tellNext(c *cli.Context, h *handing) {
	if c.Bool("no-import") || c.String("output") == "eksctl" {
		return
	}
	if c.IsSet("file") {
		p.complain("note", "only entries that exist can be taken over")
		p.complain(
			"hint",
			"eksaccess plan --detailed-exitcode -f "+strings.Join(
				c.StringSlice("file"),
				" -f ",
			)+" ends with 0 where all do",
		)
	}
	if c.String("output") == "cloudformation" && c.IsSet("dir") {
		p.complain("hint", cloudformation.ImportCommand(h.clusters[0], c.String("dir")))
	}
}

// writeFiles writes all files or says why not before the first. What is there
// already and is another's is not overwritten.
func writeFiles(dir string, files []transfer.File) error {
	for _, f := range files {
		name := filepath.Join(dir, f.Name)
		have, err := readfile.All(name, maxDocument)
		switch {
		case err == nil && !bytes.Equal(have, f.Data):
			return withHint(
				fmt.Errorf("%q is there and holds something else", name),
				"remove it, or choose another folder with --dir",
			)
		case err != nil && !errors.Is(err, os.ErrNotExist):
			return plainPathError(err)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making folder %q: %w", dir, errors.Unwrap(err))
	}
	for _, f := range files {
		if err := atomicfile.Write(filepath.Join(dir, f.Name), atomicfile.Public, f.Data); err != nil {
			return fmt.Errorf("writing %q: %w", filepath.Join(dir, f.Name), withoutPath(err))
		}
	}
	return nil
}
