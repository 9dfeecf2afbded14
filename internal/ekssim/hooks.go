package ekssim

import "slices"

// A Hook is called around every call that would change something and was let
// in; with Reads around every other one as well. No lock is held: it may edit
// the world or call the API, and then is called for that call too. Before
// sees no outcome yet.
type Hook struct {
	Before func(Call)
	After  func(Call)
	Reads  bool
}

// AddHook adds a hook behind those there are.
func (s *Server) AddHook(h Hook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(s.hooks, h)
}

func (s *Server) before(c Call) {
	for _, h := range s.hooksFor(c) {
		if h.Before != nil {
			h.Before(c)
		}
	}
}

func (s *Server) after(c Call) {
	for _, h := range s.hooksFor(c) {
		if h.After != nil {
			h.After(c)
		}
	}
}

func (s *Server) hooksFor(c Call) []Hook {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.hooks), func(h Hook) bool { return !c.Mutating && !h.Reads })
}
