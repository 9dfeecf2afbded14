package cliargs

import (
	"slices"
	"strings"
)

// A Candidate can stand in the place of the last word.
type Candidate struct{ Value, Meaning string }

// Candidates returns values without a meaning.
func Candidates(values []string) []Candidate {
	var list []Candidate
	for _, v := range values {
		list = append(list, Candidate{Value: v})
	}
	return list
}

// Complete lists what can stand where the last of the words is, which can be
// empty or a part of one. Files is true where the name of a file is due, which
// the shell knows best.
func Complete(root *Command, words []string) (list []Candidate, files bool) {
	if len(words) == 0 {
		words = []string{""}
	}
	typed, last := words[:len(words)-1], words[len(words)-1]
	l := read(root, typed)
	prefix, due := "", Values{}
	isFlag := strings.HasPrefix(last, "-")
	switch name, value, inline := strings.Cut(last, "="); {
	case len(l.flags) > 0 && l.flags[len(l.flags)-1].cut:
		due = l.valuesOf(l.flags[len(l.flags)-1].name)
	case isFlag && inline:
		prefix, last = name+"=", value
		due = l.valuesOf(strings.TrimLeft(name, "-"))
	case isFlag:
		list = l.flagNames()
	case len(l.command.Commands) > 0:
		list = l.commandNames()
	case l.command.Arguments != nil:
		due = *l.command.Arguments
	}
	if i := strings.LastIndexByte(last, ','); due.List && i >= 0 {
		prefix, last = prefix+last[:i+1], last[i+1:]
	}
	list = append(list, Candidates(slices.Concat(due.OneOf, due.Known))...)
	if due.Look != nil {
		list = append(list, due.Look(l.files())...)
	}
	var fits []Candidate
	for _, c := range list {
		if strings.HasPrefix(c.Value, last) {
			fits = append(fits, Candidate{prefix + c.Value, c.Meaning})
		}
	}
	return fits, due.Files
}

func (l line) commandNames() []Candidate {
	var list []Candidate
	for _, c := range l.command.Commands {
		list = append(list, Candidate{c.Name, c.Usage})
	}
	if l.command == l.root && !l.help {
		list = append(list, Candidate{helpWord, "print the help of a command"})
	}
	return list
}

func (l line) flagNames() []Candidate {
	flags := l.root.Flags
	if l.command != l.root {
		flags = slices.Concat(l.command.Flags, flags)
	}
	var list []Candidate
	for _, f := range flags {
		if !f.Hidden {
			list = append(list, Candidate{"--" + f.Names[0], f.Usage})
		}
	}
	return list
}

// valuesOf are those of a flag of the command, or of one that is yet to be
// typed, unless they depend on the command.
func (l line) valuesOf(name string) Values {
	if f := l.flag(name); f != nil {
		return f.Values
	}
	if f := l.root.flagBelow(name); f != nil && f.Values.OneOf == nil && f.Values.Known == nil {
		return f.Values
	}
	return Values{}
}

// files are those that -f names on the line.
func (l line) files() []string {
	var files []string
	for _, f := range l.flags {
		if !f.cut && (f.name == "file" || f.name == "f") {
			files = append(files, f.value)
		}
	}
	return files
}
