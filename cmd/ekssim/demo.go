package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/eksaccess/eksaccess/examples"
	"github.com/eksaccess/eksaccess/internal/atomicfile"
	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// demo serves the world of examples/ and writes a folder in which the program
// can be tried: the example files, and the settings of a shell.
func demo(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	flags := newFlags(
		"ekssim demo",
		stderr,
		`Simulate the three clusters of the examples until Ctrl-C, write a folder with
files to try, and print commands for a second terminal.

`,
	)
	addr := flags.String("addr", "127.0.0.1:0", "loopback address to listen on")
	dir := flags.String("dir", "eksaccess-demo", "folder to write; YAML files in it are not overwritten")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if unexpected(flags) {
		return 2
	}
	if err := serveDemo(ctx, stdout, *addr, *dir); err != nil {
		fmt.Fprintf(stderr, "ekssim: error: %v\n", err)
		return 1
	}
	return 0
}

func serveDemo(ctx context.Context, stdout io.Writer, addr, dir string) error {
	world, err := ekssim.ParseWorld(examples.World)
	if err != nil {
		return err
	}
	sim, err := ekssim.New(world)
	if err != nil {
		return err
	}
	if err := sim.Listen(addr); err != nil {
		return err
	}
	err = writeDemoFolder(dir, sim.Exports("AKIADEMO", "eu-west-1"))
	if err == nil {
		_, err = fmt.Fprintf(stdout, demoText, shellQuote(dir))
	}
	if err != nil {
		return errors.Join(err, sim.Close())
	}
	return untilDone(ctx, sim)
}

// demoText is printed for the user. TestDemoCommands runs its indented lines in
// order, each with the exit code that its comment has.
const demoText = `An AWS simulator with three clusters is running. Press Ctrl-C to stop it.
It has no connection to AWS. In a second terminal:

  cd %s
  . ./env

Change access:

  eksaccess plan -f clusters.yaml                  # what would change, and why
  eksaccess apply -f clusters.yaml --cluster prod  # asks, changes, and verifies
  eksaccess undo --last                            # reverts that run
  eksaccess apply -f clusters.yaml                 # all clusters
  eksaccess plan -f clusters.yaml --detailed-exitcode  # exit code 2: undeclared entries

Report access:

  eksaccess who -f clusters.yaml --admins-only
  eksaccess audit -f clusters.yaml
  eksaccess who -f clusters.yaml -o html > who.html
  eksaccess audit -f clusters.yaml -o html > audit.html

Recover access, as an on-call engineer without access to the cluster dev:

  export AWS_ACCESS_KEY_ID=AKIAONCALL
  eksaccess kubeconfig --cluster dev
  kubectl get nodes                     # exit code 1: Unauthorized
  eksaccess doctor --cluster dev        # exit code 2: the reason
  eksaccess recover --cluster dev --reason INC-4711
  kubectl get nodes
  export AWS_ACCESS_KEY_ID=AKIADEMO
  eksaccess plan -f clusters.yaml --cluster dev    # the emergency access is on hold

Simulated credentials (AWS_ACCESS_KEY_ID):

  # AKIADEMO    role platform, account 111122223333; env sets it
  # AKIAONCALL  role oncall, account 111122223333
  # AKIAPROD    role break-glass, account 444455556666
`

// writeDemoFolder writes the example files, where they do not exist, and the
// file env for a shell, with exports. Commands of that shell keep their files in
// the folder too.
func writeDemoFolder(dir, exports string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		"clusters.yaml":   examples.Clusters,
		"breakglass.yaml": examples.Breakglass,
	} {
		// The first line has the path of the schema in a checkout.
		_, text, _ := bytes.Cut(data, []byte("\n"))
		text = append([]byte("# Written by \"ekssim demo\".\n"), text...)
		err := atomicfile.Create(filepath.Join(dir, name), atomicfile.Public, text)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	env := "export PATH=" + shellQuote(filepath.Dir(program)) + ":\"$PATH\"\n" + // eksaccess is beside ekssim
		exports +
		"export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null\n" +
		"export KUBECONFIG=" + shellQuote(filepath.Join(dir, "kubeconfig")) + "\n" +
		"export XDG_STATE_HOME=" + shellQuote(filepath.Join(dir, "state")) + "\n" +
		"unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL_EKS AWS_ENDPOINT_URL_STS AWS_ENDPOINT_URL_IAM\n" +
		"unset AWS_IGNORE_CONFIGURED_ENDPOINT_URLS\n"
	return atomicfile.Write(filepath.Join(dir, "env"), atomicfile.Public, []byte(env))
}

// shellQuote returns a word of a POSIX shell.
func shellQuote(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./"
	if strings.Trim(s, plain) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
