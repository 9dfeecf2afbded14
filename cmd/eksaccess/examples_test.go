package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/eksaccess/eksaccess/internal/cliargs"
)

// commandLine finds our commands in scripts and in documents. What follows a pipe,
// a comment or a quote is no part of them.
var commandLine = regexp.MustCompile("(?:^|[ \t`])eksaccess ([a-z][a-z-]*)((?:[ \t]+[^ \t|;&#`>()]+)*)")

// Examples and documents use commands and flags that exist.
func TestExamplesUseWhatExists(t *testing.T) {
	root := (&program{}).commands()
	found := 0
	for _, path := range documents(t) {
		text := strings.ReplaceAll(read(t, path), "\\\n", " ")
		code := strings.HasSuffix(path, ".md")
		for line := range strings.Lines(text) {
			if code && !strings.HasPrefix(line, "    ") && !strings.Contains(line, "`") &&
				!strings.HasPrefix(line, "eksaccess ") &&
				!strings.HasPrefix(line, "$ eksaccess ") {
				continue // prose
			}
			if !code && strings.HasPrefix(strings.TrimSpace(line), "#") {
				continue // prose too
			}
			line = quotedWord.ReplaceAllString(line, "x")
			for _, m := range commandLine.FindAllStringSubmatch(line, -1) {
				cmd := root.Command(m[1])
				if cmd == nil {
					if !code { // documents also speak of the program in words
						t.Errorf("%s: no command %q: %s", path, m[1], strings.TrimSpace(line))
					}
					continue
				}
				words := strings.Fields(m[2])
				for len(words) > 0 && cmd.Command(words[0]) != nil {
					cmd, words = cmd.Command(words[0]), words[1:]
				}
				found++
				for _, w := range words {
					name, _, _ := strings.Cut(strings.TrimLeft(w, "-"), "=")
					name = strings.Trim(name, `"',.:`)
					if strings.HasPrefix(w, "-") && len(name) > 0 && !hasFlag(root, cmd, name) {
						t.Errorf("%s: %s has no flag %q: %s", path, cmd.Name, name, strings.TrimSpace(line))
					}
				}
			}
		}
	}
	if found < 15 {
		t.Errorf("only %d commands were found", found)
	}
}

// The help of each command shows how it is used, twice at least, with flags it
// has.
func TestHelpHasExamples(t *testing.T) {
	root := (&program{}).commands()
	var check func(path string, commands []*cliargs.Command)
	check = func(path string, commands []*cliargs.Command) {
		for _, c := range commands {
			examples := 0
			for line := range strings.Lines(strings.ReplaceAll(c.Examples, "\\\n", " ")) {
				line, _, _ = strings.Cut(line, " # ")
				if !strings.Contains(line, "eksaccess "+strings.TrimSpace(path+" "+c.Name)) {
					continue
				}
				examples++
				if len(c.Commands) > 0 {
					continue // those of its own commands, which show them too
				}
				_, line, _ = strings.Cut(line, "eksaccess ")
				line, _, _ = strings.Cut(line, " | ") // what comes of it is another program's
				line = quotedWord.ReplaceAllString(line, "x")
				for _, w := range strings.Fields(line) {
					name, _, _ := strings.Cut(strings.TrimLeft(w, "-"), "=")
					if len(w) > 1 && w[0] == '-' && name != "" && !hasFlag(root, c, name) {
						t.Errorf("%s %s has no flag %s: %s", path, c.Name, w, line)
					}
				}
			}
			if examples < 2 && c.Name != "version" && len(c.Commands) == 0 {
				t.Errorf("the help of %q shows it %d times", strings.TrimSpace(path+" "+c.Name), examples)
			}
			check(strings.TrimSpace(path+" "+c.Name), c.Commands)
		}
	}
	check("", root.Commands)
}

var quotedWord = regexp.MustCompile(`"[^"]*"|'[^']*'`)

func hasFlag(root, c *cliargs.Command, name string) bool {
	return c.Flag(name) != nil || root.Flag(name) != nil
}

// documents are the files that show people how the program is commandLine.
func documents(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, glob := range []string{"README.md", "docs/*.md", "examples/*/*", "examples/*.yaml", ".github/action/*.sh"} {
		found, err := filepath.Glob(filepath.Join("../..", glob))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	return paths
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What is written for other programs is at least well-formed: YAML can be
// read, and the shell parses every script, those inside YAML too.
func TestExamplesAreWellFormed(t *testing.T) {
	scripts, err := filepath.Glob("../../.github/action/*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatal("no script of the action", err)
	}
	more, _ := filepath.Glob("../../examples/*/*.sh")
	for _, path := range append(scripts, more...) {
		parses(t, path, read(t, path))
	}
	files, _ := filepath.Glob("../../examples/ci/*.y*ml")
	if len(files) < 4 {
		t.Errorf("only %v", files)
	}
	inline := 0
	for _, path := range append(files, "../../action.yml", "../../.pre-commit-hooks.yaml",
		"../../.github/workflows/ci.yml",
		"../../.github/workflows/release.yml", "../../.goreleaser.yaml") {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(read(t, path)), &doc); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		for _, s := range scriptsIn(&doc) {
			inline++
			parses(t, path, s)
		}
	}
	if inline < 10 {
		t.Errorf("only %d scripts in YAML", inline)
	}
}

// scriptsIn are the values of "run" and the items of "script" lists.
func scriptsIn(n *yaml.Node) []string {
	var out []string
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 {
			switch key := n.Content[i-1].Value; {
			case key == "run" && c.Kind == yaml.ScalarNode:
				out = append(out, c.Value)
			case (key == "script" || key == "before_script") && c.Kind == yaml.SequenceNode:
				for _, item := range c.Content {
					out = append(out, item.Value)
				}
			}
		}
		out = append(out, scriptsIn(c)...)
	}
	return out
}

func parses(t *testing.T, path, script string) {
	t.Helper()
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	cmd := exec.Command(shell, "-n")
	cmd.Stdin = strings.NewReader(script)
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v: %s\n%s", path, err, out.String(), script)
	}
}
