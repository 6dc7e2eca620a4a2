package write

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/target/dial"
)

const (
	defaultLockTimeout = 10 * time.Second
	defaultLockTries   = 12
)

// Swap moves a loaded table from its loading schema into its place, in one
// transaction that also runs record. A table of ours that stands there is
// dropped; what users have built on it (views, functions, grants, triggers, rules)
// is made again on the new one. A table that somebody uses is waited for, again and again, never for
// longer than the lock timeout at once, so that others do not queue up behind us.
func (l *Loader) Swap(ctx context.Context, t *mapping.Table, record func(tx pgx.Tx) error) error {
	return l.SwapTogether(ctx, []*mapping.Table{t}, record)
}

// SwapTogether is Swap for several tables in one transaction.
func (l *Loader) SwapTogether(ctx context.Context, tables []*mapping.Table, record func(tx pgx.Tx) error) error {
	t := tables[0] // in hand
	err := l.patiently(ctx, func() string { return t.Ident() }, func(tx pgx.Tx) error {
		for _, t = range tables {
			if err := l.swap(ctx, tx, t); err != nil {
				return err
			}
		}
		return record(tx)
	})
	if err != nil {
		return fmt.Errorf("swapping in the table %s: %w", t.Ident(), err)
	}
	return nil
}

// freeTimeout is how long SwapFree waits for a lock. It is below PostgreSQL's deadlock_timeout: nobody else is
// ended because several tables are locked at once.
const freeTimeout = "set local lock_timeout = 100"

// SwapFree moves those loaded tables into their places where nothing stands, in one transaction that also runs
// record with their ordinals. It tries that once.
func (l *Loader) SwapFree(ctx context.Context, tables []*mapping.Table, record func(tx pgx.Tx, moved []int) error) error {
	return l.Begin(ctx, func(tx pgx.Tx) error {
		free, err := l.free(ctx, tx, tables)
		if err != nil || len(free) == 0 {
			return err
		}
		moves := []string{freeTimeout, "set local search_path to ''"}
		for _, at := range free {
			if !l.Keep {
				moves = append(moves, l.moves(tables[at])...)
			}
		}
		if err := run(ctx, tx, append(moves, "set local search_path to default")...); err != nil {
			return fmt.Errorf("swapping tables in: %w", err)
		}
		for _, at := range free {
			if err := l.grant(ctx, tx, tables[at]); err != nil {
				return err
			}
		}
		return record(tx, free)
	})
}

// free lists the tables in whose places, and their types', stands nothing.
func (l *Loader) free(ctx context.Context, tx pgx.Tx, tables []*mapping.Table) ([]int, error) {
	var owners []int
	var idents, types []string
	for i, t := range tables {
		owners, idents, types = append(owners, i), append(idents, t.Ident()), append(types, "")
		for _, c := range t.Columns {
			if c.Enum != "" {
				owners, idents, types = append(owners, i), append(idents, ""), append(types, c.Type(t.Schema))
			}
		}
	}
	rows, err := texts(ctx, tx, `select coalesce(to_regclass(nullif(ident, ''))::oid, to_regtype(nullif(type, ''))::oid) is null
		from unnest($1::text[], $2::text[]) with ordinality as t (ident, type, n) order by n`, textArray(idents), textArray(types))
	if err != nil {
		return nil, err
	}
	taken := map[int]bool{}
	for i, row := range rows {
		taken[owners[i]] = taken[owners[i]] || row[0] != "t" && !l.Keep
	}
	var free []int
	for i := range tables {
		if !taken[i] {
			free = append(free, i)
		}
	}
	return free, nil
}

// moves are the statements that move a loaded table with its types into its place.
func (l *Loader) moves(t *mapping.Table) []string {
	place := l.Place(t)
	var moves []string
	for _, c := range place.Columns {
		if c.Enum != "" {
			moves = append(moves, "alter type "+c.Type(place.Schema)+" set schema "+mapping.Quote(t.Schema))
		}
	}
	return append(moves, "alter table "+place.Ident()+" set schema "+mapping.Quote(t.Schema))
}

