package ekssim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/eksaccess/eksaccess/internal/ekssim/arns"
	"sigs.k8s.io/yaml"
)

// ParseWorld reads a seed, YAML or JSON. Unknown members are errors, so that
// a misspelt one does not silently leave a default in its place.
func ParseWorld(data []byte) (World, error) {
	var w World
	if err := yaml.UnmarshalStrict(data, &w); err != nil {
		return World{}, fmt.Errorf("decoding world: %w", err)
	}
	return w, nil
}

// LoadWorld reads a seed file.
func LoadWorld(file string) (World, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return World{}, err
	}
	w, err := ParseWorld(data)
	if err != nil {
		return World{}, fmt.Errorf("%s: %w", file, err)
	}
	return w, nil
}

// YAML writes the world as ParseWorld reads it.
func (w World) YAML() ([]byte, error) { return yaml.Marshal(w) }

// A Duration is written as text, "50ms".
type Duration time.Duration

// MarshalText writes d as time.Duration does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = Duration(v)
	return nil
}

// UnmarshalJSON reads a principal, or "path/name" for one with defaults.
func (p *Principal) UnmarshalJSON(data []byte) error {
	if text, ok := jsonText(data); ok {
		path, name := arns.SplitPath(text)
		*p = Principal{Name: name, Path: path}
		return nil
	}
	type plain Principal
	return strictJSON(data, (*plain)(p))
}

// UnmarshalJSON reads a denial, or the action alone.
func (d *Denial) UnmarshalJSON(data []byte) error {
	if text, ok := jsonText(data); ok {
		*d = Denial{Action: text}
		return nil
	}
	type plain Denial
	return strictJSON(data, (*plain)(d))
}

// UnmarshalJSON reads an association, or the policy alone.
func (a *Association) UnmarshalJSON(data []byte) error {
	if text, ok := jsonText(data); ok {
		*a = Association{Policy: text}
		return nil
	}
	type plain Association
	return strictJSON(data, (*plain)(a))
}

// UnmarshalJSON reads an entry, or the principal alone.
func (e *Entry) UnmarshalJSON(data []byte) error {
	if text, ok := jsonText(data); ok {
		*e = Entry{Principal: text}
		return nil
	}
	type plain Entry
	return strictJSON(data, (*plain)(e))
}

// jsonText is the string data holds, if it holds one.
func jsonText(data []byte) (string, bool) {
	var s string
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte(`"`)) || json.Unmarshal(data, &s) != nil {
		return "", false
	}
	return s, true
}

// strictJSON is needed inside UnmarshalJSON methods: the outer decoder's
// strictness does not reach into them.
func strictJSON(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(v)
}
