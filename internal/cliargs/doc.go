// Package cliargs reads a command line by what the commands declare, before the
// library that runs them does: it finds the command, checks its flags, puts
// both in the order that the library wants, and lists what can follow for the
// completion of a shell.
//
// It must not know the library, or what the commands do.
package cliargs
