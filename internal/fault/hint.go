package fault

import "errors"

// A hinted error has what to do about it.
type hinted struct {
	error
	hints []string
}

func (h hinted) Unwrap() error   { return h.error }
func (h hinted) Hints() []string { return h.hints }

// WithHint returns err with what to do about it: imperatives, or commands that
// can be run as they stand.
func WithHint(err error, hints ...string) error { return hinted{err, hints} }

// Hints returns what to do about an error, if it or one that it wraps has the
// method Hints.
func Hints(err error) []string {
	var h interface {
		error
		Hints() []string
	}
	if errors.As(err, &h) {
		return h.Hints()
	}
	return nil
}
