// Package render says what people and machines see. A function of this package
// takes the value of a subject (a plan, the result of an apply, an audit, …)
// and a [Format], and writes it.
//
// For each subject there is a file with its builder, which makes a document
// (package doc) of raw text; a terminal and Markdown are written from the same
// document. What only one of the two shows is in an [doc.Either]. The other
// forms are values of packages github, patch, sarif, junit, csv and html, made
// from the same subjects. Nothing is escaped by builders: those packages
// escape what they write, so that no name can drive a terminal, break a table
// or end a Markdown cell. A test reads the source of this package for functions
// that write by themselves.
//
// [JSON] is the encoder of every JSON the program writes, saved files too, so
// that what is saved, shown and shown again is the same.
//
// Output depends on the arguments alone, never on the environment. The package
// must not know the network, the AWS SDK, files, or whether it writes to a
// terminal.
package render
