// Package write owns what is written to PostgreSQL: changes of rows set-wise,
// and tables that are made, loaded, indexed and swapped into place. It does
// not own which changes, in which order, or the position that goes with them.
package write

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/change"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/target/dial"
)

// Loader makes tables in loading schemas, fills them, builds their indexes and
// swaps them into place. With Keep it fills existing tables where they are. It may be
// used by many goroutines.
type Loader struct {
	Pool        *dial.Pooled
	Ours        func(schema, table string) bool // whether a table in a destination schema was made by us
	GrantSelect []string                        // roles that may read what is swapped in
	LockTimeout time.Duration                   // of each try to swap a table in; 0 means 10 s
	LockTries   int                             // 0 means 12
	Builders    int                             // how many indexes are built at once, for the memory that each may take
	Keep        bool                            // keep_existing_schema
	Shared      map[string][]string             // destination schemas that others load into too, with their tables
	Log         *slog.Logger

	busy atomic.Int64 // loads and builds that are under way

	absent sync.Map // roles of GrantSelect of which it was told that they do not exist
}

// marker is the comment by which we know our loading schemas.
const marker = "pg_chameleon: tables that are being copied"

// LoadingSchema names the schema in which the tables of a destination schema
// are made.
func LoadingSchema(destination string) string { return mapping.Identifier("_" + destination + "_tmp") }

// Place gives the table as it stands while it is loaded.
func (l *Loader) Place(t *mapping.Table) *mapping.Table {
	if l.Keep {
		return t
	}
	return t.In(LoadingSchema(t.Schema))
}

// Prepare makes the destination schemas that are absent, and the loading schemas.
func (l *Loader) Prepare(ctx context.Context, tables []*mapping.Table) error {
	return l.eachSchema(ctx, tables, "preparing the schema", l.schemas)
}

func (l *Loader) eachSchema(ctx context.Context, tables []*mapping.Table, what string, do func(context.Context, pgx.Tx, string) error) error {
	seen := map[string]bool{}
	for _, t := range tables {
		if seen[t.Schema] || l.Keep {
			continue
		}
		seen[t.Schema] = true
		if err := l.Begin(ctx, func(tx pgx.Tx) error { return do(ctx, tx, t.Schema) }); err != nil {
			return fmt.Errorf("%s %s: %w", what, t.Schema, err)
		}
	}
	return nil
}

func (l *Loader) schemas(ctx context.Context, tx pgx.Tx, destination string) error {
	if _, exists, err := schemaComment(ctx, tx, destination); err != nil {
		return err
	} else if !exists {
		if err := run(ctx, tx, "create schema "+mapping.Quote(destination)); err != nil {
			return err
		}
	}
	name := LoadingSchema(destination)
	comment, exists, err := schemaComment(ctx, tx, name)
	switch {
	case err != nil:
		return err
	case exists && comment != marker:
		return fault.New(fault.State, "drop it or rename it", "the schema %s, in which tables are loaded, exists and is not one that this program has made", name)
	case exists:
		return nil
	}
	return run(ctx, tx, "create schema "+mapping.Quote(name), "comment on schema "+mapping.Quote(name)+" is "+mapping.Literal(marker))
}

func schemaComment(ctx context.Context, tx pgx.Tx, name string) (comment string, exists bool, err error) {
	rows, err := texts(ctx, tx, `select coalesce(obj_description(oid, 'pg_namespace'), '') from pg_namespace where nspname = $1`, name)
	if err != nil || len(rows) == 0 {
		return "", false, err
	}
	return rows[0][0], true, nil
}

// Begin runs work in one transaction. A commit that a crash of the server
// undoes takes what was recorded with it, so none is waited for.
func (l *Loader) Begin(ctx context.Context, work func(tx pgx.Tx) error) error {
	tx, err := l.Pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: "begin; set local synchronous_commit = off"})
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", dial.Classify(err))
	}
	defer rollback(ctx, tx)
	if err := work(tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("committing: %w", dial.Classify(err))
	}
	return nil
}

// rollback ends a transaction that was not committed, also when ctx is over.
func rollback(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	_ = tx.Rollback(ctx) // of no matter: either it was committed, or the connection is gone
}

// Create makes the table anew in its place by the given statements, empty and
// without what an earlier try has left. With Keep it empties the existing
// table instead, and gives what it took off, now or earlier, and has to be built again.
func (l *Loader) Create(ctx context.Context, tx pgx.Tx, t *mapping.Table, statements []string, earlier []change.Index) ([]change.Index, error) {
	if l.Keep {
		taken, err := l.clear(ctx, tx, t)
		for _, index := range earlier {
			if !slices.ContainsFunc(taken, func(now change.Index) bool { return now.Name == index.Name }) {
				taken = append(taken, index)
			}
		}
		return taken, err
	}
	place := l.Place(t)
	if err := run(ctx, tx, "drop table if exists "+place.Ident()); err != nil {
		return nil, err
	}
	for _, c := range place.Columns {
		if c.Enum != "" {
			if err := run(ctx, tx, "drop type if exists "+c.Type(place.Schema)); err != nil {
				return nil, err
			}
		}
	}
	return nil, run(ctx, tx, statements...)
}

// Binary says whether the tables have just the types that they are mapped to.
func (l *Loader) Binary() bool { return !l.Keep }

