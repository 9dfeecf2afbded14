package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/eksctl"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/terraform"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) importCommand() *cliargs.Command {
	importers := []*cliargs.Command{
		p.importLiveCommand(),
		p.importAWSAuthCommand(),
		p.importEksctlCommand(),
		p.importTerraformCommand(),
	}
	return p.command(&cliargs.Command{
		Name:  "import",
		Group: moving,
		Usage: "convert existing access to an eksaccess file",
		Examples: "eksaccess import live --all-clusters --region eu-west-1 > clusters.yaml\n" +
			"eksaccess import aws-auth aws-auth.yaml --cluster prod --region eu-west-1",
		Description: "The file goes to standard output. What could not be converted is listed on standard error " +
			"with the reason. With --merge FILE, the output is FILE, unchanged, with what it lacks added.",
		Commands: importers,
	}, noOptions{}, func(context.Context, cliargs.Line) error {
		var from []string
		for _, c := range importers {
			from = append(from, "eksaccess import "+c.Name)
		}
		return withHint(errors.New("import requires a source"), strings.Join(from, ", "))
	})
}

// importOptions are the flags of every importer.
type importOptions struct {
	merge       *string
	sets, watch bool
}

func (o *importOptions) importFlags() []cliargs.Flag {
	return cliargs.In(outputCategory,
		cliargs.Optional("--merge FILE", "print this file with what it lacks added and marked", &o.merge).With(aFile),
		cliargs.Bool("--sets", "write sets for access that several clusters share, if the file gets shorter", &o.sets),
		cliargs.Bool("--watch", "write watch: true, so that the clusters are never changed", &o.watch),
	)
}

func (o *importOptions) importRules() []cliargs.Rule { return cliargs.Exclusive("merge", "sets") }

// clusterImportOptions are the flags of importers that read clusters.
type clusterImportOptions struct {
	choiceOptions
	importOptions
	connectionOptions
	permissionSets bool
}

func (o *clusterImportOptions) flags() []cliargs.Flag {
	return slices.Concat(o.locateFlags(), o.accountFlags(), o.importFlags(), cliargs.In(outputCategory,
		cliargs.Bool("--permission-sets", "write permission sets in place of their roles, where IAM has one role",
			&o.permissionSets),
	), o.connectionFlags())
}

func (o *clusterImportOptions) rules() []cliargs.Rule {
	return append(o.importRules(), o.choiceRules()...)
}

// liveImportOptions are the flags of import live.
type liveImportOptions struct{ clusterImportOptions }

func (o *liveImportOptions) flags() []cliargs.Flag {
	return append(cliargs.In(inputCategory, o.snapshotFlag()), o.clusterImportOptions.flags()...)
}

func (p *program) importLiveCommand() *cliargs.Command {
	o := &liveImportOptions{}
	return p.command(&cliargs.Command{
		Name:  "live",
		Usage: "convert the access entries of clusters",
		Examples: "eksaccess import live --cluster dev --region eu-west-1 > clusters.yaml\n" +
			"eksaccess import live --all-clusters --regions all --accounts 111122223333,444455556666 \\\n" +
			"  --assume-role 'arn:aws:iam::${account}:role/eksaccess' --sets > c.yaml",
		Description: "A plan with the result changes nothing except stale entries. Entries that EKS manages are " +
			"counted and skipped, and so are clusters in mode CONFIG_MAP, which have none. With --regions all, " +
			"regions that are not enabled have no clusters; regions that cannot be listed are reported.",
	}, o, func(ctx context.Context, _ cliargs.Line) error {
		f := p.openFleet(&o.connectionOptions, kubeOptions{})
		read, unlisted, err := f.ImportLive(ctx, o.Choice, o.permissionSets)
		if err != nil {
			return err
		}
		if err := p.writeImport(&o.importOptions, read); err != nil {
			return err
		}
		return readingOutcome(nil, len(read.Clusters), unlisted)
	})
}

