package main

import (
	"path/filepath"
	"regexp"
	"strings"
)

// kubectl calls a program named kubectl-eksaccess for "kubectl eksaccess"
// (Kubernetes documentation, "Extend kubectl with plugins"). What the program
// tells people to type then begins with kubectl.
func (p *program) calledAs(args []string) {
	p.plugin = len(args) > 0 && strings.HasPrefix(filepath.Base(args[0]), "kubectl-eksaccess")
}

// ownCommand is a command line of ours in a text: the name, and what can
// follow it in one.
var ownCommand = regexp.MustCompile(`(^|[\s"(|$<])eksaccess( [a-z-]+\b| COMMAND| \[)`)

// asCalled is text with our own command lines as they have to be typed.
func (p *program) asCalled(text string) string {
	if !p.plugin {
		return text
	}
	return ownCommand.ReplaceAllString(text, "${1}kubectl eksaccess$2")
}
