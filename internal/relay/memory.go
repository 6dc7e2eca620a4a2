package relay

import (
	"context"
	"sync"
	"time"

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

	taken time.Time // when Next gave something last
}

// overhead is what a transaction costs beyond its binlog bytes.
const overhead = 256

// While little waits, it is given out in rounds: at some hundred transactions a second, what
// each batch costs the program and PostgreSQL counts for more than what is in it.
const (
	round  = 5 * time.Millisecond // from the beginning of one to that of the next
	little = 64 << 10             // bytes
)

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
// maxBytes of them, waiting while there is none, and for the end of the round while there is
// little. Only one goroutine may take. After Close it gives what is left and then the cause.
func (m *Memory) Next(ctx context.Context, maxBytes int) ([]*event.Transaction, error) {
	for {
		m.mu.Lock()
		rest := round - time.Since(m.taken)
		if len(m.queue) > 0 && (rest <= 0 || m.bytes >= little || m.cause != nil) {
			m.taken = time.Now()
			taken := m.take(maxBytes)
			m.mu.Unlock()
			signal(m.eaten)
			return taken, nil
		}
		waits, cause := len(m.queue) > 0, m.cause
		m.mu.Unlock()
		if cause != nil {
			return nil, cause
		}
		if err := m.await(ctx, waits, rest); err != nil {
			return nil, err
		}
	}
}

// await waits until something comes in or, if something has, until the rest of the round is over.
func (m *Memory) await(ctx context.Context, waits bool, rest time.Duration) error {
	fed, over := m.fed, (<-chan time.Time)(nil)
	if waits {
		fed, over = nil, time.After(rest)
	}
	select {
	case <-fed:
	case <-over:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
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
