// Package progress writes how far a run is: in place on a terminal, as lines
// elsewhere, or nothing but what takes long. Its callers report what is read and written,
// and which calls are sent again.
//
// It must not know flags, or decide what a run does.
package progress
