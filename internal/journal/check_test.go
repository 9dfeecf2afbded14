package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/eksaccess/eksaccess/apply"
)

// journalBytes is a journal of a run that replaced, made and deleted entries in two
// clusters.
func journalBytes(t testing.TB) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "j.jsonl")
	w, err := Create(path, Run{ID: "20260101T000000Z-aaaaaa", ToolVersion: "test"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "two"} {
		c := w.Cluster(cluster(name), []string{role + "caller"})
		for _, ch := range []struct{ before, after string }{{"", "g"}, {"g", "h"}, {"h", ""}} {
			before, after := entry("r", ch.before), entry("r", ch.after)
			if ch.before == "" {
				before = nil
			}
			if ch.after == "" {
				after = nil
			}
			made := change(t, before, after)
			for _, write := range writes(made) {
				r, err := c.Begin(write)
				if err != nil {
					t.Fatal(err)
				}
				r.End(apply.Answer{Outcome: apply.Done, RequestID: "id"})
			}
		}
		c.Finish(apply.Applied)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func replaceOnce(data []byte, old, new string) []byte {
	return []byte(strings.Replace(string(data), old, new, 1))
}

// A journal that lacks something, or contradicts itself, says so: in the whole,
// or of the cluster.
func TestProblemError(t *testing.T) {
	data := journalBytes(t)
	lines := bytes.SplitAfter(data, []byte("\n"))
	with := func(i int, more ...[]byte) []byte { // after line i
		return bytes.Join(slices.Insert(slices.Clone(lines[:len(lines)-1]), i+1, more...), nil)
	}
	without := func(i int) []byte {
		return bytes.Join(slices.Delete(slices.Clone(lines[:len(lines)-1]), i, i+1), nil)
	}
	const one = "arn:aws:eks:eu-west-1:111122223333:cluster/one"
	for _, test := range []struct {
		name string
		data []byte
		want string // of cluster one, or as the error
	}{
		{"as written", data, ""},
		{"no connection", replaceOnce(data, `"connection":{"partition":"aws"},`, ""), "has no connection"},
		{"connection null", replaceOnce(data, `"connection":{"partition":"aws"},`, `"connection":null,`),
			"has no connection"},
		{"another partition", replaceOnce(data, `"connection":{"partition":"aws"},`,
			`"connection":{"partition":"aws-cn"},`), "is about"},
		{"another account", replaceOnce(data, `"account":"111122223333"`, `"account":"444455556666"`), "is about"},
		{"cluster twice", with(1, lines[1]), "several records"},
		{"write twice", with(2, lines[2]), "several writes with the number 1"},
		{"no step", replaceOnce(data, `"operation":"CreateAccessEntry"`, `"operation":""`), "has no step"},
		{"unknown step", replaceOnce(data, `"operation":"CreateAccessEntry"`, `"operation":"Nonsense"`), "does not know"},
		{"a write is missing", without(2), "there is no write 1"},
		{"a write and its end are missing", bytes.Join(slices.Delete(slices.Clone(lines[:len(lines)-1]), 2, 4), nil),
			"lacks writes"},
		{"cluster missing", without(1), "comes before that cluster's record"},
		{"odd outcome", replaceOnce(data, `"outcome":"done"`, `"outcome":"perhaps"`), "no outcome"},
		{"two outcomes", with(3, replaceOnce(lines[3], `"outcome":"done"`, `"outcome":"refused"`)), "ended twice"},
		{"run twice", with(len(lines)-2, lines[0]), "begins twice"},
		{"other principal", replaceOnce(data, `"before":{"principal":"arn:aws:iam::111122223333:role/r"`,
			`"before":{"principal":"arn:aws:iam::111122223333:role/x"`), "is of"},
		{"nothing to delete", []byte(strings.Replace(string(data), `"operation":"CreateAccessEntry"`,
			`"operation":"DeleteAccessEntry"`, 1)), "no entry before it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.want != "" && bytes.Equal(test.data, data) {
				t.Fatal("it is as written")
			}
			runs, err := Parse(test.data)
			if err == nil {
				err = runs[0].Cluster(one).ProblemError()
			}
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
	runs, _ := Parse(with(1, lines[1]))
	if err := runs[0].Cluster(strings.Replace(one, "/one", "/two", 1)).ProblemError(); err != nil {
		t.Errorf("the other cluster has nothing to do with it: %v", err)
	}
}

// Every line that is left out, but for those at the end, is missed.
func TestEveryLineIsMissed(t *testing.T) {
	lines := bytes.SplitAfter(journalBytes(t), []byte("\n"))
	lines = lines[:len(lines)-1]
	for i := range lines {
		if i == len(lines)-1 || bytes.Contains(lines[i], []byte(`"record":"finished"`)) ||
			bytes.Contains(lines[i], []byte(`"record":"end"`)) {
			continue // as of a run that was killed
		}
		runs, err := Parse(bytes.Join(slices.Delete(slices.Clone(lines), i, i+1), nil))
		if err == nil &&
			!slices.ContainsFunc(runs[0].Clusters, func(c *ClusterHistory) bool { return c.ProblemError() != nil }) {
			t.Errorf("line %d is not missed: %s", i+1, lines[i])
		}
	}
}

// Whatever a journal holds, it can be read, followed and settled without a
// panic.
func FuzzParse(f *testing.F) {
	data := journalBytes(f)
	f.Add(data)
	f.Add(replaceOnce(data, `"before":{`, `"before":null,"x":{`))
	f.Add(replaceOnce(data, `"step":{`, `"step":null,"x":{`))
	f.Add(replaceOnce(data, `"tags":{`, `"tags":null,"x":{`))
	f.Add(data[:len(data)/2])
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		runs, err := Parse(data)
		if err != nil {
			return
		}
		for _, h := range runs {
			for _, c := range h.Clusters {
				RunChanges(c, h.Clusters...)
				c.interruptedReplaces()
				c.Modes()
				_ = c.ProblemError()
			}
		}
	})
}

var jsonMember = regexp.MustCompile(`"[a-zA-Z]+":("[^"]*"|\[[^\]]*\]|\{[^{}]*\}|[0-9]+|null)`)

// A journal that was damaged anywhere can be read and followed without a panic.
func TestRandomDamage(t *testing.T) {
	whole := bytes.SplitAfter(journalBytes(t), []byte("\n"))
	rapid.Check(t, func(t *rapid.T) {
		lines := slices.Clone(whole[:len(whole)-1])
		for range rapid.IntRange(1, 4).Draw(t, "times") {
			i := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
			switch rapid.IntRange(0, 4).Draw(t, "damage") {
			case 0:
				lines = slices.Delete(lines, i, i+1)
			case 1:
				lines = slices.Insert(lines, i, lines[i])
			case 2:
				j := rapid.IntRange(0, len(lines)-1).Draw(t, "other")
				lines[i], lines[j] = lines[j], lines[i]
			case 3: // a member is null, or is not there
				members := jsonMember.FindAllIndex(lines[i], -1)
				if len(members) == 0 {
					continue
				}
				at := rapid.SampledFrom(members).Draw(t, "member")
				name, _, _ := bytes.Cut(lines[i][at[0]:at[1]], []byte(":"))
				if rapid.Bool().Draw(t, "gone") {
					name = []byte(`"x"`)
				}
				lines[i] = slices.Concat(lines[i][:at[0]], name, []byte(":null"), lines[i][at[1]:])
			case 4:
				lines[i] = lines[i][:rapid.IntRange(0, len(lines[i])).Draw(t, "cut")]
			}
			if len(lines) == 0 {
				return
			}
		}
		runs, err := Parse(bytes.Join(lines, nil))
		if err != nil {
			return
		}
		for _, h := range runs {
			for _, c := range h.Clusters {
				_ = c.ProblemError()
				RunChanges(c, h.Clusters...)
				c.interruptedReplaces()
				c.Modes()
			}
		}
	})
}
