package ekssim

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
