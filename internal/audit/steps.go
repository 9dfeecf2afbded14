package audit

import (
	"slices"
	"strings"

	"github.com/eksaccess/eksaccess/internal/phrase"
)

// A Fix says how to resolve a finding: alternatives, the preferred one first. As
// text it can be followed as it stands. It has commands, and edits of a file in
// these forms, which tests apply:
//
//	add under CLUSTER (FILE:LINE:COLUMN): KEY: VALUE
//	remove FILE:LINE:COLUMN
//	at FILE:LINE:COLUMN: remove PART
//	write FILE: YAML
//
// An edit never changes a line that other clusters share. The reader replaces
// words in capitals.
type Fix []Way

// A Way is one alternative of a fix.
type Way struct {
	When  string // "to keep it"; "" where the reason is clear
	Steps []Step
}

// A Step is an action: text, a line to be copied, or both.
type Step struct {
	Text  string
	Brief string   // Text for people, where it is shorter
	Line  string   // a line of YAML or a command
	Key   string   // with Items, the line is KEY: [ITEMS]
	Items []string // as YAML

	frame    [2]string // what stands before and after the list
	isEdit   bool
	template string // Line with NAME and REGION in place of those of the cluster
}

// IsEdit reports whether the step edits a file.
func (s Step) IsEdit() bool { return s.isEdit }

// Copy returns the line to be copied, or "".
func (s Step) Copy() string {
	if s.Key != "" {
		return s.frame[0] + s.Key + ": [" + strings.Join(s.Items, ", ") + "]" + s.frame[1]
	}
	return s.Line
}

func (s Step) String() string { return phrase.Join(": ", s.Text, s.Copy()) }

func (w Way) String() string {
	var text string
	for i := 0; i < len(w.Steps); i++ {
		step := w.Steps[i].String()
		if w.Steps[i].isEdit {
			edits := []string{step}
			for ; i+1 < len(w.Steps) && w.Steps[i+1].isEdit; i++ {
				edits = append(edits, w.Steps[i+1].String())
			}
			step = phrase.And(edits)
		}
		switch {
		case text == "":
			text = step
		case w.Steps[i].Text == "":
			text += "; then: " + step
		default:
			text += "; then " + step
		}
	}
	return text
}

func (f Fix) String() string {
	var text string
	for i, w := range f {
		switch {
		case i == 0:
		case w.When != "":
			text += "; or, " + w.When + ": "
		case len(w.Steps) > 0 && w.Steps[0].Text == "":
			text += "; or: "
		default:
			text += "; or "
		}
		text += w.String()
	}
	return text
}

// Or returns the fix with another alternative.
func (f Fix) or(when string, steps ...Step) Fix {
	if len(steps) == 0 {
		return f
	}
	return append(slices.Clone(f), Way{When: when, Steps: steps})
}

// one returns the fix with one alternative.
func one(steps ...Step) Fix { return Fix{{Steps: steps}} }

// instruction returns a fix in words.
func instruction(text string) Fix { return one(Step{Text: text}) }

// command returns the step that runs a command.
func command(line string) Step { return Step{Line: line} }

// Merge returns the fixes of findings, those that differ only in the items of a
// list or in the cluster of an aws command as one.
func Merge(findings []Finding) []Fix {
	var fixes []Fix
	byKey := map[string]int{}
	for _, f := range findings {
		fix := f.Steps
		if fix == nil {
			fix = instruction(f.Fix)
		}
		key := fix.key()
		i, ok := byKey[key]
		if !ok {
			byKey[key] = len(fixes)
			fixes = append(fixes, fix)
			continue
		}
		fixes[i] = fixes[i].merge(fix)
	}
	return fixes
}

// key is the same text for fixes that can be merged.
func (f Fix) key() string {
	var b strings.Builder
	for _, w := range f {
		b.WriteString(w.When + "\x00")
		for _, s := range w.Steps {
			line := s.Line
			if s.template != "" {
				line = s.template
			}
			b.WriteString(strings.Join([]string{s.Text, s.frame[0], s.Key, line, ""}, "\x00"))
		}
	}
	return b.String()
}

// merge returns f with the items of g, which has the same key.
func (f Fix) merge(g Fix) Fix {
	out := slices.Clone(f)
	for i := range out {
		out[i].Steps = slices.Clone(out[i].Steps)
		for j := range out[i].Steps {
			s, other := &out[i].Steps[j], g[i].Steps[j]
			for _, item := range other.Items {
				if !slices.Contains(s.Items, item) {
					s.Items = append(slices.Clip(s.Items), item)
				}
			}
			if s.Line != other.Line {
				s.Line = s.template
			}
		}
	}
	return out
}
