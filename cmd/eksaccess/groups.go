package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/fleet"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/term"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// commonFlags are those of every command.
func (p *program) commonFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{
			Name:               "no-color",
			Usage:              "no colour; NO_COLOR does the same",
			Category:           "Output",
			Destination:        &p.noColor,
			DisableDefaultText: true,
		},
		&cli.BoolFlag{
			Name:               "quiet",
			Usage:              "no progress on standard error",
			Category:           "Output",
			Destination:        &p.quiet,
			DisableDefaultText: true,
		},
		&cli.StringFlag{
			Name:  "progress",
			Value: progressAuto,
			Usage: "`HOW` progress is told on standard error: auto (drawn on a terminal, quiet elsewhere), plain " +
				"(lines) or none",
			Category:    "Output",
			Destination: &p.progressMode,
		},
		&cli.BoolFlag{
			Name:               "debug",
			Usage:              "log every AWS call to standard error",
			Category:           "Output",
			Destination:        &p.debug,
			DisableDefaultText: true,
		},
	}
}

// begin runs before every command's action.
func (p *program) begin(c *cli.Context) error {
	if !slices.Contains([]string{progressAuto, progressPlain, progressNone}, p.progressMode) {
		return withHint(fmt.Errorf("--progress %q is none of auto, plain, none", p.progressMode), called(c)+" --help")
	}
	if c.Bool("stats") {
		p.statsForm = "text"
		if c.String("output") == string(render.Machine) {
			p.statsForm = "json"
		}
	}
	if d := c.Duration("timeout"); c.IsSet("timeout") && d <= 0 {
		return fmt.Errorf("--timeout=%s must be more than 0", d)
	}
	if p.debug {
		p.debugLog = slog.New(slog.NewTextHandler(safeWriter{p.stderr}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return nil
}

// safeWriter keeps the debug log from driving a terminal.
type safeWriter struct {
	w interface{ Write([]byte) (int, error) }
}

func (s safeWriter) Write(b []byte) (int, error) {
	if _, err := fmt.Fprintln(s.w, render.Safe(strings.TrimRight(string(b), "\n"))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// choiceOptions choose the clusters of a run. A command declares the flags that
// it has of them; the rules hold for all.
type choiceOptions struct{ fleet.Choice }

func (o *choiceOptions) choice() *fleet.Choice { return &o.Choice }

func (o *choiceOptions) fileFlag(usage string) cli.Flag {
	return &cli.StringSliceFlag{Name: "file", Aliases: []string{"f"}, Usage: usage, Category: "Input",
		Action: into(&o.Files)}
}

func (o *choiceOptions) clusterFlag(usage string) cli.Flag {
	return &cli.StringSliceFlag{Name: "cluster", Usage: usage, Category: "Input", Action: into(&o.Clusters)}
}

func (o *choiceOptions) selectorFlag(usage string) cli.Flag {
	return &cli.StringSliceFlag{Name: "selector", Usage: usage, Category: "Input", Action: into(&o.Selectors)}
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
		&cli.BoolFlag{
			Name:               "all-clusters",
			Usage:              "every cluster of the caller's account, in the regions named",
			Category:           "Input",
			Destination:        &o.All,
			DisableDefaultText: true,
		},
		&cli.StringFlag{
			Name:        "region",
			Usage:       "without a file, the `REGION` of what is named",
			DefaultText: fleet.DefaultRegion,
			Category:    "Input",
			Destination: &o.Region,
		},
		&cli.StringSliceFlag{
			Name:     "regions",
			Usage:    "with --all-clusters, `REGIONS` with commas between, or all; repeatable",
			Category: "Input",
			Action:   into(&o.Regions),
		},
	}
}

// accountFlags let a command look into several accounts where there is no file
// that says how they are reached.
func (o *choiceOptions) accountFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{
			Name:     "accounts",
			Usage:    "with --all-clusters, `ACCOUNTS` with commas between, each by --assume-role; repeatable",
			Category: "Input",
			Action:   into(&o.Accounts),
		},
		&cli.StringFlag{
			Name:        "assume-role",
			Usage:       "reach clusters by this role `ARN`, in which ${account} stands for theirs",
			Category:    "AWS",
			Destination: &o.AssumeRole,
		},
		&cli.StringFlag{
			Name:        "profiles",
			Usage:       "with --all-clusters, the account of every AWS profile that fits `GLOB`",
			Category:    "Input",
			Destination: &o.Profiles,
		},
	}
}

func (o *choiceOptions) snapshotFlag() cli.Flag {
	return &cli.StringFlag{
		Name:     "snapshot",
		Usage:    "work from this `FILE` of eksaccess snapshot --save, offline",
		Category: "Input",
		Action:   optional(&o.Snapshot),
	}
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

// connectionOptions say how AWS is reached.
type connectionOptions struct {
	profile      string
	noAssumeRole bool
	concurrency  int
	stats        bool
	timeout      time.Duration
}

func (o *connectionOptions) connectionFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name:        "profile",
			Usage:       "AWS shared-config `PROFILE`, above what the file says",
			Category:    "AWS",
			Destination: &o.profile,
		},
		&cli.BoolFlag{
			Name:               "no-assume-role",
			Usage:              "use the credentials as they are, whatever role the file says",
			Category:           "AWS",
			Destination:        &o.noAssumeRole,
			DisableDefaultText: true,
		},
		&cli.IntFlag{
			Name:        "concurrency",
			Value:       awsclient.DefaultConcurrency,
			Usage:       "`CALLS` in flight at a time",
			Category:    "AWS",
			Destination: &o.concurrency,
		},
		&cli.BoolFlag{
			Name: "stats",
			Usage: "say at the end, on standard error, which calls were made and how long they took; JSON " +
				"with -o json",
			Category:           "Output",
			Destination:        &o.stats,
			DisableDefaultText: true,
		},
		&cli.DurationFlag{
			Name:        "timeout",
			Value:       30 * time.Minute,
			DefaultText: "30m",
			Usage:       "`TIME` for the whole command",
			Category:    "AWS",
			Destination: &o.timeout,
		},
	}
}

