package relay

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"pgchameleon/internal/event"
)

var errEnd = errors.New("the end")

func TestOrderIsKeptAndTheEndComesLast(t *testing.T) {
	const n = 1000
	m := NewMemory(10 * 1000)
	go func() {
		for i := range n {
			if err := m.Append(context.Background(), &event.Transaction{GTID: strconv.Itoa(i), Size: 100}); err != nil {
				m.Close(err)
				return
			}
		}
		m.Close(errEnd)
	}()
	seen := 0
	for {
		batch, err := m.Next(context.Background(), 3000)
		if err != nil {
			if !errors.Is(err, errEnd) || seen != n {
				t.Fatalf("after %d transactions: %v", seen, err)
			}
			return
		}
		for _, txn := range batch {
			if txn.GTID != strconv.Itoa(seen) {
				t.Fatalf("transaction %s came as number %d", txn.GTID, seen)
			}
			seen++
		}
	}
}

func TestAFullRelayHoldsTheReaderBack(t *testing.T) {
	m := NewMemory(1000)
	ctx, cancel := context.WithCancel(context.Background())
	for range 2 {
		if err := m.Append(ctx, &event.Transaction{Size: 200}); err != nil {
			t.Fatal(err)
		}
	}
	held := make(chan error)
	go func() { held <- m.Append(ctx, &event.Transaction{Size: 900}) }()
	select {
	case err := <-held:
		t.Fatalf("a transaction beyond the limit was let in: %v", err)
	default:
	}
	cancel()
	if err := <-held; !errors.Is(err, context.Canceled) {
		t.Fatalf("a held reader ended with %v", err)
	}
	if n, bytes := m.Waiting(); n != 2 || bytes > 1000 {
		t.Fatalf("%d transactions of %d bytes wait", n, bytes)
	}
}

func TestATransactionLargerThanTheLimitPassesAlone(t *testing.T) {
	m := NewMemory(1000)
	if err := m.Append(context.Background(), &event.Transaction{Size: 5000}); err != nil {
		t.Fatal(err)
	}
	batch, err := m.Next(context.Background(), 100)
	if err != nil || len(batch) != 1 {
		t.Fatalf("got %d transactions, %v", len(batch), err)
	}
}
