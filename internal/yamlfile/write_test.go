package yamlfile_test

import (
	"strconv"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/eksaccess/eksaccess/internal/yamlfile"
)

// What would not show as itself, or would turn a line around, is spelled out,
// and read back as it was.
func TestEncode(t *testing.T) {
	for _, s := range []string{"a\u202eb", "\u200bx", "a\x1b[2Jb", "tab\there", "a\nb", "é 日本", "\U000e0041",
		"it's\u2066", `back\slash` + "\u202e"} {
		text := yamlfile.Encode("# above\n", map[string]string{"k": s})
		for _, r := range string(text) {
			if r != '\n' && !strconv.IsPrint(r) {
				t.Errorf("%q holds %q", text, r)
			}
		}
		var back map[string]string
		if err := yaml.Unmarshal(text, &back); err != nil || back["k"] != s {
			t.Errorf("%q is read back as %q, %v", s, back["k"], err)
		}
	}
}