func (o *connectionOptions) connection() *connectionOptions { return o }

func (o *connectionOptions) check() error {
	if o.timeout <= 0 {
		return fmt.Errorf("--timeout=%s must be more than 0", o.timeout)
	}
	return atLeast(1, "concurrency", o.concurrency)
}

// limit is the context of a command, which ends with --timeout and then says so.
func (o *connectionOptions) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, o.timeout, fmt.Errorf("--timeout %s is over", o.timeout))
}

// connectTo is how AWS is reached, as the flags say.
func (p *program) connectTo(o *connectionOptions) awsclient.Options {
	return awsclient.Options{
		Profile:          o.profile,
		NoAssumeRole:     o.noAssumeRole,
		Concurrency:      o.concurrency,
		Debug:            p.debugLog,
		Version:          version(),
		Tally:            p.tally,
		Clock:            p.clock,
		Retrying:         p.retries.Add,
		TestOnlyPatience: p.testOnlyPatience,

		TestOnlyTransport: p.testOnlyTransport,
	}
}

// kubeOptions say whether aws-auth is read from the clusters of a run that
// writes or plans. Without them it is tried where it matters.
type kubeOptions struct{ kube, noKube bool }

func (o *kubeOptions) kubeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{
			Name:               "kube",
			Usage:              "require aws-auth, read from the clusters themselves",
			Destination:        &o.kube,
			DisableDefaultText: true,
		},
		&cli.BoolFlag{
			Name:               "no-kube",
			Usage:              "do not read aws-auth from the clusters",
			Destination:        &o.noKube,
			DisableDefaultText: true,
		},
	}
}

func (o *kubeOptions) kubeRules() []rule {
	return []rule{{
		when:    []string{"kube"},
		without: []string{"no-kube"},
		message: "--kube cannot be combined with --no-kube",
	}}
}

// insideFlag is --kube of commands that look at more than aws-auth.
func (o *kubeOptions) insideFlag() cli.Flag {
	return &cli.BoolFlag{
		Name:               "kube",
		Usage:              "ask the clusters themselves too: aws-auth, RBAC bindings, namespaces",
		Destination:        &o.kube,
		DisableDefaultText: true,
	}
}

