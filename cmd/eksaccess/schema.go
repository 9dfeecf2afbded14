package main

import (
	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) schemaCommand() *cli.Command {
	return &cli.Command{
		Name:  "schema",
		Usage: "print the JSON Schema of the file, for editors",
		UsageText: "eksaccess schema > eksaccess.schema.json\n" +
			"# as the first line of a file: # yaml-language-server: $schema=eksaccess.schema.json\n" +
			"eksaccess schema | check-jsonschema --schemafile /dev/stdin clusters.yaml",
		Action: func(c *cli.Context) error {
			_, err := p.stdout.Write(spec.Schema)
			return err
		},
	}
}
