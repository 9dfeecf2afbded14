package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/cloudformation"
	"github.com/eksaccess/eksaccess/internal/eksctl"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/saved"
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

func (o *exportOptions) flags() []cliargs.Flag {
	return slices.Concat(o.locateFlags(), cliargs.In(inputCategory, o.snapshotFlag()), cliargs.In(outputCategory,
		cliargs.Value("-o, --output TOOL", "tool: "+strings.Join(exportTools, ", "), &o.tool).
			With(cliargs.Values{OneOf: exportTools}),
		cliargs.Optional("--dir FOLDER", "folder for the files; a different file that exists is not overwritten",
			&o.dir).With(aFile),
		cliargs.Bool("--no-import", "without the import of existing entries (terraform, cloudformation)",
			&o.noImport),
	), o.connectionFlags())
}

func (o *exportOptions) rules() []cliargs.Rule {
	return append([]cliargs.Rule{{
		Needs:   []string{"output"},
		Message: "export requires -o",
		Hint:    "pass -o " + strings.Join(exportTools, ", -o "),
	}}, o.choiceRules()...)
}

func (p *program) exportCommand() *cliargs.Command {
	o := &exportOptions{}
	return p.command(&cliargs.Command{
		Name:  "export",
		Group: moving,
		Usage: "convert access to the format of another tool",
		Examples: "eksaccess export -o terraform -f clusters.yaml > access.tf\n" +
			"eksaccess export -o cloudformation --cluster prod --region eu-west-1 --dir out",
		Description: "With -f, it converts what the files declare, without network if they name principals by ARN; " +
			"otherwise what is in the clusters. The result goes to standard output, or to files in --dir, one for " +
			"each cluster. What cannot be converted is listed on standard error with the reason. Entries that " +
			"expire are skipped.",
	}, o, func(ctx context.Context, _ cliargs.Line) error {
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

// exportFailure is the error of an export that would not be complete.
func exportFailure(read *fleet.Export) error {
	if err := readingOutcome(nil, 0, read.NotRead); err != nil {
		return outcome{code: exitSome, message: "nothing was written: " + err.Error()}
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
	out := failedOutcome("nothing was written: reading failed", failures, read.Of)
	out.hints = hints
	return out
}

// writeExport writes for the tool, and reports what was left out.
func (p *program) writeExport(o *exportOptions, read *fleet.Export) error {
	files, notes := exportFiles(o, read)
	p.printNotes(transfer.SortNotes(append(read.Notes, notes...)))
	empty := !slices.ContainsFunc(read.Clusters, func(c transfer.Cluster) bool { return len(c.Entries) > 0 })
	if empty || len(files) == 0 {
		return errors.New("no entries to export")
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
		return withHint(fmt.Errorf("the format of %s has one file for each of %d clusters", o.tool, whole),
			"write the files to a folder with --dir FOLDER, or select one cluster with --cluster")
	}
	if len(files) > 1 {
		p.printMessage("note", files[1].Name+
			", which the import of existing entries requires, is only written with --dir FOLDER")
	}
	_, err := p.document().Write(files[0].Data)
	return err
}

// saveExport writes all files below --dir.
func (p *program) saveExport(o *exportOptions, files []transfer.File) error {
	var contents []saved.Content
	for _, f := range files {
		contents = append(contents, saved.Content{Path: filepath.Join(*o.dir, f.Name), Data: f.Data})
	}
	err := saved.WriteNew(*o.dir, contents)
	if errors.Is(err, saved.ErrOtherContent) {
		return withHint(err, "delete the file, or use another folder with --dir")
	}
	for _, c := range contents {
		if err == nil {
			p.printMessage("note", "wrote "+c.Path)
		}
	}
	return err
}

// printNotes prints notes, each hint once behind those it is for.
func (p *program) printNotes(notes []transfer.Note) {
	for i, n := range notes {
		p.printMessage("note", n.String())
		if n.Hint != "" && (i+1 == len(notes) || notes[i+1].Hint != n.Hint) {
			p.printMessage("hint", n.Hint)
		}
	}
}

// printNext reports what is required before the result is used.
func (p *program) printNext(o *exportOptions, clusters []transfer.Cluster) {
	if o.noImport || o.tool == "eksctl" {
		return
	}
	if len(o.Files) > 0 {
		p.printMessage("note", "only existing entries can be imported")
		p.printMessage("hint", "eksaccess plan --detailed-exitcode -f "+strings.Join(o.Files, " -f ")+
			" exits with 0 if all entries exist")
	}
	if o.tool == "cloudformation" && o.dir != nil {
		p.printMessage("hint", cloudformation.ImportCommand(clusters[0], *o.dir))
	}
}
