package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/spec"
)

// noOptions are those of a command without flags of its own.
type noOptions struct{}

func (noOptions) flags() []cli.Flag { return nil }
func (noOptions) rules() []rule     { return nil }

func (p *program) schemaCommand() *cli.Command {
	return p.command(&cli.Command{
		Name:  "schema",
		Usage: "print the JSON Schema of the file, for editors",
		UsageText: "eksaccess schema > eksaccess.schema.json\n" +
			"# as the first line of a file: # yaml-language-server: $schema=eksaccess.schema.json\n" +
			"eksaccess schema | check-jsonschema --schemafile /dev/stdin clusters.yaml",
	}, noOptions{}, func(context.Context, invocation) error {
		_, err := p.stdout.Write(spec.Schema)
		return err
	})
}

func (p *program) versionCommand() *cli.Command {
	return p.command(&cli.Command{
		Name: "version", Usage: "print the version", UsageText: "eksaccess version",
	}, noOptions{}, func(context.Context, invocation) error {
		info, ok := debug.ReadBuildInfo()
		if !ok {
			return errors.New("the binary holds no build information")
		}
		_, err := fmt.Fprintf(p.stdout, "eksaccess %s %s\n", version(), info.GoVersion)
		return err
	})
}

// version is from the module's build information, so that a binary built with
// go install tells it too.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