// patiently runs work in a transaction, again and again while something is in use that it has to lock.
func (l *Loader) patiently(ctx context.Context, name func() string, work func(tx pgx.Tx) error) error {
	tries := l.LockTries
	if tries <= 0 {
		tries = defaultLockTries
	}
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := l.Begin(ctx, work)
		switch dial.Code(err) {
		case "55P03", "40P01": // lock_not_available, deadlock_detected
			l.Log.Info("a table to be replaced is in use, waiting for it", "table", name())
			return struct{}{}, err
		}
		if err != nil {
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, nil
	}, backoff.WithMaxTries(uint(tries)), backoff.WithMaxElapsedTime(0)) // #nosec G115 -- positive
	if err == nil {
		return nil
	}
	var permanent *backoff.PermanentError
	if errors.As(err, &permanent) {
		err = permanent.Unwrap()
	}
	if code := dial.Code(err); code == "55P03" || code == "40P01" {
		return fault.New(fault.State, "end the long transactions that use it (pg_stat_activity shows them), then run the command again",
			"it is in use all the time%w", silent{err})
	}
	return err
}

func (l *Loader) lockTimeout() string {
	timeout := l.LockTimeout
	if timeout <= 0 {
		timeout = defaultLockTimeout
	}
	return fmt.Sprintf("set local lock_timeout = %d", timeout.Milliseconds())
}

func (l *Loader) swap(ctx context.Context, tx pgx.Tx, t *mapping.Table) error {
	if l.Keep {
		return l.grant(ctx, tx, t)
	}
	if err := run(ctx, tx, l.lockTimeout(), "set local search_path to ''"); err != nil {
		return err
	}
	views, own, err := l.makeRoom(ctx, tx, t)
	if err != nil {
		return err
	}
	if err := run(ctx, tx, l.moves(t)...); err != nil {
		return err
	}
	if err := restore(ctx, tx, t, append(views, dependant{name: "grant, rule or trigger on the old table", again: own})); err != nil {
		return err
	}
	if err := l.grant(ctx, tx, t); err != nil {
		return err
	}
	return run(ctx, tx, "set local search_path to default")
}

// makeRoom drops the table of ours that stands in the new one's place, and
// gives what has to be made again: users' views and functions, and what belonged to the table itself.
func (l *Loader) makeRoom(ctx context.Context, tx pgx.Tx, t *mapping.Table) (views []dependant, own []string, err error) {
	found, err := texts(ctx, tx, "select c.oid::text, c.relkind::text from pg_class c where c.oid = to_regclass($1)", t.Ident())
	if err != nil {
		return nil, nil, err
	}
	if len(found) > 0 {
		oid, kind := found[0][0], found[0][1]
		if kind != "r" || !l.Ours(t.Schema, t.Name) {
			return nil, nil, foreign(t, t.Name)
		}
		if views, own, err = l.dropOld(ctx, tx, t, oid); err != nil {
			return nil, nil, err
		}
	}
	return views, own, l.dropTypes(ctx, tx, t)
}

