// Command ekssim simulates Amazon EKS, STS and IAM on loopback, for
// demonstrations and scripts.
//
//	ekssim demo [-dir FOLDER]
//	ekssim [-addr 127.0.0.1:0] [-seed FILE] [-state FILE] [-journal FILE] [-url-file FILE] [-clock-offset 9h] [-env]
//
// "ekssim demo" simulates the clusters of the examples, writes a folder with files
// to try, and prints commands for a second terminal.
//
// Without demo, it prints its URL, or with -env the exports for the AWS clients of
// a shell, and runs until it is interrupted. Package ekssim describes the seed;
// the default is a small world. With -state, the world is kept in a file: it is
// read from that file if it exists (the seed is then ignored), and written after
// changes and at the end.
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
