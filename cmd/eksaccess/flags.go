package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/arn"
	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/saved"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// How a command reads its flags
//
// A command has one struct of options. Its fields are plain Go values, and its
// method flags() declares each flag once, with the field that it sets:
//
//	type whoOptions struct {
//		choiceOptions     // groups that several commands have
//		connectionOptions
//		adminsOnly bool
//		principals []string
//		most       *int // nil if the flag was not given
//	}
//
//	func (o *whoOptions) flags() []cliargs.Flag {
//		return slices.Concat(o.locateFlags(), cliargs.In("Which",
//			cliargs.Bool("--admins-only", "only cluster admins", &o.adminsOnly),
//			cliargs.List("--principal PRINCIPAL", "only this principal; repeatable", &o.principals),
//			cliargs.Optional("--most N", "…", &o.most), // where 0 differs from not given
//		), o.connectionFlags())
//	}
//
//	func (o *whoOptions) rules() []cliargs.Rule {
//		return append(o.choiceRules(), cliargs.Rule{When: []string{"most"}, Needs: []string{"admins-only"}})
//	}
//
// rules() declares which flags exclude or require each other. Package cliargs
// parses and checks all of it. The function command checks the values of the
// groups, limits the run to --timeout, and calls the action.

// Options are what a command can be given.
type options interface {
	flags() []cliargs.Flag
	rules() []cliargs.Rule
}

// noOptions are those of a command without flags of its own.
type noOptions struct{}

func (noOptions) flags() []cliargs.Flag { return nil }
func (noOptions) rules() []cliargs.Rule { return nil }

// Categories of flags in the help of a command.
const (
	inputCategory  = "Input"
	guardsCategory = "Guards"
	outputCategory = "Output"
	awsCategory    = "AWS"
)

// command completes a command by its options and its action.
func (p *program) command(
	c *cliargs.Command, o options, action func(context.Context, cliargs.Line) error,
) *cliargs.Command {
	c.Flags, c.Rules = o.flags(), o.rules()
	c.Run = func(ctx context.Context, line cliargs.Line) error {
		if err := checkGroups(o, line); err != nil {
			return err
		}
		if connects, ok := o.(interface{ connection() *connectionOptions }); ok {
			if connects.connection().stats {
				p.statsForm = "text"
				if o, ok := o.(interface{ isMachine() bool }); ok && o.isMachine() {
					p.statsForm = "json"
				}
			}
			limited, cancel := connects.connection().limit(ctx)
			defer cancel()
			ctx = limited
		}
		return action(ctx, line)
	}
	return c
}

// checkGroups checks the values of the groups of flags that a command has, and
// completes them.
func checkGroups(o options, line cliargs.Line) error {
	if o, chooses := o.(interface{ choice() *fleet.Choice }); chooses {
		o.choice().Command = line.Called
	}
	if o, saves := o.(interface{ checkSave() error }); saves {
		if err := o.checkSave(); err != nil {
			return err
		}
	}
	if o, writes := o.(interface{ checkJournal() error }); writes {
		if err := o.checkJournal(); err != nil {
			return err
		}
	}
	if o, connects := o.(interface{ connection() *connectionOptions }); connects {
		return o.connection().check()
	}
	return nil
}

// atLeast checks the value of a flag that takes a number.
func atLeast(least int, flag string, n int) error {
	if n < least {
		return fmt.Errorf("invalid value %d of --%s: want at least %d", n, flag, least)
	}
	return nil
}

// valueOr returns what a flag was given, or otherwise.
func valueOr[T any](given *T, otherwise T) T {
	if given == nil {
		return otherwise
	}
	return *given
}

// choiceOptions choose the clusters of a run. A command declares the flags that
// it has of them; the rules hold for all.
type choiceOptions struct{ fleet.Choice }

func (o *choiceOptions) choice() *fleet.Choice { return &o.Choice }

func (o *choiceOptions) fileFlag(usage string) cliargs.Flag {
	return cliargs.List("-f, --file FILE", usage, &o.Files).With(aFile)
}

