// Package load owns the benchmark's tables and transactions, shaped as those of
// sysbench (oltp_write_only), and making them quickly. It does not own what is
// measured with them.
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

// The shape of the load.
const (
	Database   = "sbtest"
	Tables     = 2
	Changes    = 4 // row changes of one transaction, a probe's not counted
	statements = 6
)

// Table gives the name of a table, from 1.
func Table(number int) string { return fmt.Sprintf("sbtest%d", number) }

// Create makes the tables with so many rows each, and two small ones: marker,
// whose n tells how far a reader has come, and probe, whose rows carry the time
// at which they were written.
func Create(ctx context.Context, source *launch.Server, rows int) error {
	conn, err := source.Connect(ctx, "")
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.Exec(ctx, "CREATE DATABASE "+Database+" CHARACTER SET utf8mb4", "USE "+Database,
		"CREATE TABLE marker (id int NOT NULL PRIMARY KEY, n bigint NOT NULL)", "INSERT INTO marker VALUES (1, 0)",
		"CREATE TABLE probe (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, at datetime(6) NOT NULL)"); err != nil {
		return err
	}
	digits := func(groups int) string {
		return "CONCAT_WS('-'" + strings.Repeat(", LPAD(FLOOR(RAND() * 100000000000), 11, '0')", groups) + ")"
	}
	for number := range Tables {
		table := Table(number + 1)
		if err := conn.Exec(ctx,
			fmt.Sprintf("CREATE TABLE %s (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, k int NOT NULL DEFAULT 0, "+
				"c char(120) NOT NULL DEFAULT '', pad char(60) NOT NULL DEFAULT '', KEY k_%d (k))", table, number+1),
			fmt.Sprintf("INSERT INTO %s SELECT seq, 1 + FLOOR(RAND() * %d), %s, %s FROM seq_1_to_%d", table, rows, digits(10), digits(5), rows)); err != nil {
			return err
		}
	}
	return nil
}

// Mark sets the marker.
func Mark(ctx context.Context, source *launch.Server, n int64) error {
	conn, err := source.Connect(ctx, Database)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Exec(ctx, fmt.Sprintf("UPDATE marker SET n = %d", n))
}

// Writer makes transactions on tables of so many rows each.
type Writer struct {
	Source  *launch.Server
	Rows    int
	Clients int
	Seed    uint64
}

// Backlog commits so many transactions as fast as the source takes them.
func (w Writer) Backlog(ctx context.Context, transactions int) error {
	return w.each(ctx, func(ctx context.Context, conn *launch.Conn, client int, chance *rand.Rand) error {
		for n := client; n < transactions; n += w.Clients {
			if err := commit(ctx, conn, w.transaction(chance, client)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Steady commits rate transactions a second until the time is over, each with
// a row of probe as its last change. It gives how many it has made.
func (w Writer) Steady(ctx context.Context, rate int, duration time.Duration) (int, error) {
	made := make([]int, w.Clients)
	end := time.Now().Add(duration)
	err := w.each(ctx, func(ctx context.Context, conn *launch.Conn, client int, chance *rand.Rand) error {
		tick := time.NewTicker(time.Second * time.Duration(w.Clients) / time.Duration(rate))
		defer tick.Stop()
		for now := range tick.C {
			if now.After(end) {
				return nil
			}
			if err := commit(ctx, conn, w.transaction(chance, client), "INSERT INTO probe (at) VALUES (NOW(6))"); err != nil {
				return err
			}
			made[client]++
		}
		return nil
	})
	total := 0
	for _, n := range made {
		total += n
	}
	return total, err
}

// each runs the clients side by side. Each has its own ids, so they do not
// wait for one another.
func (w Writer) each(ctx context.Context, work func(context.Context, *launch.Conn, int, *rand.Rand) error) error {
	group, ctx := errgroup.WithContext(ctx)
	for client := range w.Clients {
		group.Go(func() error {
			conn, err := w.Source.Connect(ctx, Database)
			if err != nil {
				return err
			}
			defer conn.Close()
			if err := conn.Exec(ctx, "SET time_zone = '+00:00', tx_isolation = 'READ-COMMITTED'"); err != nil {
				return err
			}
			return work(ctx, conn, client, rand.New(rand.NewPCG(w.Seed, uint64(client)))) // #nosec G115 G404 -- a load, no secret
		})
	}
	return group.Wait()
}

// transaction gives the statements of one: an update of an indexed column, one of
// another column, and a row deleted and inserted again.
func (w Writer) transaction(chance *rand.Rand, client int) []string {
	table := Table(1 + chance.IntN(Tables))
	id := func() int { return 1 + client + w.Clients*chance.IntN(w.Rows/w.Clients) }
	again := id()
	return []string{
		fmt.Sprintf("UPDATE %s SET k = k + 1 WHERE id = %d", table, id()),
		fmt.Sprintf("UPDATE %s SET c = '%s' WHERE id = %d", table, digits(chance, 10), id()),
		fmt.Sprintf("DELETE FROM %s WHERE id = %d", table, again),
		fmt.Sprintf("INSERT INTO %s (id, k, c, pad) VALUES (%d, %d, '%s', '%s')", table, again, 1+chance.IntN(w.Rows), digits(chance, 10), digits(chance, 5)),
	}
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
	transaction := make([]string, 0, statements+len(last))
	transaction = append(append(append(append(transaction, "BEGIN"), changes...), last...), "COMMIT")
	for {
		err := conn.Exec(ctx, transaction...)
		var refused *mysql.MyError
		if !errors.As(err, &refused) || refused.Code != mysql.ER_LOCK_DEADLOCK {
			return err
		}
	}
}
