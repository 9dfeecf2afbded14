package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/cliargs"
	"github.com/eksaccess/eksaccess/internal/progress"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/internal/term"
)

// A program is one run: its streams, and what the flags that all commands have
// say.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	args           []string // as typed, for the journal
	plugin         bool     // of kubectl: called as "kubectl eksaccess"
	quiet          bool
	debug          bool
	progressMode   string // auto, plain, none
	statsForm      string // of --stats: "", text or json
	tally          *awsclient.Tally
	begun          time.Time
	retries        *progress.Retries
	clock          *awsclient.Clock // that of AWS, once it has answered
	noColor        bool
	wide           bool // full ARNs in text
	verbose        bool
	debugLog       *slog.Logger

	testOnlySleep    func(context.Context, time.Duration) error // while applying; nil sleeps
	testOnlyNow      func() time.Time                           // nil is the machine's clock
	testOnlyPatience time.Duration                              // with AWS; 0 is what is good for AWS
	// testOnlyTransport, if not nil, carries all calls in place of the network.
	testOnlyTransport http.RoundTripper
}

func (p *program) app() *cli.App {
	p.tally, p.retries = &awsclient.Tally{}, progress.NewRetries(p.noteRetry)
	p.clock = &awsclient.Clock{Machine: p.machineNow}
	app := &cli.App{
		Name:      "eksaccess",
		Usage:     "say in a file who may get into your Amazon EKS clusters; see what differs, change only that",
		UsageText: "eksaccess COMMAND [flags]",
		Version:   version(),
		Description: "Exit codes, the first that holds: 1 wrong usage, a wrong file, or every cluster failed;\n" +
			"5 some clusters failed; 3 a guard refused; 4 applied, but not confirmed by reading back;\n" +
			"2 differences (plan --detailed-exitcode), findings (audit --fail-on), or access is missing (doctor);\n" +
			"0 done, or nothing to do.",
		Commands: []*cli.Command{
			p.validateCommand(),
			p.planCommand(),
			p.applyCommand(),
			p.showCommand(),
			p.undoCommand(),
			p.cleanupCommand(),
			p.recoverCommand(),
			p.doctorCommand(),
			p.snapshotCommand(),
			p.whoCommand(),
			p.auditCommand(),
			p.importCommand(),
			p.exportCommand(),
			p.kubeconfigCommand(),
			p.tokenCommand(),
			p.iamPolicyCommand(),
			p.schemaCommand(),
			p.completionCommand(),
			p.versionCommand(),
		},
		Writer:                    io.Discard, // help is not written by the library
		ErrWriter:                 p.stderr,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              usageError,
		DisableSliceFlagSeparator: true,
		HideVersion:               true,
		HideHelp:                  true,
	}
	p.complete(app.Commands)
	return app
}

// complete gives commands, and those below them, what all of them have.
func (p *program) complete(commands []*cli.Command) {
	for _, c := range commands {
		c.OnUsageError = usageError
		c.Flags = append(c.Flags, p.commonFlags()...)
		c.Before = p.begin
		c.HideHelp = true
		p.complete(c.Subcommands)
	}
}

// machineNow is the time by this machine's clock.
func (p *program) machineNow() time.Time {
	if p.testOnlyNow != nil {
		return p.testOnlyNow()
	}
	return time.Now()
}

// commandLine checks the words after the program against what the commands
// declare.
func (p *program) commandLine(app *cli.App, words []string) (cliargs.Line, error) {
	line, err := cliargs.Arrange(p.declaredCommands(app), words)
	var wrong *cliargs.Error
	if errors.As(err, &wrong) {
		return line, withHint(err, wrong.Hints...)
	}
	return line, err
}

// printHelp prints the help of a command as the result of the run.
func (p *program) printHelp(line cliargs.Line) error {
	text := render.Help(line.Command, p.asCalled(line.Called), term.Width(p.stdout, getenv))
	_, err := io.WriteString(p.stdout, text)
	return err
}

// called is the command as it is typed, without flags: "eksaccess plan".
func called(c *cli.Context) string {
	name := "eksaccess"
	for _, parent := range slices.Backward(c.Lineage()) {
		if parent.Command != nil && parent.Command.Name != "" && parent.Command.Name != "eksaccess" {
			name += " " + parent.Command.Name
		}
	}
	return name
}

// usageError replaces the library's own, which prints the whole help to
// standard output. What [cliargs.Arrange] checks does not come here.
func usageError(c *cli.Context, err error, _ bool) error { return withHint(err, called(c)+" --help") }

// kubectl calls a program named kubectl-eksaccess for "kubectl eksaccess"
// (Kubernetes documentation, "Extend kubectl with plugins"). What the program
// tells people to type then begins with kubectl.
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

// asCalled is text with our own command lines as they have to be typed.
func (p *program) asCalled(text string) string {
	if !p.plugin {
		return text
	}
	return ownCommand.ReplaceAllString(text, "${1}kubectl eksaccess$2")
}
