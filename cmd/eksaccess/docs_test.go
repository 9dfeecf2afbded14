package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A block of a document that stands below a line "<!-- run -->" is run in the
// folder that "ekssim demo" writes, with the settings and credentials that it
// prints. Blocks of one document share folder and simulator.
//
//	<!-- run -->                     every command ends with 0
//	<!-- run: exit 2 -->             … with 2; "exit 0 2" lists the code of each
//	<!-- run: as AKIAONCALL -->      with another access key, from here on
//	<!-- run: yes -->                every question is answered with yes
//	<!-- file: access.yaml -->       the block is written to that file, which must be valid
//
// Where lines begin with "$ ", these are the commands, and the lines below
// are what each must print, standard error included; "..." stands for any lines,
// a run id, a date or a time for any other.
// JOURNAL is the journal of the last run, RUN its id. A command that exports
// AWS_ACCESS_KEY_ID holds for the commands below it.
type block struct {
	where    string // FILE:LINE of the marker
	file, as string
	yes      bool
	exits    []int
	commands []shown
}

type shown struct {
	command string
	output  []string // nil: not shown
}

var accessKey = regexp.MustCompile(`^export AWS_ACCESS_KEY_ID=(\w+)\b`)

var marker = regexp.MustCompile(`^<!-- (run|file)(?:: (.*))? -->$`)

var runWord = regexp.MustCompile(`\bRUN\b`)

// asks are the commands that ask before they write.
var asks = regexp.MustCompile(`eksaccess (apply|recover|undo|cleanup)\b`)

func TestDocumentsRun(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not installed")
	}
	paths, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	bin := buildSimulator(t)
	documents, run := 0, 0
	for _, path := range append(paths, "../../README.md") {
		blocks, err := blocksOf(strings.TrimPrefix(path, "../../"), read(t, path))
		if err != nil {
			t.Error(err)
		}
		if len(blocks) == 0 {
			continue
		}
		documents++
		for _, b := range blocks {
			run += len(b.commands)
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			runDocument(t, bin, blocks)
		})
	}
	if documents < 8 || run < 35 {
		t.Errorf("only %d commands of %d documents are run", run, documents)
	}
}