func (o *choiceOptions) clusterFlag(head, usage string) cliargs.Flag {
	return cliargs.List(head, usage, &o.Clusters).With(cliargs.Values{Look: knownClusters})
}

func (o *choiceOptions) globFlag() cliargs.Flag {
	return o.clusterFlag("--cluster GLOB", "only clusters that match: name, ACCOUNT/REGION/NAME or ARN; repeatable")
}

func (o *choiceOptions) selectorFlag(usage string) cliargs.Flag {
	return cliargs.List("--selector KEY=VALUE", usage, &o.Selectors).With(cliargs.Values{Look: declaredLabels})
}

func (o *choiceOptions) regionFlag(usage string) cliargs.Flag {
	return cliargs.Value("--region REGION", usage, &o.Region).WithDefault(fleet.DefaultRegion).With(knownRegions)
}

// fileFlags choose files and clusters of them.
func (o *choiceOptions) fileFlags() []cliargs.Flag {
	return cliargs.In(inputCategory,
		o.fileFlag("file, folder, or - for standard input; repeatable"),
		o.globFlag(),
		o.selectorFlag("only clusters with this label; repeatable, all must match"),
		o.regionFlag("").Hide(), // for a rule that refuses it
	)
}

// oneClusterFlags are those of commands for exactly one cluster.
func (o *choiceOptions) oneClusterFlags() []cliargs.Flag {
	return cliargs.In(inputCategory,
		o.clusterFlag("--cluster CLUSTER", "ARN, ACCOUNT/REGION/NAME, or a name with --region or -f"),
		o.regionFlag("region of a cluster that is given by name"),
		o.fileFlag("file that declares the cluster and how to connect to it; repeatable"),
	)
}

// locateFlags name clusters also where there is no file.
func (o *choiceOptions) locateFlags() []cliargs.Flag {
	return cliargs.In(inputCategory,
		o.fileFlag("file, folder, or - for standard input; repeatable"),
		o.clusterFlag("--cluster CLUSTER", "name, ACCOUNT/REGION/NAME or ARN; with -f a glob; repeatable"),
		o.selectorFlag("with -f, only clusters with this label; repeatable, all must match"),
		cliargs.Bool("--all-clusters", "all clusters of the caller's account in the selected regions", &o.All),
		o.regionFlag("without -f, region of the clusters"),
		cliargs.List("--regions LIST", "with --all-clusters, regions separated by commas, or all; repeatable",
			&o.Regions).With(cliargs.Values{Known: append([]string{"all"}, knownRegions.Known...), List: true}),
	)
}

// accountFlags let a command look into several accounts where there is no file
// that declares how they are reached.
func (o *choiceOptions) accountFlags() []cliargs.Flag {
	return append(cliargs.In(inputCategory,
		cliargs.List("--accounts LIST",
			"with --all-clusters, accounts separated by commas, reached by --assume-role; repeatable", &o.Accounts),
		cliargs.Value("--profiles GLOB", "with --all-clusters, the accounts of all AWS profiles that match",
			&o.Profiles),
	), cliargs.In(awsCategory,
		cliargs.Value("--assume-role ARN", "role to assume; ${account} is replaced with the account of the cluster",
			&o.AssumeRole),
	)...)
}

func (o *choiceOptions) snapshotFlag() cliargs.Flag {
	return cliargs.Optional("--snapshot FILE", "read this saved snapshot instead of AWS", &o.Snapshot).With(aFile)
}

// fileRules are those of commands whose clusters are all declared in files.
func (o *choiceOptions) fileRules() []cliargs.Rule {
	return append([]cliargs.Rule{{
		Without: []string{"region"},
		Message: "--region cannot be combined with -f",
		Hint:    "select clusters of the file with --cluster ACCOUNT/REGION/NAME",
	}}, o.choiceRules()...)
}

