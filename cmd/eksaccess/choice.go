package main

import (
	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/spec"
)

// choiceOptions choose the clusters of a run. A command declares the flags that
// it has of them; the rules hold for all.
type choiceOptions struct{ fleet.Choice }

func (o *choiceOptions) choice() *fleet.Choice { return &o.Choice }

func (o *choiceOptions) fileFlag(usage string) cli.Flag {
	return &cli.StringSliceFlag{Name: "file", Aliases: []string{"f"}, Usage: usage, Category: "Input",
		Action: into(&o.Files)}
}

func (o *choiceOptions) clusterFlag(usage string) cli.Flag {
	return listFlag("cluster", "Input", usage, &o.Clusters)
}

func (o *choiceOptions) selectorFlag(usage string) cli.Flag {
	return listFlag("selector", "Input", usage, &o.Selectors)
}

// fileFlags choose files and clusters of them.
func (o *choiceOptions) fileFlags() []cli.Flag {
	return []cli.Flag{
		o.fileFlag("`FILE`, folder, or - for standard input; repeatable"),
		o.clusterFlag("only clusters that match `GLOB` (name, ACCOUNT/REGION/NAME or ARN); repeatable"),
		o.selectorFlag("only clusters whose labels fit `KEY=VALUE`; repeatable, all must fit"),
		&cli.StringFlag{Name: "region", Usage: "without a file only", Category: "Input", Hidden: true,
			Destination: &o.Region},
	}
}

// oneClusterFlags are those of commands for exactly one cluster.
func (o *choiceOptions) oneClusterFlags() []cli.Flag {
	return []cli.Flag{
		o.clusterFlag("the `CLUSTER`: ARN, ACCOUNT/REGION/NAME, or a name with --region or -f"),
		&cli.StringFlag{
			Name:        "region",
			Usage:       "`REGION` of a cluster that is only named",
			DefaultText: fleet.DefaultRegion,
			Category:    "Input",
			Destination: &o.Region,
		},
		o.fileFlag("`FILE` that declares the cluster, and how it is reached; repeatable"),
	}
}

// locateFlags name clusters also where there is no file.
func (o *choiceOptions) locateFlags() []cli.Flag {
	return []cli.Flag{
		o.fileFlag("`FILE`, folder, or - for standard input; repeatable"),
		o.clusterFlag("a `CLUSTER`: name, ACCOUNT/REGION/NAME or ARN; with -f a glob over those of the files; " +
			"repeatable"),
		o.selectorFlag("with -f, only clusters whose labels fit `KEY=VALUE`; repeatable, all must fit"),
		boolFlag("all-clusters", "Input", "every cluster of the caller's account, in the regions named", &o.All),
		&cli.StringFlag{
			Name:        "region",
			Usage:       "without a file, the `REGION` of what is named",
			DefaultText: fleet.DefaultRegion,
			Category:    "Input",
			Destination: &o.Region,
		},
		listFlag("regions", "Input",
			"with --all-clusters, `REGIONS` with commas between, or all; repeatable", &o.Regions),
	}
}

// reachFlags are the flags that choose a cluster in the same way again.
func reachFlags(c fleet.Choice, connection *connectionOptions, cluster *spec.Cluster) []string {
	var flags []string
	for _, file := range c.Files {
		flags = append(flags, "-f", file)
	}
	for _, name := range c.Clusters {
		flags = append(flags, "--cluster", name)
		if len(c.Files) == 0 && arn.IsClusterName(name) {
			flags = append(flags, "--region", cluster.ID.Region)
		}
	}
	if connection.profile != "" {
		flags = append(flags, "--profile", connection.profile)
	}
	if connection.noAssumeRole {
		flags = append(flags, "--no-assume-role")
	}
	return flags
}

// accountFlags let a command look into several accounts where there is no file
// that says how they are reached.
func (o *choiceOptions) accountFlags() []cli.Flag {
	return []cli.Flag{
		listFlag("accounts", "Input",
			"with --all-clusters, `ACCOUNTS` with commas between, each by --assume-role; repeatable", &o.Accounts),
		textFlag("assume-role", "AWS",
			"reach clusters by this role `ARN`, in which ${account} stands for theirs", &o.AssumeRole),
		textFlag("profiles", "Input",
			"with --all-clusters, the account of every AWS profile that fits `GLOB`", &o.Profiles),
	}
}

func (o *choiceOptions) snapshotFlag() cli.Flag {
	return optionalFlag("snapshot", "Input",
		"work from this `FILE` of eksaccess snapshot --save, offline", &o.Snapshot)
}

// fileRules are those of commands whose clusters are all declared in files.
func (o *choiceOptions) fileRules() []rule {
	return join([]rule{{
		without: []string{"region"},
		message: "--region goes without a file: a file says where each of its clusters is",
		hint:    "choose among the file's clusters with --cluster ACCOUNT/REGION/NAME",
	}}, o.choiceRules())
}

// choiceRules are those of all flags that choose clusters.
func (o *choiceOptions) choiceRules() []rule {
	return []rule{{
		when:    []string{"snapshot"},
		without: []string{"kube", "all-clusters", "region", "regions", "profile", "no-assume-role"},
		message: "--{other} and --snapshot contradict each other: a snapshot is all that is read",
		hint:    "leave out --{other}, or give it to eksaccess snapshot",
	}, {
		when:    []string{"snapshot"},
		without: []string{"accounts", "assume-role", "profiles"},
		message: "--{other} and --snapshot contradict each other: a snapshot is all that is read",
		hint:    "leave out --{other}",
	}, {
		when:    []string{"file"},
		without: []string{"accounts", "profiles", "assume-role"},
		message: "--accounts, --profiles and --assume-role go without a file: a file says how each of its clusters " +
			"is reached",
		hint: "write assumeRole or profile under defaults",
	}, {
		when:    []string{"file"},
		without: []string{"all-clusters", "regions"},
		message: "--all-clusters and --regions go without a file: a file says where each of its clusters is",
		hint:    "choose among the file's clusters with --cluster and --selector",
	}, {
		when:    []string{"file"},
		without: []string{"region"},
		message: "--region goes without a file: a file says where each of its clusters is",
		hint:    "choose among the file's clusters with --cluster ACCOUNT/REGION/NAME",
	}, {
		when:    []string{"all-clusters"},
		without: []string{"cluster"},
		message: "--all-clusters and --cluster contradict each other",
	}, {
		when:    []string{"regions"},
		needs:   []string{"all-clusters"},
		message: "--regions goes with --all-clusters",
		hint:    "name the region of a cluster with --region",
	}, {
		when:    []string{"accounts", "profiles"},
		needs:   []string{"all-clusters"},
		message: "--accounts and --profiles go with --all-clusters",
		hint:    "name the account of a cluster with --cluster ACCOUNT/REGION/NAME",
	}, {
		when:    []string{"accounts"},
		without: []string{"profiles"},
		message: "--accounts and --profiles contradict each other",
	}, {
		when:    []string{"profiles"},
		without: []string{"profile"},
		message: "--profiles and --profile contradict each other",
	}}
}
