package write

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/change"
	"pgchameleon/internal/mapping"
)

const (
	leastMemory = 64   // MB that building one index may take
	mostMemory  = 512  //
	allMemory   = 1024 // of all that are built at once
)

// Build builds an index of a table that stands where it is loaded, if it is
// not there yet. shared says that others are at work meanwhile.
func (l *Loader) Build(ctx context.Context, t *mapping.Table, index change.Index, shared bool) error {
	place := l.Place(t)
	if index.Beside != "" {
		index.SQL = index.Beside
	}
	if shared {
		l.busy.Add(1)
		defer l.busy.Add(-1)
	}
	err := l.Begin(ctx, func(tx pgx.Tx) error { return l.BuildIn(ctx, tx, place, index) })
	if err != nil {
		return fmt.Errorf("building %s of table %s: %w", index.Name, place.Ident(), err)
	}
	return nil
}

// BuildAll builds indexes that are not there yet in a given transaction, on a table that stands where it is loaded.
func (l *Loader) BuildAll(ctx context.Context, tx pgx.Tx, t *mapping.Table, indexes []change.Index) error {
	for _, index := range indexes {
		if err := l.BuildIn(ctx, tx, l.Place(t), index); err != nil {
			return fmt.Errorf("building %s: %w", index.Name, err)
		}
	}
	return nil
}

// Adopt makes the indexes that were built beside others the table's keys, if they are not yet.
func (l *Loader) Adopt(ctx context.Context, tx pgx.Tx, t *mapping.Table, indexes []change.Index) error {
	place := l.Place(t)
	for _, index := range indexes {
		if index.Adopt == "" {
			continue
		}
		there, err := texts(ctx, tx, "select 1 from pg_constraint where conrelid = to_regclass($1) and conname = $2", place.Ident(), index.Name)
		if err == nil && len(there) == 0 {
			err = run(ctx, tx, index.Adopt)
		}
		if err != nil {
			return fmt.Errorf("making %s the key of table %s: %w", index.Name, place.Ident(), err)
		}
	}
	return nil
}

// BuildIn builds an index in a given transaction, on a table wherever it
// stands, if it is not there yet.
func (l *Loader) BuildIn(ctx context.Context, tx pgx.Tx, t *mapping.Table, index change.Index) error {
	there, err := texts(ctx, tx, `select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
			where n.nspname = $1 and c.relname = $2 and c.relkind in ('i', 'I')
		union all select 1 from pg_constraint where conname = $2 and contype = 'f' and to_regclass($3) in (conrelid, confrelid)`,
		t.Schema, index.Name, t.Ident())
	if err != nil || len(there) > 0 {
		return err
	}
	statements := []string{l.memory(), index.SQL}
	defer l.busy.Add(-1)
	if l.busy.Add(1) > 1 { // the processors have enough to do: workers of its own would only share them
		statements = append([]string{"set local max_parallel_maintenance_workers = 0"}, statements...)
	}
	return run(ctx, tx, statements...)
}

// BuildRaw builds an index or a constraint by statements alone. Its errors tell no values of rows.
func (l *Loader) BuildRaw(ctx context.Context, statements ...string) error {
	return l.Attempt(ctx, append([]string{l.memory()}, statements...)...)
}

// memory is a statement that gives a transaction memory for building an index.
func (l *Loader) memory() string {
	memory := min(max(allMemory/max(1, l.Builders), leastMemory), mostMemory)
	return fmt.Sprintf(`select set_config('maintenance_work_mem', '%dMB', true)
		where pg_size_bytes(current_setting('maintenance_work_mem')) < %d`, memory, memory<<20)
}
