// Package awscli puts the steps of a plan into the words of the aws command
// line, to be read, reviewed and pasted into a POSIX shell by hand: values are
// quoted, and nothing depends on the shell's variables but the id of an update
// that is waited for.
//
// It knows plans and the aws program's grammar (aws-cli, eks command
// reference). It runs nothing and makes no call.
package awscli
