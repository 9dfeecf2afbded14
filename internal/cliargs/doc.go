// Package cliargs reads a command line by what the commands declare: it finds
// the command, checks its flags and the rules between them, sets the values, and
// lists what can follow for the completion of a shell.
//
// It must not know what the commands do.
package cliargs
