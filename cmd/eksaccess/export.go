package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/atomicfile"
	"github.com/eksaccess/eksaccess/internal/cloudformation"
	"github.com/eksaccess/eksaccess/internal/eksctl"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/saved"
	"github.com/eksaccess/eksaccess/internal/suggest"
	"github.com/eksaccess/eksaccess/internal/terraform"
	"github.com/eksaccess/eksaccess/internal/transfer"
)

// exportTools are the tools for which access is written.
var exportTools = []string{"terraform", "eksctl", "cloudformation"}

// exportOptions are the flags of export.
type exportOptions struct {
	choiceOptions
	connectionOptions
	tool     string
	dir      *string
	noImport bool
}

func (o *exportOptions) flags() []cli.Flag {
	return join(o.locateFlags(), []cli.Flag{
		choice(cli.StringFlag{
			Name:        "output",
			Aliases:     []string{"o"},
			Usage:       "`TOOL`: " + strings.Join(exportTools, ", "),
			Category:    "Output",
			Destination: &o.tool,
		}, exportTools...),
		optionalFlag("dir", "Output",
			"write files below `FOLDER`; one that is there and differs is not overwritten", &o.dir),
		boolFlag("no-import", "Output",
			"without what takes existing entries over: terraform's import blocks, cloudformation's import "+
				"list",
			&o.noImport),
		o.snapshotFlag(),
	}, o.connectionFlags())
}

func (o *exportOptions) rules() []rule { return o.choiceRules() }

func (p *program) exportCommand() *cli.Command {
	o := &exportOptions{}
	return p.command(&cli.Command{
		Name:  "export",
		Usage: "write access for another tool to keep; changes nothing",
		UsageText: "eksaccess export -o terraform -f clusters.yaml > access.tf\n" +
			"eksaccess export -o cloudformation --cluster prod --region eu-west-1 --dir out",
		Description: "With -f, what the files declare; no network where they name principals by ARN. Else what is " +
			"live.\n" +
			"The result goes to standard output, or into files below --dir: a ClusterConfig or a template for each\n" +
			"cluster. What can't go along, and why, goes to standard error. Entries that end by themselves stay " +
			"behind.",
	}, o, func(ctx context.Context, _ invocation) error {
		if err := checkTool(o.tool); err != nil {
			return err
		}
		read, err := p.openFleet(&o.connectionOptions, kubeOptions{}).Export(ctx, o.Choice)
		if err != nil {
			return err
		}
		if err := exportFailure(read); err != nil {
			return err
		}
		return p.writeExport(o, read)
	})
}

func checkTool(tool string) error {
	if slices.Contains(exportTools, tool) {
		return nil
	}
	if tool == "" {
		return withHint(errors.New("export needs to know for which tool"),
			"pass -o "+strings.Join(exportTools, ", -o "))
	}
	hint := "there are " + strings.Join(exportTools, ", ")
	if near := suggest.DidYouMean(tool, exportTools); near != "" {
		hint = near
	}
	return withHint(fmt.Errorf("export knows no tool %q", tool), hint)
}

// exportFailure is the error of an export that would not be complete.
func exportFailure(read *fleet.Export) error {
	if err := readingOutcome(nil, 0, read.NotRead); err != nil {
		return outcome{code: exitSome, message: "nothing is written: " + err.Error()}
	}
	if len(read.Failed) == 0 {
		return nil
	}
	var failures []render.Failure
	var hints []string
	for _, f := range read.Failed {
		failures = append(failures, failureIn(f.Cluster.Account, f.Cluster.Region, f.Cluster.Name, f.Error))
		if f.Error.Hint != "" && !slices.Contains(hints, f.Error.Hint) {
			hints = append(hints, f.Error.Hint)
		}
	}
	out := failedOutcome("nothing is written: reading failed", failures, read.Of)
	out.hints = hints
	return out
}

