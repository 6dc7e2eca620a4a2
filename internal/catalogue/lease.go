package catalogue

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/target/dial"
)

//go:embed sql/lead.sql
var leadSQL string

//go:embed sql/holder.sql
var holderSQL string

const (
	tryLockSQL   = "SELECT pg_try_advisory_lock($1)"
	tryLockTxSQL = "SELECT pg_try_advisory_xact_lock($1)"
	unlockSQL    = "SELECT pg_advisory_unlock_all()"
	epochSQL     = "SELECT i_epoch FROM sch_chameleon.t_last_replayed WHERE i_id_source = $1"
	// A transaction of the process before us may still hold the row for a moment.
	leadTimeoutSQL = "SET lock_timeout = '10s'"

	// The session of a process that was killed ends shortly after it; so long a lock
	// is tried for.
	leadPatience = 5 * time.Second
	leadPause    = 50 * time.Millisecond
	releaseTime  = 3 * time.Second
)

// Lease is the right of this process to follow a source: a lock that lasts as
// long as its session, and an epoch that every apply transaction checks. Its
// methods may be used by several goroutines.
type Lease struct {
	Source  Source         // as of the moment of taking it
	Epoch   int64          // greater than that of all leases before
	Applied event.Position // what is applied; nobody else can change it any more

	mu   sync.Mutex
	conn *dial.Conn
}

// Lead takes the lease of a source on a session of its own. That another
// process holds it is a fault.State that names that process.
func Lead(ctx context.Context, config dial.Config, source string) (*Lease, error) {
	config.Source = source
	conn, err := dial.Connect(ctx, config)
	if err != nil {
		return nil, err
	}
	lease, err := lead(ctx, conn, source)
	if err != nil {
		closeSession(ctx, conn)
		return nil, fmt.Errorf("taking the lease of source %s: %w", source, err)
	}
	return lease, nil
}

func lead(ctx context.Context, conn *dial.Conn, name string) (*Lease, error) {
	source, err := Find(ctx, conn, name)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(leadPatience); ; {
		var locked bool
		if err := conn.QueryRow(ctx, tryLockSQL, leaseKey(name)).Scan(&locked); err != nil {
			return nil, dial.Classify(err)
		}
		if locked {
			break
		}
		if time.Now().After(deadline) {
			return nil, held(ctx, conn, source)
		}
		select {
		case <-time.After(leadPause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	if _, err := conn.Exec(ctx, leadTimeoutSQL); err != nil {
		return nil, dial.Classify(err)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	lease := &Lease{conn: conn}
	if err := conn.QueryRow(ctx, leadSQL, source.ID, host, os.Getpid()).Scan(&lease.Epoch); err != nil {
		return nil, reading("beginning a new epoch", err)
	}
	source, err = Find(ctx, conn, name)
	if err != nil {
		return nil, err
	}
	lease.Source, lease.Applied = *source, source.Applied
	return lease, nil
}

// Led says whether some process holds the lease of a source.
func Led(ctx context.Context, db DB, source string) (bool, error) {
	var backend int64
	var address string
	err := db.QueryRow(ctx, holderSQL, leaseKey(source)).Scan(&backend, &address)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, reading("looking for the holder of the lease", err)
}

// Alive tells whether the lease still holds: its session answers and no newer
// epoch has begun. Anything else is an error.
func (l *Lease) Alive(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return fmt.Errorf("the lease of source %s was given back", l.Source.Name)
	}
	var epoch int64
	if err := l.conn.QueryRow(ctx, epochSQL, l.Source.ID).Scan(&epoch); err != nil {
		return fmt.Errorf("looking after the lease of source %s: %w", l.Source.Name, dial.Classify(err))
	}
	if epoch != l.Epoch {
		return fmt.Errorf("looking after the lease of source %s: %w", l.Source.Name, ErrFenced)
	}
	return nil
}

// Release gives the lease back. It is harmless to do so twice.
func (l *Lease) Release(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		closeSession(ctx, l.conn)
		l.conn = nil
	}
}

// closeSession ends a session in an orderly way even when ctx has ended. The
// locks are given back before, since the end of a session is not waited for.
func closeSession(ctx context.Context, conn *dial.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	_, _ = conn.Exec(ctx, unlockSQL) // a session that is gone holds no lock
	_ = conn.Close(ctx)
}

// idle makes sure, to the end of the transaction, that nobody follows the
// source.
func idle(ctx context.Context, tx DB, source *Source) error {
	var locked bool
	if err := tx.QueryRow(ctx, tryLockTxSQL, leaseKey(source.Name)).Scan(&locked); err != nil {
		return dial.Classify(err)
	}
	if !locked {
		return held(ctx, tx, source)
	}
	return nil
}

// held is the error that says who holds the lease.
func held(ctx context.Context, db DB, source *Source) error {
	var backend int64
	var address string
	if err := db.QueryRow(ctx, holderSQL, leaseKey(source.Name)).Scan(&backend, &address); err != nil {
		backend, address = 0, ""
	}
	who := fmt.Sprintf("session %d of the target, from %s", backend, address)
	if source.Host != "" {
		who = fmt.Sprintf("pid %d on %s, %s", source.PID, source.Host, who)
	}
	return fault.New(fault.State, "stop it first: chameleon stop_replica --source "+source.Name,
		"another process follows source %s (%s)", source.Name, who)
}

// leaseKey is the advisory lock's key for a source.
func leaseKey(source string) int64 {
	sum := sha256.Sum256([]byte("pg_chameleon lease of " + source))
	return int64(binary.BigEndian.Uint64(sum[:8])) // #nosec G115 -- any 64 bits are a key
}
