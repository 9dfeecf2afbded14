// Package adopt makes files of ours of access that is there already.
//
// Importers bring what they read into one value, a [Found]: clusters with their
// entries, what is to be said of each, and notes on what does not go along.
// [Write] makes a file of it as a person would write one, and [Merge] adds to
// a file what it lacks, leaving every byte that is there. Both prove what they
// write: it is read back by package spec, and what does not mean exactly what
// was found is left out and told.
//
// It is values in and bytes out. It must not know where things were read, the
// network, the terminal or the clock.
package adopt