func (p *program) importAWSAuthCommand() *cliargs.Command {
	o := &clusterImportOptions{}
	return p.command(&cliargs.Command{
		Name:      "aws-auth",
		Usage:     "convert the ConfigMap aws-auth of a cluster, or a manifest of it",
		Arguments: &aFile,
		Examples: "eksaccess import aws-auth --cluster prod --region eu-west-1 > clusters.yaml\n" +
			"kubectl get configmap aws-auth -n kube-system -o yaml | \\\n" +
			"  eksaccess import aws-auth - --cluster prod --region eu-west-1",
		Description: "Without a file, it reads the ConfigMap from the cluster. A file is a manifest in YAML or JSON; " +
			"with --cluster, the paths of its roles are looked up in IAM, and without it the rows become a set. Each " +
			"row is reported: converted, covered by an existing entry, or skipped with what to do.",
	}, o, func(ctx context.Context, line cliargs.Line) error {
		if n := len(line.Arguments); n > 1 {
			return withHint(fmt.Errorf("import aws-auth takes one file: %d are given", n),
				line.Called+" FILE --cluster CLUSTER")
		}
		source := "aws-auth"
		var given map[string]string
		if len(line.Arguments) == 1 {
			file, err := fleet.ReadToolFile(line.Arguments[0], p.stdin, spec.MaxFileSize)
			if err != nil {
				return err
			}
			if given, err = awsauth.Manifest(file); err != nil {
				return p.unreadable(file, err)
			}
			if line.Arguments[0] != "-" {
				source = file.Name
			}
			if len(o.Clusters)+len(o.Files) == 0 {
				return p.importSet(o, source, given)
			}
		}
		f := p.openFleet(&o.connectionOptions, kubeOptions{})
		read, err := f.ImportRows(ctx, o.Choice, source, given, o.permissionSets)
		if err != nil {
			return err
		}
		return p.writeImport(&o.importOptions, read)
	})
}

// importSet makes a set of rows whose cluster is not known.
func (p *program) importSet(o *clusterImportOptions, source string, data map[string]string) error {
	if why, hint := awsauth.Unreadable(data); why != "" {
		return withHint(errors.New(why), hint)
	}
	if o.merge != nil || o.permissionSets {
		return withHint(errors.New("--merge and --permission-sets require --cluster"), "pass --cluster CLUSTER")
	}
	return p.writeImport(&o.importOptions, transfer.SetOfRows(source, data))
}

// toolImportOptions are the flags of importers of other tools' files.
type toolImportOptions struct {
	importOptions
	connectionOptions
	account, region string // of clusters for which the file has none
}

func (o *toolImportOptions) flags() []cliargs.Flag {
	return slices.Concat(cliargs.In(inputCategory,
		cliargs.Value("--account ACCOUNT", "account of clusters for which the file has none", &o.account).
			WithDefault("the caller's"),
		cliargs.Value("--region REGION", "region of clusters for which the file has none", &o.region).
			With(knownRegions),
	), o.importFlags(), o.connectionFlags())
}

func (o *toolImportOptions) rules() []cliargs.Rule { return o.importRules() }

// maxState is the largest state or plan of Terraform that is taken, in bytes: it
// has the resources of a whole account, and their values.
const maxState = 512 << 20

// A tool is another tool whose files are imported.
type tool struct {
	file  string // what its file is, in words
	limit int64  // bytes
	head  []string
	read  func(spec.Source) ([]transfer.Cluster, []transfer.Note, error)
}

func (p *program) importEksctlCommand() *cliargs.Command {
	return p.toolCommand(&cliargs.Command{
		Name:  "eksctl",
		Usage: "convert a ClusterConfig of eksctl",
		Examples: "eksaccess import eksctl cluster.yaml --account 111122223333 > clusters.yaml\n" +
			"eksaccess import eksctl cluster.yaml --merge clusters.yaml > new.yaml",
		Description: "A ClusterConfig has no account: it is --account, or that of the caller.",
	}, tool{"a ClusterConfig", spec.MaxFileSize, eksctl.Head, eksctl.Read})
}

func (p *program) importTerraformCommand() *cliargs.Command {
	return p.toolCommand(&cliargs.Command{
		Name:  "terraform",
		Usage: "convert a Terraform state or plan, as JSON, or a state file",
		Examples: "terraform show -json | eksaccess import terraform - > clusters.yaml\n" +
			"eksaccess import terraform terraform.tfstate --watch > clusters.yaml",
		Description: "If the state has no account or region of a cluster, they are --account and --region. Terraform " +
			"only knows what it created or imported; \"eksaccess import live\" finds the rest.",
	}, tool{`the output of "terraform show -json" or a state file`, maxState, terraform.Head, terraform.Read})
}

