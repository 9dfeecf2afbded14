package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/awsclient"
	"github.com/eksaccess/eksaccess/internal/suggest"
)

// A program is one run: its streams, and what the flags that all commands have
// say.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	help           bytes.Buffer // as the library writes it
	args           []string     // as typed, for the journal
	plugin         bool         // of kubectl: called as "kubectl eksaccess"
	quiet          bool
	debug          bool
	progressMode   string // auto, plain, none
	statsForm      string // of --stats: "", text or json
	tally          *awsclient.Tally
	begun          time.Time
	retries        *retries         // of calls, to be reported
	region         string           // by default, once it was needed
	contents       [][]byte         // of the files that -f names
	clock          *awsclient.Clock // that of AWS, once it has answered
	clockWarned    bool
	noColor        bool
	debugLog       *slog.Logger

	testOnlySleep    func(context.Context, time.Duration) error // while applying; nil sleeps
	testOnlyNow      func() time.Time                           // nil is the machine's clock
	testOnlyPatience time.Duration                              // with AWS; 0 is what is good for AWS
}

func (p *program) app() *cli.App {
	p.tally, p.retries = &awsclient.Tally{}, &retries{}
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
		Writer:                    &p.help, // nothing else is written to it
		ErrWriter:                 p.stderr,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              usageError,
		DisableSliceFlagSeparator: true,
		HideVersion:               true,
		HideHelpCommand:           true,
		Action:                    cli.ShowAppHelp,
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
		c.HideHelpCommand = true
		p.complete(c.Subcommands)
	}
}

func unknownCommand(app *cli.App, typed string) error {
	hints := []string{"eksaccess --help"}
	var names []string
	for _, cmd := range app.Commands {
		names = append(names, cmd.Names()...)
	}
	if near := suggest.DidYouMean(typed, names); near != "" {
		hints = []string{near}
	}
	return withHint(fmt.Errorf("unknown command %q", typed), hints...)
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
// standard output.
func usageError(c *cli.Context, err error, _ bool) error {
	command := called(c)
	var names []string
	if c.Command != nil {
		for _, f := range c.Command.Flags {
			names = append(names, f.Names()...)
		}
	}
	hints := []string{command + " --help"}
	if flag, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		name := strings.TrimPrefix(flag, "-")
		err = fmt.Errorf("unknown flag %q", strings.Repeat("-", min(len(name), 2))+name)
		if near, ok := suggest.Nearest(strings.TrimPrefix(flag, "-"), names); ok {
			hints = append([]string{fmt.Sprintf("did you mean %q?", "--"+near)}, hints...)
		}
	}
	if m := badValue.FindStringSubmatch(err.Error()); m != nil {
		err = fmt.Errorf("--%s=%s can't be read", m[2], m[1])
		if isTime(c, m[2]) {
			hints = []string{"a time has a unit: 90s, 30m, 1h"}
		}
	}
	return withHint(err, hints...)
}

// isTime says whether a flag of the command takes a time.
func isTime(c *cli.Context, name string) bool {
	return c.Command != nil && slices.ContainsFunc(c.Command.Flags, func(f cli.Flag) bool {
		_, ok := f.(*cli.DurationFlag)
		return ok && slices.Contains(f.Names(), name)
	})
}

// badValue is how the library words a value that a flag does not take.
var badValue = regexp.MustCompile(`^invalid (?:boolean )?value "(.*)" for (?:flag )?-([a-z-]+): `)

func noArguments(c *cli.Context) error {
	if !c.Args().Present() {
		return nil
	}
	err, command := fmt.Errorf("unexpected argument %q", c.Args().First()), called(c)
	switch has := func(name string) bool {
		return slices.ContainsFunc(c.Command.Flags, func(f cli.Flag) bool { return f.Names()[0] == name })
	}; {
	case nearCommand(c) != "":
		return withHint(err, nearCommand(c))
	case !has("file"):
		return withHint(err, command+" --help")
	case !has("selector"): // takes one cluster, and a file is a detour to it
		return withHint(
			err,
			fmt.Sprintf("a cluster is named with --cluster: %s --cluster %s", command, c.Args().First()),
		)
	}
	return withHint(err, fmt.Sprintf("files are named with -f: %s -f %s", command, c.Args().First()))
}

// nearCommand is the hint that names the command below this one that the first
// argument was probably meant to be, or "".
func nearCommand(c *cli.Context) string {
	var names []string
	for _, s := range c.Command.Subcommands {
		names = append(names, s.Names()...)
	}
	if near, ok := suggest.Nearest(c.Args().First(), names); ok {
		return fmt.Sprintf("did you mean %q?", called(c)+" "+near)
	}
	return ""
}

// version is from the module's build information, so that a binary built with
// go install tells it too.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

func (p *program) versionCommand() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "print the version", UsageText: "eksaccess version",
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return noArguments(c)
			}
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return errors.New("the binary holds no build information")
			}
			_, err := fmt.Fprintf(p.stdout, "eksaccess %s %s\n", version(), info.GoVersion)
			return err
		},
	}
}
