package ekssim

import (
	"fmt"
	"os"

	"github.com/eksaccess/eksaccess/internal/ekssim/seed"
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

// UnmarshalJSON reads an association, or the policy alone.
func (a *Association) UnmarshalJSON(data []byte) error {
	if text, ok := seed.Text(data); ok {
		*a = Association{Policy: text}
		return nil
	}
	type plain Association
	return seed.DecodeStrict(data, (*plain)(a))
}

// UnmarshalJSON reads an entry, or the principal alone.
func (e *Entry) UnmarshalJSON(data []byte) error {
	if text, ok := seed.Text(data); ok {
		*e = Entry{Principal: text}
		return nil
	}
	type plain Entry
	return seed.DecodeStrict(data, (*plain)(e))
}
