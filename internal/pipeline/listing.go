package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/copier"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
)

// listing is what the source has to copy.
type listing struct {
	tasks    []copier.Task
	unmapped map[schema.Name]error // wanted, but cannot be mapped
	wanted   []*schema.Table       // those whose definition can be read
	there    map[schema.Name]bool  // all that the source has in the mapped schemas
}

func (l *listing) mapped() []*mapping.Table {
	tables := make([]*mapping.Table, len(l.tasks))
	for i, task := range l.tasks {
		tables[i] = task.Table
	}
	return tables
}

const noSuchTable = 1146 // ER_NO_SUCH_TABLE

// list asks the source for the tables of the mapped schemas. Those that were seen are only known to be there.
func (c *initial) list(ctx context.Context, seen map[schema.Name]bool) (*listing, error) {
	l := &listing{unmapped: map[schema.Name]error{}, there: map[schema.Name]bool{}}
	for _, schemaName := range slices.Sorted(maps.Keys(c.rules.Schemas)) {
		infos, err := c.present(ctx, schemaName, seen)
		if err != nil {
			return nil, err
		}
		for _, info := range infos {
			l.there[info.Name] = true
			if !c.rules.Wants(info.Name) || info.Sequence() || seen[info.Name] {
				continue
			}
			if err := c.listTable(ctx, l, info); err != nil {
				return nil, fmt.Errorf("reading the definition of table %s: %w", info.Name, err)
			}
		}
	}
	return l, nil
}

// present lists a database's tables; their sizes are asked for one by one where most were seen.
func (c *initial) present(ctx context.Context, database string, seen map[schema.Name]bool) ([]inspect.TableInfo, error) {
	if len(seen) == 0 {
		return inspect.SizedTables(ctx, c.origin.conn, database)
	}
	infos, err := inspect.Tables(ctx, c.origin.conn, database)
	for i, info := range infos {
		if seen[info.Name] || err != nil {
			continue
		}
		if infos[i], err = inspect.SizedTable(ctx, c.origin.conn, info.Name); err == nil && infos[i].Name != info.Name {
			infos[i] = info // it is gone, as its definition will tell
		}
	}
	return infos, err
}

func (c *initial) listTable(ctx context.Context, l *listing, info inspect.TableInfo) error {
	definition, err := c.definitions.read(ctx, c.origin.conn, info.Name)
	if dial.Number(err) == noSuchTable {
		delete(l.there, info.Name)
		return nil
	}
	var unmapped errUnmapped
	if errors.As(err, &unmapped) {
		l.unmapped[info.Name] = unmapped.error
		return nil
	}
	if err != nil {
		return err
	}
	definition = c.rules.Hide(definition)
	l.wanted = append(l.wanted, definition)
	mapped, err := c.rules.Table(definition)
	if err != nil {
		l.unmapped[info.Name] = err
		return nil
	}
	l.tasks = append(l.tasks, copier.Task{Table: mapped, Rows: int64(info.Rows), Bytes: int64(info.Bytes)})
	return nil
}

// unused refuses a mask that hides nothing, for what it was to hide would be shown, and
// warns of other settings without effect. A pattern may be for tables to come.
func (c *initial) unused(l *listing) error {
	var wrong []string
	for _, u := range c.rules.Unused(l.wanted) {
		if u.Setting == "mask" && !strings.ContainsAny(u.Pattern, "*?") {
			wrong = append(wrong, u.Pattern)
			continue
		}
		c.replica.log.Warn("a setting has no effect: no column has such a name", "setting", u.Setting, "pattern", u.Pattern)
	}
	if len(wrong) == 0 {
		return nil
	}
	return fault.New(fault.Config, "correct the names in masks, which are database.table.column, or take them out",
		"masks names columns that no replicated table has: %s", strings.Join(wrong, ", "))
}

// parents puts tables into the tracked schema that are not replicated, but
// whose deletes and key changes InnoDB carries on to tables that are.
func (c *initial) parents(ctx context.Context) error {
	list, err := catalogue.TrackedSchema(ctx, c.pool, c.lease.Source.ID)
	if err != nil {
		return err
	}
	found, err := c.parentsOf(ctx, trackedSet(list, c.rules.Fold))
	if err != nil {
		return err
	}
	return c.track(ctx, found...)
}

// parentsOf reads the definitions of tables that are not in the set, but whose deletes and
// key changes InnoDB carries on to some that are.
func (c *initial) parentsOf(ctx context.Context, set *schema.Set) ([]*schema.Table, error) {
	var found []*schema.Table
	wanted := map[schema.Name]bool{}
	for queue := set.Tables(); len(queue) > 0; queue = queue[1:] {
		for _, key := range queue[0].ForeignKeys {
			parent := key.References
			if _, mapped := c.rules.Target(parent.Schema); !mapped || !acts(key) || set.Get(parent) != nil || wanted[parent] {
				continue
			}
			wanted[parent] = true
			definition, err := c.definitions.read(ctx, c.origin.conn, parent)
			if number := dial.Number(err); number == noSuchTable || number == noSuchDatabase {
				continue // it was dropped while foreign_key_checks was off
			}
			if err != nil {
				return nil, err
			}
			definition = c.rules.Hide(definition)
			found, queue = append(found, definition), append(queue, definition)
		}
	}
	return found, nil
}

// acts says whether InnoDB changes children's rows by this foreign key.
func acts(key schema.ForeignKey) bool {
	return key.OnDelete == "cascade" || key.OnDelete == "set null" || key.OnUpdate == "cascade" || key.OnUpdate == "set null"
}

// isKey says whether an index is the one by which rows are found.
func isKey(t *mapping.Table, index *ddl.IndexSQL) bool {
	return len(t.Key) > 0 && index.Key
}
