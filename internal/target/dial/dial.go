// Package dial owns connections to PostgreSQL: how one is made from a
// configuration, how its session is set, and what its errors mean. It does not
// own what is sent over them.
package dial

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Config says how the target is reached. What is left empty is taken from the
// PG* environment variables and the password file, as psql does, and else from
// libpq's defaults.
type Config struct {
	Host           string // name, address or, with a leading slash, the folder of a Unix socket
	Port           uint16
	User           string
	Password       string
	Database       string
	SSLMode        string // disable, allow, prefer, require, verify-ca, verify-full
	RootCert       string // files
	Cert           string
	Key            string
	ConnectTimeout time.Duration // for one attempt; 0: 10 s
	Source         string        // named in application_name, so that pg_stat_activity tells sources apart
	Name           string        // of the connection's key in the configuration, for advice; "": pg_conn
	Replication    bool          // a session that also takes commands of the replication protocol
}

// The driver's types by the names that the packages above use, so that the
// driver is imported in few places.
type (
	// Conn is one session.
	Conn = pgx.Conn
	// Tx is a transaction of a session.
	Tx = pgx.Tx
	// Pooled is a pool of sessions.
	Pooled = pgxpool.Pool
)

// DB is what one statement needs: a session, a transaction and a pool all have
// it. Begin on a transaction makes a savepoint.
type DB interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Begin(ctx context.Context) (pgx.Tx, error)
}

// Connect opens a session. Its errors are classified and say what to do.
func Connect(ctx context.Context, c Config) (*Conn, error) {
	config, err := c.session()
	if err != nil {
		return nil, About(c.Name, err)
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, About(c.Name, explain(ctx, &config.Config, err))
	}
	return conn, nil
}

// Pool opens a pool of at most limit sessions and makes the first one, so that a
// configuration that cannot work is known at once.
func Pool(ctx context.Context, c Config, limit int) (*Pooled, error) {
	session, err := c.session()
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig("")
	if err != nil {
		return nil, fmt.Errorf("making a pool: %w", err)
	}
	config.ConnConfig = session
	config.MaxConns = int32(max(1, min(limit, 10_000))) // #nosec G115 -- bounded
	config.MinConns = 0
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, explain(ctx, &session.Config, err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, explain(ctx, &session.Config, err)
	}
	return pool, nil
}

// InTx runs do in a transaction, which commits if do gives no error.
func InTx(ctx context.Context, db DB, do func(Tx) error) error {
	if err := pgx.BeginFunc(ctx, db, do); err != nil {
		return Classify(err)
	}
	return nil
}
