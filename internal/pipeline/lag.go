package pipeline

import (
	"fmt"
	"sync"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/source/binlog"
)

// lag is where the reading stands, for the heartbeat.
type lag struct {
	mu      sync.Mutex
	order   *binlog.Tracker // of what was read, where nobody else tells; nil: read is it
	read    event.Position
	at      time.Time // when the source committed what was read last
	current bool      // the source had nothing more to send
}

// begin says where the reading begins; counted, that got is told of all of it.
func (l *lag) begin(from event.Position, counted bool) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read = from
	if counted {
		l.order, err = binlog.NewTracker(from)
	}
	return err
}

// got notes what was read: a transaction, or that the source has nothing more to send for now.
func (l *lag) got(t *event.Transaction) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.saw(t)
	if t.Idle != nil {
		l.order.Idle(*t.Idle)
		return nil
	}
	if err := l.order.Add(t); err != nil {
		return fmt.Errorf("advancing the read position: %w", err)
	}
	return nil
}

// stored notes the last of what was read and is stored, and the position behind it.
func (l *lag) stored(t *event.Transaction, read event.Position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read = read
	l.saw(t)
}

func (l *lag) saw(t *event.Transaction) {
	if l.current = t.Idle != nil; !l.current {
		l.at = t.Time
	}
}

func (l *lag) heartbeat() catalogue.Heartbeat {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.order != nil {
		l.read = l.order.Position()
	}
	return catalogue.Heartbeat{Read: l.read, At: l.at, Current: l.current}
}
