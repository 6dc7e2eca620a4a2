package pipeline

import (
	"context"
	_ "embed"
	"fmt"
	"log/slog"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/target/dial"
)

// tableOptions are what the configuration wants of replicated tables in PostgreSQL besides
// their definitions: who may read them, and how much room their pages keep.
type tableOptions struct {
	readers    []string // roles that exist
	fillfactor func(names ...string) int
}

// tableOptions finds out what can be set.
func (r *Replica) tableOptions(ctx context.Context, db dial.DB) (*tableOptions, error) {
	o := &tableOptions{fillfactor: r.spec.Fillfactor}
	if o.fillfactor == nil {
		o.fillfactor = func(...string) int { return 0 }
	}
	for _, role := range r.spec.Grants {
		var there bool
		if err := db.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role).Scan(&there); err != nil {
			return nil, fmt.Errorf("looking for the role %s: %w", role, dial.Classify(err))
		}
		if !there {
			r.log.Warn("grant_select_to names a role that does not exist", "role", role)
			continue
		}
		o.readers = append(o.readers, role)
	}
	return o, nil
}

// carryOptions sets on the tables that are there what can be set, and has the writer do so with
// those that come.
func (s *stream) carryOptions(ctx context.Context) error {
	tables, err := catalogue.Tables(ctx, s.pool, s.lease.Source.ID)
	if err != nil {
		return err
	}
	if s.writer.options, err = s.replica.tableOptions(ctx, s.pool); err != nil {
		return err
	}
	return s.writer.options.there(ctx, s.pool, tables, s.replica.spec.KeepExisting, s.replica.log)
}

// made gives the statements for tables that a statement of the source has made.
func (o *tableOptions) made(e *ddl.Effect, rules *mapping.Rules) []string {
	var list []string
	for _, name := range e.Created {
		t := e.Next.Get(name)
		if t == nil || !rules.Wants(name) {
			continue
		}
		mapped, err := rules.Table(t)
		if err != nil {
			continue // its statements are not run either
		}
		if f := o.fillfactor(name.String(), mapped.Schema+"."+mapped.Name); f > 0 {
			list = append(list, setFillfactor(mapped.Ident(), f))
		}
		for _, role := range o.readers {
			list = append(list, grants(mapped.Schema, mapped.Ident(), role)...)
		}
	}
	return list
}

func setFillfactor(ident string, percent int) string {
	return fmt.Sprintf("ALTER TABLE %s SET (fillfactor = %d)", ident, percent)
}

func grants(schemaName, ident, role string) []string {
	return []string{
		"GRANT USAGE ON SCHEMA " + mapping.Quote(schemaName) + " TO " + mapping.Quote(role),
		"GRANT SELECT ON TABLE " + ident + " TO " + mapping.Quote(role),
	}
}

//go:embed sql/table_options.sql
var tableOptionsSQL string

// there sets on the tables that are there what they lack. A table that cannot be changed, or
// whose lock is not to be had at once, is told and left as it is.
func (o *tableOptions) there(ctx context.Context, db dial.DB, tables []*catalogue.Table, keep bool, log *slog.Logger) error {
	for _, t := range tables {
		ident := mapping.Quote(t.Schema) + "." + mapping.Quote(t.Name)
		f := o.fillfactor(t.Source.String(), t.Schema+"."+t.Name)
		if keep {
			f = 0
		}
		if f == 0 && len(o.readers) == 0 {
			continue
		}
		var lacking []string
		var set int
		var is bool
		err := db.QueryRow(ctx, tableOptionsSQL, ident, o.readers).Scan(&is, &set, &lacking)
		if err != nil {
			return fmt.Errorf("looking at the table %s: %w", ident, dial.Classify(err))
		}
		if !is {
			continue
		}
		list := []string{"SET LOCAL lock_timeout = '1s'"}
		if f > 0 && f != set {
			list = append(list, setFillfactor(ident, f))
		}
		for _, role := range lacking {
			list = append(list, grants(t.Schema, ident, role)...)
		}
		if len(list) == 1 {
			continue
		}
		err = dial.InTx(ctx, db, func(tx dial.Tx) error {
			for _, sql := range list {
				if _, err := tx.Exec(ctx, sql); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			log.Warn("grant_select_to or fillfactor could not be carried over to a table", "table", ident, "error", err)
		}
	}
	return nil
}