// guardOptions allow what a guard would refuse.
type guardOptions struct {
	allow       plan.Allow
	maxRemovals *string
}

func (o *guardOptions) allowFlag(name, usage string, allowed *bool) cli.Flag {
	return &cli.BoolFlag{Name: name, Usage: usage, Category: "Guards", Destination: allowed, DisableDefaultText: true}
}

func (o *guardOptions) guardFlags() []cli.Flag {
	return []cli.Flag{
		o.allowFlag("take-ownership", "change entries that carry another owner's tag; a file needs an owner of its own",
			&o.allow.TakeOwnership),
		&cli.IntFlag{
			Name:        "min-admins",
			Usage:       "living cluster admins that must be left: `N`, in place of the file's",
			DefaultText: "the file's, or 1",
			Category:    "Guards",
			Action:      optional(&o.allow.MinAdmins),
		},
		&cli.StringFlag{
			Name:        "max-removals",
			Usage:       "principals that may lose a right: `N or N%`, in place of the file's",
			DefaultText: "the file's, or 25%, at least 2",
			Category:    "Guards",
			Action:      optional(&o.maxRemovals),
		},
		o.allowFlag("allow-missing-admins", "even if a required admin is none", &o.allow.MissingAdmins),
		o.selfLockoutFlag(),
		o.allowFlag("allow-api-only", "the step to mode API, which ends aws-auth", &o.allow.APIOnly),
		o.hiddenFlag(),
		o.allowFlag("allow-aws-auth-restored", "allow deleting entries whose aws-auth row then takes effect again",
			&o.allow.AWSAuthRestored),
		o.allowFlag("allow-node-removal", "allow taking access from nodes", &o.allow.NodeRemoval),
		o.allowFlag("end-holds", "end the holds of emergency grants", &o.allow.EndHolds),
	}
}

func (o *guardOptions) selfLockoutFlag() cli.Flag {
	return o.allowFlag("allow-self-lockout", "allow taking cluster admin from the caller", &o.allow.SelfLockout)
}

func (o *guardOptions) hiddenFlag() cli.Flag {
	return o.allowFlag("allow-aws-auth-hidden", "allow new entries that hide an aws-auth row that gives more",
		&o.allow.AWSAuthHidden)
}

// allowed returns what the flags allow.
func (o *guardOptions) allowed() (plan.Allow, error) {
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

func (o *planOptions) planFlags() []cli.Flag {
	return join([]cli.Flag{
		&cli.BoolFlag{Name: "add-only", Usage: "narrow, remove and replace nothing", Destination: &o.addOnly,
			DisableDefaultText: true},
		&cli.DurationFlag{Name: "expires", DefaultText: "the file's", Action: optional(&o.expires),
			Usage: "with --add-only, end of the entries that this run creates, `TIME` from now"},
		&cli.StringFlag{Name: "reason", DefaultText: "the file's", Action: optional(&o.reason),
			Usage: "with --expires, `WHY` they are created, kept as a tag"},
	}, o.kubeFlags(), o.guardFlags())
}

func (o *planOptions) planRules() []rule {
	return join(o.kubeRules(), []rule{{
		when:  []string{"reason"},
		needs: []string{"expires"},
		hint:  "pass both: --add-only --expires 4h --reason INC-4711; or write reason in the file",
	}, {
		when:  []string{"expires"},
		needs: []string{"add-only"},
		message: "--expires requires --add-only: it sets the end of the entries that this run creates, and of no " +
			"others",
		hint: "pass --add-only too, or write expires in the file",
	}})
}

// options returns what the flags make of a plan.
func (o *planOptions) options() (plan.Options, error) {
	allow, err := o.allowed()
	made := plan.Options{AddOnly: o.addOnly, Allow: allow}
	if err != nil || o.expires == nil {
		return made, err
	}
	if *o.expires < time.Minute {
		return made, withHint(fmt.Errorf("--expires=%s is less than a minute", *o.expires),
			"a time has a unit: 4h, 90m")
	}
	made.Expires = *o.expires
	if o.reason != nil {
		made.Reason = eksfacts.TagValue(*o.reason)
	}
	return made, nil
}

// noteReason reports a reason that is kept in another form than it was given.
func (p *program) noteReason(o *planOptions) {
	if o.expires == nil || o.reason == nil {
		return
	}
	if kept := eksfacts.TagValue(*o.reason); kept != *o.reason {
		p.complain("note", fmt.Sprintf("the reason is kept as %q: a tag holds %s, at most 256 of them",
			kept, eksfacts.TagCharacters))
	}
}

// journalOptions say where the journal of a run is kept.
type journalOptions struct {
	journal   *string
	noJournal bool
}

func (o *journalOptions) journalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name:        "journal",
			Usage:       "keep what was written, and what undoes it, in `FILE`",
			DefaultText: "a file in the user's state folder",
			Category:    "Output",
			Action:      optional(&o.journal),
		},
		&cli.BoolFlag{
			Name:               "no-journal",
			Usage:              "keep none: the run can't be undone, and not be finished if it is killed",
			Category:           "Output",
			Destination:        &o.noJournal,
			DisableDefaultText: true,
		},
	}
}

