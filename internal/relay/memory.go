package relay

import (
	"context"
	"sync"

	"pgchameleon/internal/event"
)

// Memory is a relay in the process's memory. MySQL's binlog is the durable
// log behind it: after a crash, reading begins again at the applied position.
type Memory struct {
	limit int // bytes of binlog that may wait

	mu    sync.Mutex
	queue []*event.Transaction
	bytes int
	count int           // of them that are no idle ones
	full  bool          // Append waits
	cause error         // why no more will come; set once
	fed   chan struct{} // capacity 1: something was appended, or the relay was closed
	eaten chan struct{} // capacity 1: something was taken
}

// overhead is what a transaction costs beyond its binlog bytes.
const overhead = 256

// NewMemory gives an empty relay that holds up to limit bytes of events; one
// transaction larger than that is let in when it is alone.
func NewMemory(limit int) *Memory {
	return &Memory{limit: limit, fed: make(chan struct{}, 1), eaten: make(chan struct{}, 1)}
}

// Append adds a transaction, waiting while the relay is full. Only one
// goroutine may append.
func (m *Memory) Append(ctx context.Context, t *event.Transaction) error {
	for {
		m.mu.Lock()
		if m.cause != nil {
			defer m.mu.Unlock()
			return m.cause
		}
		if m.bytes == 0 || m.bytes+t.Size <= m.limit {
			m.push(t)
			m.full = false
			m.mu.Unlock()
			signal(m.fed)
			return nil
		}
		m.full = true
		m.mu.Unlock()
		select {
		case <-m.eaten:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// push puts a transaction at the end. An idle one takes the place of another.
func (m *Memory) push(t *event.Transaction) {
	if t.Idle == nil {
		m.count++
	} else if n := len(m.queue); n > 0 && m.queue[n-1].Idle != nil {
		m.queue[n-1] = t
		return
	}
	m.queue = append(m.queue, t)
	m.bytes += t.Size + overhead
}

// Next takes what has come in, at least one transaction and at most about
// maxBytes of them, waiting while there is none. Only one goroutine may take.
// After Close it gives what is left and then the cause.
func (m *Memory) Next(ctx context.Context, maxBytes int) ([]*event.Transaction, error) {
	for {
		m.mu.Lock()
		if len(m.queue) > 0 {
			taken := m.take(maxBytes)
			m.mu.Unlock()
			signal(m.eaten)
			return taken, nil
		}
		cause := m.cause
		m.mu.Unlock()
		if cause != nil {
			return nil, cause
		}
		select {
		case <-m.fed:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (m *Memory) take(maxBytes int) []*event.Transaction {
	n, bytes := 0, 0
	for n < len(m.queue) && (n == 0 || bytes+m.queue[n].Size <= maxBytes) {
		bytes += m.queue[n].Size + overhead
		if m.queue[n].Idle == nil {
			m.count--
		}
		n++
	}
	taken := m.queue[:n:n]
	m.queue = m.queue[n:]
	m.bytes -= bytes
	if len(m.queue) == 0 {
		m.queue, m.bytes = nil, 0
	}
	return taken
}

// Close says that no more will come and why. Only the first cause counts.
func (m *Memory) Close(cause error) {
	m.mu.Lock()
	if m.cause == nil {
		m.cause = cause
	}
	m.mu.Unlock()
	signal(m.fed)
	signal(m.eaten)
}

// Acknowledge says what is applied. The source's own log has it for longer.
func (m *Memory) Acknowledge(event.Position) {}

// Waiting tells how much is in the relay.
func (m *Memory) Waiting() Waiting {
	m.mu.Lock()
	defer m.mu.Unlock()
	return Waiting{Transactions: int64(m.count), Bytes: int64(m.bytes), Limit: int64(m.limit), Full: m.full}
}
