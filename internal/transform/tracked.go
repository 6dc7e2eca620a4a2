// Package transform owns the step from what MySQL said to what PostgreSQL must
// do: event to change, by the tracked schema as of the stream's position. It
// is the only package that speaks both vocabularies; it does not own sockets,
// batches or when its results are run.
package transform

import (
	"bytes"
	"fmt"
	"slices"

	"pgchameleon/internal/change"
	"pgchameleon/internal/ddl"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// tracked is one table of the tracked schema, ready for its rows.
type tracked struct {
	source *schema.Table
	mapped *mapping.Table
	change *change.Table
	hidden *change.Table // the same table as a parent only: its changes drive cascades and nothing else
	below  []*tracked    // children that cascades of this table change
	lost   []*TableError // children that cascades would change and cannot be told to
	err    error         // why it cannot be mapped; its rows cannot be written then

	checked *event.TableMap // the description that the definition was found to agree with last
	decoder *typemap.RowDecoder
	types   []byte // the wire types and metadata that decoder is for
	meta    []uint16
	period  *typemap.RowDecoder // of the row_end column, for system-versioned tables
}

// track maps every table of the set anew that is named or that has to be
// because its children were: a parent knows its children by pointer.
func (x *Transformer) track(next *schema.Set, changed map[schema.Name]bool) {
	var children map[schema.Name][]reference
	if x.run {
		children = referencing(next)
	}
	remake := withAncestors(changed, x.set, next)
	tables := make(map[schema.Name]*tracked, next.Len())
	for _, source := range next.Tables() {
		name := x.Key(source.Name)
		if old := x.tables[name]; old != nil && !remake[name] && old.source == source {
			tables[name] = old
			continue
		}
		tables[name] = x.mapTable(source)
	}
	for name, t := range tables {
		if t.change == nil || x.tables[name] == t {
			continue
		}
		for _, ref := range children[name] {
			child := tables[ref.child]
			if child == nil || child.change == nil {
				continue
			}
			if err := followed(t, child, ref.key); err != nil {
				t.lost = append(t.lost, &TableError{Table: child.source.Name, Err: err})
			} else if c := link(t, child, ref.key); c != nil {
				t.change.Children = append(t.change.Children, c)
				t.below = append(t.below, child)
			}
		}
		twin := *t.change
		twin.Hidden = true
		t.hidden = &twin
	}
	x.set, x.tables = next, tables
}

func (x *Transformer) mapTable(source *schema.Table) *tracked {
	t := &tracked{source: source}
	if source.Sequence != nil {
		return t
	}
	if t.mapped, t.err = x.rules.Table(source); t.err != nil {
		return t
	}
	t.change = &change.Table{
		Source: source.Name.String(), Schema: t.mapped.Schema, Name: t.mapped.Name,
		Key: t.mapped.Key, Hidden: !x.rules.Wants(source.Name),
	}
	for _, c := range t.mapped.Columns {
		t.change.Columns = append(t.change.Columns, change.Column{Name: c.Name, Type: c.Type(t.mapped.Schema)})
	}
	for _, index := range ddl.Indexes(t.mapped) {
		if unique := index.Columns; index.Skipped == "" && unique != nil && !slices.Equal(unique, t.mapped.Key) {
			t.change.Uniques = append(t.change.Uniques, unique)
		}
	}
	return t
}

// reference is a foreign key seen from its parent.
type reference struct {
	child schema.Name
	key   *schema.ForeignKey
}

// referencing lists the foreign keys that change children's rows, by parent.
func referencing(set *schema.Set) map[schema.Name][]reference {
	found := map[schema.Name][]reference{}
	for _, child := range set.Tables() {
		for i := range child.ForeignKeys {
			key := &child.ForeignKeys[i]
			if action(key.OnDelete) == change.None && action(key.OnUpdate) == change.None {
				continue
			}
			if parent := set.Get(key.References); parent != nil {
				name := fold(set, parent.Name)
				found[name] = append(found[name], reference{fold(set, child.Name), key})
			}
		}
	}
	return found
}

// withAncestors adds the tables above, as they were before or are after.
func withAncestors(changed map[schema.Name]bool, sets ...*schema.Set) map[schema.Name]bool {
	all := map[schema.Name]bool{}
	var visit func(schema.Name)
	visit = func(name schema.Name) {
		if all[name] {
			return
		}
		all[name] = true
		for _, set := range sets {
			if t := set.Get(name); t != nil {
				for _, key := range t.ForeignKeys {
					visit(fold(set, key.References))
				}
			}
		}
	}
	for name := range changed {
		visit(name)
	}
	return all
}

// followed makes sure that a foreign key's columns are there and hold the same values on both sides.
func followed(parent, child *tracked, key *schema.ForeignKey) error {
	for i := range key.Columns {
		p, q := parent.mapped.Column(key.RefColumns[i]), child.mapped.Column(key.Columns[i])
		if (p < 0 || q < 0) && (leftOut(parent, key.RefColumns[i]) || leftOut(child, key.Columns[i])) {
			return fmt.Errorf("column %s refers to %s of %s, and one of them was left out by ddl_policy, so that what the foreign key's action does cannot be followed",
				key.Columns[i], key.RefColumns[i], parent.source.Name)
		}
		if p >= 0 && q >= 0 && parent.mapped.Columns[p].Map.Mask() != child.mapped.Columns[q].Map.Mask() {
			return fmt.Errorf("column %s refers to %s of %s, which has another mask, so that what the foreign key's action does cannot be followed; give both the same mask",
				key.Columns[i], key.RefColumns[i], parent.source.Name)
		}
	}
	return nil
}

func leftOut(t *tracked, column string) bool {
	at := t.source.Column(column)
	return at >= 0 && t.source.Columns[at].LeftOut
}

func link(parent, child *tracked, key *schema.ForeignKey) *change.Child {
	c := &change.Child{Table: child.change, OnDelete: action(key.OnDelete), OnUpdate: action(key.OnUpdate)}
	for i := range key.Columns {
		p, q := parent.mapped.Column(key.RefColumns[i]), child.mapped.Column(key.Columns[i])
		if p < 0 || q < 0 {
			return nil
		}
		c.Parent, c.Child = append(c.Parent, p), append(c.Child, q)
	}
	return c
}

func action(r schema.Rule) change.Action {
	switch r {
	case "cascade":
		return change.Cascade
	case "set null":
		return change.SetNull
	default:
		return change.None
	}
}

// decoderFor gives the decoder for images described by m, made anew only when
// the wire types differ from the last event's.
func (t *tracked) decoderFor(m *event.TableMap) (*typemap.RowDecoder, error) {
	if t.decoder != nil && t.checked == m {
		return t.decoder, nil
	}
	if err := agrees(t.source, m); err != nil {
		return nil, err
	}
	if t.checked = m; t.decoder != nil && bytes.Equal(t.types, m.Types) && slices.Equal(t.meta, m.Meta) {
		return t.decoder, nil
	}
	columns, ordinals := make([]*typemap.Column, 0, len(t.mapped.Columns)), make([]int, 0, len(t.mapped.Columns))
	for _, c := range t.mapped.Columns {
		columns, ordinals = append(columns, c.Map), append(ordinals, c.Ordinal)
	}
	meta := typemap.WireMeta(t.source.Columns, m.Types, m.Meta)
	decoder, err := typemap.NewRowDecoder(columns, ordinals, m.Types, meta)
	if err != nil {
		return nil, &contradiction{err.Error()}
	}
	if t.period, err = periodDecoder(t.source, m.Types, meta); err != nil {
		return nil, err
	}
	t.decoder, t.types, t.meta = decoder, m.Types, m.Meta
	return decoder, nil
}
