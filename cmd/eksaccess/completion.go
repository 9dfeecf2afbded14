package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/spec"
)

//go:embed completion
var completionScripts embed.FS

var shells = []string{"bash", "zsh", "fish", "powershell"}

func (p *program) completionCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "completion",
		Usage: "print what a shell needs to complete commands, flags and cluster names",
		UsageText: "source <(eksaccess completion bash)\n" +
			"eksaccess completion zsh > \"${fpath[1]}/_eksaccess\"\n" +
			"eksaccess completion fish > ~/.config/fish/completions/eksaccess.fish\n" +
			"eksaccess completion powershell | Out-String | Invoke-Expression",
		ArgsUsage: "SHELL",
	}, noOptions{}, func(_ context.Context, line invocation) error {
		if len(line.args) != 1 {
			return withHint(errors.New("completion takes exactly one shell"),
				"eksaccess completion "+strings.Join(shells, "|"))
		}
		if !slices.Contains(shells, line.args[0]) {
			return withHint(fmt.Errorf("no completion for the shell %q", line.args[0]),
				"there are "+strings.Join(shells, ", "))
		}
		script, err := completionScripts.ReadFile("completion/" + line.args[0])
		if err != nil {
			return err
		}
		_, err = p.stdout.Write(script)
		return err
	})
}

// The scripts of completion/ call the program with completeCommand before what
// was typed so far. It answers with a candidate a line, a tab and what it means,
// or with filesAreDue.
const (
	completeCommand = "__complete"
	filesAreDue     = ":files"
)

// printCandidates writes what can stand where the last word is. It never fails:
// a shell has no place for an error.
func (p *program) printCandidates(words []string) {
	list, files := cliargs.Complete(p.declaredCommands(p.app()), words)
	if files {
		fmt.Fprintln(p.stdout, filesAreDue)
		return
	}
	for _, c := range list {
		fmt.Fprintf(p.stdout, "%s\t%s\n", render.Safe(c.Value), render.Safe(c.Meaning))
	}
}

// declaredCommands are the commands of the library as package cliargs takes
// them.
func (p *program) declaredCommands(app *cli.App) *cliargs.Command {
	root := &cliargs.Command{
		Name:        app.Name,
		Usage:       app.Usage,
		Examples:    p.asCalled(app.UsageText),
		Description: p.asCalled(app.Description),
		Flags:       []cliargs.Flag{cliargs.Help},
	}
	for _, c := range app.Commands {
		root.Commands = append(root.Commands, p.declaredCommand(c))
	}
	return root
}

func (p *program) declaredCommand(c *cli.Command) *cliargs.Command {
	declared := &cliargs.Command{
		Name:        c.Name,
		Aliases:     c.Aliases,
		Usage:       p.asCalled(c.Usage),
		Examples:    p.asCalled(c.UsageText),
		Description: p.asCalled(c.Description),
	}
	if c.ArgsUsage != "" {
		declared.Arguments = &cliargs.Values{Files: true}
	}
	if c.Name == "completion" {
		declared.Arguments = &cliargs.Values{OneOf: shells}
	}
	for _, f := range c.Flags {
		declared.Flags = append(declared.Flags, p.declaredFlag(f))
	}
	help := cliargs.Help
	help.Hidden = true
	declared.Flags = append(declared.Flags, help)
	for _, below := range c.Subcommands {
		declared.Commands = append(declared.Commands, p.declaredCommand(below))
	}
	return declared
}

func (p *program) declaredFlag(f cli.Flag) cliargs.Flag {
	declared := cliargs.Flag{Names: f.Names(), Values: p.valuesOf(f)}
	if d, ok := f.(cli.DocGenerationFlag); ok {
		declared.Placeholder, declared.Usage = placeholder(p.asCalled(d.GetUsage()))
		declared.Default = d.GetDefaultText()
	}
	if v, ok := f.(cli.CategorizableFlag); ok {
		declared.Hidden, declared.Category = !v.IsVisible(), v.GetCategory()
	}
	switch f := f.(type) {
	case *cli.BoolFlag:
		declared.Kind = cliargs.Switch
		if f.DisableDefaultText {
			declared.Default = ""
		}
	case *cli.IntFlag:
		declared.Kind = cliargs.Number
	case *cli.DurationFlag:
		declared.Kind = cliargs.Duration
	}
	return declared
}

// placeholder returns what is between the backquotes of a usage, and the usage
// without them (package flag, UnquoteUsage).
func placeholder(usage string) (name, text string) {
	before, rest, _ := strings.Cut(usage, "`")
	name, after, ok := strings.Cut(rest, "`")
	if !ok {
		return "", usage
	}
	return name, before + name + after
}

// valuesOf are the values that a flag can be given, as far as they are known.
func (p *program) valuesOf(f cli.Flag) cliargs.Values {
	if choice, ok := f.(*choiceFlag); ok {
		return cliargs.Values{OneOf: choice.values}
	}
	switch f.Names()[0] {
	case "file", "plan", "save", "journal", "merge", "snapshot", "waivers", "kubeconfig":
		return cliargs.Values{Files: true}
	case "cluster":
		return cliargs.Values{Look: p.declaredClusters}
	case "selector":
		return cliargs.Values{Look: p.declaredLabels}
	case "profile":
		return cliargs.Values{Look: profiles}
	}
	return cliargs.Values{}
}

// A choiceFlag takes one of several values.
type choiceFlag struct {
	*cli.StringFlag
	values []string
}

// choice returns a flag that takes one of the values.
func choice[T ~string](f cli.StringFlag, values ...T) *choiceFlag {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = string(v)
	}
	return &choiceFlag{&f, names}
}

func (p *program) declaredClusters(files []string) []cliargs.Candidate {
	var list []cliargs.Candidate
	for _, c := range p.readQuietly(files) {
		list = append(list, cliargs.Candidate{Value: c.ID.Name, Meaning: c.ID.Account + " " + c.ID.Region})
	}
	return list
}

func (p *program) declaredLabels(files []string) []cliargs.Candidate {
	labels := map[string]bool{}
	for _, c := range p.readQuietly(files) {
		for k, v := range c.Labels {
			labels[k+"="+v] = true
		}
	}
	return candidates(slices.Sorted(maps.Keys(labels)))
}

// readQuietly returns the clusters of files, as far as they can be read.
func (p *program) readQuietly(files []string) []*spec.Cluster {
	if slices.Contains(files, "-") {
		return nil // it would be waited for
	}
	sources, err := fleet.ReadFiles(files, p.stdin)
	if err != nil {
		return nil
	}
	all, _ := spec.Load(sources)
	if all == nil {
		return nil
	}
	return all.Clusters
}

func profiles([]string) []cliargs.Candidate {
	names, _ := awsclient.Profiles(context.Background(), "*")
	return candidates(names)
}

func candidates(values []string) []cliargs.Candidate {
	var list []cliargs.Candidate
	for _, v := range values {
		list = append(list, cliargs.Candidate{Value: v})
	}
	return list
}
