package sample

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/testserver/launch"
)

// Traffic is several clients that buy, change and delete on the shop.
type Traffic struct {
	source *launch.Server
	seed   uint64

	Committed atomic.Int64 // transactions
	Refused   atomic.Int64 // rolled back: deadlocks among the clients
}

// NewTraffic prepares traffic; the same seed gives each client the same wishes.
func NewTraffic(source *launch.Server, seed uint64) *Traffic {
	return &Traffic{source: source, seed: seed}
}

// Run lets the clients work, each at most rate transactions a second, until
// ctx ends; that is no error. Transactions in hand are finished.
func (t *Traffic) Run(ctx context.Context, clients, rate int) error {
	var group errgroup.Group
	for i := range clients {
		group.Go(func() error { return t.client(ctx, uint64(i), time.Second/time.Duration(rate)) }) // #nosec G115 -- small
	}
	return group.Wait()
}

func (t *Traffic) client(ctx context.Context, number uint64, pause time.Duration) error {
	lasting := context.WithoutCancel(ctx)
	conn, err := t.source.Connect(lasting, Database)
	if err != nil {
		return err
	}
	defer conn.Close()
	chance := rand.New(rand.NewPCG(t.seed, number)) // #nosec G404 -- wishes, not secrets
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := t.transaction(lasting, conn, wish(chance)); err != nil {
			return fmt.Errorf("making traffic: %w", err)
		}
	}
}

// transaction runs statements as one transaction; one that the server refuses
// because of the other clients is rolled back and counted.
func (t *Traffic) transaction(ctx context.Context, conn *launch.Conn, statements []string) error {
	err := conn.Exec(ctx, append(append([]string{"BEGIN"}, statements...), "COMMIT")...)
	var refused *mysql.MyError
	switch {
	case err == nil:
		t.Committed.Add(1)
		return nil
	case errors.As(err, &refused) && (refused.Code == mysql.ER_LOCK_DEADLOCK || refused.Code == mysql.ER_LOCK_WAIT_TIMEOUT ||
		refused.Code == mysql.ER_NO_REFERENCED_ROW_2 || refused.Code == mysql.ER_ROW_IS_REFERENCED_2 || refused.Code == mysql.ER_DUP_ENTRY):
		t.Refused.Add(1)
		return conn.Exec(ctx, "ROLLBACK")
	}
	return err
}

// wish is one thing that a client does: mostly to buy, sometimes to change,
// seldom to delete what others hang on, which InnoDB cascades without logging it.
func wish(chance *rand.Rand) []string {
	n := chance.IntN
	customer, product, order := 1+n(30000), 1+n(5000), 1+n(50000)
	switch n(20) {
	case 0, 1, 2, 3, 4:
		return buy(customer, product, n(86400), n)
	case 5, 6, 7:
		return []string{fmt.Sprintf("UPDATE products SET stock = stock - %d, rating = rating * 0.99 + 0.04, state = IF(stock < 10, 'sold out', state) WHERE id = %d", 1+n(3), product)}
	case 8, 9:
		return []string{
			fmt.Sprintf("UPDATE customers SET balance = balance + %d.%02d, active = NOT active, interests = %d WHERE id = %d", n(200)-100, n(100), n(16), customer),
			fmt.Sprintf("UPDATE orders SET state = 'paid', note = CONCAT(COALESCE(note, ''), ' ✓') WHERE customer = %d LIMIT 3", customer),
		}
	case 10, 11:
		return []string{fmt.Sprintf("INSERT INTO reviews (product, customer, stars, words) VALUES (%d, %d, %d, 'written %d times 🦎')", product, customer, 1+n(5), n(1000))}
	case 12:
		return []string{
			fmt.Sprintf("INSERT INTO visits VALUES (NOW(6), '2001:db8::%x', UUID(), '/thing/%d', %d)", n(65536), product, n(1<<20)),
			fmt.Sprintf("UPDATE visits SET bytes = bytes + 1 WHERE path = '/thing/%d' LIMIT 1", n(5000)),
		}
	case 13:
		return []string{fmt.Sprintf("DELETE FROM visits WHERE path = '/thing/%d' LIMIT 1", n(5000))}
	case 14:
		return []string{fmt.Sprintf("DELETE FROM orders WHERE id = %d", order)} // with its items
	case 15:
		return []string{fmt.Sprintf("DELETE FROM customers WHERE id = %d", customer)} // with orders and their items; reviews stay
	case 16:
		return []string{fmt.Sprintf("UPDATE products SET id = id + 100000 WHERE id = %d", product)} // items and reviews follow
	case 17:
		return []string{fmt.Sprintf("REPLACE INTO `Odd \"name\" ✓` VALUES (%d, '%s')", n(800), strings.Repeat("é", n(12)))}
	case 18:
		return []string{
			fmt.Sprintf("UPDATE products SET sku = 'moving' WHERE id = %d", product), // a unique value that changes hands
			fmt.Sprintf("UPDATE products SET sku = 'SKU-%06d' WHERE id = %d", product, product),
			fmt.Sprintf("UPDATE products SET attributes = JSON_SET(attributes, '$.seen', %d), flags = flags ^ 5, picture = NULL WHERE category = %d LIMIT 20", n(100), 1+n(6)),
		}
	default:
		return []string{fmt.Sprintf("DELETE FROM order_items WHERE order_id = %d AND line = 1", order),
			fmt.Sprintf("UPDATE customers SET settings = JSON_OBJECT('lang', 'pl', 'at', %d), token = UNHEX(MD5(%d)) WHERE id = %d", n(1000), n(1000), customer)}
	}
}

func buy(customer, product, second int, n func(int) int) []string {
	statements := []string{fmt.Sprintf("INSERT INTO orders (customer, placed, deliver, note) VALUES (%d, NOW(3), SEC_TO_TIME(%d), 'bought just now')", customer, second),
		"SET @bought = LAST_INSERT_ID()"}
	for line := range 1 + n(4) {
		statements = append(statements, fmt.Sprintf("INSERT INTO order_items VALUES (@bought, %d, %d, %d, %d.%02d)", line+1, product, 1+n(5), 1+n(300), n(100)))
	}
	return append(statements, "UPDATE orders SET total = (SELECT SUM(quantity * price) FROM order_items WHERE order_id = @bought) WHERE id = @bought",
		fmt.Sprintf("UPDATE products SET stock = stock - 1 WHERE id = %d", product))
}
