// Package rescue is what getting one principal back into one cluster comes to:
// the steps and how each ended ([Report]), what proves it ([Questions]), what
// else is broken ([Nodes], [ModeNotes]), what a drill has to say ([Drilled]).
//
// All of it are values and pure functions over them. It must not know the
// network, the AWS SDK, files or how anything is drawn.
package rescue
