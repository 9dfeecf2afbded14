package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsauth"
	"github.com/eksaccess/eksaccess/internal/eksctl"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/phrase"
	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/terraform"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/spec"
)

func (p *program) importCommand() *cli.Command {
	importers := []*cli.Command{
		p.importLiveCommand(),
		p.importAWSAuthCommand(),
		p.importEksctlCommand(),
		p.importTerraformCommand(),
	}
	return p.command(&cli.Command{
		Name:  "import",
		Usage: "make a file of access that is there already; changes nothing",
		UsageText: "eksaccess import live --all-clusters --region eu-west-1 > clusters.yaml\n" +
			"eksaccess import aws-auth aws-auth.yaml --cluster prod --region eu-west-1",
		Description: "The file goes to standard output; what became of each thing that was read, and what could not\n" +
			"be carried over and why, to standard error. With --merge FILE the result is FILE, every byte of\n" +
			"it as it was, and added to it what it lacks.",
		Subcommands: importers,
	}, noOptions{}, func(context.Context, invocation) error {
		var from []string
		for _, c := range importers {
			from = append(from, "eksaccess import "+c.Name)
		}
		return withHint(errors.New("import needs to know from what"), strings.Join(from, ", "))
	})
}

// importOptions are the flags of every importer.
type importOptions struct {
	merge       *string
	sets, watch bool
}

func (o *importOptions) importFlags() []cli.Flag {
	return []cli.Flag{
		optionalFlag("merge", "Output",
			"print `FILE` with what it lacks added and marked; nothing that is in it changes", &o.merge),
		boolFlag("sets", "Output",
			"make sets of what is the same on several clusters, where that makes the file shorter", &o.sets),
		boolFlag("watch", "Output", "write watch: true, so that clusters are planned and never written", &o.watch),
	}
}

func (o *importOptions) importRules() []rule {
	return []rule{{
		when:    []string{"merge"},
		without: []string{"sets"},
		message: "--sets and --merge contradict each other: what is in a file stays as it is",
		hint:    "pass one of them",
	}}
}

// clusterImportOptions are the flags of importers that read clusters.
type clusterImportOptions struct {
	choiceOptions
	importOptions
	connectionOptions
	permissionSets bool
}

func (o *clusterImportOptions) permissionSetsFlag() cli.Flag {
	return boolFlag("permission-sets", "Output",
		"write permission sets in place of their roles, where IAM has one role of the set", &o.permissionSets)
}

func (o *clusterImportOptions) flags() []cli.Flag {
	return join(o.locateFlags(), o.accountFlags(), []cli.Flag{o.permissionSetsFlag()}, o.importFlags(),
		o.connectionFlags())
}

func (o *clusterImportOptions) rules() []rule { return join(o.importRules(), o.choiceRules()) }

// liveImportOptions are the flags of import live.
type liveImportOptions struct{ clusterImportOptions }

func (o *liveImportOptions) flags() []cli.Flag {
	return join(o.locateFlags(), o.accountFlags(), []cli.Flag{o.snapshotFlag(), o.permissionSetsFlag()},
		o.importFlags(), o.connectionFlags())
}

