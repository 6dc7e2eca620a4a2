package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"pgchameleon/internal/adopt"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/binlog"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/target/legacy"
)

// comparePlaces orders places of one server's log by the numbers of their files.
func comparePlaces(a, b legacy.Place) int {
	number := func(file string) uint64 {
		n, err := strconv.ParseUint(file[strings.LastIndexByte(file, '.')+1:], 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	order := func(x, y uint64) int {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	if by := order(number(a.File), number(b.File)); by != 0 {
		return by
	}
	return order(a.Offset, b.Offset)
}

// includesGTIDs says whether a position has all of a set of GTIDs.
func includesGTIDs(p event.Position, gtids string) (bool, error) {
	t, err := binlog.NewTracker(event.Position{Flavor: p.Flavor, GTIDs: p.GTIDs})
	if err != nil {
		return false, err
	}
	return t.Reached(event.Position{Flavor: p.Flavor, GTIDs: gtids})
}

// judge decides on each table.
func (s *adopting) judge(ctx context.Context, resumed []*resumption, w *window) error {
	relations, err := legacy.Relations(ctx, s.adoption.conn, slices.Sorted(maps.Values(s.rules.Schemas))...)
	if err != nil {
		return err
	}
	utc, err := inspect.UTC(ctx, s.origin.conn)
	if err != nil {
		return err
	}
	known, count, all := map[schema.Name]bool{}, 0, 0
	for i := range resumed {
		all += len(s.known[i].Tables)
	}
	for i, r := range resumed {
		own := bounds{w.bounds[r.from].before, w.bounds[r.newest].after}
		for j := range s.known[i].Tables {
			t := &s.known[i].Tables[j]
			v := &verdict{name: s.sourceName(t.Schema, t.Name), target: [2]string{t.Schema, t.Name}, bounds: own, made: true}
			if at, found := w.bounds[t.Place]; t.Place.File != "" && found { // it was copied as of there
				v.bounds = at
			}
			known[v.name] = true
			s.verdicts = append(s.verdicts, v)
			count++
			s.adoption.tell(fmt.Sprintf("source %s: looking at table %d of %d: %s%s", s.name(), count, all, v.name, about(relations[v.target])))
			if err := s.judgeTable(ctx, v, t, relations[v.target], w, utc); err != nil {
				return fmt.Errorf("looking at table %s: %w", v.name, err)
			}
		}
	}
	s.unknown(known, relations, w)
	s.families(ctx, relations)
	slices.SortFunc(s.verdicts, func(a, b *verdict) int { return strings.Compare(a.name.String(), b.name.String()) })
	return nil
}

// about tells how large a table is; "" where PostgreSQL does not know.
func about(r *legacy.Relation) string {
	if r == nil || r.Rows <= 0 {
		return ""
	}
	return fmt.Sprintf(", about %d rows", r.Rows)
}

// sourceName is a table's name on the source.
func (s *adopting) sourceName(schemaName, table string) schema.Name {
	for from, to := range s.rules.Schemas {
		if to != schemaName {
			continue
		}
		for name := range s.tables {
			if name.Schema == from && mapping.Identifier(name.Table) == table {
				return name
			}
		}
		return schema.Name{Schema: from, Table: table}
	}
	return schema.Name{Schema: schemaName, Table: table}
}

func (s *adopting) judgeTable(ctx context.Context, v *verdict, t *legacy.Table, there *legacy.Relation, w *window, utc bool) error {
	refuse := func(format string, args ...any) { v.reasons = append(v.reasons, fmt.Sprintf(format, args...)) }
	definition := s.tables[v.name]
	if !t.Enabled {
		refuse("pg_chameleon had taken it out of the replica: %s", cmpOr(t.Error, "no reason is recorded"))
	}
	if t.Discarded > 0 {
		refuse("pg_chameleon could not store %d changes of it", t.Discarded)
	}
	switch at, altered, err := w.alteredSince(s.key(v.name), v.bounds.before); {
	case err != nil:
		return err
	case altered:
		refuse("a statement on the source, at %s, may have changed its definition since pg_chameleon's position", at)
	}
	switch err := s.unread[v.name]; {
	case err != nil:
		refuse("%v", err)
	case definition == nil:
		v.gone = true
		refuse("the source does not have it, or it is not to be replicated by the configuration; the table in PostgreSQL stays as it is")
	case there == nil:
		refuse("there is no such table in PostgreSQL")
	}
	if len(v.reasons) > 0 {
		return nil
	}
	v.fitted = adopt.Fit(definition, there, s.rules)
	v.reasons = append(v.reasons, v.fitted.Doubts...)
	if len(v.reasons) > 0 {
		return nil
	}
	damages, err := s.damages(ctx, v.fitted.Mapped, utc)
	v.reasons = append(v.reasons, damages...)
	return err
}

func cmpOr(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// unknown are the tables of the source that pg_chameleon does not follow: those without a key,
// and those that it never took up. What was made since its position comes by itself.
func (s *adopting) unknown(known map[schema.Name]bool, relations map[[2]string]*legacy.Relation, w *window) {
	names := slices.Collect(maps.Keys(s.tables))
	names = slices.AppendSeq(names, maps.Keys(s.unread))
	for _, name := range names {
		if known[name] || w.born[s.key(name)] {
			continue
		}
		to, _ := s.rules.Target(name.Schema)
		v := &verdict{name: name, target: [2]string{to, mapping.Identifier(name.Table)}}
		v.made = relations[v.target] != nil
		reason := "pg_chameleon does not follow it"
		if t := s.tables[name]; t != nil && len(t.Key()) == 0 {
			reason += ", since it has no key"
		}
		v.reasons = []string{reason}
		s.verdicts = append(s.verdicts, v)
	}
	for _, name := range s.sequences {
		if to, _ := s.rules.Target(name.Schema); !w.born[s.key(name)] {
			v := &verdict{name: name, target: [2]string{to, mapping.Identifier(name.Table)}, reasons: []string{"it is a sequence, which pg_chameleon does not follow"}}
			s.verdicts = append(s.verdicts, v)
		}
	}
}

// families keeps tables together that foreign keys tie: where the source does not log what these
// do to the children, children cannot go on without their parent, and pg_chameleon has not done it.
func (s *adopting) families(ctx context.Context, relations map[[2]string]*legacy.Relation) {
	if s.origin.server.LogsCascades() {
		return
	}
	followed := map[schema.Name]*verdict{}
	for _, v := range s.verdicts {
		if len(v.reasons) == 0 {
			followed[s.key(v.name)] = v
		}
	}
	for again := true; again; {
		again = false
		for _, v := range s.verdicts {
			if len(v.reasons) > 0 {
				continue
			}
			for _, key := range v.fitted.Source.ForeignKeys {
				if !acts(key) {
					continue
				}
				if reason := s.orphans(ctx, v, key, followed[s.key(key.References)]); reason != "" {
					v.reasons, again = append(v.reasons, reason), true
					delete(followed, s.key(v.name))
					break
				}
			}
		}
	}
}

// orphans says what is wrong with a child of a foreign key that changes it.
func (s *adopting) orphans(ctx context.Context, v *verdict, key schema.ForeignKey, parent *verdict) string {
	if parent == nil {
		return fmt.Sprintf("its foreign key %s changes rows with those of %s, which is not followed, and that is not in the binary log", key.Name, key.References)
	}
	child, father := v.fitted.Mapped, parent.fitted.Mapped
	var join, set []string
	for i, name := range key.Columns {
		c, p := child.Column(name), father.Column(key.RefColumns[i])
		if c < 0 || p < 0 {
			return fmt.Sprintf("its foreign key %s has columns that are not replicated", key.Name)
		}
		own := "c." + mapping.Quote(child.Columns[c].Name)
		set = append(set, own+" IS NOT NULL")
		join = append(join, fmt.Sprintf("p.%s::text = %s::text", mapping.Quote(father.Columns[p].Name), own))
	}
	sql := fmt.Sprintf("SELECT EXISTS (SELECT FROM %s AS c WHERE %s AND NOT EXISTS (SELECT FROM %s AS p WHERE %s))",
		child.Ident(), strings.Join(set, " AND "), father.Ident(), strings.Join(join, " AND "))
	var found bool
	if err := s.adoption.conn.QueryRow(ctx, sql).Scan(&found); err != nil {
		return fmt.Sprintf("rows without their parents could not be looked for: %v", err)
	}
	if found {
		return fmt.Sprintf("it has rows whose parents in %s are gone: pg_chameleon does not do what the foreign key %s does", key.References, key.Name)
	}
	return ""
}