func (o *journalOptions) journalRules() []rule {
	return []rule{{
		when:    []string{"journal"},
		without: []string{"no-journal"},
		message: "--journal and --no-journal contradict each other",
	}}
}

// path is what --journal names; "" for a file in the user's state folder.
func (o *journalOptions) path() string {
	if o.journal == nil {
		return ""
	}
	return *o.journal
}

func (o *journalOptions) checkJournal() error {
	if o.journal != nil && *o.journal == "" {
		return withHint(errors.New("--journal names no file"), "pass --journal FILE, or --no-journal")
	}
	return nil
}

// yesOption lets a command that writes do so without asking.
type yesOption struct{ yes bool }

func (o *yesOption) yesFlag() cli.Flag {
	return &cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask", Destination: &o.yes,
		DisableDefaultText: true}
}

// detailedOption makes differences an exit code.
type detailedOption struct{ detailed bool }

func (o *detailedOption) detailedFlag() cli.Flag {
	return &cli.BoolFlag{
		Name:               "detailed-exitcode",
		Usage:              "exit with 2 where there are changes or unmanaged entries",
		Category:           "Output",
		Destination:        &o.detailed,
		DisableDefaultText: true,
	}
}

// outputOptions say in which of several forms a result is printed.
type outputOptions struct {
	forms render.FormatSet
	form  string
}

func (o *outputOptions) outputFlag() cli.Flag {
	return choice(cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FORM`: " + o.forms.String(),
		Category: "Output", Destination: &o.form}, o.forms...)
}

// format reads -o.
func (o *outputOptions) format(line invocation) (render.Format, error) {
	f, err := o.forms.Parse(o.form)
	switch {
	case err == nil:
		return f, nil
	case strings.ContainsAny(o.form, "./\\"):
		return "", withHint(fmt.Errorf("-o names a form, not a file: %q is none of %s", o.form, o.forms),
			o.keepHint(line))
	}
	return "", withHint(err, line.command+" --help")
}

// keepHint is how a command's output gets into the file that -o named.
func (o *outputOptions) keepHint(line invocation) string {
	file := o.form
	if line.canSave {
		kept := "plan"
		if line.name == "snapshot" {
			kept = "snapshot"
		}
		return "to keep the " + kept + ": --save " + file
	}
	if slices.Contains(o.forms, render.Diff) { // a form of plans
		return "to keep a plan: eksaccess plan --save " + file + "; to keep what this prints: > " + file
	}
	form := "FORM"
	if f := render.Format(strings.TrimPrefix(filepath.Ext(file), ".")); slices.Contains(o.forms, f) {
		form = string(f)
	}
	return "to keep what this prints: -o " + form + " > " + file
}

func (p *program) drawing(f render.Format) render.Options {
	return render.Options{
		Format: f,
		Color:  term.Color(p.stdout, getenv, p.noColor),
		Width:  term.Width(p.stdout, getenv),
	}
}

// drawingErrors is how text is drawn on standard error.
func (p *program) drawingErrors() render.Options {
	return render.Options{Color: term.Color(p.stderr, getenv, p.noColor), Width: term.Width(p.stderr, getenv)}
}
