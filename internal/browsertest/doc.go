// Package browsertest opens the pages that the program writes in a headless
// Chromium, and looks at them as a person and a screen reader would: what they
// say, filters, sorting, the keyboard, print, light and dark, and that hostile
// names and a network are nothing to them.
//
// It is a module of its own, so that what drives the browser is no dependency
// of the program. "make browser" runs it: it builds the program, which makes
// every page here from a snapshot, and installs Chromium where it may.
package browsertest
