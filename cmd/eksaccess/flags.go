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
			DisableDefaultText: true,
		},
		&cli.BoolFlag{
			Name:               "quiet",
			Usage:              "no progress on standard error",
			Category:           "Output",
			DisableDefaultText: true,
		},
		&cli.StringFlag{
			Name:  "progress",
			Value: progressAuto,
			Usage: "`HOW` progress is told on standard error: auto (drawn on a terminal, quiet elsewhere), plain " +
				"(lines) or none",
			Category: "Output",
		},
		&cli.BoolFlag{
			Name:               "debug",
			Usage:              "log every AWS call to standard error",
			Category:           "Output",
			DisableDefaultText: true,
		},
	}
}

// begin runs before every command's action.
func (p *program) begin(c *cli.Context) error {
	p.quiet, p.noColor, p.progressMode = c.Bool("quiet"), c.Bool("no-color"), c.String("progress")
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
	if c.Bool("debug") {
		p.debugLog = slog.New(slog.NewTextHandler(safeWriter{p.stderr}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return nil
}

// fileFlags choose files and clusters of them.
func fileFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{
			Name:     "file",
			Aliases:  []string{"f"},
			Usage:    "`FILE`, folder, or - for standard input; repeatable",
			Category: "Input",
		},
		&cli.StringSliceFlag{
			Name:     "cluster",
			Usage:    "only clusters that match `GLOB` (name, ACCOUNT/REGION/NAME or ARN); repeatable",
			Category: "Input",
		},
		&cli.StringSliceFlag{
			Name:     "selector",
			Usage:    "only clusters whose labels fit `KEY=VALUE`; repeatable, all must fit",
			Category: "Input",
		},
		&cli.StringFlag{Name: "region", Usage: "without a file only", Category: "Input", Hidden: true},
	}
}

// awsFlags say how AWS is reached.
func awsFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{
			Name:     "profile",
			Usage:    "AWS shared-config `PROFILE`, above what the file says",
			Category: "AWS",
		},
		&cli.BoolFlag{
			Name:               "no-assume-role",
			Usage:              "use the credentials as they are, whatever role the file says",
			Category:           "AWS",
			DisableDefaultText: true,
		},
		&cli.IntFlag{
			Name:     "concurrency",
			Value:    awsclient.DefaultConcurrency,
			Usage:    "`CALLS` in flight at a time",
			Category: "AWS",
		},
		statsFlag(),
		&cli.DurationFlag{
			Name:        "timeout",
			Value:       30 * time.Minute,
			DefaultText: "30m",
			Usage:       "`TIME` for the whole command",
			Category:    "AWS",
		},
	}
}

// planFlags change what a plan is, or what it is allowed.
func planFlags() []cli.Flag {
	return join([]cli.Flag{
		&cli.BoolFlag{Name: "add-only", Usage: "narrow, remove and replace nothing", DisableDefaultText: true},
		&cli.DurationFlag{Name: "expires", DefaultText: "the file's",
			Usage: "with --add-only, end of the entries that this run creates, `TIME` from now"},
		&cli.StringFlag{Name: "reason", DefaultText: "the file's",
			Usage: "with --expires, `WHY` they are created, kept as a tag"},
	}, kubeFlags(), guardFlags())
}

// kubeFlags say whether aws-auth is read from the clusters of a run that
// writes or plans. Without them it is tried where it matters.
func kubeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{
			Name:               "kube",
			Usage:              "require aws-auth, read from the clusters themselves",
			DisableDefaultText: true,
		},
		&cli.BoolFlag{Name: "no-kube", Usage: "do not read aws-auth from the clusters", DisableDefaultText: true},
	}
}

func yesFlag() cli.Flag {
	return &cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask", DisableDefaultText: true}
}

// guardFlags allow what a guard would refuse.
func guardFlags() []cli.Flag {
	const allow = "Guards"
	return []cli.Flag{
		&cli.BoolFlag{
			Name:               "take-ownership",
			Usage:              "change entries that carry another owner's tag; a file needs an owner of its own",
			Category:           allow,
			DisableDefaultText: true,
		},
		&cli.IntFlag{
			Name:        "min-admins",
			Usage:       "living cluster admins that must be left: `N`, in place of the file's",
			DefaultText: "the file's, or 1",
			Category:    allow,
		},
		&cli.StringFlag{
			Name:        "max-removals",
			Usage:       "principals that may lose a right: `N or N%`, in place of the file's",
			DefaultText: "the file's, or 25%, at least 2",
			Category:    allow,
		},
		&cli.BoolFlag{
			Name:               "allow-missing-admins",
			Usage:              "even if a required admin is none",
			Category:           allow,
			DisableDefaultText: true,
		},
		selfLockoutFlag(),
		&cli.BoolFlag{
			Name:               "allow-api-only",
			Usage:              "the step to mode API, which ends aws-auth",
			Category:           allow,
			DisableDefaultText: true,
		},
		hiddenFlag(),
		&cli.BoolFlag{
			Name:               "allow-aws-auth-restored",
			Usage:              "allow deleting entries whose aws-auth row then takes effect again",
			Category:           allow,
			DisableDefaultText: true,
		},
		&cli.BoolFlag{
			Name:               "allow-node-removal",
			Usage:              "allow taking access from nodes",
			Category:           allow,
			DisableDefaultText: true,
		},
		&cli.BoolFlag{
			Name:               "end-holds",
			Usage:              "end the holds of emergency grants",
			Category:           allow,
			DisableDefaultText: true,
		},
	}
}

