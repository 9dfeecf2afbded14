// Package seed has the forms of values in a seed, the YAML or JSON file of a
// simulated world.
package seed

import (
	"bytes"
	"encoding/json"
	"time"
)

// Bulk repeats its item Count times with the names PREFIX0001, PREFIX0002, …
// The prefix may hold a path, and for entries begin with "user/".
type Bulk struct {
	Prefix string `json:"prefix"`
	Count  int    `json:"count"`
}

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

// Text returns the string in JSON data. ok is false if it is another value.
func Text(data []byte) (text string, ok bool) {
	var s string
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte(`"`)) || json.Unmarshal(data, &s) != nil {
		return "", false
	}
	return s, true
}

// DecodeStrict decodes JSON and refuses unknown members. UnmarshalJSON methods
// need it, since the strictness of the outer decoder does not reach them.
func DecodeStrict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(v)
}
