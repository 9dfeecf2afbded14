package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/eksaccess/eksaccess/internal/iampolicy"
	"github.com/eksaccess/eksaccess/internal/readfile"
	"github.com/eksaccess/eksaccess/internal/render"
	"github.com/eksaccess/eksaccess/spec"
)

// completes is the word that the scripts of completion/ call the program with,
// before what was typed so far. It answers with a candidate a line, a tab and
// what it means; or with ":files" where a file is due.
const completes = "__complete"

const filesAreDue = ":files"

// A candidate may stand in the place of the last word.
type candidate struct{ value, meaning string }

// candidates writes what may stand where the last word is. It never fails:
// there is nobody to tell.
func (p *program) candidates(words []string) {
	if len(words) == 0 {
		words = []string{""}
	}
	app := p.app()
	typed, last := words[:len(words)-1], words[len(words)-1]
	l := readLine(app, typed)
	prefix := ""
	var list []candidate
	switch name, value, inline := strings.Cut(last, "="); {
	case l.pending != "":
		list = p.values(l, l.pending)
	case inline && strings.HasPrefix(last, "-"):
		prefix, last = name+"=", value
		list = p.values(l, strings.TrimLeft(name, "-"))
	case strings.HasPrefix(last, "-"):
		list = l.flagNames()
	case l.command == nil:
		list = commandNames(app.Commands)
	case len(l.command.Subcommands) > 0:
		list = commandNames(l.command.Subcommands)
	case l.command.Name == "completion":
		for _, s := range shells {
			list = append(list, candidate{s, ""})
		}
	case l.command.ArgsUsage != "":
		list = []candidate{{filesAreDue, ""}}
	}
	for _, c := range list {
		if c.value == filesAreDue {
			fmt.Fprintln(p.stdout, filesAreDue)
			return
		}
		if strings.HasPrefix(c.value, last) {
			fmt.Fprintf(p.stdout, "%s%s\t%s\n", prefix, render.Safe(c.value), render.Safe(c.meaning))
		}
	}
}

// A typedLine is what the words before the last one say.
type typedLine struct {
	command *cli.Command
	files   []string
	pending string // the flag whose value is due; "" for none
}

func readLine(app *cli.App, words []string) typedLine {
	takes := map[string]bool{}
	collectValueFlags(takes, app.Flags, app.Commands)
	var l typedLine
	commands := app.Commands
	for _, w := range words {
		if l.pending != "" {
			l.value(l.pending, w)
			l.pending = ""
			continue
		}
		name, value, inline := strings.Cut(strings.TrimLeft(w, "-"), "=")
		switch {
		case len(w) > 1 && w[0] == '-' && inline:
			l.value(name, value)
		case len(w) > 1 && w[0] == '-' && takes[name]:
			l.pending = name
		case len(w) > 1 && w[0] == '-':
		default:
			if c := named(commands, w); c != nil {
				l.command, commands = c, c.Subcommands
			}
		}
	}
	return l
}

func (l *typedLine) value(flag, value string) {
	if flag == "f" || flag == "file" {
		l.files = append(l.files, value)
	}
}

func commandNames(commands []*cli.Command) []candidate {
	var list []candidate
	for _, c := range commands {
		list = append(list, candidate{c.Name, c.Usage})
	}
	return list
}

func (l typedLine) flagNames() []candidate {
	list := []candidate{{"--help", "show help"}}
	if l.command == nil {
		return list
	}
	for _, f := range l.command.Flags {
		d, ok := f.(cli.DocGenerationFlag)
		if v, hides := f.(cli.VisibleFlag); !ok || hides && !v.IsVisible() {
			continue
		}
		list = append(list, candidate{"--" + f.Names()[0], strings.ReplaceAll(d.GetUsage(), "`", "")})
	}
	return list
}

// values are what a flag may be given.
func (p *program) values(l typedLine, flag string) []candidate {
	var list []candidate
	add := func(values ...string) {
		for _, v := range values {
			list = append(list, candidate{v, ""})
		}
	}
	switch flag {
	case "file", "f", "plan", "save", "journal", "merge", "snapshot", "waivers", "kubeconfig":
		return []candidate{{filesAreDue, ""}}
	case "cluster":
		for _, c := range p.declaredQuietly(l.files) {
			list = append(list, candidate{c.ID.Name, c.ID.Account + " " + c.ID.Region})
		}
	case "selector":
		labels := map[string]bool{}
		for _, c := range p.declaredQuietly(l.files) {
			for k, v := range c.Labels {
				labels[k+"="+v] = true
			}
		}
		add(slices.Sorted(maps.Keys(labels))...)
	case "for":
		for _, purpose := range iampolicy.Purposes {
			add(string(purpose))
		}
	case "profile":
		add(profiles()...)
	case "output", "o":
		add(formsOf(l.command)...)
	}
	return list
}

// declaredQuietly are the clusters of files, as far as they can be read.
func (p *program) declaredQuietly(files []string) []*spec.Cluster {
	if slices.Contains(files, "-") {
		return nil // it would be waited for
	}
	sources, err := p.sources(files)
	if err != nil {
		return nil
	}
	fleet, _ := spec.Load(sources)
	if fleet == nil {
		return nil
	}
	return fleet.Clusters
}

// formsOf are the forms that a command's -o says it has: "`FORM`: text, json".
func formsOf(c *cli.Command) []string {
	if c == nil {
		return nil
	}
	for _, f := range c.Flags {
		if s, ok := f.(*cli.StringFlag); ok && s.Name == "output" {
			_, forms, _ := strings.Cut(s.Usage, ": ")
			return strings.Split(forms, ", ")
		}
	}
	return nil
}

var profileLine = regexp.MustCompile(`(?m)^\s*\[\s*profile\s+([^\]]+?)\s*\]`)

// profiles are those of the shared config file, where the SDK would look for it.
func profiles() []string {
	name := os.Getenv("AWS_CONFIG_FILE")
	if name == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil
		}
		name = filepath.Join(home, ".aws", "config")
	}
	data, err := readfile.All(name, spec.MaxFileSize)
	if err != nil {
		return nil
	}
	var out []string
	for _, m := range profileLine.FindAllStringSubmatch(string(data), -1) {
		out = append(out, m[1])
	}
	return out
}
