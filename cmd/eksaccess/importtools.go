package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/eksctl"
	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/term"
	"github.com/eksaccess/eksaccess/internal/terraform"
	"github.com/eksaccess/eksaccess/internal/transfer"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// maxState is the largest file of another tool that is taken, in bytes: a
// state has a whole account's resources, and their values.
const maxState = 512 << 20

// A reading of another tool's file.
type toolReader func(spec.Source) ([]transfer.Cluster, []transfer.Note, error)

func (p *program) importEksctlCommand() *cli.Command {
	return &cli.Command{
		Name:  "eksctl",
		Usage: "from eksctl's ClusterConfig",
		UsageText: "eksaccess import eksctl cluster.yaml --account 111122223333 > clusters.yaml\n" +
			"eksaccess import eksctl cluster.yaml --merge clusters.yaml > new.yaml",
		Description: "A ClusterConfig names no account: it is --account, else that of the caller.",
		Flags:       join(importFlags(), placeFlags(), awsFlags()),
		Action: func(c *cli.Context) error {
			return p.importTool(c, "a ClusterConfig of eksctl's", spec.MaxFileSize, eksctl.Read, eksctl.Head)
		},
	}
}

func (p *program) importTerraformCommand() *cli.Command {
	return &cli.Command{
		Name:  "terraform",
		Usage: "from a Terraform state or plan, as JSON, or a state file",
		UsageText: "terraform show -json | eksaccess import terraform - > clusters.yaml\n" +
			"eksaccess import terraform terraform.tfstate --watch > clusters.yaml",
		Description: "Where a cluster is, the state mostly tells; else --account and --region do.\n" +
			"Terraform knows only what it created or imported: import live finds the rest.",
		Flags: join(importFlags(), placeFlags(), awsFlags()),
		Action: func(c *cli.Context) error {
			return p.importTool(
				c,
				`what "terraform show -json" printed or a state file`,
				maxState,
				terraform.Read,
				terraform.Head,
			)
		},
	}
}

// placeFlags say what a file does not.
func placeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name:        "account",
			Usage:       "`ACCOUNT` of clusters of which the file does not say it",
			DefaultText: "the caller's",
			Category:    "Input",
		},
		&cli.StringFlag{
			Name:     "region",
			Usage:    "`REGION` of clusters of which the file does not say it",
			Category: "Input",
		},
	}
}

// importTool makes a file of ours of another tool's.
func (p *program) importTool(c *cli.Context, what string, limit int64, read toolReader, head []string) error {
	if err := checkImport(c); err != nil {
		return err
	}
	if c.NArg() != 1 {
		return withHint(
			fmt.Errorf("import %s takes one file, %s, and %s named", c.Command.Name, what, areMany(c.NArg())),
			"eksaccess import "+c.Command.Name+" FILE, or - for standard input",
		)
	}
	account, region := c.String("account"), c.String("region")
	if account != "" && !arn.IsAccount(account) {
		return withHint(fmt.Errorf("--account %q is no account", account), "an account has twelve digits")
	}
	if region != "" {
		if err := checkRegion(region); err != nil {
			return err
		}
	}
	file, err := p.toolFile(c.Args().First(), limit)
	if err != nil {
		return err
	}
	clusters, notes, err := read(file)
	if err != nil {
		return p.unreadable(file, err)
	}
	ctx, cancel := timed(c)
	defer cancel()
	if account == "" {
		if account, err = p.callersAccount(ctx, c, clusters, region); err != nil {
			return err
		}
	}
	clusters, more := transfer.CompleteClusters(clusters, account, region)
	resolve, failed := p.rowResolver(ctx, c)
	found := transfer.FromTool(file.Name, head, clusters, append(notes, more...), resolve)
	if err := failed(); err != nil {
		return err
	}
	return p.writeImport(c, found)
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
	opts := render.Options{Color: term.Color(p.stderr, getenv, p.noColor), Width: term.Width(p.stderr, getenv)}
	if err := render.Problems(p.stderr, problems, opts); err != nil {
		return err
	}
	return fmt.Errorf("nothing can be imported from %q", file.Name)
}

// rowResolver asks IAM for the paths of the roles of rows; where it cannot be
// asked, the answer for each says why. The error is that of the run.
func (p *program) rowResolver(ctx context.Context, c *cli.Context) (transfer.Resolver, func() error) {
	var f *fleetRun
	var failed error
	resolve := func(id arn.Cluster, ask []arn.Principal) map[string]transfer.Resolved {
		if f == nil && failed == nil {
			f, failed = p.fleet(c, plan.Options{})
		}
		if failed != nil {
			return nil
		}
		s := &site{declared: &spec.Cluster{ID: id}}
		f.nameEndpoints(ctx, []*spec.Cluster{s.declared})
		err := f.connect(ctx, s)
		out := map[string]transfer.Resolved{}
		for _, who := range ask {
			if err != nil {
				out[who.String()] = transfer.Resolved{Why: planError(err, s).Message}
				continue
			}
			out[who.String()] = f.resolveRow(ctx, s, who)
		}
		return out
	}
	return resolve, func() error { return cmp.Or(failed, stopped(ctx)) }
}

// toolFile reads a file, or standard input.
func (p *program) toolFile(name string, limit int64) (spec.Source, error) {
	source, in := spec.Source{Name: name}, p.stdin
	if name == "-" {
		source.Name = "<stdin>"
	} else {
		f, err := readfile.Open(name)
		if err != nil {
			return source, plainPathError(err)
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

// callersAccount is the account of clusters of which neither the file nor a
// flag says it, and "" where there are none such. Which it is, is said.
func (p *program) callersAccount(
	ctx context.Context,
	c *cli.Context,
	clusters []transfer.Cluster,
	region string,
) (string, error) {
	for _, cl := range clusters {
		id := cl.ID
		if id.Region == "" && region != "" {
			id.Region, id.Partition = region, arn.PartitionOf(region)
		}
		if id.Account != "" || id.Region == "" {
			continue
		}
		asked := &spec.Cluster{ID: id}
		connector := awsclient.New(p.connection(c))
		for _, e := range connector.ForeignEndpoints(ctx, target(asked)) {
			p.complain("note", "calls go to "+e+", not to AWS")
		}
		if err := inOwnAccount(ctx, connector, asked); err != nil {
			told := fmt.Errorf(
				"the file does not say in which account cluster %q is, and the caller's is not known: %w",
				id.Name,
				err,
			)
			return "", withHint(told, "pass --account ACCOUNT")
		}
		p.complain(
			"note",
			"the file does not say in which account cluster "+fmt.Sprintf(
				"%q",
				id.Name,
			)+" is; taken is the caller's, "+asked.ID.Account,
		)
		return asked.ID.Account, nil
	}
	return "", nil
}
