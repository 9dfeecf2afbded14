package render

import (
	"strings"

	"github.com/eksaccess/eksaccess/internal/cliargs"
)

// Manual returns the manual page of a program, in the macros of man(7).
func Manual(program *cliargs.Command) string {
	var page []string
	add := func(lines ...string) { page = append(page, lines...) }
	add(".TH "+program.Name+" 1", ".SH NAME", roff(program.Name)+` \- `+roff(program.Usage), ".SH SYNOPSIS")
	add(roffLines(program.Examples)...)
	add(".SH DESCRIPTION", roff(program.Description), ".SH FLAGS")
	for _, s := range helpSections(program) {
		if s.title == "Global flags" {
			add(roffRows(s)...)
		}
	}
	add(".SH COMMANDS")
	var commands func(path string, list []*cliargs.Command)
	commands = func(path string, list []*cliargs.Command) {
		for _, c := range list {
			add(".SS "+roff(strings.Join(append([]string{path + c.Name}, c.Aliases...), ", ")), roff(c.Usage), ".PP")
			add(roffLines(c.Examples)...)
			if c.Description != "" {
				add(".PP", roff(c.Description))
			}
			for _, s := range helpSections(c) {
				add(".PP", `\fB`+roff(s.title)+`\fP`)
				add(roffRows(s)...)
			}
			commands(path+c.Name+" ", c.Commands)
		}
	}
	commands("", program.Commands)
	return strings.Join(page, "\n") + "\n"
}

// roffLines are lines that are printed as they are.
func roffLines(text string) []string {
	lines := []string{".EX"}
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, roff(line))
	}
	return append(lines, ".EE")
}

func roffRows(s helpSection) []string {
	var lines []string
	for _, row := range s.rows {
		lines = append(lines, ".TP", `\fB`+roff(strings.TrimSpace(row[0]))+`\fP`, roff(row[1]))
	}
	return lines
}

// roff escapes text for a line that is no macro (groff(7), "Escapes").
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}
