package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/progress"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/term"
)

// A program is one run: its streams, and the values of the flags that all
// commands have.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	args           []string // as typed, for the journal
	plugin         bool     // of kubectl: called as "kubectl eksaccess"
	showVersion    bool
	quiet          bool
	verbose        bool // unchanged entries, guards that passed, API operations
	wide           bool // full ARNs in text
	noColor        bool
	debug          bool
	progressMode   string // auto, plain, none
	statsForm      string // of --stats: "", text or json
	tally          *awsclient.Tally
	begun          time.Time
	retries        *progress.Retries
	clock          *awsclient.Clock // that of AWS, once it has answered
	debugLog       *slog.Logger
	logTo          io.Writer // standard error for what --debug and --stats ask for, also in a quiet run

	testOnlySleep    func(context.Context, time.Duration) error // while applying; nil sleeps
	testOnlyNow      func() time.Time                           // nil is the machine's clock
	testOnlyPatience time.Duration                              // with AWS; 0 is what is good for AWS
	// testOnlyTransport, if not nil, carries all calls in place of the network.
	testOnlyTransport http.RoundTripper
}

var getenv = os.Getenv

// The groups of commands in the help of the program.
const (
	daily     = "Daily use"
	emergency = "Emergencies"
	insight   = "Insight"
	moving    = "Moving"
	setup     = "Setup"
)

// The modes of --progress.
const (
	progressAuto  = "auto"
	progressPlain = "plain"
	progressNone  = "none"
)

// commands returns the program as a tree of commands. Their flags fill the
// program and the options of the commands.
func (p *program) commands() *cliargs.Command {
	p.progressMode = progressAuto
	root := &cliargs.Command{
		Name:     "eksaccess",
		Usage:    "manage access to your Amazon EKS clusters from a YAML file",
		Examples: "eksaccess COMMAND [flags]\neksaccess help COMMAND",
		Description: "The exit code is the first that applies: 1 wrong usage, an invalid file, or all clusters " +
			"failed; 5 some clusters failed; 3 a guard refused; 4 applied, but not completely or not confirmed; " +
			"2 differences (plan --detailed-exitcode), findings (audit --fail-on) or missing access (doctor); " +
			"0 done, or nothing to do.",
		Flags: []cliargs.Flag{
			cliargs.Help,
			cliargs.Bool("--version", "print the version", &p.showVersion),
			cliargs.Bool("--quiet", "print nothing if the exit code is 0, except what -o asks for", &p.quiet),
			cliargs.Bool("--verbose", "print unchanged entries, all guards and API operations", &p.verbose),
			cliargs.Bool("--wide", "print full ARNs of principals", &p.wide),
			cliargs.Bool("--no-color", "print without color, like NO_COLOR=1", &p.noColor),
			cliargs.Value("--progress MODE", "progress on standard error: auto (drawn, only on a terminal), plain "+
				"(lines) or none", &p.progressMode).WithDefault(progressAuto).
				With(cliargs.Values{OneOf: []string{progressAuto, progressPlain, progressNone}}),
			cliargs.Bool("--debug", "log every AWS call to standard error", &p.debug),
		},
		Foreign: foreignFlags,
		Commands: []*cliargs.Command{
			p.validateCommand(), p.planCommand(), p.applyCommand(), p.showCommand(),
			p.recoverCommand(), p.doctorCommand(), p.undoCommand(), p.cleanupCommand(),
			p.whoCommand(), p.auditCommand(), p.snapshotCommand(),
			p.importCommand(), p.exportCommand(),
			p.kubeconfigCommand(), p.tokenCommand(), p.iamPolicyCommand(), p.schemaCommand(), p.completionCommand(),
			p.versionCommand(),
		},
	}
	root.Walk(p.rename)
	return root
}

// foreignFlags are flags of other tools (terraform, eksctl, kubectl, aws), and
// what to use here instead.
var foreignFlags = []cliargs.Foreign{
	{Name: "auto-approve", For: "yes", Hint: "use --yes"},
	{Name: "approve", For: "yes", Hint: "use --yes"},
	{Name: "dry-run", For: "apply", Hint: "use eksaccess plan"},
	{Name: "dry-run", For: "plan", Hint: "leave it out: plan changes nothing"},
	{Name: "dry-run", For: "drill", Hint: "use --drill"},
	{Name: "dry-run", For: "yes", Hint: "without --yes, the changes are printed before the question"},
	{Name: "out", For: "save", Hint: "use --save"},
	{Name: "severity", For: "fail-on", Hint: "use --fail-on"},
	{Name: "name", For: "cluster", Hint: "use --cluster"},
	{Name: "cluster-name", For: "cluster", Hint: "use --cluster"},
	{Name: "role", For: "principal", Hint: "use --principal role=NAME"},
	{Name: "n", For: "namespace", Hint: "use --namespace"},
	{Name: "n", For: "can", Hint: "use --can 'VERB RESOURCE -n NAMESPACE'"},
}

// run is the whole program as a function of its inputs, but for the environment
// variables that the AWS SDK reads by itself. It returns the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	p.calledAs(args)
	p.args, p.begun = args[min(1, len(args)):], time.Now()
	p.tally, p.retries = &awsclient.Tally{}, progress.NewRetries(p.noteRetry)
	p.clock = &awsclient.Clock{Machine: p.machineNow}
	root := p.commands()
	if len(p.args) > 0 && p.args[0] == completeCommand {
		p.printCandidates(root, p.args[1:])
		return exitOK
	}
	err := p.runCommand(ctx, root)
	p.printStats()
	code := p.report(ctx, err)
	if code != exitOK {
		p.release()
	}
	return code
}

