// Package term answers what a program must know of the terminal it may run
// in: whether there is one, how wide it is, whether to use colour, and what
// the person in front of it says to a question.
//
// The environment comes in as a function, so that a test can be any terminal.
// It must not know what is written there.
package term
