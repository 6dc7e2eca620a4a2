// Package relay owns the queue between the reading and the applying: whole
// source transactions in the source's order, bounded, in memory or in log tables
// of the target. It does not own what an event or a position means, who reads or
// who applies.
package relay

// Waiting is what is between the reading and the applying.
type Waiting struct {
	Transactions int64 // that have not been taken; a piece of one counts as one
	Bytes        int64 // what the relay takes, in memory or on disk
	Limit        int64 // of those bytes
	Full         bool  // the reading waits until something was taken, or applied
}

// Form is where a relay keeps what it has.
type Form string

// The forms of a relay.
const (
	InMemory   Form = "memory"
	InPostgres Form = "postgres"
)

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
