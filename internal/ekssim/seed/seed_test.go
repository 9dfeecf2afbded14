package seed

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0s": 0, "50ms": 50 * time.Millisecond, "1m30s": 90 * time.Second, "-1h0m0s": -time.Hour,
	} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || time.Duration(d) != want {
			t.Errorf("%q is read as %v, %v, want %v", text, time.Duration(d), err, want)
		}
		if got, err := d.MarshalText(); string(got) != text || err != nil {
			t.Errorf("%v is written as %q, %v, want %q", want, got, err, text)
		}
	}
	for _, text := range []string{"", "50", "1 hour", "fast"} {
		d := Duration(time.Second)
		if err := d.UnmarshalText([]byte(text)); err == nil || d != Duration(time.Second) {
			t.Errorf("%q is read as %v, %v", text, time.Duration(d), err)
		}
	}
}

// TestDurationInFile reads a duration as a seed has it, among other members.
func TestDurationInFile(t *testing.T) {
	type file struct {
		Delay Duration `json:"delay"`
	}
	var f file
	if err := yaml.UnmarshalStrict([]byte("delay: 2s"), &f); err != nil || f.Delay != Duration(2*time.Second) {
		t.Errorf("read %+v, %v", f, err)
	}
	if data, err := json.Marshal(f); string(data) != `{"delay":"2s"}` || err != nil {
		t.Errorf("wrote %s, %v", data, err)
	}
	if err := yaml.Unmarshal([]byte("delay: 2"), &f); err == nil {
		t.Error("a duration without a unit is accepted")
	}
}

func TestText(t *testing.T) {
	for _, tt := range []struct {
		data, want string
		ok         bool
	}{
		{`"role/a"`, "role/a", true},
		{` "\u0061" `, "a", true},
		{`""`, "", true},
		{`{"principal": "role/a"}`, "", false},
		{`["a"]`, "", false},
		{`7`, "", false},
		{`null`, "", false},
		{``, "", false},
		{`"open`, "", false},
		{`"a" "b"`, "", false},
	} {
		if got, ok := Text([]byte(tt.data)); got != tt.want || ok != tt.ok {
			t.Errorf("Text(%s) = %q, %v, want %q, %v", tt.data, got, ok, tt.want, tt.ok)
		}
	}
}

func TestDecodeStrict(t *testing.T) {
	var b Bulk
	err := DecodeStrict([]byte(`{"prefix": "user/team/u", "count": 3}`), &b)
	if want := (Bulk{Prefix: "user/team/u", Count: 3}); err != nil || b != want {
		t.Errorf("read %+v, %v", b, err)
	}
	for data, want := range map[string]string{
		`{"prefix": "a", "cuont": 3}`: `unknown field "cuont"`,
		`{"count": "3"}`:              "cannot unmarshal string",
		`{"count": 3`:                 "unexpected EOF",
	} {
		if err := DecodeStrict([]byte(data), &b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", data, err, want)
		}
	}
}