// choiceRules are those of all flags that choose clusters.
func (o *choiceOptions) choiceRules() []cliargs.Rule {
	return []cliargs.Rule{
		{
			When:    []string{"snapshot"},
			Without: []string{"kube", "all-clusters", "region", "regions", "profile", "no-assume-role"},
			Hint:    "pass {other} to eksaccess snapshot instead",
		},
		{When: []string{"snapshot"}, Without: []string{"accounts", "assume-role", "profiles"}},
		{
			When:    []string{"file"},
			Without: []string{"accounts", "profiles", "assume-role"},
			Hint:    "write assumeRole or profile under defaults in the file",
		},
		{
			When:    []string{"file"},
			Without: []string{"all-clusters", "regions"},
			Hint:    "select clusters of the file with --cluster and --selector",
		},
		{
			When:    []string{"file"},
			Without: []string{"region"},
			Hint:    "select clusters of the file with --cluster ACCOUNT/REGION/NAME",
		},
		{When: []string{"all-clusters"}, Without: []string{"cluster"}},
		{
			When:  []string{"regions"},
			Needs: []string{"all-clusters"},
			Hint:  "select one region with --region",
		},
		{
			When:  []string{"accounts", "profiles"},
			Needs: []string{"all-clusters"},
			Hint:  "select one cluster with --cluster ACCOUNT/REGION/NAME",
		},
		{When: []string{"accounts"}, Without: []string{"profiles"}},
		{When: []string{"profiles"}, Without: []string{"profile"}},
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

// connectionOptions are the flags about AWS credentials and calls.
type connectionOptions struct {
	profile      string
	noAssumeRole bool
	concurrency  int
	stats        bool
	timeout      time.Duration
}

func (o *connectionOptions) connectionFlags() []cliargs.Flag {
	o.concurrency, o.timeout = awsclient.DefaultConcurrency, 30*time.Minute
	return append(cliargs.In(awsCategory,
		cliargs.Value("--profile PROFILE", "AWS profile; overrides the file", &o.profile).
			With(cliargs.Values{Look: profiles}),
		cliargs.Bool("--no-assume-role", "use the credentials as they are; do not assume the role of the file",
			&o.noAssumeRole),
		cliargs.Value("--concurrency N", "maximum number of concurrent API calls", &o.concurrency).
			WithDefault(fmt.Sprint(o.concurrency)),
		cliargs.Value("--timeout DURATION", "time limit for the whole command", &o.timeout).WithDefault("30m"),
	), cliargs.In(outputCategory,
		cliargs.Bool("--stats", "print number and duration of API calls to standard error; JSON with -o json",
			&o.stats),
	)...)
}

func (o *connectionOptions) connection() *connectionOptions { return o }

func (o *connectionOptions) check() error {
	if o.timeout <= 0 {
		return fmt.Errorf("invalid value %s of --timeout: want more than 0", o.timeout)
	}
	return atLeast(1, "concurrency", o.concurrency)
}

// limit is the context of a command, which ends with --timeout and then says so.
func (o *connectionOptions) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("--timeout %s is over", o.timeout))
}

// kubeOptions control whether aws-auth is read from the clusters of a run that
// writes or plans. Without them it is tried where it matters.
type kubeOptions struct{ kube, noKube bool }

func (o *kubeOptions) kubeFlags() []cliargs.Flag {
	return cliargs.In(inputCategory,
		cliargs.Bool("--kube", "require aws-auth to be read from the clusters", &o.kube),
		cliargs.Bool("--no-kube", "do not read aws-auth", &o.noKube),
	)
}

func (o *kubeOptions) kubeRules() []cliargs.Rule { return cliargs.Exclusive("kube", "no-kube") }

// insideFlag is --kube of commands that read more than aws-auth.
func (o *kubeOptions) insideFlag() cliargs.Flag {
	return cliargs.Bool("--kube", "also read aws-auth, RBAC bindings and namespaces from the clusters", &o.kube)
}

// guardOptions allow what a guard would refuse.
type guardOptions struct {
	allow       plan.Allow
	maxRemovals *string
}

