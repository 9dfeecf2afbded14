package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/eksfacts"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/saved"
	"github.com/eksaccess/eksaccess/internal/term"
	"github.com/eksaccess/eksaccess/plan"
	"github.com/eksaccess/eksaccess/spec"
)

// commonFlags are those of every command.
func (p *program) commonFlags() []cli.Flag {
	return []cli.Flag{
		boolFlag("no-color", "Output", "no colour; NO_COLOR does the same", &p.noColor),
		boolFlag("verbose", "Output", "unchanged entries, every guard, and the calls of each change", &p.verbose),
		boolFlag("wide", "Output", "full ARNs of principals in text", &p.wide),
		boolFlag("quiet", "Output", "no progress on standard error", &p.quiet),
		&cli.StringFlag{
			Name:  "progress",
			Value: progressAuto,
			Usage: "`HOW` progress is told on standard error: auto (drawn on a terminal, quiet elsewhere), plain " +
				"(lines) or none",
			Category:    "Output",
			Destination: &p.progressMode,
		},
		boolFlag("debug", "Output", "log every AWS call to standard error", &p.debug),
	}
}

// begin runs before every command's action.
func (p *program) begin(c *cli.Context) error {
	if !slices.Contains([]string{progressAuto, progressPlain, progressNone}, p.progressMode) {
		return withHint(fmt.Errorf("--progress %q is none of auto, plain, none", p.progressMode), called(c)+" --help")
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
		textFlag("profile", "AWS", "AWS shared-config `PROFILE`, above what the file says", &o.profile),
		boolFlag("no-assume-role", "AWS",
			"use the credentials as they are, whatever role the file says", &o.noAssumeRole),
		&cli.IntFlag{
			Name:        "concurrency",
			Value:       awsclient.DefaultConcurrency,
			Usage:       "`CALLS` in flight at a time",
			Category:    "AWS",
			Destination: &o.concurrency,
		},
		boolFlag("stats", "Output",
			"say at the end, on standard error, which calls were made and how long they took; JSON with -o "+
				"json",
			&o.stats),
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
		boolFlag("kube", "", "require aws-auth, read from the clusters themselves", &o.kube),
		boolFlag("no-kube", "", "do not read aws-auth from the clusters", &o.noKube),
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
	return boolFlag("kube", "", "ask the clusters themselves too: aws-auth, RBAC bindings, namespaces", &o.kube)
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

func (o *planOptions) planFlags() []cli.Flag {
	return join([]cli.Flag{
		boolFlag("add-only", "", "narrow, remove and replace nothing", &o.addOnly),
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
	allow, err := o.allowance()
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
		boolFlag("no-journal", "Output",
			"keep none: the run can't be undone, and not be finished if it is killed", &o.noJournal),
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
	return boolFlag("detailed-exitcode", "Output",
		"exit with 2 where there are changes or unmanaged entries", &o.detailed)
}

// shardOption makes a run one of several over the same clusters.
type shardOption struct{ shard *string }

func (o *shardOption) shardFlag() cli.Flag {
	return optionalFlag("shard", "Input",
		"only part `I/N` of the clusters chosen, I from 0: for several machines, see plan merge", &o.shard)
}

// part is the shard that the flag names; nil without it.
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

func (o *saveOption) saveFlag(usage string) cli.Flag {
	return optionalFlag("save", "Output", usage, &o.save)
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

// outputOptions say in which of several forms a result is printed.
type outputOptions struct {
	forms  render.FormatSet
	form   string        // as it was given
	format render.Format // that it names
}

func (o *outputOptions) outputFlag() cli.Flag {
	return choice(cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FORM`: " + o.forms.String(),
		Category: "Output", Destination: &o.form}, o.forms...)
}

// parseOutput reads -o.
func (o *outputOptions) parseOutput(line invocation) error {
	var err error
	o.format, err = o.forms.Parse(o.form)
	switch {
	case err == nil:
		return nil
	case strings.ContainsAny(o.form, "./\\"):
		return withHint(fmt.Errorf("-o names a form, not a file: %q is none of %s", o.form, o.forms),
			o.keepHint(line))
	}
	return withHint(err, line.command+" --help")
}

func (o *outputOptions) isMachine() bool { return o.form == string(render.Machine) }

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
		Wide:   p.wide,

		Verbose: p.verbose,
	}
}

// drawingErrors is how text is drawn on standard error.
func (p *program) drawingErrors() render.Options {
	return render.Options{
		Color: term.Color(p.stderr, getenv, p.noColor),
		Width: term.Width(p.stderr, getenv),
		Wide:  p.wide,
	}
}
