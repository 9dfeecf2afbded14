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

	// Arrive is called for every request before anything is done with it, also
	// for reads, for those that are refused or throttled later, and for those
	// to the Kubernetes endpoint: service, operation, cluster, principal and
	// the caller are known as far as the request tells, its number is not. An
	// edit made here is in the history as made before the call, takes no part
	// in rate limits and faults, and is in no journal.
	Arrive func(Call)
}

// AddHook adds a hook behind those there are.
func (s *Server) AddHook(h Hook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(s.hooks, h)
}

// arrive calls the hooks for a request that has just come in.
func (s *Server) arrive(c *call) {
	var hooks []Hook
	probe := &call{Call: c.Call, server: s, r: c.r}
	s.withLock(func() {
		hooks = slices.DeleteFunc(slices.Clone(s.hooks), func(h Hook) bool { return h.Arrive == nil })
		if probe.Time = millis(s.now()); len(hooks) > 0 && c.Service != "kubernetes" {
			_ = s.st.authenticate(probe) // for what it finds out; admit says what is wrong
		}
	})
	for _, h := range hooks {
		h.Arrive(probe.Call)
	}
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