// blocksOf finds the marked blocks of a document.
func blocksOf(path, text string) ([]block, error) {
	var blocks []block
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		m := marker.FindStringSubmatch(lines[i])
		if m == nil {
			if strings.HasPrefix(lines[i], "<!-- run") || strings.HasPrefix(lines[i], "<!-- file") {
				return nil, fmt.Errorf("%s:%d: no marker: %s", path, i+1, lines[i])
			}
			continue
		}
		b := block{where: fmt.Sprintf("%s:%d", path, i+1)}
		var code []string
		for i++; i < len(lines) && strings.TrimSpace(lines[i]) == ""; i++ {
		}
		if i < len(lines) && strings.HasPrefix(lines[i], "```") {
			for i++; i < len(lines) && lines[i] != "```"; i++ {
				code = append(code, lines[i])
			}
		} else {
			indent := ""
			if i < len(lines) {
				indent = lines[i][:len(lines[i])-len(strings.TrimLeft(lines[i], " "))]
			}
			for ; len(indent) >= 4 && i < len(lines) && (strings.HasPrefix(lines[i], indent) ||
				strings.TrimSpace(lines[i]) == ""); i++ {
				code = append(code, strings.TrimPrefix(lines[i], indent))
			}
			i--
		}
		for len(code) > 0 && strings.TrimSpace(code[len(code)-1]) == "" {
			code = code[:len(code)-1]
		}
		if len(code) == 0 {
			return nil, fmt.Errorf("%s: no block follows", b.where)
		}
		if m[1] == "file" {
			b.file = m[2]
			b.commands = []shown{{command: strings.Join(code, "\n") + "\n"}}
		} else if err := b.read(m[2], code); err != nil {
			return nil, fmt.Errorf("%s: %w", b.where, err)
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}

// read takes what a marker says, and the lines of a block.
func (b *block) read(says string, code []string) error {
	words := strings.Fields(says)
	for len(words) > 0 {
		switch {
		case words[0] == "as" && len(words) > 1:
			b.as, words = words[1], words[2:]
		case words[0] == "yes":
			b.yes, words = true, words[1:]
		case words[0] == "exit" && len(words) > 1:
			for words = words[1:]; len(words) > 0; words = words[1:] {
				n, err := strconv.Atoi(words[0])
				if err != nil {
					break
				}
				b.exits = append(b.exits, n)
			}
		default:
			return fmt.Errorf("what is %q?", words[0])
		}
	}
	session := slices.ContainsFunc(code, func(l string) bool { return strings.HasPrefix(l, "$ ") })
	for i := 0; i < len(code); i++ {
		line, typed := strings.CutPrefix(code[i], "$ ")
		if session && !typed {
			last := &b.commands[len(b.commands)-1]
			last.output = append(last.output, code[i])
			continue
		}
		if t := strings.TrimSpace(line); !session && (t == "" || t[0] == '#') {
			continue
		}
		for strings.HasSuffix(line, `\`) && i+1 < len(code) {
			i++
			line += "\n" + code[i]
		}
		b.commands = append(b.commands, shown{command: line})
		if session {
			b.commands[len(b.commands)-1].output = []string{}
		}
	}
	if n := len(b.exits); n > 1 && n != len(b.commands) {
		return fmt.Errorf("%d exit codes for %d commands", n, len(b.commands))
	}
	return nil
}

func runDocument(t *testing.T, bin string, blocks []block) {
	dir, demo := startDemo(t, bin)
	key := "AKIADEMO"
	for _, b := range blocks {
		if b.file != "" {
			keepFile(t, filepath.Join(dir, b.file), b.commands[0].command)
			b.commands[0].command = "eksaccess validate -f " + b.file
		}
		if b.as != "" {
			key = b.as
		}
		for i, c := range b.commands {
			if m := accessKey.FindStringSubmatch(c.command); m != nil {
				key = m[1]
			}
			if !strings.Contains(demo, key) {
				t.Fatalf("%s: ekssim demo does not print the access key %s", b.where, key)
			}
			want := 0
			if len(b.exits) > 0 {
				want = b.exits[min(i, len(b.exits)-1)]
			}
			line := c.command
			if b.yes {
				line = asks.ReplaceAllString(line, "$0 --yes")
			}
			if journals, _ := filepath.Glob(filepath.Join(dir, "state/eksaccess/journal/*")); len(journals) > 0 {
				newest := journals[len(journals)-1] // their names begin with the time
				line = strings.ReplaceAll(line, "JOURNAL", newest)
				line = runWord.ReplaceAllString(line, strings.TrimSuffix(filepath.Base(newest), ".jsonl"))
			}
			out, got := inDemo(t, dir, "export AWS_ACCESS_KEY_ID="+key+"\n"+line)
			if got != want {
				t.Fatalf("%s: exit code %d, want %d\n$ %s\n%s", b.where, got, want, c.command, out)
			}
			if c.output != nil && !printed(c.output, outputLines(out)) {
				t.Errorf(
					"%s: $ %s\nprints\n%s\nand the document says\n%s",
					b.where,
					c.command,
					out,
					strings.Join(c.output, "\n"),
				)
			}
		}
	}
}

func keepFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// changing is what differs from run to run: run ids, dates and times.
var (
	changing = regexp.MustCompile(`\d{8}T\d{6}Z-[0-9a-f]{6}|\d{4}-\d\d-\d\d|\d\d:\d\d(:\d\d)?`)
	digit    = regexp.MustCompile(`[0-9a-f]`)
)

// outputLines are the lines of an output, but for the note that it is no real AWS.
func outputLines(out string) []string {
	var lines []string
	for l := range strings.Lines(out) {
		if l = strings.TrimRight(l, " \n"); !strings.Contains(l, "eksaccess: note: calls go to http://127.0.0.1:") {
			lines = append(lines, l)
		}
	}
	return lines
}

// printed says whether lines are as shown. Empty lines at both ends do not
// count.
func printed(want, got []string) bool {
	pattern := "^"
	for _, l := range trimmed(want) {
		if l == "..." {
			pattern += `(?:.*\n)*?`
			continue
		}
		pattern += changing.ReplaceAllStringFunc(regexp.QuoteMeta(l), func(s string) string {
			return digit.ReplaceAllString(s, "[0-9a-f]")
		}) + `\n`
	}
	return regexp.MustCompile(pattern + "$").MatchString(strings.Join(append(trimmed(got), ""), "\n"))
}

func trimmed(lines []string) []string {
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	noWord  = regexp.MustCompile("[^a-z0-9 _-]")
)

// Links between documents lead somewhere: to a file that is there, and to a
// heading of it.
func TestLinksOfDocuments(t *testing.T) {
	found := 0
	for _, path := range documents(t) {
		if !strings.HasSuffix(path, ".md") {
			continue
		}
		for _, m := range link.FindAllStringSubmatch(read(t, path), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			found++
			file, anchor, _ := strings.Cut(m[1], "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s: no %s", path, m[1])
				continue
			}
			if anchor == "" {
				continue
			}
			if !slices.ContainsFunc(heading.FindAllStringSubmatch(read(t, target), -1), func(h []string) bool {
				return strings.ReplaceAll(noWord.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-") == anchor
			}) {
				t.Errorf("%s: no heading for %s", path, m[1])
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d links", found)
	}
}

// What reads the documents sees what is in them, and a mistake in a marker.
func TestBlocksOfDocuments(t *testing.T) {
	blocks, err := blocksOf(
		"x.md",
		"text\n<!-- run: as KEY yes exit 0 2 -->\n\n    eksaccess apply \\\n      -f x   # why\n    # a comment\n\n  "+
			"  eksaccess plan\n\nno more\n\n    not marked\n\n"+
			"<!-- run -->\n```console\n$ eksaccess show\none\n\n...\n$ true\n```\n<!-- file: a/b.yaml -->\n\n    x: "+
			"1\n      y: 2\n",
	)
	want := []block{
		{
			where:    "x.md:2",
			as:       "KEY",
			yes:      true,
			exits:    []int{0, 2},
			commands: []shown{{command: "eksaccess apply \\\n  -f x   # why"}, {command: "eksaccess plan"}},
		},
		{where: "x.md:14", commands: []shown{{"eksaccess show", []string{"one", "", "..."}}, {"true", []string{}}}},
		{where: "x.md:22", file: "a/b.yaml", commands: []shown{{command: "x: 1\n  y: 2\n"}}},
	}
	if err != nil || !reflect.DeepEqual(blocks, want) {
		t.Errorf("got %+v, %v", blocks, err)
	}
	for _, wrong := range []string{
		"<!-- run -->\ntext\n", "<!-- run: exits 2 -->\n\n    true\n", "<!-- run: exit 0 1 -->\n\n    " +
			"true\n", "<!-- runs -->\n\n    true\n", "<!-- run -->\n\n    $ true\n\n<!-- file -->",
	} {
		if got, err := blocksOf("x.md", wrong); err == nil {
			t.Errorf("%q: %+v", wrong, got)
		}
	}
	for _, c := range []struct {
		want, got string
		ok        bool
	}{
		{"a\nb", "a\nb", true}, {"a\n", "\na\n\n", true}, {"a", "a\nb", false},
		{"a\nb", "a", false}, {"a.c", "abc", false},
		{"at 20:25 UTC", "at 09:01 UTC", true}, {"undo 20261201T122541Z-c80a09", "undo 20260102T010101Z-ffffff", true},
		{"...\nb", "a\nb", true}, {"a\n...", "a\nb\nc", true}, {"a\n...", "b", false},
		{"...", "", true}, {"", "a", false}, {"", "", true},
	} {
		if got := printed(strings.Split(c.want, "\n"), strings.Split(c.got, "\n")); got != c.ok {
			t.Errorf("%q shown, %q printed: %t", c.want, c.got, got)
		}
	}
}

// nameInCode is a file, a test or a script that a document names.
var nameInCode = regexp.MustCompile(
	"`(?:((?:apply|cmd|internal|plan|spec)/[a-z0-9_/]+\\.go)|((?:Test|Fuzz)[A-Z]\\w*)|([a-z0-9*-]+\\.txtar))`",
)

// TestNamesInDocuments checks that these exist.
func TestNamesInDocuments(t *testing.T) {
	var code strings.Builder
	for _, glob := range []string{
		"../../*_test.go", "../../*/*_test.go", "../../*/*/*_test.go", "../../*/*/*/*_test.go",
	} {
		paths, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			code.WriteString(read(t, path))
		}
	}
	for _, path := range documents(t) {
		for _, m := range nameInCode.FindAllStringSubmatch(read(t, path), -1) {
			glob := filepath.Join("../..", m[1])
			if m[3] != "" {
				glob = filepath.Join("testdata/script", m[3])
			}
			found, err := filepath.Glob(glob)
			if m[2] == "" && (err != nil || len(found) == 0) || !strings.Contains(code.String(), "func "+m[2]) {
				t.Errorf("%s: %s does not exist", path, m[0])
			}
		}
	}
}