// writeExport writes for the tool, and reports what was left out.
func (p *program) writeExport(o *exportOptions, read *fleet.Export) error {
	files, notes := exportFiles(o, read)
	p.printNotes(transfer.SortNotes(append(read.Notes, notes...)))
	empty := !slices.ContainsFunc(read.Clusters, func(c transfer.Cluster) bool { return len(c.Entries) > 0 })
	if empty || len(files) == 0 {
		return errors.New("there is no entry to export")
	}
	write := p.printExport
	if o.dir != nil {
		write = p.saveExport
	}
	if err := write(o, files); err != nil {
		return err
	}
	p.printNext(o, read.Clusters)
	return nil
}

func exportFiles(o *exportOptions, read *fleet.Export) ([]transfer.File, []transfer.Note) {
	switch o.tool {
	case "eksctl":
		return eksctl.Files(read.Clusters)
	case "cloudformation":
		return cloudformation.Files(read.Clusters, !o.noImport)
	}
	return terraform.Files(read.Clusters, terraform.Options{
		Imports: !o.noImport,
		Reach: func(id arn.Cluster) (string, string) {
			return read.Declared[id].AssumeRole, read.Declared[id].ExternalID
		},
	}), nil
}

// printExport prints the one file that there is.
func (p *program) printExport(o *exportOptions, files []transfer.File) error {
	whole := 0
	for _, f := range files {
		if !f.Beside {
			whole++
		}
	}
	if whole > 1 {
		return withHint(fmt.Errorf("%s takes a file for each cluster, and there are %d", o.tool, whole),
			"write them into a folder with --dir FOLDER, or choose one with --cluster")
	}
	if len(files) > 1 {
		p.complain("note", files[1].Name+", which the import of what exists needs, is written with --dir FOLDER only")
	}
	_, err := p.stdout.Write(files[0].Data)
	return err
}

// saveExport writes all files below --dir, or returns why not before it writes
// the first. A file that is there and has other content is not overwritten.
func (p *program) saveExport(o *exportOptions, files []transfer.File) error {
	for _, f := range files {
		name := filepath.Join(*o.dir, f.Name)
		have, err := readfile.All(name, saved.MaxSize)
		switch {
		case err == nil && !bytes.Equal(have, f.Data):
			return withHint(fmt.Errorf("%q is there and holds something else", name),
				"remove it, or choose another folder with --dir")
		case err != nil && !errors.Is(err, os.ErrNotExist):
			return readfile.Plain(err)
		}
	}
	if err := os.MkdirAll(*o.dir, 0o755); err != nil {
		return fmt.Errorf("making folder %q: %w", *o.dir, errors.Unwrap(err))
	}
	for _, f := range files {
		name := filepath.Join(*o.dir, f.Name)
		if err := atomicfile.Write(name, atomicfile.Public, f.Data); err != nil {
			return fmt.Errorf("writing %q: %w", name, readfile.Cause(err))
		}
	}
	for _, f := range files {
		p.complain("note", "wrote "+filepath.Join(*o.dir, f.Name))
	}
	return nil
}

// printNotes prints notes, each hint once behind those it is for.
func (p *program) printNotes(notes []transfer.Note) {
	for i, n := range notes {
		p.complain("note", n.String())
		if n.Hint != "" && (i+1 == len(notes) || notes[i+1].Hint != n.Hint) {
			p.complain("hint", n.Hint)
		}
	}
}

// printNext reports what is required before the result is used.
func (p *program) printNext(o *exportOptions, clusters []transfer.Cluster) {
	if o.noImport || o.tool == "eksctl" {
		return
	}
	if len(o.Files) > 0 {
		p.complain("note", "only entries that exist can be taken over")
		p.complain("hint", "eksaccess plan --detailed-exitcode -f "+strings.Join(o.Files, " -f ")+
			" ends with 0 where all do")
	}
	if o.tool == "cloudformation" && o.dir != nil {
		p.complain("hint", cloudformation.ImportCommand(clusters[0], *o.dir))
	}
}
