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
func (s *stream) carryOptions(ctx context.Context, tables []*catalogue.Table) error {
	var err error
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
	lacks, err := o.lacking(ctx, db, tables, keep)
	if err != nil {
		return fmt.Errorf("looking at the replicated tables: %w", dial.Classify(err))
	}
	for _, l := range lacks {
		err := dial.InTx(ctx, db, func(tx dial.Tx) error {
			for _, sql := range append([]string{"SET LOCAL lock_timeout = '1s'"}, l.statements...) {
				if _, err := tx.Exec(ctx, sql); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			log.Warn("grant_select_to or fillfactor could not be carried over to a table", "table", l.ident, "error", err)
		}
	}
	return nil
}

// lack is what a table has not that can be set.
type lack struct {
	ident      string
	statements []string
}

// lacking asks once for all tables what they have not.
func (o *tableOptions) lacking(ctx context.Context, db dial.DB, tables []*catalogue.Table, keep bool) ([]lack, error) {
	var asked []*catalogue.Table
	var idents []string
	var fillfactors []int
	for _, t := range tables {
		f := o.fillfactor(t.Source.String(), t.Schema+"."+t.Name)
		if keep {
			f = 0
		}
		if f > 0 || len(o.readers) > 0 {
			asked, idents, fillfactors = append(asked, t), append(idents, mapping.Quote(t.Schema)+"."+mapping.Quote(t.Name)), append(fillfactors, f)
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	rows, err := db.Query(ctx, tableOptionsSQL, idents, o.readers)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lacks []lack
	for rows.Next() {
		var n, set int
		var readers []string
		if err := rows.Scan(&n, &set, &readers); err != nil {
			return nil, err
		}
		l := lack{ident: idents[n-1]}
		if f := fillfactors[n-1]; f > 0 && f != set {
			l.statements = append(l.statements, setFillfactor(l.ident, f))
		}
		for _, role := range readers {
			l.statements = append(l.statements, grants(asked[n-1].Schema, l.ident, role)...)
		}
		if len(l.statements) > 0 {
			lacks = append(lacks, l)
		}
	}
	return lacks, rows.Err()
}
