package transform

import (
	"slices"
	"strings"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
)

// The tools whose shadow tables are told by what they do.
const (
	ghost   = "gh-ost"
	percona = "pt-online-schema-change"
)

// Shadow is what is known of a table that a tool for online schema changes fills until it
// takes another one's place; or of such a tool's changelog, of which nothing is replicated.
type Shadow struct {
	Name      schema.Name
	Tool      string
	Changelog bool        // it is gh-ost's changelog
	Of        schema.Name // the table that it is to replace, as that is called now; zero while it is not known
	Goal      schema.Name // the name that it is to take
	Origin    []string    // by column: the column of the table that its values come from, "" for a new one
	Spared    bool        // its rows are not written: the table is to be altered in place
	Broken    string      // why the table cannot be altered in place any more

	fresh bool // it was made under our eyes and has had no rows
}

// Shadows tells shadow tables by their tool's protocol. It belongs to its Transformer.
type Shadows struct {
	x       *Transformer
	dialect parse.Dialect
	only    bool // no new ones are told
	known   map[schema.Name]*Shadow
	put     map[schema.Name]bool // changed since Changes was called
	gone    map[schema.Name]bool
}

// Shadowing lets the transformer tell shadow tables, beginning with those that are known; or,
// with only, no others than those of them whose rows are not there.
func (x *Transformer) Shadowing(dialect parse.Dialect, known []Shadow, only bool) *Shadows {
	s := &Shadows{x: x, dialect: dialect, only: only, known: map[schema.Name]*Shadow{}, put: map[schema.Name]bool{}, gone: map[schema.Name]bool{}}
	for i := range known {
		name := x.Key(known[i].Name)
		if known[i].Spared || known[i].Changelog || !only {
			s.known[name] = &known[i]
		} else {
			s.gone[name] = true
		}
	}
	x.shadows = s
	return s
}

// Changes gives what has changed since the last call, to be stored with the position.
func (s *Shadows) Changes() (put []Shadow, gone []schema.Name) {
	for name := range s.gone {
		gone = append(gone, name)
	}
	for name := range s.put {
		put = append(put, *s.known[name])
	}
	clear(s.put)
	clear(s.gone)
	return put, gone
}

func (s *Shadows) store(k *Shadow) {
	name := s.x.Key(k.Name)
	s.known[name], s.put[name] = k, true
}

func (s *Shadows) forget(name schema.Name) {
	name = s.x.Key(name)
	if s.known[name] != nil {
		delete(s.known, name)
		delete(s.put, name)
		s.gone[name] = true
	}
}

// Spares says of a table that has rows now that they are not to be written. usable says of a
// table that it can be relied on: that PostgreSQL has just what the source had. The name is
// the one that Changes gave.
func (s *Shadows) Spares(name schema.Name, usable func(schema.Name) bool) (schema.Name, bool) {
	k := s.known[s.x.Key(name)]
	switch {
	case k == nil || k.Changelog:
		return name, false
	case !k.Spared && !s.fits(k, usable):
		s.forget(name)
		return name, false
	case !k.Spared:
		k.Spared, k.fresh = true, false
		s.store(k)
	}
	return k.Name, true
}

// fits says whether the rows of a shadow can be spared.
func (s *Shadows) fits(k *Shadow, usable func(schema.Name) bool) bool {
	table, shadow := s.x.set.Get(k.Of), s.x.set.Get(k.Name)
	if table == nil || shadow == nil || k.Broken != "" || !usable(k.Of) || !usable(k.Name) || s.referenced(table.Name) || !s.x.rules.Wants(table.Name) {
		return false
	}
	_, _, reason := ddl.InPlace(table, shadow, k.Origin, s.x.rules, s.dialect)
	return reason == ""
}

// referenced says whether other tables have foreign keys to it: those follow it when it is
// renamed, and a tool may drop it before the swap because of them.
func (s *Shadows) referenced(name schema.Name) bool {
	for _, t := range s.x.set.Tables() {
		if slices.ContainsFunc(t.ForeignKeys, func(f schema.ForeignKey) bool { return f.References == name }) {
			return true
		}
	}
	return false
}

// read parses a statement; nil if it failed on the source or cannot be read.
func (s *Shadows) read(st *event.Statement) parse.Statement {
	d := s.dialect
	d.SQLMode = st.SQLMode
	statement, err := parse.Parse(st.SQL, d)
	if err != nil || ddl.Failed(statement, st) {
		return nil
	}
	return statement
}

