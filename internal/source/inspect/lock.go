package inspect

import (
	"context"
	"fmt"
	"time"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
)

// How long one try to lock a table may hold up its writers, and how often it
// is tried, with growing pauses.
const (
	lockSeconds = 2
	lockTries   = 8
)

// underLock reads the position while nobody writes to the table.
func underLock(ctx context.Context, conn *client.Conn, s *Server, table schema.Name) (event.Position, error) {
	if err := lock(ctx, conn, table); err != nil {
		return event.Position{}, err
	}
	p, err := position(ctx, conn, s)
	if freed := unlock(ctx, conn); err == nil {
		err = freed
	}
	return p, err
}

// lock waits until no transaction that has written to the table is open, and
// keeps new ones from it. Without autocommit InnoDB takes a table lock of its
// own: MySQL 5.6 needs it, since there the server's lock lasts for a statement
// only. A try ends soon, so that writers never queue up behind it for long.
func lock(ctx context.Context, conn *client.Conn, table schema.Name) error {
	for try := 0; ; try++ {
		err := dial.Exec(ctx, conn,
			fmt.Sprintf("SET SESSION lock_wait_timeout=%d, SESSION innodb_lock_wait_timeout=%d, SESSION autocommit=0", lockSeconds, lockSeconds),
			"LOCK TABLES "+quote(table)+" READ")
		switch code := dial.Number(err); {
		case err == nil:
			return nil
		case code == 1044 || code == 1142:
			_ = unlock(ctx, conn)
			return fault.New(fault.Environment, "GRANT LOCK TABLES ON "+dial.Quote(table.Schema)+".* to the replication user; the lock lasts milliseconds",
				"locking %s: %w", table, err)
		case code != 1205:
			return err
		case try == lockTries-1:
			_ = unlock(ctx, conn)
			return fault.New(fault.Retry, "end the long transaction that has changed it (SHOW PROCESSLIST, XA RECOVER)",
				"the table %s is never free of writers", table)
		}
		if err := unlock(ctx, conn); err != nil {
			return err
		}
		if err := pause(ctx, try+8); err != nil {
			return err
		}
	}
}

func unlock(ctx context.Context, conn *client.Conn) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return dial.Exec(ctx, conn, "ROLLBACK", "UNLOCK TABLES",
		"SET SESSION lock_wait_timeout=DEFAULT, SESSION innodb_lock_wait_timeout=DEFAULT, SESSION autocommit=1")
}

// pause waits 2^try milliseconds, at most two seconds.
func pause(ctx context.Context, try int) error {
	timer := time.NewTimer(min(2*time.Second, time.Millisecond<<min(try, 11)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
