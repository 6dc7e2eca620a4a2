package relay

import (
	"testing"
	"testing/synctest"
	"time"

	"pgchameleon/internal/event"
)

// The first transaction after a quiet time is given out at once. What comes soon after it waits for the
// end of the round and comes together, unless it is much or the last.
func TestLittleComesInRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(1 << 20)
		put := func(size int) {
			if err := m.Append(t.Context(), &event.Transaction{First: true, Final: true, Size: size}); err != nil {
				t.Fatal(err)
			}
		}
		takes := func(transactions int, after time.Duration) {
			t.Helper()
			began := time.Now()
			list, err := m.Next(t.Context(), 1<<20)
			if err != nil || len(list) != transactions || time.Since(began) != after {
				t.Errorf("%d transactions came after %s (%v), not %d after %s", len(list), time.Since(began), err, transactions, after)
			}
		}
		put(100)
		takes(1, 0)
		time.Sleep(time.Millisecond)
		put(100)
		time.AfterFunc(2*time.Millisecond, func() { put(100) })
		takes(2, round-time.Millisecond)
		put(little)
		takes(1, 0)
		time.AfterFunc(time.Second, func() { put(100) })
		takes(1, time.Second)
		put(100)
		m.Close(errEnd)
		takes(1, 0)
		if _, err := m.Next(t.Context(), 1<<20); err != errEnd {
			t.Errorf("after the end came %v", err)
		}
	})
}
