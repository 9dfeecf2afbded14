package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/kube"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) schemaCommand() *cliargs.Command {
	return p.command(&cliargs.Command{
		Name:  "schema",
		Group: setup,
		Usage: "print the JSON Schema of the file, for editors",
		Examples: "eksaccess schema > eksaccess.schema.json\n" +
			"# first line of a file: # yaml-language-server: $schema=eksaccess.schema.json\n" +
			"eksaccess schema | check-jsonschema --schemafile /dev/stdin clusters.yaml",
	}, noOptions{}, func(context.Context, cliargs.Line) error {
		_, err := p.document().Write(spec.Schema)
		return err
	})
}

func (p *program) versionCommand() *cliargs.Command {
	return p.command(&cliargs.Command{
		Name: "version", Group: setup, Usage: "print the version", Examples: "eksaccess version",
	}, noOptions{}, func(context.Context, cliargs.Line) error { return p.printVersion() })
}

//go:embed completion
var completionScripts embed.FS

var shells = []string{"bash", "zsh", "fish", "powershell"}

func (p *program) completionCommand() *cliargs.Command {
	return p.command(&cliargs.Command{
		Name:  "completion",
		Group: setup,
		Usage: "print the completion script of a shell",
		Examples: "source <(eksaccess completion bash)\n" +
			"eksaccess completion zsh > \"${fpath[1]}/_eksaccess\"\n" +
			"eksaccess completion fish > ~/.config/fish/completions/eksaccess.fish\n" +
			"eksaccess completion powershell | Out-String | Invoke-Expression",
		Arguments: &cliargs.Values{OneOf: shells},
	}, noOptions{}, func(_ context.Context, line cliargs.Line) error {
		if len(line.Arguments) != 1 {
			return withHint(errors.New("completion requires one shell"),
				"eksaccess completion "+strings.Join(shells, "|"))
		}
		if !slices.Contains(shells, line.Arguments[0]) {
			return withHint(fmt.Errorf("unknown shell %q: want one of %s", line.Arguments[0],
				strings.Join(shells, ", ")), "eksaccess completion --help")
		}
		script, err := completionScripts.ReadFile("completion/" + line.Arguments[0])
		if err != nil {
			return err
		}
		_, err = p.document().Write(script)
		return err
	})
}

// The scripts of completion/ call the program with completeCommand before what
// was typed so far. It answers with a candidate a line, a tab and its meaning,
// or with filesAreDue.
const (
	completeCommand = "__complete"
	filesAreDue     = ":files"
)

// printCandidates writes what can stand where the last word is. It never fails:
// a shell has no place for an error.
func (p *program) printCandidates(root *cliargs.Command, words []string) {
	list, files := cliargs.Complete(root, words)
	if files && len(list) == 0 {
		fmt.Fprintln(p.stdout, filesAreDue)
		return
	}
	for _, c := range list {
		fmt.Fprintf(p.stdout, "%s\t%s\n", render.Safe(c.Value), render.Safe(c.Meaning))
	}
}

// Values of flags that are known offline. Some flags take others too.
var (
	aFile           = cliargs.Values{Files: true}
	knownPolicies   = cliargs.Values{Known: userPolicies()}
	knownPrincipals = cliargs.Values{Known: []string{"arn:", "permissionSet=", "role=", "user="}}
	knownRegions    = cliargs.Values{Known: eksfacts.AllRegions()}
)

func userPolicies() []string {
	var names []string
	for _, p := range eksfacts.Policies {
		if p.Use == eksfacts.ForUsers {
			names = append(names, p.Name)
		}
	}
	return names
}

// knownClusters are those of the files, or of the kubeconfig if there is no file.
func knownClusters(files []string) []cliargs.Candidate {
	var list []cliargs.Candidate
	if len(files) == 0 {
		for _, id := range kube.OpenKubeconfig("").Clusters() {
			list = append(list, cliargs.Candidate{Value: id.ARN(), Meaning: id.Name})
		}
	}
	for _, c := range fleet.ReadableClusters(files) {
		list = append(list, cliargs.Candidate{Value: c.ID.Name, Meaning: c.ID.Account + " " + c.ID.Region})
	}
	return list
}

func declaredLabels(files []string) []cliargs.Candidate {
	labels := map[string]bool{}
	for _, c := range fleet.ReadableClusters(files) {
		for k, v := range c.Labels {
			labels[k+"="+v] = true
		}
	}
	return cliargs.Candidates(slices.Sorted(maps.Keys(labels)))
}

func profiles([]string) []cliargs.Candidate {
	names, _ := awsclient.Profiles(context.Background(), "*")
	return cliargs.Candidates(names)
}
