package write

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/change"
	"pgchameleon/internal/fault"
)

// Changes writes folded changes in transactions of one connection. It belongs
// to one goroutine, and the connection to it.
type Changes struct {
	conn   *pgx.Conn
	tables map[*change.Table]*table
	open   bool                          // BEGIN was sent
	wait   []string                      // statements to send before the next ones
	pipe   *pipe                         // requests that wait for their answers
	used   bool                          // the transaction holds something that a refusal must not undo
	spent  []string                      // statements that release what is no longer needed, for the next transaction
	heals  []func(context.Context) error // for updates that missed rows
	names  int                           // statements ever prepared
	kept   int                           // of them when tables were last forgotten
	stale  bool                          // definitions may have changed
}

// settings suit statements that touch few rows by key, whose tables' statistics
// may be old. A commit that is lost in a crash takes its position with it.
const settings = `set synchronous_commit = off;
set enable_hashjoin = off;
set enable_mergejoin = off;
set enable_seqscan = off;
set plan_cache_mode = force_generic_plan;
set jit = off`

// maxPrepared bounds the prepared statements kept on the server.
const maxPrepared = 2000

// NewChanges makes conn ready for writing changes.
func NewChanges(ctx context.Context, conn *pgx.Conn) (*Changes, error) {
	c := &Changes{conn: conn, tables: map[*change.Table]*table{}}
	if _, err := conn.PgConn().Exec(ctx, settings).ReadAll(); err != nil {
		return nil, fmt.Errorf("preparing a connection for writing: %w", refuse(err, nil, ""))
	}
	return c, nil
}

// LimitLocks lets statements give up when they have waited for a lock so long.
func (c *Changes) LimitLocks(ctx context.Context, d time.Duration) error {
	_, err := c.raw(ctx, fmt.Sprintf("set lock_timeout = %d", d.Milliseconds()))
	return err
}

// guard is the savepoint that Write and Exec return to.
const (
	guardSet     = "savepoint chameleon"
	guardBack    = "rollback to savepoint chameleon; release savepoint chameleon"
	guardRelease = "release savepoint chameleon"
)

// Write runs the steps in order and gives for each how many rows of its updates
// and deletes were missing; missing rows of updates are inserted. If PostgreSQL
// refuses (fault.Data), the transaction is as it was before the call.
func (c *Changes) Write(ctx context.Context, steps []change.Step) ([]int, error) {
	guarded := c.used
	c.begin()
	if guarded {
		c.wait = append(c.wait, guardSet)
	}
	missing := make([]int, len(steps))
	err := c.steps(ctx, steps, missing)
	if err == nil {
		c.used = true
		if guarded {
			c.wait = append(c.wait, guardRelease)
		}
		return missing, nil
	}
	c.abandon()
	c.doubt(steps)
	if fault.KindOf(err) == fault.Data {
		if back := c.back(ctx, guarded); back != nil {
			return nil, back
		}
	}
	return nil, err
}

// back undoes what was written since the savepoint or, without one, since the
// transaction began.
func (c *Changes) back(ctx context.Context, guarded bool) error {
	if !guarded {
		return c.Rollback(ctx)
	}
	if at := slices.Index(c.wait, guardSet); at >= 0 { // nothing was sent yet
		c.wait = c.wait[:at]
		return nil
	}
	c.wait = c.wait[:0]
	_, err := c.raw(ctx, guardBack)
	return err
}

func (c *Changes) steps(ctx context.Context, steps []change.Step, missing []int) error {
	if err := c.learn(ctx, steps); err != nil {
		return err
	}
	for i, step := range steps {
		if step.Cascades != nil {
			if err := c.cascade(ctx, step.Cascades); err != nil {
				return err
			}
			continue
		}
		if err := c.set(ctx, step.Set, &missing[i]); err != nil {
			return err
		}
	}
	return c.drain(ctx)
}

// set writes one table's changes. Its answers may still be under way: only
// cascades wait for them, which stand between two sets of the same table.
func (c *Changes) set(ctx context.Context, s *change.Set, missing *int) error {
	t := c.tables[s.Table]
	if len(s.Table.Key) == 0 {
		if err := c.deleteCopies(ctx, t, s, missing); err != nil {
			return err
		}
	} else if err := c.deleteKeys(ctx, t, s, missing); err != nil {
		return err
	}
	for _, u := range s.Updates {
		if err := c.update(ctx, t, u, missing); err != nil {
			return err
		}
	}
	return c.insert(ctx, t, s.Inserts)
}

func (c *Changes) begin() {
	if !c.open {
		c.open = true
		c.wait, c.spent = append(c.wait, c.spent...), nil
		c.wait = append(c.wait, "begin isolation level read committed")
	}
}

// settle leaves nothing waiting, so that the connection can be used otherwise.
func (c *Changes) settle(ctx context.Context) error {
	if err := c.drain(ctx); err != nil || len(c.wait) == 0 {
		return err
	}
	sql := strings.Join(c.wait, "; ")
	c.wait = c.wait[:0]
	_, err := c.raw(ctx, sql)
	return err
}

// raw runs SQL text and gives the last command's tag.
func (c *Changes) raw(ctx context.Context, sql string) (string, error) {
	results, err := c.conn.PgConn().Exec(ctx, sql).ReadAll()
	if err != nil {
		return "", refuse(err, nil, sql)
	}
	if len(results) == 0 {
		return "", nil
	}
	return results[len(results)-1].CommandTag.String(), nil
}

// Exec runs statements one after the other. If one is refused, the transaction
// is as it was before the call.
func (c *Changes) Exec(ctx context.Context, statements []string) error {
	c.begin()
	c.wait = append(c.wait, guardSet)
	c.stale, c.used = true, true
	if err := c.settle(ctx); err != nil {
		return err
	}
	for _, sql := range statements {
		if _, err := c.raw(ctx, sql); err != nil {
			if fault.KindOf(err) != fault.Data {
				return err
			}
			if _, back := c.raw(ctx, guardBack); back != nil {
				return back
			}
			return fmt.Errorf("running a statement of the schema: %w", err)
		}
	}
	c.wait = append(c.wait, guardRelease)
	return nil
}

// Commit commits the transaction, if there is one.
func (c *Changes) Commit(ctx context.Context) error {
	if !c.open {
		return nil
	}
	if err := c.drain(ctx); err != nil {
		return err
	}
	sql := strings.Join(append(c.wait, "commit"), "; ")
	c.wait = c.wait[:0]
	tag, err := c.raw(ctx, sql)
	if err != nil {
		return fmt.Errorf("committing a batch: %w", err)
	}
	c.open, c.used = false, false
	if tag != "COMMIT" {
		return fmt.Errorf("committing a batch: PostgreSQL answered %s", tag)
	}
	return nil
}