func (o *guardOptions) guardFlags() []cliargs.Flag {
	return cliargs.In(guardsCategory,
		cliargs.Bool("--take-ownership", "allow changes to entries of other owners; the file must have an owner",
			&o.allow.TakeOwnership),
		cliargs.Optional("--min-admins N", "minimum number of living cluster admins", &o.allow.MinAdmins).
			WithDefault("from the file, or 1"),
		cliargs.Optional("--max-removals N|N%", "maximum number of principals that lose a permission",
			&o.maxRemovals).WithDefault("from the file, or 25%, at least 2"),
		cliargs.Bool("--allow-missing-admins", "allow required admins to be missing", &o.allow.MissingAdmins),
		o.selfLockoutFlag(),
		cliargs.Bool("--allow-api-only", "allow authentication mode API, in which aws-auth has no effect",
			&o.allow.APIOnly),
		o.hiddenFlag(),
		cliargs.Bool("--allow-aws-auth-restored", "allow deleting entries whose aws-auth row then takes effect",
			&o.allow.AWSAuthRestored),
		cliargs.Bool("--allow-node-removal", "allow removing the access of nodes", &o.allow.NodeRemoval),
		cliargs.Bool("--end-holds", "end the holds of emergency grants", &o.allow.EndHolds),
	)
}

func (o *guardOptions) selfLockoutFlag() cliargs.Flag {
	return cliargs.Bool("--allow-self-lockout", "allow removing cluster admin from the caller", &o.allow.SelfLockout)
}

func (o *guardOptions) hiddenFlag() cliargs.Flag {
	return cliargs.Bool("--allow-aws-auth-hidden", "allow new entries that hide an aws-auth row with more access",
		&o.allow.AWSAuthHidden)
}

// allowance returns what the flags allow.
func (o *guardOptions) allowance() (plan.Allow, error) {
	allow := o.allow
	if n := allow.MinAdmins; n != nil {
		if err := atLeast(0, "min-admins", *n); err != nil {
			return allow, err
		}
	}
	if o.maxRemovals != nil {
		share, err := spec.ParseShare(*o.maxRemovals)
		if err != nil {
			return allow, fmt.Errorf("--max-removals: %w", err)
		}
		allow.MaxRemovals = &share
	}
	return allow, nil
}

// planOptions change what a plan is, or what it is allowed.
type planOptions struct {
	kubeOptions
	guardOptions
	addOnly bool
	expires *time.Duration
	reason  *string
}

func (o *planOptions) planFlags() []cliargs.Flag {
	return slices.Concat(cliargs.In("Plan",
		cliargs.Bool("--add-only", "only add access; narrow, remove and replace nothing", &o.addOnly),
		cliargs.Optional("--expires DURATION", "with --add-only, end of the entries that this run creates",
			&o.expires).WithDefault("from the file"),
		cliargs.Optional("--reason TEXT", "with --expires, reason to store in these entries", &o.reason).
			WithDefault("from the file"),
	), o.kubeFlags(), o.guardFlags())
}

func (o *planOptions) planRules() []cliargs.Rule {
	return append(o.kubeRules(), cliargs.Rule{
		When:  []string{"reason"},
		Needs: []string{"expires"},
		Hint:  "pass --add-only --expires 4h --reason INC-4711, or write reason in the file",
	}, cliargs.Rule{
		When:  []string{"expires"},
		Needs: []string{"add-only"},
		Hint:  "pass --add-only, or write expires in the file",
	})
}

// options returns what the flags make of a plan.
func (o *planOptions) options() (plan.Options, error) {
	allow, err := o.allowance()
	made := plan.Options{AddOnly: o.addOnly, Allow: allow}
	if err != nil || o.expires == nil {
		return made, err
	}
	if err := checkExpires(*o.expires); err != nil {
		return made, err
	}
	made.Expires = *o.expires
	if o.reason != nil {
		made.Reason = eksfacts.TagValue(*o.reason)
	}
	return made, nil
}

func checkExpires(d time.Duration) error {
	if d < time.Minute {
		return withHint(fmt.Errorf("invalid value %s of --expires: want at least one minute", d),
			"write a duration like 4h or 90m")
	}
	return nil
}

// noteReason reports a reason that is stored in another form than it was given.
func (p *program) noteReason(reason string) {
	if kept := eksfacts.TagValue(reason); kept != reason {
		p.printMessage("note", fmt.Sprintf("the reason is stored as %q: a tag can have %s, at most 256 of them",
			kept, eksfacts.TagCharacters))
	}
}