// overlooks says whether the statement makes a changelog, which is not replicated.
func (s *Shadows) overlooks(st *event.Statement) bool {
	c, is := s.read(st).(*parse.CreateTable)
	if s.only || !is || c.Temporary || !changelog(c) {
		return false
	}
	name := within(c.Name, st)
	if _, mapped := s.x.rules.Target(name.Schema); !mapped || s.x.set.Get(name) != nil {
		return false
	}
	s.store(&Shadow{Name: name, Tool: ghost, Changelog: true})
	return true
}

// changelog tells gh-ost's by its name and columns.
func changelog(c *parse.CreateTable) bool {
	columns := []string{"id", "last_update", "hint", "value"}
	if !strings.HasPrefix(c.Name.Table, "_") || !strings.HasSuffix(c.Name.Table, "_ghc") || len(c.Columns) != len(columns) {
		return false
	}
	for i, name := range columns {
		if !strings.EqualFold(c.Columns[i].Name, name) {
			return false
		}
	}
	return true
}

func within(n schema.Name, st *event.Statement) schema.Name {
	if n.Schema == "" {
		n.Schema = st.Schema
	}
	return n
}

// effect sees a statement with what it does, before the tracked schema moves on from older.
// Where it lets a spared shadow take its table's place, it does so in place.
func (s *Shadows) effect(older *schema.Set, e *ddl.Effect, st *event.Statement) {
	for _, name := range e.Dropped {
		s.forget(name)
	}
	switch p := s.read(st).(type) {
	case *parse.CreateTable:
		s.created(e, p, st)
	case *parse.AlterTable:
		s.altered(older, e, p, st)
	case *parse.Truncate:
		if k := s.known[s.x.Key(within(p.Name, st))]; k != nil && k.Spared {
			s.breaks(k, "its shadow was truncated")
		}
	case *parse.DropTable:
		for _, name := range p.Names {
			if k := s.known[s.x.Key(within(name, st))]; k != nil && k.Changelog && !p.Temporary {
				s.forget(k.Name)
			}
		}
	case *parse.Other:
		if p.Kind == "trigger" {
			s.trigger(st)
		}
	}
	for i, pair := range e.Renamed {
		s.renamed(older, e, i, pair)
	}
	for _, name := range e.Dropped {
		for _, k := range s.known {
			if k.Of == name && k.Name != name {
				s.breaks(k, "it was dropped before its shadow took its place")
			}
		}
	}
}

func (s *Shadows) breaks(k *Shadow, reason string) {
	if k.Broken == "" {
		k.Broken = reason
		s.store(k)
	}
}

// created notes tables that may become shadows: gh-ost makes its one like the table, once
// the changelog is there; pt-online-schema-change makes its one by the table's definition.
func (s *Shadows) created(e *ddl.Effect, c *parse.CreateTable, st *event.Statement) {
	name := within(c.Name, st)
	t := e.Next.Get(name)
	if t == nil || s.only || c.Temporary || !slices.Contains(e.Created, name) || !strings.HasPrefix(name.Table, "_") {
		return
	}
	k := &Shadow{Name: name, fresh: true}
	for i := range t.Columns {
		k.Origin = append(k.Origin, t.Columns[i].Name)
	}
	base, named := strings.CutSuffix(name.Table, "_gho")
	log := s.known[s.x.Key(schema.Name{Schema: name.Schema, Table: base + "_ghc"})]
	switch {
	case c.Like != nil && named && log != nil && log.Changelog:
		like := e.Next.Get(within(*c.Like, st))
		k.Tool, k.Of, k.Goal = ghost, like.Name, like.Name
	case c.Like == nil && !c.Select && !st.Derived:
		k.Tool = percona
	default:
		return
	}
	s.store(k)
	s.gone[s.x.Key(name)] = true // whatever was known under the name
}

// trigger tells pt-online-schema-change's shadow by a trigger that writes into it.
func (s *Shadows) trigger(st *event.Statement) {
	d := s.dialect
	d.SQLMode = st.SQLMode
	mentions := parse.Mentions(st.SQL, d)
	if !slices.ContainsFunc(mentions, func(n schema.Name) bool { return strings.HasPrefix(n.Table, "pt_osc_") }) {
		return
	}
	for _, k := range s.known {
		if k.Tool != percona || k.Of != (schema.Name{}) || !slices.ContainsFunc(mentions, func(n schema.Name) bool { return s.x.Key(n) == s.x.Key(k.Name) }) {
			continue
		}
		for _, n := range mentions { // the trigger's table comes first, and is named with its schema
			if t := s.x.set.Get(n); n.Schema != "" && t != nil && t.Name != k.Name {
				k.Of, k.Goal = t.Name, t.Name
				s.store(k)
				break
			}
		}
	}
}