func (p *program) importLiveCommand() *cli.Command {
	o := &liveImportOptions{}
	return p.command(&cli.Command{
		Name:  "live",
		Usage: "from live access entries",
		UsageText: "eksaccess import live --cluster dev --region eu-west-1 > clusters.yaml\n" +
			"eksaccess import live --all-clusters --regions all --accounts 111122223333,444455556666 \\\n" +
			"  --assume-role 'arn:aws:iam::${account}:role/eksaccess' --sets --watch > clusters.yaml",
		Description: "What is live becomes a file; planned, it changes nothing but entries whose principal was made " +
			"again.\n" +
			"Entries that EKS keeps itself are counted and left out, and so are clusters in mode CONFIG_MAP,\n" +
			"which have none. With --regions all, every region that EKS has is asked; one that the account has\n" +
			"not enabled has no clusters, one that may not be listed is named.",
	}, o, func(ctx context.Context, _ invocation) error {
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

func (p *program) importAWSAuthCommand() *cli.Command {
	o := &clusterImportOptions{}
	return p.command(&cli.Command{
		Name:      "aws-auth",
		Usage:     "from the ConfigMap aws-auth: of a cluster, or of a file",
		ArgsUsage: "[FILE]",
		UsageText: "eksaccess import aws-auth --cluster prod --region eu-west-1 > clusters.yaml\n" +
			"kubectl get configmap aws-auth -n kube-system -o yaml | eksaccess import aws-auth - --cluster prod " +
			"--region eu-west-1",
		Description: "Without a file the cluster itself is asked, as kubectl would. A file is a manifest, or what " +
			"kubectl\n" +
			"prints with -o yaml or -o json; --cluster says which cluster it belongs to, so that its roles get\n" +
			"their paths back from IAM of that account. Without --cluster nobody is asked, and the rows become a " +
			"set.\n" +
			"The report tells of every row: carried over, covered by an entry there is, or left and what to do.",
	}, o, func(ctx context.Context, line invocation) error {
		if n := len(line.args); n > 1 {
			return withHint(fmt.Errorf("import aws-auth takes one file, and %s named", areMany(n)),
				line.command+" FILE --cluster CLUSTER")
		}
		source := "aws-auth"
		var given map[string]string
		if len(line.args) == 1 {
			file, err := p.toolFile(line.args[0], spec.MaxFileSize)
			if err != nil {
				return err
			}
			if given, err = awsauth.Manifest(file); err != nil {
				return p.unreadable(file, err)
			}
			if line.args[0] != "-" {
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
		return withHint(errors.New("--merge and --permission-sets need to know of which cluster the rows are"),
			"pass --cluster")
	}
	return p.writeImport(&o.importOptions, transfer.SetOfRows(source, data))
}

// toolImportOptions are the flags of importers of other tools' files.
type toolImportOptions struct {
	importOptions
	connectionOptions
	account, region string // of clusters of which the file does not say it
}

func (o *toolImportOptions) flags() []cli.Flag {
	return join(o.importFlags(), []cli.Flag{
		&cli.StringFlag{
			Name:        "account",
			Usage:       "`ACCOUNT` of clusters of which the file does not say it",
			DefaultText: "the caller's",
			Category:    "Input",
			Destination: &o.account,
		},
		textFlag("region", "Input", "`REGION` of clusters of which the file does not say it", &o.region),
	}, o.connectionFlags())
}

func (o *toolImportOptions) rules() []rule { return o.importRules() }

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

func (p *program) importEksctlCommand() *cli.Command {
	return p.toolCommand(&cli.Command{
		Name:      "eksctl",
		Usage:     "from eksctl's ClusterConfig",
		ArgsUsage: "FILE",
		UsageText: "eksaccess import eksctl cluster.yaml --account 111122223333 > clusters.yaml\n" +
			"eksaccess import eksctl cluster.yaml --merge clusters.yaml > new.yaml",
		Description: "A ClusterConfig names no account: it is --account, else that of the caller.",
	}, tool{"a ClusterConfig of eksctl's", spec.MaxFileSize, eksctl.Head, eksctl.Read})
}

func (p *program) importTerraformCommand() *cli.Command {
	return p.toolCommand(&cli.Command{
		Name:      "terraform",
		Usage:     "from a Terraform state or plan, as JSON, or a state file",
		ArgsUsage: "FILE",
		UsageText: "terraform show -json | eksaccess import terraform - > clusters.yaml\n" +
			"eksaccess import terraform terraform.tfstate --watch > clusters.yaml",
		Description: "Where a cluster is, the state mostly tells; else --account and --region do.\n" +
			"Terraform knows only what it created or imported: import live finds the rest.",
	}, tool{`what "terraform show -json" printed or a state file`, maxState, terraform.Head, terraform.Read})
}

func (p *program) toolCommand(c *cli.Command, from tool) *cli.Command {
	o := &toolImportOptions{}
	return p.command(c, o, func(ctx context.Context, line invocation) error {
		switch {
		case len(line.args) != 1:
			return withHint(
				fmt.Errorf("import %s takes one file, %s, and %s named", line.name, from.file, areMany(len(line.args))),
				"eksaccess import "+line.name+" FILE, or - for standard input")
		case o.account != "" && !arn.IsAccount(o.account):
			return withHint(fmt.Errorf("--account %q is no account", o.account), "an account has twelve digits")
		case o.region != "":
			if err := fleet.CheckRegion(o.region); err != nil {
				return err
			}
		}
		file, err := p.toolFile(line.args[0], from.limit)
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

// toolFile reads a file, or standard input for "-".
func (p *program) toolFile(name string, limit int64) (spec.Source, error) {
	source, in := spec.Source{Name: name}, p.stdin
	if name == "-" {
		source.Name = "<stdin>"
	} else {
		f, err := readfile.Open(name)
		if err != nil {
			return source, readfile.Plain(err)
		}
		defer f.Close()
		in = f
	}
	var err error
	if source.Data, err = io.ReadAll(io.LimitReader(in, limit+1)); err != nil {
		return source, fmt.Errorf("reading %q: %w", source.Name, err)
	}
	if int64(len(source.Data)) > limit {
		return source, fmt.Errorf("%q is larger than %d MiB", source.Name, limit>>20)
	}
	return source, nil
}

// unreadable prints what is wrong with another tool's file. A file of a tool
// that has no importer is recognised.
func (p *program) unreadable(file spec.Source, err error) error {
	if tool := transfer.ToolOf(file.Data); tool != "" {
		err := fmt.Errorf("%q is a file of %s, which is not imported: its access is read from the clusters themselves",
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
		return errors.New("there is nothing to make a file of")
	}
	if len(text) > spec.MaxFileSize {
		p.complain("warning", fmt.Sprintf("the file is larger than %d MiB, more than -f takes", spec.MaxFileSize>>20))
		p.complain("hint", "import some of the clusters at a time, into files of their own")
	}
	if _, err := p.stdout.Write(text); err != nil {
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
			"name one of them")
	}
	text, reported, err := transfer.Merge(sources[0], read)
	var problems spec.Problems
	if errors.As(err, &problems) {
		if err := render.Problems(p.stderr, problems, p.drawingErrors()); err != nil {
			return nil, nil, err
		}
		return nil, nil, fmt.Errorf("%s in what --merge names", phrase.Count(len(problems.Errors), "problem"))
	}
	return text, reported, err
}
