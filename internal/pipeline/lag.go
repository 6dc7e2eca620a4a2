package pipeline

import (
	"sync"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
)

// lag is where the reading and the writing stand, for the heartbeat.
type lag struct {
	mu      sync.Mutex
	read    event.Position
	at      time.Time // when the source committed what was read last
	current bool      // the source had nothing more to send
}

// got notes what was read: a transaction, or that the source has nothing more to send for now.
func (l *lag) got(t *event.Transaction, flavor event.Flavor) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.Idle != nil {
		l.read, l.current = *t.Idle, true
		return
	}
	l.read = event.Position{Flavor: flavor, Server: l.read.Server, File: t.File, Offset: t.End}
	l.at, l.current = t.Time, false
}

func (l *lag) heartbeat() catalogue.Heartbeat {
	l.mu.Lock()
	defer l.mu.Unlock()
	return catalogue.Heartbeat{Read: l.read, At: l.at, Current: l.current}
}
