// Command ekssim serves a simulated Amazon EKS, STS and IAM on loopback, for
// demonstrations and for scripts.
//
//	ekssim demo [-dir FOLDER]
//	ekssim [-addr 127.0.0.1:0] [-seed FILE] [-state FILE] [-journal FILE] [-url-file FILE] [-clock-offset 9h] [-env]
//
// "ekssim demo" sets up the world of the examples, writes the file that goes
// with it, and prints what to type in another shell to try the program.
//
// Otherwise it prints its URL, or with -env the lines that point a shell's AWS clients
// at it, and runs until it is interrupted. The seed is described in package
// ekssim; without one there is a small world to look at. With -state the
// world is kept in a file: read from it if it is there (the seed is then left
// aside), written after changes and at the end.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Stdout, os.Stderr, os.Args[1:]))
}
