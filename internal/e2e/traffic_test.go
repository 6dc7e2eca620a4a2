package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/testserver"
)

// shop is the schema that traffic runs on: a keyed table with a unique column,
// a child with a cascading key, a composite text key and a table without a key.
var shop = []string{
	`CREATE TABLE customers (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, email VARCHAR(80) NOT NULL, name VARCHAR(60) NOT NULL DEFAULT '',
		balance DECIMAL(12,2), seen DATETIME(3), note TEXT, UNIQUE KEY by_email (email), KEY by_name (name(10))) ENGINE=InnoDB`,
	`CREATE TABLE orders (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, customer INT, state ENUM('new','paid','sent') NOT NULL DEFAULT 'new',
		amount INT UNSIGNED NOT NULL, placed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), KEY by_customer (customer),
		CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE ON UPDATE CASCADE) ENGINE=InnoDB`,
	`CREATE TABLE prices (region VARCHAR(10) NOT NULL, code VARBINARY(8) NOT NULL, price DOUBLE, PRIMARY KEY (region, code)) ENGINE=InnoDB`,
	`CREATE TABLE journal (at INT NOT NULL, line VARCHAR(40), tag CHAR(4)) ENGINE=InnoDB`,
}

// fill puts n customers, and in proportion the rest, into the shop.
func fill(t testing.TB, s *testserver.Server, db string, n int) {
	t.Helper()
	statements := append([]string{}, shop...)
	for at := 1; at <= n; at += 1000 {
		last := min(at+999, n)
		var customers, orders, prices, journal []string
		for i := at; i <= last; i++ {
			customers = append(customers, fmt.Sprintf("(%d, 'c%d@example.org', 'Ünïcode 😀 %d', %d.25, '2024-02-29 12:00:00.125', 'tab\\t back\\\\slash \\n %d')", i, i, i%97, i, i))
			orders = append(orders, fmt.Sprintf("(%d, %d, '%s', %d)", i, i, []string{"new", "paid", "sent"}[i%3], i*7))
			prices = append(prices, fmt.Sprintf("('r%d', x'%08x00', %d.5)", i%7, i, i))
			journal = append(journal, fmt.Sprintf("(%d, 'line %d', 'x%d')", i%50, i%50, i%5))
		}
		statements = append(statements,
			"INSERT INTO customers (id, email, name, balance, seen, note) VALUES "+strings.Join(customers, ","),
			"INSERT INTO orders (id, customer, state, amount) VALUES "+strings.Join(orders, ","),
			"INSERT INTO prices VALUES "+strings.Join(prices, ","),
			"INSERT INTO journal VALUES "+strings.Join(journal, ","))
	}
	s.Exec(t, db, statements...)
}

// traffic is a running stream of transactions against a shop.
type traffic struct {
	cancel context.CancelFunc
	group  sync.WaitGroup
	done   atomic.Int64
	gate   sync.RWMutex // held for reading during each transaction
}

// startTraffic begins random transactions against a shop on n connections until stop is called.
func startTraffic(t *testing.T, s *testserver.Server, db string, n int, seed uint64) *traffic {
	t.Helper()
	return startWriters(t, s, db, n, seed, randomStatement)
}

// startWriters begins transactions of random statements on n connections until stop is called.
func startWriters(t *testing.T, s *testserver.Server, db string, n int, seed uint64, statement func(*rand.Rand) string) *traffic {
	t.Helper()
	t.Logf("traffic seed %d", seed)
	ctx, cancel := context.WithCancel(context.Background())
	w := &traffic{cancel: cancel}
	for i := range n {
		w.group.Add(1)
		go func() {
			defer w.group.Done()
			random := rand.New(rand.NewPCG(seed, uint64(i)))
			var conn *client.Conn
			for ctx.Err() == nil {
				if conn == nil {
					var err error
					if conn, err = client.Connect(fmt.Sprintf("%s:%d", s.Host, s.Port), s.User, "", db); err != nil {
						conn = nil
						pause(ctx, 50*time.Millisecond) // the server may be restarting
						continue
					}
				}
				w.gate.RLock()
				err := transaction(conn, random, statement)
				w.gate.RUnlock()
				if err != nil && conn.Ping() != nil {
					conn.Close()
					conn = nil
					continue
				}
				w.done.Add(1)
			}
			if conn != nil {
				conn.Close()
			}
		}()
	}
	t.Cleanup(w.stop)
	return w
}

func (w *traffic) stop() {
	w.cancel()
	w.group.Wait()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// transaction runs one random transaction; deadlocks and duplicates are part of life.
func transaction(conn *client.Conn, random *rand.Rand, statement func(*rand.Rand) string) error {
	if _, err := conn.Execute("BEGIN"); err != nil {
		return err
	}
	var failed error
	for range 1 + random.IntN(4) {
		if _, err := conn.Execute(statement(random)); err != nil {
			failed = err
			break
		}
	}
	end := "COMMIT"
	if failed != nil || random.IntN(20) == 0 {
		end = "ROLLBACK"
	}
	if _, err := conn.Execute(end); err != nil {
		return err
	}
	return failed
}

func randomStatement(random *rand.Rand) string {
	id, other := 1+random.IntN(3000), 1+random.IntN(3000)
	switch random.IntN(14) {
	case 0:
		return fmt.Sprintf("INSERT INTO customers (email, name, balance) VALUES ('n%d@example.org', 'new', %d.5)", random.Uint64(), id)
	case 1:
		return fmt.Sprintf("UPDATE customers SET balance = balance + 1, note = 'touched by %d' WHERE id = %d", other, id)
	case 2:
		return fmt.Sprintf("UPDATE customers SET email = 'm%d@example.org' WHERE id = %d", random.Uint64(), id)
	case 3:
		return fmt.Sprintf("DELETE FROM customers WHERE id = %d", id)
	case 4:
		return fmt.Sprintf("REPLACE INTO customers (id, email, name) VALUES (%d, 'r%d@example.org', 'replaced')", id, id)
	case 5:
		return fmt.Sprintf("UPDATE customers SET id = %d WHERE id = %d", 3000+random.IntN(1<<30), id)
	case 6, 7:
		return fmt.Sprintf("INSERT INTO orders (customer, state, amount) SELECT id, 'paid', %d FROM customers WHERE id = %d", other, id)
	case 8:
		return fmt.Sprintf("UPDATE orders SET state = 'sent', amount = amount + 1 WHERE id BETWEEN %d AND %d", id, id+5)
	case 9:
		return fmt.Sprintf("DELETE FROM orders WHERE id = %d", id)
	case 10:
		return fmt.Sprintf("INSERT INTO prices VALUES ('r%d', x'%08x00', 1) ON DUPLICATE KEY UPDATE price = price + 1", id%7, other)
	case 11:
		return fmt.Sprintf("INSERT INTO journal VALUES (%d, 'line %d', 'y'), (%d, 'line %d', 'y')", id%50, id%50, id%50, id%50)
	case 12:
		return fmt.Sprintf("UPDATE journal SET tag = 'z%d' WHERE at = %d LIMIT 2", id%9, other%50)
	default:
		return fmt.Sprintf("DELETE FROM journal WHERE at = %d LIMIT 1", other%50)
	}
}