func (l *Loader) dropOld(ctx context.Context, tx pgx.Tx, t *mapping.Table, oid string) (views []dependant, own []string, err error) {
	if err := run(ctx, tx, "lock table "+t.Ident()+" in access exclusive mode"); err != nil {
		return nil, nil, err
	}
	policies, err := texts(ctx, tx, "select polname from pg_policy where polrelid = $1::oid", oid)
	if err != nil {
		return nil, nil, err
	}
	if len(policies) > 0 {
		return nil, nil, fault.New(fault.State, "drop it, then run the command again and make it anew", "the table %s has the row security policy %s", t.Ident(), policies[0][0])
	}
	if views, err = dependants(ctx, tx, oid); err != nil {
		return nil, nil, err
	}
	if own, err = statements(ctx, tx, relationSQL, oid); err != nil {
		return nil, nil, err
	}
	types, err := texts(ctx, tx, enumTypesSQL, oid)
	if err != nil {
		return nil, nil, err
	}
	drops := make([]string, 0, len(views)+1)
	for _, v := range views {
		drops = append(drops, v.drop)
	}
	if err := run(ctx, tx, append(drops, "drop table "+t.Ident())...); err != nil {
		return nil, nil, needed(err, "the table "+t.Ident())
	}
	for _, row := range types { // those that somebody else uses stay, or are in the way
		if _, err := l.tryDrop(ctx, tx, "drop type "+row[0]); err != nil {
			return nil, nil, err
		}
	}
	return views, own, nil
}

// enumTypesSQL lists the types that were made for a table.
const enumTypesSQL = `select distinct format('%I.%I', n.nspname, y.typname) from pg_attribute a join pg_type y on y.oid = a.atttypid
	join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = y.typnamespace
	where c.oid = $1::oid and y.typtype = 'e' and y.typnamespace = c.relnamespace and y.typname like 'enum\_\_%'`

// Removal gives the statements that drop a table with the enum types that were made for
// it, whatever it is like, or a sequence; none if there is neither.
func Removal(ctx context.Context, tx pgx.Tx, schema, name string) ([]string, error) {
	ident := mapping.Quote(schema) + "." + mapping.Quote(name)
	found, err := texts(ctx, tx, "select c.oid::text, c.relkind::text from pg_class c where c.oid = to_regclass($1) and c.relkind in ('r', 'S')", ident)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if found[0][1] == "S" {
		return []string{"DROP SEQUENCE " + ident}, nil
	}
	types, err := texts(ctx, tx, enumTypesSQL, found[0][0])
	if err != nil {
		return nil, err
	}
	list := []string{"DROP TABLE " + ident}
	for _, row := range types {
		list = append(list, "DROP TYPE "+row[0])
	}
	return list, nil
}

// dropTypes drops the enum types that the old table has left where the new one's are to go.
func (l *Loader) dropTypes(ctx context.Context, tx pgx.Tx, t *mapping.Table) error {
	for _, c := range t.Columns {
		if c.Enum == "" {
			continue
		}
		found, err := texts(ctx, tx, "select typtype::text from pg_type where oid = to_regtype($1)", c.Type(t.Schema))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			continue
		}
		if found[0][0] != "e" || !l.Ours(t.Schema, t.Name) {
			return foreign(t, c.Enum)
		}
		if err := run(ctx, tx, "drop type "+c.Type(t.Schema)); err != nil {
			return needed(err, "the type "+c.Type(t.Schema))
		}
	}
	return nil
}

// needed explains that something depends on what is to be replaced.
func needed(err error, what string) error {
	var said *pgconn.PgError
	if dial.Code(err) != dependentObjects || !errors.As(err, &said) {
		return err
	}
	return fault.New(fault.State, "drop what depends on it, run the command again, and make it anew; until then the old table stays in its place",
		"%s cannot be replaced: %s%w", what, said.Detail, silent{err})
}

// grant lets the configured roles read the table.
func (l *Loader) grant(ctx context.Context, tx pgx.Tx, t *mapping.Table) error {
	for _, role := range l.GrantSelect {
		known, err := texts(ctx, tx, "select 1 from pg_roles where rolname = $1", role)
		if err != nil {
			return err
		}
		if len(known) == 0 {
			if _, told := l.absent.LoadOrStore(role, true); !told {
				l.Log.Warn("grant_select_to names a role that does not exist", "role", role)
			}
			continue
		}
		if err := run(ctx, tx, "grant usage on schema "+mapping.Quote(t.Schema)+" to "+mapping.Quote(role),
			"grant select on table "+t.Ident()+" to "+mapping.Quote(role)); err != nil {
			return err
		}
	}
	return nil
}