func selfLockoutFlag() cli.Flag {
	return &cli.BoolFlag{
		Name:               "allow-self-lockout",
		Usage:              "allow taking cluster admin from the caller",
		Category:           "Guards",
		DisableDefaultText: true,
	}
}

func hiddenFlag() cli.Flag {
	return &cli.BoolFlag{
		Name:               "allow-aws-auth-hidden",
		Usage:              "allow new entries that hide an aws-auth row that gives more",
		Category:           "Guards",
		DisableDefaultText: true,
	}
}

func outputFlag(set render.FormatSet) cli.Flag {
	return &cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FORM`: " + set.String(), Category: "Output"}
}

// format reads -o.
func format(c *cli.Context, set render.FormatSet) (render.Format, error) {
	f, err := set.Parse(c.String("output"))
	switch {
	case err == nil:
		return f, nil
	case strings.ContainsAny(c.String("output"), "./\\"):
		return "", withHint(fmt.Errorf("-o names a form, not a file: %q is none of %s", c.String("output"), set),
			keepHint(c, set))
	}
	return "", withHint(err, called(c)+" --help")
}

// keepHint is how a command's output gets into the file that -o named.
func keepHint(c *cli.Context, set render.FormatSet) string {
	file := c.String("output")
	for _, f := range c.Command.Flags {
		if f.Names()[0] == "save" {
			return "to keep the " + kept(c) + ": --save " + file
		}
	}
	if slices.Contains(set, render.Diff) { // a form of plans
		return "to keep a plan: eksaccess plan --save " + file + "; to keep what this prints: > " + file
	}
	form := "FORM"
	if f := render.Format(strings.TrimPrefix(filepath.Ext(file), ".")); slices.Contains(set, f) {
		form = string(f)
	}
	return "to keep what this prints: -o " + form + " > " + file
}

func kept(c *cli.Context) string {
	if c.Command.Name == "snapshot" {
		return "snapshot"
	}
	return "plan"
}

func (p *program) drawing(f render.Format) render.Options {
	return render.Options{
		Format: f,
		Color:  term.Color(p.stdout, getenv, p.noColor),
		Width:  term.Width(p.stdout, getenv),
	}
}

// planOptions reads planFlags.
func planOptions(c *cli.Context) (plan.Options, error) {
	if c.Bool("kube") && c.Bool("no-kube") {
		return plan.Options{}, errors.New("--kube cannot be combined with --no-kube")
	}
	o := plan.Options{AddOnly: c.Bool("add-only"), Allow: plan.Allow{
		TakeOwnership: c.Bool(
			"take-ownership",
		), MissingAdmins: c.Bool("allow-missing-admins"), SelfLockout: c.Bool("allow-self-lockout"),
		APIOnly: c.Bool(
			"allow-api-only",
		), NodeRemoval: c.Bool("allow-node-removal"), AWSAuthHidden: c.Bool("allow-aws-auth-hidden"),
		AWSAuthRestored: c.Bool("allow-aws-auth-restored"), EndHolds: c.Bool("end-holds"),
	}}
	if err := expiryOptions(c, &o); err != nil {
		return o, err
	}
	if c.IsSet("min-admins") {
		n := c.Int("min-admins")
		if n < 0 {
			return o, fmt.Errorf("--min-admins=%d must be at least 0", n)
		}
		o.Allow.MinAdmins = &n
	}
	if c.IsSet("max-removals") {
		share, err := spec.ParseShare(c.String("max-removals"))
		if err != nil {
			return o, fmt.Errorf("--max-removals: %w", err)
		}
		o.Allow.MaxRemovals = &share
	}
	return o, nil
}

// regionRefused: a file says where its clusters are, so that it means the same
// wherever it is run.
func regionRefused(c *cli.Context) error {
	if !c.IsSet("region") {
		return nil
	}
	return withHint(errors.New("--region goes without a file: a file says where each of its clusters is"),
		"choose among the file's clusters with --cluster ACCOUNT/REGION/NAME")
}

// timed is the context of a command, which ends with --timeout and then says so.
func timed(c *cli.Context) (context.Context, context.CancelFunc) {
	d := c.Duration("timeout")
	return context.WithTimeoutCause(c.Context, d, fmt.Errorf("--timeout %s is over", d))
}

func positive(c *cli.Context, name string) error {
	if n := c.Int(name); n < 1 {
		return fmt.Errorf("--%s=%d must be at least 1", name, n)
	}
	return nil
}

// selection reads --cluster and --selector.
func selection(c *cli.Context) spec.Selection {
	return spec.Selection{Clusters: c.StringSlice("cluster"), Selectors: c.StringSlice("selector")}
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

// areMany is how often what can be named once is named: "none is", "2 are".
func areMany(n int) string {
	if n == 0 {
		return "none is"
	}
	return fmt.Sprintf("%d are", n)
}
