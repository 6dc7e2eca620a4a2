package write

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// rollbackTime bounds a rollback whose batch was cancelled.
const rollbackTime = 5 * time.Second

// Rollback undoes the open transaction, also when ctx is done.
func (c *Changes) Rollback(ctx context.Context) error {
	c.abandon()
	sent := c.open
	c.wait, c.open, c.used, c.heals = c.wait[:0], false, false, nil
	if c.stale {
		c.forget()
	}
	if !sent || c.conn.IsClosed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	if c.conn.PgConn().TxStatus() == 'I' {
		return nil
	}
	if _, err := c.conn.PgConn().Exec(ctx, "rollback").ReadAll(); err != nil {
		return fmt.Errorf("rolling back a batch: %w", refuse(err, nil, "rollback"))
	}
	return nil
}

// Tx is the open transaction for others to write in. It can be neither
// committed nor rolled back by them.
func (c *Changes) Tx(ctx context.Context) (pgx.Tx, error) {
	c.begin()
	c.used = true
	if err := c.settle(ctx); err != nil {
		return nil, err
	}
	return guest{c.conn}, nil
}

// session lets guest have the methods of a connection beside its own Conn.
type session = pgx.Conn

// guest is a transaction that somebody else ends.
type guest struct{ *session }

var errGuest = errors.New("the transaction of a batch is ended by who began it")

// Begin makes a savepoint.
func (g guest) Begin(ctx context.Context) (pgx.Tx, error) {
	if _, err := g.Exec(ctx, "savepoint chameleon_guest"); err != nil {
		return nil, err
	}
	return &savepoint{guest: g}, nil
}

// Commit refuses.
func (guest) Commit(context.Context) error { return errGuest }

// Rollback refuses.
func (guest) Rollback(context.Context) error { return errGuest }

// LargeObjects gives none: they need a transaction of the driver's own.
func (guest) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

// Conn is the connection.
func (g guest) Conn() *pgx.Conn { return g.session }

// savepoint is a part of a guest's transaction.
type savepoint struct {
	guest
	done bool
}

// Commit keeps what was done since the savepoint.
func (s *savepoint) Commit(ctx context.Context) error {
	return s.end(ctx, "release savepoint chameleon_guest")
}

// Rollback undoes what was done since the savepoint.
func (s *savepoint) Rollback(ctx context.Context) error {
	return s.end(ctx, "rollback to savepoint chameleon_guest; release savepoint chameleon_guest")
}

func (s *savepoint) end(ctx context.Context, sql string) error {
	if s.done {
		return pgx.ErrTxClosed
	}
	s.done = true
	_, err := s.Exec(ctx, sql)
	return err
}