// altered follows where the shadow's columns come from.
func (s *Shadows) altered(older *schema.Set, e *ddl.Effect, a *parse.AlterTable, st *event.Statement) {
	name := within(a.Name, st)
	k, before := s.known[s.x.Key(name)], older.Get(name)
	if k == nil || before == nil {
		return
	}
	d := s.dialect
	d.SQLMode = st.SQLMode
	origin, err := ddl.Origins(before, a, d)
	if err != nil {
		s.breaks(k, "its shadow was altered by a statement that cannot be read")
		return
	}
	if k.fresh && len(e.Renamed) == 0 {
		e.Remake(before.Name, before, s.x.rules)
	}
	after := e.Next.Get(name)
	same := after != nil && len(origin) == len(before.Columns)
	names := make([]string, len(origin))
	for i, at := range origin {
		if at >= 0 && at < len(k.Origin) {
			names[i] = k.Origin[at]
		}
		same = same && at == i && after.Columns[i].Type.Text == before.Columns[i].Type.Text && after.Columns[i].NotNull == before.Columns[i].NotNull
	}
	switch {
	case k.Spared && len(e.Renamed) == 0 && !same:
		s.breaks(k, "its shadow was altered after it had got rows")
	case !k.Spared:
		k.Origin = names
		s.store(k)
	}
}

// renamed follows a table or its shadow to another name. A spared shadow's rows are not
// there: what takes its name is made of the table in place, or has to be read again.
func (s *Shadows) renamed(older *schema.Set, e *ddl.Effect, at int, pair [2]schema.Name) {
	from, to := pair[0], pair[1]
	k := s.known[s.x.Key(from)]
	for _, other := range s.known {
		if other != k && other.Of == from {
			other.Of = to
			s.store(other)
		}
	}
	if k == nil || k.Changelog {
		return
	}
	s.forget(from)
	if !k.Spared || e.Next.Get(to) == nil {
		return
	}
	if k.Broken == "" && s.x.Key(to) != s.x.Key(k.Goal) {
		k.Broken = "its shadow was given another name than its own"
	}
	if k.Broken == "" {
		k.Broken = s.swap(older, e, at, k)
	}
	if k.Broken != "" {
		e.Refill(to, "the rows that %s had put into %s were not replicated, because the table was to be altered in place; but %s. It needs a copy: sync_tables", k.Tool, from, k.Broken)
	}
}

// swap makes the table in place what its shadow is; or it tells why it cannot.
func (s *Shadows) swap(older *schema.Set, e *ddl.Effect, at int, k *Shadow) (reason string) {
	table, shadow := e.Next.Get(k.Of), e.Next.Get(k.Goal)
	stood := k.Of // by its name before the statement
	for i := at; i >= 0; i-- {
		if e.Renamed[i][1] == stood {
			stood = e.Renamed[i][0]
		}
	}
	before := older.Get(stood)
	parked := func(x ddl.Exclusion) bool { return x.Name == k.Of || x.Name == k.Goal }
	switch {
	case table == nil || before == nil:
		return "it is no longer replicated"
	case slices.ContainsFunc(e.Excluded, parked):
		return "it could not be renamed"
	case at+1 < len(e.Renamed):
		return "other tables were renamed after it"
	}
	from, err := s.x.rules.Table(before)
	if err != nil {
		return err.Error()
	}
	shell, err := ddl.Vacate(shadow, s.x.rules)
	if err != nil {
		return err.Error()
	}
	sql, columns, reason := ddl.InPlace(table, shadow, k.Origin, s.x.rules, s.dialect)
	if reason != "" {
		return reason
	}
	e.Replace(shadow.Name, table, ddl.Proof{Shadow: k.Name, Table: shadow.Name, From: from.Ident(), Columns: columns}, slices.Concat(shell, sql))
	return ""
}

// lost forgets the shadows that are no longer tracked.
func (s *Shadows) lost() {
	for name, k := range s.known {
		if !k.Changelog && s.x.set.Get(name) == nil {
			s.forget(name)
		}
	}
}
