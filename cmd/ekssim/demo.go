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

	"github.com/eksaccess/eksaccess/examples"
	"github.com/eksaccess/eksaccess/internal/atomicfile"
	"github.com/eksaccess/eksaccess/internal/ekssim"
)

// demo serves the world of examples/, puts the file that goes with it where it
// can be edited, and says what to type in another shell.
func demo(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	flags := newFlags(
		"ekssim demo",
		stderr,
		`Serves the world of the examples until Ctrl-C, writes the file that goes with it
where it can be edited, and says what to type in another shell.

`,
	)
	addr := flags.String("addr", "127.0.0.1:0", "loopback address to listen on")
	dir := flags.String("dir", "eksaccess-demo", "folder for the file to try; a file that is there stays as it is")
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
	file, err := demoFile(dir)
	if err != nil {
		return errors.Join(err, sim.Close())
	}
	_, err = fmt.Fprintf(stdout, `# A simulated AWS with three clusters is up, until Ctrl-C. Nothing real is touched.
# In another shell:

%sexport AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
unset AWS_PROFILE AWS_SESSION_TOKEN

# then, for example:

eksaccess plan -f %[2]s
eksaccess apply -f %[2]s
eksaccess plan -f %[2]s --detailed-exitcode
eksaccess audit -f %[2]s
`, sim.Exports("AKIADEMO", "eu-west-1"), file)
	if err != nil {
		return errors.Join(err, sim.Close())
	}
	return untilDone(ctx, sim)
}

// demoFile is the path of the file to try, written if there is none.
func demoFile(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "clusters.yaml")
	_, text, _ := bytes.Cut(examples.Clusters, []byte("\n")) // where editors find the schema in a checkout
	if err := atomicfile.Create(path, atomicfile.Public, text); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return path, nil
}
