package pipeline

import (
	"sync"

	"pgchameleon/internal/schema"
)

// nameSet carries tables' names from one stage to another, with the number of the last
// statement for which they have meant these tables.
type nameSet struct {
	mu    sync.Mutex
	names []numbered
}

// numbered is a name as of a statement.
type numbered struct {
	name   schema.Name
	number uint64
}

func (s *nameSet) add(name schema.Name, number uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names = append(s.names, numbered{name, number})
}

func (s *nameSet) drain() []numbered {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := s.names
	s.names = nil
	return names
}