// journalOptions control where the journal of a run is kept.
type journalOptions struct {
	journal   *string
	noJournal bool
}

func (o *journalOptions) journalFlags() []cliargs.Flag {
	return cliargs.In(outputCategory,
		cliargs.Optional("--journal FILE", "file for the journal of the run", &o.journal).
			WithDefault("in the user's state folder").With(aFile),
		cliargs.Bool("--no-journal", "write no journal; the run can then be neither undone nor repaired", &o.noJournal),
	)
}

func (o *journalOptions) journalRules() []cliargs.Rule {
	return cliargs.Exclusive("journal", "no-journal")
}

func (o *journalOptions) checkJournal() error {
	if o.journal != nil && *o.journal == "" {
		return withHint(errors.New("--journal is empty: want the path of a file"),
			"pass --journal FILE or --no-journal")
	}
	return nil
}

// yesOption lets a command that writes do so without asking.
type yesOption struct{ yes bool }

func (o *yesOption) yesFlag() cliargs.Flag {
	return cliargs.Bool("-y, --yes", "do not ask for confirmation", &o.yes)
}

// detailedOption makes differences an exit code.
type detailedOption struct{ detailed bool }

func (o *detailedOption) detailedFlag() cliargs.Flag {
	return cliargs.Bool("--detailed-exitcode", "exit with 2 if there are changes or unmanaged entries", &o.detailed)
}

// shardOption makes a run one of several over the same clusters.
type shardOption struct{ shard *string }

func (o *shardOption) shardFlag() cliargs.Flag {
	return cliargs.Optional("--shard I/N", "only shard I of N of the clusters, counted from 0; see plan merge",
		&o.shard)
}

// part returns the shard that the flag names; nil without it.
func (o *shardOption) part() (*spec.Shard, error) {
	if o.shard == nil {
		return nil, nil
	}
	s, err := spec.ParseShard(*o.shard)
	return &s, err
}

// saveOption keeps a result in a file.
type saveOption struct {
	what string // is kept: "the plan"
	save *string
}

func (o *saveOption) saveFlag() cliargs.Flag {
	return cliargs.Optional("--save FILE", "save "+o.what+" as a file", &o.save).With(aFile)
}

// checkSave fails before anything is read if the result could not be kept.
func (o *saveOption) checkSave() error {
	if o.save == nil {
		return nil
	}
	return saved.CheckPath(*o.save, o.what)
}

// saveTo writes the result to the file, if there is one.
func (o *saveOption) saveTo(draw func(io.Writer) error) error {
	if o.save == nil {
		return nil
	}
	return saved.Write(*o.save, o.what, draw)
}

// outputOptions select the output format of a result.
type outputOptions struct {
	forms render.FormatSet
	form  string // as it was given
	saves bool   // the command has --save
}

func (o *outputOptions) outputFlag() cliargs.Flag {
	return cliargs.Value("-o, --output FORMAT", "output format: "+o.forms.String(), &o.form).
		WithDefault(string(o.forms[0])).
		With(cliargs.Values{OneOf: cliargs.Strings(o.forms...), Explain: o.fileHint})
}

// format returns the format of the result.
func (o *outputOptions) format() render.Format { return cmp.Or(render.Format(o.form), o.forms[0]) }

func (o *outputOptions) isMachine() bool { return o.form == string(render.Machine) }

// fileHint is about a file that -o names in place of a format.
func (o *outputOptions) fileHint(file string) string {
	if !strings.ContainsAny(file, `./\`) {
		return ""
	}
	format := "FORMAT"
	if f := render.Format(strings.TrimPrefix(filepath.Ext(file), ".")); slices.Contains(o.forms, f) {
		format = string(f)
	}
	switch {
	case o.saves:
		return "use --save " + file
	case slices.Contains(o.forms, render.Diff): // a format of plans
		return fmt.Sprintf("use eksaccess plan --save %s for a plan, or -o %s > %s for this output", file, format, file)
	}
	return fmt.Sprintf("use -o %s > %s", format, file)
}