// Copy loads rows into the table in its place, as the function Copy does.
func (l *Loader) Copy(ctx context.Context, tx pgx.Tx, t *mapping.Table, rows io.Reader, binary bool) (int64, error) {
	l.busy.Add(1)
	defer l.busy.Add(-1)
	return Copy(ctx, tx, l.Place(t), rows, binary)
}

// CopyPieces loads rows into the table in its place, as the function CopyPieces does.
func (l *Loader) CopyPieces(ctx context.Context, tx pgx.Tx, t *mapping.Table, rows io.Reader, refused func(row []byte, cause error) error) (int64, error) {
	return CopyPieces(ctx, tx, l.Place(t), rows, refused)
}

// Finish runs what is left to do on a table that has its rows and indexes, and
// gives the planner what it needs to know of it.
func (l *Loader) Finish(ctx context.Context, tx pgx.Tx, t *mapping.Table, statements []string) error {
	if l.Keep {
		statements = nil
	}
	return run(ctx, tx, append(slices.Clip(statements), "set local default_statistics_target = 10", roughly(l.Place(t)))...)
}

// roughly gives the ANALYZE of a table whose statistics serve until autovacuum makes better ones: one
// that names its columns leaves the table on autovacuum's list (analyze.c, do_analyze_rel).
func roughly(t *mapping.Table) string {
	return "analyze " + t.Ident() + " (" + columnList(t) + ")"
}

// Discard drops a table from its loading schema.
func (l *Loader) Discard(ctx context.Context, t *mapping.Table) error {
	if l.Keep {
		return nil
	}
	return l.Begin(ctx, func(tx pgx.Tx) error { return run(ctx, tx, "drop table if exists "+l.Place(t).Ident()) })
}

// Tidy drops the loading schemas in which nothing is left but types of earlier tries.
func (l *Loader) Tidy(ctx context.Context, tables []*mapping.Table) error {
	return l.eachSchema(ctx, tables, "dropping the loading schema of", l.dropLoading)
}

// Abandon drops the loading schemas with all tables that are left in them. Nobody may be
// loading anything.
func (l *Loader) Abandon(ctx context.Context, tables []*mapping.Table) error {
	return l.eachSchema(ctx, tables, "clearing the loading schema of", func(ctx context.Context, tx pgx.Tx, destination string) error {
		name := LoadingSchema(destination)
		comment, exists, err := schemaComment(ctx, tx, name)
		if err != nil || !exists || comment != marker {
			return err
		}
		left, err := texts(ctx, tx, "select oid::regclass::text, relname from pg_class where relnamespace = to_regnamespace($1) and relkind = 'r'", mapping.Quote(name))
		if err != nil {
			return err
		}
		for _, table := range left {
			if slices.Contains(l.Shared[destination], table[1]) {
				continue
			}
			if err := run(ctx, tx, "drop table "+table[0]); err != nil {
				return err
			}
		}
		return l.dropLoading(ctx, tx, destination)
	})
}

// dropLoading drops a loading schema that is empty, unless others may be about to use it.
func (l *Loader) dropLoading(ctx context.Context, tx pgx.Tx, destination string) error {
	if l.Shared[destination] != nil {
		return nil
	}
	name := LoadingSchema(destination)
	comment, exists, err := schemaComment(ctx, tx, name)
	if err != nil || !exists || comment != marker {
		return err
	}
	rows, err := texts(ctx, tx, `select 1 from pg_class where relnamespace = to_regnamespace($1)
		union all select 1 from pg_proc where pronamespace = to_regnamespace($1)
		union all select 1 from pg_type where typnamespace = to_regnamespace($1) and typtype <> 'e' and typcategory <> 'A' limit 1`, mapping.Quote(name))
	if err != nil || len(rows) > 0 {
		return err
	}
	return run(ctx, tx, "drop schema "+mapping.Quote(name)+" cascade") // only enum types of ours are in it
}

// run executes statements one after the other in a transaction, in one round trip.
func run(ctx context.Context, tx pgx.Tx, statements ...string) error {
	if len(statements) == 0 {
		return nil
	}
	done := 0
	results := tx.Conn().PgConn().Exec(ctx, strings.Join(statements, "\n;\n"))
	for results.NextResult() {
		if _, err := results.ResultReader().Close(); err == nil {
			done++
		}
	}
	if err := results.Close(); err != nil {
		return fmt.Errorf("running %q: %w", abridged(statements[min(done, len(statements)-1)]), dial.Classify(err))
	}
	return nil
}

func abridged(sql string) string {
	if len(sql) > 200 {
		return sql[:200] + "…"
	}
	return sql
}

// texts runs a query with text parameters and gives its rows as text, NULL as "".
func texts(ctx context.Context, tx pgx.Tx, sql string, params ...string) ([][]string, error) {
	args := make([][]byte, len(params))
	for i, p := range params {
		args[i] = []byte(p)
	}
	result := tx.Conn().PgConn().ExecParams(ctx, sql, args, nil, nil, nil).Read()
	if result.Err != nil {
		return nil, fmt.Errorf("asking PostgreSQL: %w", dial.Classify(result.Err))
	}
	rows := make([][]string, len(result.Rows))
	for i, row := range result.Rows {
		rows[i] = make([]string, len(row))
		for j, value := range row {
			rows[i][j] = string(value)
		}
	}
	return rows, nil
}
