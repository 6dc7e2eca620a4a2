package pipeline

import (
	"sync"

	"pgchameleon/internal/schema"
)

// nameSet carries table names from one stage to another.
type nameSet struct {
	mu    sync.Mutex
	names []schema.Name
}

func (s *nameSet) add(name schema.Name) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names = append(s.names, name)
}

func (s *nameSet) drain() []schema.Name {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := s.names
	s.names = nil
	return names
}
