// Package load owns the benchmark's tables and transactions, and making them quickly:
// first those shaped as sysbench's (oltp_write_only), then other shapes, and a second,
// different mix. It does not own what is measured with them.
package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/testserver/launch"
)

// Client is one of the clients that change a set's tables side by side. Each has its
// own rows, so that they wait for one another only where a case is about that.
type Client struct {
	Chance *rand.Rand
	Number int // from 0
	Of     int
	N      int     // number of the transaction, from 0; no other one has it
	orders []order // those that it has placed
}

// ID draws a row of this client's among the first rows.
func (c *Client) ID(rows int) int { return 1 + c.Number + c.Of*c.Chance.IntN(max(1, rows/c.Of)) }

// Transaction is what a client commits at once.
type Transaction struct {
	Statements []string
	Changes    int // rows
}

// Writer changes the tables of a set.
type Writer struct {
	Source  *launch.Server
	Set     Set
	Clients int
	Seed    uint64
	First   int // number of the first transaction
}

// Backlog commits the set's transactions as fast as the source takes them, and gives the number of row changes.
func (w Writer) Backlog(ctx context.Context) (int, error) {
	if w.Set.Bulk != nil {
		return w.bulk(ctx)
	}
	return w.each(ctx, func(ctx context.Context, conn *launch.Conn, client *Client) (int, error) {
		changes := 0
		for n := client.Number; n < w.Set.Transactions; n += w.Clients {
			client.N = w.First + n
			transaction := w.Set.Change(client)
			if err := commit(ctx, conn, transaction.Statements); err != nil {
				return 0, err
			}
			changes += transaction.Changes
		}
		return changes, nil
	})
}

// bulk makes the one large transaction.
func (w Writer) bulk(ctx context.Context) (int, error) {
	conn, err := w.Source.Connect(ctx, w.Set.Database())
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.Exec(ctx, "BEGIN"); err != nil {
		return 0, err
	}
	changes := 0
	for _, statement := range w.Set.Bulk {
		if err := conn.Exec(ctx, statement); err != nil {
			return 0, err
		}
		rows, err := conn.Query(ctx, "SELECT ROW_COUNT()")
		if err != nil {
			return 0, err
		}
		var n int
		if _, err := fmt.Sscan(rows[0][0], &n); err != nil {
			return 0, fmt.Errorf("reading the number of rows: %w", err)
		}
		changes += n
	}
	return changes, conn.Exec(ctx, "COMMIT")
}

// Steady commits rate transactions a second until the time is over. Where probes is set, each
// has a row of probe as its last change. It gives how many it has made.
func (w Writer) Steady(ctx context.Context, rate int, duration time.Duration, probes bool) (int, error) {
	var last []string
	if probes {
		last = append(last, "INSERT INTO probe (at) VALUES (NOW(6))")
	}
	end := time.Now().Add(duration)
	return w.each(ctx, func(ctx context.Context, conn *launch.Conn, client *Client) (int, error) {
		tick := time.NewTicker(time.Second * time.Duration(w.Clients) / time.Duration(rate))
		defer tick.Stop()
		made := 0
		for now := range tick.C {
			if now.After(end) {
				break
			}
			client.N = w.First + client.Number + w.Clients*made
			if err := commit(ctx, conn, w.Set.Change(client).Statements, last...); err != nil {
				return made, err
			}
			made++
		}
		return made, nil
	})
}

// each runs the clients side by side and adds up what they give.
func (w Writer) each(ctx context.Context, work func(context.Context, *launch.Conn, *Client) (int, error)) (int, error) {
	made := make([]int, w.Clients)
	group, ctx := errgroup.WithContext(ctx)
	for number := range w.Clients {
		group.Go(func() error {
			conn, err := w.Source.Connect(ctx, w.Set.Database())
			if err != nil {
				return err
			}
			defer conn.Close()
			if err := conn.Exec(ctx, "SET time_zone = '+00:00', tx_isolation = 'READ-COMMITTED'"); err != nil {
				return err
			}
			made[number], err = work(ctx, conn, &Client{Number: number, Of: w.Clients,
				Chance: rand.New(rand.NewPCG(w.Seed, uint64(number)))}) // #nosec G115 G404 -- a load, no secret
			return err
		})
	}
	err := group.Wait()
	total := 0
	for _, n := range made {
		total += n
	}
	return total, err
}

func digits(chance *rand.Rand, groups int) string {
	parts := make([]string, groups)
	for i := range parts {
		parts[i] = fmt.Sprintf("%011d", chance.Int64N(100000000000))
	}
	return strings.Join(parts, "-")
}

// commit runs one transaction, again if it was a deadlock's victim.
func commit(ctx context.Context, conn *launch.Conn, changes []string, last ...string) error {
	transaction := make([]string, 0, len(changes)+len(last)+2)
	transaction = append(append(append(append(transaction, "BEGIN"), changes...), last...), "COMMIT")
	for {
		err := conn.Exec(ctx, transaction...)
		var refused *mysql.MyError
		if !errors.As(err, &refused) || refused.Code != mysql.ER_LOCK_DEADLOCK {
			return err
		}
	}
}
