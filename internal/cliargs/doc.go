// Package cliargs reads a command line by what the commands declare: it checks
// the flags and the rules between them, lets urfave/cli find the command and set
// the values, and lists what can follow for the completion of a shell.
//
// It must not know what the commands do.
package cliargs
