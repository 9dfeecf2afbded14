package main

import (
	"embed"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

//go:embed completion
var completionScripts embed.FS

var shells = []string{"bash", "zsh", "fish", "powershell"}

func (p *program) completionCommand() *cli.Command {
	return &cli.Command{
		Name:  "completion",
		Usage: "print what a shell needs to complete commands, flags and cluster names",
		UsageText: "source <(eksaccess completion bash)\n" +
			"eksaccess completion zsh > \"${fpath[1]}/_eksaccess\"\n" +
			"eksaccess completion fish > ~/.config/fish/completions/eksaccess.fish\n" +
			"eksaccess completion powershell | Out-String | Invoke-Expression",
		ArgsUsage: "SHELL",
		Action: func(c *cli.Context) error {
			if c.Args().Len() != 1 {
				return withHint(
					errors.New("completion takes exactly one shell"),
					"eksaccess completion "+strings.Join(shells, "|"),
				)
			}
			script, err := completionScripts.ReadFile("completion/" + c.Args().First())
			if err != nil {
				return withHint(
					fmt.Errorf("no completion for the shell %q", c.Args().First()),
					"there are "+strings.Join(shells, ", "),
				)
			}
			_, err = p.stdout.Write(script)
			return err
		},
	}
}