func (p *program) toolCommand(c *cliargs.Command, from tool) *cliargs.Command {
	o := &toolImportOptions{}
	c.Arguments = &aFile
	return p.command(c, o, func(ctx context.Context, line cliargs.Line) error {
		switch {
		case len(line.Arguments) != 1:
			return withHint(
				fmt.Errorf("import %s requires one file: %s", c.Name, from.file),
				"eksaccess import "+c.Name+" FILE, or - for standard input")
		case o.account != "" && !arn.IsAccount(o.account):
			return withHint(fmt.Errorf("invalid value %q of --account: want 12 digits", o.account),
				line.Called+" --help")
		case o.region != "":
			if err := fleet.CheckRegion(o.region); err != nil {
				return err
			}
		}
		file, err := fleet.ReadToolFile(line.Arguments[0], p.stdin, from.limit)
		if err != nil {
			return err
		}
		clusters, notes, err := from.read(file)
		if err != nil {
			return p.unreadable(file, err)
		}
		read, err := p.openFleet(&o.connectionOptions, kubeOptions{}).ImportTool(ctx, fleet.ToolFile{
			Name:     file.Name,
			Head:     from.head,
			Clusters: clusters,
			Notes:    notes,
		}, o.account, o.region)
		if err != nil {
			return err
		}
		return p.writeImport(&o.importOptions, read)
	})
}

// unreadable prints what is wrong with another tool's file. A file of a tool
// that has no importer is recognised.
func (p *program) unreadable(file spec.Source, err error) error {
	if tool := transfer.ToolOf(file.Data); tool != "" {
		err := fmt.Errorf("%q is a file of %s, which cannot be imported",
			file.Name, tool)
		return withHint(err, "eksaccess import live --all-clusters")
	}
	var problems spec.Problems
	if !errors.As(err, &problems) {
		return err
	}
	if err := render.Problems(p.stderr, problems, p.drawingErrors()); err != nil {
		return err
	}
	return fmt.Errorf("nothing can be imported from %q", file.Name)
}

// writeImport prints what an importer read as a file, and its report. Every
// importer ends here.
func (p *program) writeImport(o *importOptions, read *transfer.Import) error {
	read.Watch = o.watch
	text, reported, err := p.importText(o, read)
	if err != nil {
		return err
	}
	if err := render.Import(p.stderr, reported, p.drawingErrors()); err != nil {
		return err
	}
	if text == nil {
		return errors.New("nothing to import")
	}
	if len(text) > spec.MaxFileSize {
		p.printMessage("warning", fmt.Sprintf("the file is larger than %d MiB, the limit of -f", spec.MaxFileSize>>20))
		p.printMessage("hint", "import the clusters in parts, into several files")
	}
	if _, err := p.document().Write(text); err != nil {
		return err
	}
	failed := 0
	for _, c := range reported.Clusters {
		if c.Failed {
			failed++
		}
	}
	if failed > 0 {
		return outcome{code: exitSome, message: fmt.Sprintf("import failed in %d of %s: they are not in the file",
			failed, phrase.Count(len(reported.Clusters), "cluster"))}
	}
	return nil
}

// importText makes a file, or what --merge names with what it lacks.
func (p *program) importText(o *importOptions, read *transfer.Import) ([]byte, *transfer.Import, error) {
	if o.merge == nil {
		text, reported := transfer.Write(read, transfer.Options{Sets: o.sets})
		return text, reported, nil
	}
	sources, err := fleet.ReadFiles([]string{*o.merge}, p.stdin)
	if err != nil {
		return nil, nil, err
	}
	if len(sources) != 1 {
		return nil, nil, withHint(
			fmt.Errorf("--merge %q is a folder with %s", *o.merge, phrase.Count(len(sources), "file")),
			"pass one of these files")
	}
	text, reported, err := transfer.Merge(sources[0], read)
	var problems spec.Problems
	if errors.As(err, &problems) {
		if err := render.Problems(p.stderr, problems, p.drawingErrors()); err != nil {
			return nil, nil, err
		}
		return nil, nil, fmt.Errorf("%s in the file of --merge", phrase.Count(len(problems.Errors), "problem"))
	}
	return text, reported, err
}
