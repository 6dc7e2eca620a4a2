package write

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/change"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/target/dial"
)

//go:embed sql/load_indexes.sql
var loadIndexesSQL string

// existing says what is wrong with the table that rows are to be loaded into,
// "" if nothing is.
func existing(ctx context.Context, tx pgx.Tx, t *mapping.Table) (string, error) {
	rows, err := texts(ctx, tx, `select a.attname, a.attgenerated from pg_attribute a join pg_class c on c.oid = a.attrelid
		where c.oid = to_regclass($1) and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped`, t.Ident())
	if err != nil {
		return "", err
	}
	if len(rows) == 0 {
		return "there is no such table", nil
	}
	var missing, generated []string
	for _, c := range t.Columns {
		at := slices.IndexFunc(rows, func(row []string) bool { return row[0] == c.Name })
		if at < 0 {
			missing = append(missing, c.Name)
		} else if rows[at][1] != "" {
			generated = append(generated, c.Name)
		}
	}
	switch {
	case missing != nil:
		return "it has no column " + strings.Join(missing, ", "), nil
	case generated != nil:
		return "it computes the column " + strings.Join(generated, ", ") + " itself", nil
	}
	return "", nil
}

// clear empties an existing table and takes off what would be in the way of its
// loading: foreign keys from and to it, and its indexes. What it gives builds
// them again; the caller records that in the same transaction.
func (l *Loader) clear(ctx context.Context, tx pgx.Tx, t *mapping.Table) ([]change.Index, error) {
	if problem, err := existing(ctx, tx, t); err != nil {
		return nil, err
	} else if problem != "" {
		return nil, fault.New(fault.State, "create it as the source has it, or turn keep_existing_schema off", "loading into the existing table %s: %s", t.Ident(), problem)
	}
	if err := run(ctx, tx, l.lockTimeout(), "set local search_path to ''", "lock table "+t.Ident()+" in access exclusive mode"); err != nil {
		return nil, err
	}
	keys, err := l.foreignKeys(ctx, tx, t)
	if err != nil {
		return nil, err
	}
	indexes, err := l.indexes(ctx, tx, t)
	if err != nil {
		return nil, err
	}
	return append(indexes, keys...), run(ctx, tx, "truncate "+t.Ident(), "set local search_path to default", "set local lock_timeout to default")
}

// foreignKeys takes the foreign keys off. Rebuilt, they are checked at the end
// of a transaction, since a batch's rows do not come in the order that they ask for.
func (l *Loader) foreignKeys(ctx context.Context, tx pgx.Tx, t *mapping.Table) ([]change.Index, error) {
	rows, err := texts(ctx, tx, `select conname, conrelid::regclass, pg_get_constraintdef(oid) from pg_constraint
		where contype = 'f' and conparentid = 0 and to_regclass($1) in (conrelid, confrelid)`, t.Ident())
	if err != nil {
		return nil, err
	}
	var taken []change.Index
	for _, row := range rows {
		named, on, definition := mapping.Quote(row[0]), row[1], row[2]
		definition = strings.TrimSuffix(definition, " NOT VALID")
		definition = strings.TrimSuffix(strings.TrimSuffix(definition, " INITIALLY DEFERRED"), " DEFERRABLE")
		definition += " DEFERRABLE INITIALLY DEFERRED NOT VALID"
		if err := run(ctx, tx, "alter table "+on+" drop constraint "+named); err != nil {
			return nil, err
		}
		taken = append(taken, change.Index{Name: row[0], Delay: true, SQL: fmt.Sprintf("alter table %s add constraint %s %s", on, named, definition)})
	}
	return taken, nil
}

// indexes takes the indexes off, except those that something else needs.
// Uniqueness of anything but the key can be broken until the table has caught up.
func (l *Loader) indexes(ctx context.Context, tx pgx.Tx, t *mapping.Table) ([]change.Index, error) {
	rows, err := texts(ctx, tx, loadIndexesSQL, t.Ident())
	if err != nil {
		return nil, err
	}
	key := make([]string, len(t.Key))
	for i, at := range t.Key {
		key[i] = t.Columns[at].Name
	}
	slices.Sort(key)
	var taken []change.Index
	for _, row := range rows {
		index, constraint, definition := row[0], row[1], row[2]
		sql := "drop index " + mapping.Quote(t.Schema) + "." + mapping.Quote(index)
		if constraint != "" {
			sql = "alter table " + t.Ident() + " drop constraint " + mapping.Quote(constraint)
			definition = "alter table " + t.Ident() + " add constraint " + mapping.Quote(constraint) + " " + definition
		}
		dropped, err := l.tryDrop(ctx, tx, sql)
		if err != nil {
			return nil, err
		}
		if !dropped {
			l.Log.Warn("an index stays while its table is loaded, because something depends on it", "table", t.Ident(), "index", index)
			continue
		}
		isKey := len(key) > 0 && strings.Join(key, "\x01") == row[4]
		taken = append(taken, change.Index{Name: index, SQL: definition, Key: isKey, Delay: row[3] == "t" && !isKey})
	}
	return taken, nil
}

// tryDrop drops something unless something else depends on it.
func (l *Loader) tryDrop(ctx context.Context, tx pgx.Tx, sql string) (bool, error) {
	if err := run(ctx, tx, "savepoint chameleon_drop"); err != nil {
		return false, err
	}
	if err := run(ctx, tx, sql); err != nil {
		if dial.Code(err) != dependentObjects {
			return false, err
		}
		return false, run(ctx, tx, "rollback to savepoint chameleon_drop", "release savepoint chameleon_drop")
	}
	return true, run(ctx, tx, "release savepoint chameleon_drop")
}

const dependentObjects = "2BP01" // dependent_objects_still_exist
