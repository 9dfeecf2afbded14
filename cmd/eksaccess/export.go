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
	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/snapshot"
	"github.com/eksaccess/eksaccess/internal/suggest"
	"github.com/eksaccess/eksaccess/internal/terraform"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
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
		&cli.StringFlag{
			Name:     "dir",
			Usage:    "write files below `FOLDER`; one that is there and differs is not overwritten",
			Category: "Output",
			Action:   optional(&o.dir),
		},
		&cli.BoolFlag{
			Name: "no-import",
			Usage: "without what takes existing entries over: terraform's import blocks, " +
				"cloudformation's import list",
			Category:           "Output",
			Destination:        &o.noImport,
			DisableDefaultText: true,
		},
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
	}, o, func(ctx context.Context, line invocation) error {
		if err := checkTool(o.tool); err != nil {
			return err
		}
		sites, err := p.readToExport(ctx, o, line.command)
		if err != nil {
			return err
		}
		if err := exportFailure(sites); err != nil {
			return err
		}
		return p.writeExport(o, sites)
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

// readToExport reads what is declared or live, or what a snapshot has.
func (p *program) readToExport(ctx context.Context, o *exportOptions, command string) ([]*site, error) {
	hasFile := len(o.Files) > 0
	f := p.newFleet(&o.connectionOptions, kubeOptions{}, plan.Options{})
	if o.Snapshot != nil {
		taken, declared, err := p.observed(ctx, observing{Choice: o.Choice, connection: &o.connectionOptions})
		if err != nil {
			return nil, err
		}
		if declared == nil {
			for i := range taken.Clusters {
				declared = append(declared, &spec.Cluster{ID: taken.Clusters[i].ID()})
			}
		}
		if err := checkComplete(taken.Unlisted()); err != nil && !hasFile {
			return nil, err
		}
		return readSites(declared, func(s *site) error { return s.readFrom(ctx, taken, f.now()) }), nil
	}
	clusters, err := f.located(ctx, o.Choice, command)
	none := func(*site) plan.Cluster { return plan.Cluster{} }
	switch {
	case err != nil:
		return nil, err
	case !hasFile:
		if err := checkComplete(f.unlisted); err != nil {
			return nil, err
		}
		return f.each(ctx, clusters, f.readLive, none)
	case slices.ContainsFunc(clusters, func(c *spec.Cluster) bool { return len(c.Refs()) > 0 }):
		return f.each(ctx, clusters, f.resolveOnly, none)
	}
	return readSites(clusters, func(s *site) error { return f.resolveOnly(ctx, s) }), nil
}

// checkComplete refuses to export where accounts or regions were not read.
func checkComplete(unlisted []snapshot.NotRead) error {
	err := readingOutcome(nil, 0, unlisted)
	if err == nil {
		return nil
	}
	return outcome{code: exitSome, message: "nothing is written: " + err.Error()}
}

// readSites reads each cluster where nothing has to be waited for.
func readSites(clusters []*spec.Cluster, read func(*site) error) []*site {
	sites := make([]*site, len(clusters))
	for i, c := range clusters {
		sites[i] = &site{declared: c}
		if err := read(sites[i]); err != nil {
			sites[i].plan = plan.FailedCluster(c, planError(err, sites[i]))
		}
	}
	return sites
}

// resolveOnly finds the ARNs of what is declared, and reads no access.
func (f *fleetRun) resolveOnly(ctx context.Context, s *site) error {
	if len(s.declared.Refs()) > 0 {
		if err := f.connect(ctx, s); err != nil {
			return err
		}
	}
	return s.resolve(ctx, &spec.Live{ID: s.declared.ID}, f.now())
}

// exportFailure is the error of the clusters that could not be read. What is
// written without them would look complete.
func exportFailure(sites []*site) error {
	var failures []render.Failure
	var hints []string
	for _, s := range sites {
		if e := s.plan.Error; e != nil {
			id := s.declared.ID
			failures = append(failures, failureIn(id.Account, id.Region, id.Name, e))
			if e.Hint != "" && !slices.Contains(hints, e.Hint) {
				hints = append(hints, e.Hint)
			}
		}
	}
	if len(failures) == 0 {
		return nil
	}
	out := failedOutcome("nothing is written: reading failed", failures, len(sites))
	out.hints = hints
	return out
}

// writeExport writes for the tool, and reports what was left out.
func (p *program) writeExport(o *exportOptions, sites []*site) error {
	var clusters []transfer.Cluster
	var notes []transfer.Note
	entries := 0
	for _, s := range sites {
		var c transfer.Cluster
		var more []transfer.Note
		if len(o.Files) > 0 {
			c, more = transfer.DeclaredCluster(s.want)
		} else {
			c, more = transfer.LiveCluster(s.have)
		}
		clusters, notes = append(clusters, c), append(notes, more...)
		entries += len(c.Entries)
	}
	files, more := exportFiles(o, sites, clusters)
	p.printNotes(transfer.SortNotes(append(notes, more...)))
	if entries == 0 || len(files) == 0 {
		return errors.New("there is no entry to export")
	}
	write := p.printExport
	if o.dir != nil {
		write = p.saveExport
	}
	if err := write(o, files); err != nil {
		return err
	}
	p.printNext(o, clusters)
	return nil
}

func exportFiles(o *exportOptions, sites []*site, clusters []transfer.Cluster) ([]transfer.File, []transfer.Note) {
	switch o.tool {
	case "eksctl":
		return eksctl.Files(clusters)
	case "cloudformation":
		return cloudformation.Files(clusters, !o.noImport)
	}
	reached := map[arn.Cluster]*spec.Cluster{}
	for _, s := range sites {
		reached[s.declared.ID] = s.declared
	}
	return terraform.Files(clusters, terraform.Options{
		Imports: !o.noImport,
		Reach: func(id arn.Cluster) (string, string) {
			return reached[id].AssumeRole, reached[id].ExternalID
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
		have, err := readfile.All(name, maxDocument)
		switch {
		case err == nil && !bytes.Equal(have, f.Data):
			return withHint(fmt.Errorf("%q is there and holds something else", name),
				"remove it, or choose another folder with --dir")
		case err != nil && !errors.Is(err, os.ErrNotExist):
			return plainPathError(err)
		}
	}
	if err := os.MkdirAll(*o.dir, 0o755); err != nil {
		return fmt.Errorf("making folder %q: %w", *o.dir, errors.Unwrap(err))
	}
	for _, f := range files {
		name := filepath.Join(*o.dir, f.Name)
		if err := atomicfile.Write(name, atomicfile.Public, f.Data); err != nil {
			return fmt.Errorf("writing %q: %w", name, withoutPath(err))
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
