package snapshot

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/testserver"
)

func TestABudgetBoundsLongRows(t *testing.T) {
	b := NewBudget()
	for _, bytes := range []int{0, longRow} {
		if share, err := b.take(t.Context(), bytes); share != 0 || err != nil {
			t.Errorf("a row of %d bytes takes %d, %v", bytes, share, err)
		}
	}
	whole, err := b.take(t.Context(), dial.MaxPacket)
	if err != nil || whole != budgetBytes {
		t.Fatalf("a row of several packets takes %d, %v", whole, err)
	}
	over := errors.New("over")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(over)
	if _, err := b.take(ctx, longRow+1); !errors.Is(err, over) {
		t.Errorf("waiting ends with %v", err)
	}
	b.give(whole)
	var shares []int64
	for range budgetBytes / (8 << 20) {
		share, err := b.take(t.Context(), 8<<20)
		if err != nil || share != 8<<20 {
			t.Fatalf("a row of 8 MB takes %d, %v", share, err)
		}
		shares = append(shares, share)
	}
	for _, share := range shares {
		b.give(share)
	}
	if b.Most() != budgetBytes || b.held.Load() != 0 {
		t.Errorf("%d bytes were held at most, %d are", b.Most(), b.held.Load())
	}
	var none *Budget
	if share, err := none.take(t.Context(), 1<<30); share != 0 || err != nil {
		t.Errorf("without a budget a row takes %d, %v", share, err)
	}
	none.give(0)
}

func TestReadersOfLongRowsWaitForEachOther(t *testing.T) {
	s := testserver.Private(t, testserver.Source, "--max-allowed-packet=128M")
	budget := NewBudget()
	var group errgroup.Group
	for range 4 {
		group.Go(func() error {
			session, err := Open(t.Context(), config(s), budget)
			if err != nil {
				return err
			}
			defer session.Close()
			for n := range 6 {
				size := []int{40 << 20, 10 << 20, 20}[n%3]
				if err := session.rows.Query(t.Context(), fmt.Sprintf("SELECT 1, REPEAT('x', %d), NULL, 'end' UNION ALL SELECT 2, 'y', 'z', 'end'", size)); err != nil {
					return err
				}
				for _, length := range []int{size, 1} {
					row, err := session.rows.Next()
					if err != nil || len(row[1]) != length || string(row[3]) != "end" {
						return fmt.Errorf("a row of %d bytes: %d columns, %w", length, len(row), err)
					}
				}
				if n == 5 {
					continue // closed in the middle of its rows
				}
				if row, err := session.rows.Next(); row != nil || err == nil {
					return fmt.Errorf("the rows end with %d columns, %w", len(row), err)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if budget.Most() > budgetBytes || budget.Most() < 10<<20 || budget.held.Load() != 0 {
		t.Errorf("%d bytes were held at most, %d are", budget.Most(), budget.held.Load())
	}
}

func TestALongRowsLengthIsExpected(t *testing.T) {
	row := []byte{3, 'a', 'b', 'c', 0xfb, 0xfe, 0, 0, 0, 4, 0, 0, 0, 0, 'x', 'x'}
	if n := expected(row); n != 14+64<<20 {
		t.Errorf("a row of 64 MB is expected to have %d bytes", n)
	}
	for _, beginning := range [][]byte{nil, {0xfe}, {0xfd, 1, 1}, append([]byte{0xfe}, make([]byte, 4)...), {0xfe, 255, 255, 255, 255, 255, 255, 255, 255, 1}} {
		if n := expected(beginning); n > 10 {
			t.Errorf("%v is expected to have %d bytes", beginning, n)
		}
	}
	for _, room := range []struct{ length, n, expected, cap int }{{0, 100, 0, 100}, {100, 100, 150, 200}, {100, 100, 1000, 1000}, {100, 10, 0, 200}} {
		if got := grow(make([]byte, room.length), room.n, room.expected); len(got) != room.length+room.n || cap(got) < room.cap {
			t.Errorf("%+v: %d of %d", room, len(got), cap(got))
		}
	}
}
