package awscli

import (
	"encoding/json"
	"regexp"
	"strings"
)

var plainWord = regexp.MustCompile(`^[A-Za-z0-9@%+=:,./_-]+$`)

// Quote returns s as one word of a POSIX shell. What is no text at all, such as
// a line's end, stays inside the quotes and is harmless there. Where a CI runner
// would see a workflow command (render.Safe), the quotes end and start again, so
// that nothing has to be escaped when the command is printed.
func Quote(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	s = strings.ReplaceAll(s, "'", `'\''`)
	for strings.Contains(s, "##") {
		s = strings.ReplaceAll(s, "##", "#''#")
	}
	return "'" + strings.ReplaceAll(s, " :", " '':") + "'"
}

// Line joins words, each quoted.
func Line(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = Quote(w)
	}
	return strings.Join(quoted, " ")
}

// JSON is a value as the aws command takes any; its short forms break on
// commas, spaces and "=" (aws-cli user guide, "Shorthand syntax").
func inJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("awscli: a value of its own does not marshal: " + err.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}