func (p *program) runCommand(ctx context.Context, root *cliargs.Command) error {
	line, err := cliargs.Parse(root, p.args)
	var wrong *cliargs.Error
	if errors.As(err, &wrong) {
		return withHint(err, wrong.Hints...)
	}
	p.logTo = p.stderr
	p.hold(line)
	if p.debug {
		p.debugLog = slog.New(slog.NewTextHandler(safeWriter{p.logTo}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	switch {
	case p.showVersion && !line.Help:
		return p.printVersion()
	case line.Help || line.Command == root:
		text := render.Help(line.Command, p.asCalled(line.Called), term.Width(p.stdout, getenv))
		_, err := io.WriteString(p.stdout, text)
		return err
	}
	return line.Command.Run(ctx, line)
}

// machineNow is the time by this machine's clock.
func (p *program) machineNow() time.Time {
	if p.testOnlyNow != nil {
		return p.testOnlyNow()
	}
	return time.Now()
}

func (p *program) printVersion() error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("the binary has no build information")
	}
	_, err := fmt.Fprintf(p.document(), "eksaccess %s %s\n", version(), info.GoVersion)
	return err
}

// version is from the module's build information, so that a binary built with
// go install has it too.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// kubectl calls a program named kubectl-eksaccess for "kubectl eksaccess"
// (Kubernetes documentation, "Extend kubectl with plugins"). The commands that
// the program suggests then begin with kubectl.
func (p *program) calledAs(args []string) {
	p.plugin = len(args) > 0 && strings.HasPrefix(filepath.Base(args[0]), "kubectl-eksaccess")
}

// diskName is what the program is called on disk; "" for its usual name.
func (p *program) diskName() string {
	if p.plugin {
		return "kubectl-eksaccess"
	}
	return ""
}

// ownCommand is a command line of ours in a text: the name, and what can
// follow it in one.
var ownCommand = regexp.MustCompile(`(^|[\s"(|$<])eksaccess( [a-z-]+\b| COMMAND| \[)`)

// asCalled returns text with our own command lines as they have to be typed.
func (p *program) asCalled(text string) string {
	if !p.plugin {
		return text
	}
	return ownCommand.ReplaceAllString(text, "${1}kubectl eksaccess$2")
}

// rename changes the texts of a command to the name that the program was called
// by.
func (p *program) rename(c *cliargs.Command) {
	for _, text := range []*string{&c.Usage, &c.Examples, &c.Description} {
		*text = p.asCalled(*text)
	}
	for i := range c.Flags {
		c.Flags[i].Usage = p.asCalled(c.Flags[i].Usage)
	}
}

// hold makes a quiet run print nothing until it is released, except a result in
// the format that -o asks for.
func (p *program) hold(line cliargs.Line) {
	if !p.quiet || line.Help {
		return
	}
	if !line.Given["output"] {
		p.stdout = term.Hold(p.stdout)
	}
	p.stderr = term.Hold(p.stderr)
}

// release prints what a quiet run has printed so far, and then all that follows.
func (p *program) release() {
	for _, stream := range []io.Writer{p.stdout, p.stderr} {
		if held, ok := stream.(*term.Held); ok {
			_ = held.Release() // the exit code is an error already, or the question will fail
		}
	}
}

// document is standard output for a result that is a document of its own, such
// as a file or a token: --quiet does not hold it.
func (p *program) document() io.Writer {
	if held, ok := p.stdout.(*term.Held); ok {
		return held.Stream
	}
	return p.stdout
}

// safeWriter keeps the debug log from controlling a terminal.
type safeWriter struct{ w io.Writer }

func (s safeWriter) Write(b []byte) (int, error) {
	if _, err := fmt.Fprintln(s.w, render.Safe(strings.TrimRight(string(b), "\n"))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// isSilent reports whether no progress is written.
func (p *program) isSilent() bool { return p.quiet || p.progressMode == progressNone }

// progress writes to standard error: in place on a terminal, elsewhere only
// long waits, unless lines are asked for.
func (p *program) progress() *progress.Display {
	style := progress.Waits
	switch {
	case p.isSilent():
		return nil
	case p.progressMode == progressPlain:
		style = progress.Plain
	case term.Is(p.stderr) && getenv("TERM") != "dumb" && p.debugLog == nil: // its lines would go through what is drawn
		style = progress.Live
	}
	d := progress.New(p.stderr, style, term.Width(p.stderr, getenv), func() (calls, throttled int) {
		all := p.tally.Total()
		return all.Calls, all.Throttled
	})
	p.retries.ShowIn(d)
	return d
}

// noteRetry writes about a call that is sent again where nothing is drawn.
func (p *program) noteRetry(text string) {
	if !p.isSilent() {
		p.printMessage("note", text)
	}
}

// printStats prints what --stats asks for.
func (p *program) printStats() {
	if p.statsForm == "" {
		return
	}
	s := render.Stats{Took: time.Since(p.begun)}
	for _, c := range p.tally.Counts() {
		s.Calls = append(s.Calls, render.CallCount{
			Service: c.Service, Operation: c.Operation, Calls: c.Calls, Throttled: c.Throttled,
			Failed: c.Failed, Time: c.Time, Longest: c.Longest,
		})
	}
	_ = s.Write(p.logTo, p.statsForm == "json") // the run itself was reported already
}

// drawing is how a result is drawn on standard output.
func (p *program) drawing(f render.Format) render.Options {
	opts := p.drawingOn(p.stdout)
	opts.Format = f
	return opts
}

// drawingErrors is how text is drawn on standard error.
func (p *program) drawingErrors() render.Options { return p.drawingOn(p.stderr) }

func (p *program) drawingOn(stream io.Writer) render.Options {
	return render.Options{
		Color:   term.Color(stream, getenv, p.noColor),
		Width:   term.Width(stream, getenv),
		Verbose: p.verbose,
		Wide:    p.wide,
	}
}
