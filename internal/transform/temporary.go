package transform

import (
	"slices"
	"strings"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
)

// sessions knows the temporary tables that the source's sessions have. While
// binlog_format is not ROW the binary log has the statements about them: they look as if
// they were about the real tables of the same names.
type sessions struct {
	tables  []schema.Temporary
	server  string // of the present transaction
	changed bool
}

// Restore sets the temporary tables that sessions have.
func (x *Transformer) Restore(tables []schema.Temporary) { x.sessions.tables = slices.Clone(tables) }

// Temporary gives the temporary tables that sessions have now, if they have changed since
// it was asked for last.
func (x *Transformer) Temporary() (tables []schema.Temporary, changed bool) {
	if !x.sessions.changed {
		return nil, false
	}
	x.sessions.changed = false
	return slices.Clone(x.sessions.tables), true
}

// Enter tells of a transaction before its events. A server that was started before it has
// forgotten its sessions.
func (x *Transformer) Enter(t *event.Transaction) {
	s := &x.sessions
	s.server = t.Server
	switch t.Sessions {
	case event.SessionsEnded:
		s.forget(func(have schema.Temporary) bool { return have.Server == t.Server })
	case event.SessionsUnknown:
		for i := range s.tables {
			if s.tables[i].Server == t.Server {
				s.tables[i].Doubt, s.changed = true, true
			}
		}
	}
}

// Undone takes a statement of a transaction that was rolled back: it counts for temporary
// tables, which are not.
func (x *Transformer) Undone(st *event.Statement, d parse.Dialect) { _, _ = x.sessional(st, d) }

func (s *sessions) forget(which func(schema.Temporary) bool) {
	before := len(s.tables)
	s.tables = slices.DeleteFunc(s.tables, which)
	s.changed = s.changed || len(s.tables) != before
}

// session is one session's view while a statement of it is looked at.
type session struct {
	x  *Transformer
	st *event.Statement
	d  parse.Dialect
}

func (s *session) is(have schema.Temporary, name schema.Name) bool {
	return s.own(have) && s.x.Key(have.Name) == s.x.Key(name)
}

func (s *session) own(have schema.Temporary) bool {
	return have.Thread == s.st.Thread && have.Server == s.x.sessions.server
}

func (s *session) name(n schema.Name) schema.Name {
	if n.Schema == "" {
		n.Schema = s.st.Schema
	}
	return n
}

func (s *session) has(name schema.Name) bool {
	return slices.ContainsFunc(s.x.sessions.tables, func(t schema.Temporary) bool { return s.is(t, name) })
}

// remove forgets one of the session's tables.
func (s *session) remove(name schema.Name) {
	s.x.sessions.forget(func(t schema.Temporary) bool { return s.is(t, name) })
}

// doubtful says of one of the session's tables that it may be another session's, with the same id.
func (s *session) doubtful(name schema.Name) bool {
	return slices.ContainsFunc(s.x.sessions.tables, func(t schema.Temporary) bool { return t.Doubt && s.is(t, name) })
}

// add notes a table of the session's, if it could hide one of ours.
func (s *session) add(name schema.Name) {
	if _, mapped := s.x.rules.Target(name.Schema); !mapped || s.has(name) && !s.doubtful(name) {
		return
	}
	s.remove(name)
	at := &s.x.sessions
	at.tables, at.changed = append(at.tables, schema.Temporary{Name: name, Server: at.server, Thread: s.st.Thread}), true
}

// sessional gives the effect of a statement that is about temporary tables, nil if it is
// about real ones, and the statement as it concerns those.
//
// The server marks statements that used a temporary table, whether or not its making was seen.
// MariaDB's RENAME alone is not marked: that is why names are kept by session.
func (x *Transformer) sessional(st *event.Statement, d parse.Dialect) (*ddl.Effect, *event.Statement) {
	d.SQLMode = st.SQLMode
	s := &session{x: x, st: st, d: d}
	if !st.Session && !slices.ContainsFunc(x.sessions.tables, s.own) {
		return nil, st
	}
	statement, err := parse.Parse(st.SQL, d)
	if err != nil {
		return nil, st
	}
	if rename, is := statement.(*parse.RenameTable); is {
		return s.rename(rename)
	}
	if st.Session {
		return s.effect(statement), st
	}
	return nil, st
}

// none is the effect of a statement about temporary tables.
func (s *session) none() *ddl.Effect { return &ddl.Effect{Next: s.x.set, Ignored: true} }

func (s *session) effect(statement parse.Statement) *ddl.Effect {
	switch p := statement.(type) {
	case *parse.CreateTable:
		if p.Temporary {
			s.add(s.name(p.Name))
			return s.none()
		}
		if p.Like != nil {
			return s.refill("it is made like a temporary table, whose definition is not known; it needs a copy: sync_tables", s.name(p.Name))
		}
	case *parse.DropTable: // the server writes one of each sort for a statement that names both
		if p.Temporary {
			for _, n := range p.Names {
				s.remove(s.name(n))
			}
			return s.none()
		}
	case *parse.Sequence: // the server takes no ALTER of a temporary one
		if p.Temporary {
			return s.none()
		}
	case *parse.AlterTable:
		return s.changed(p.Name, p.Actions)
	case *parse.CreateIndex:
		return s.changed(p.Table, nil)
	case *parse.DropIndex:
		return s.changed(p.Table, nil)
	case *parse.Truncate:
		if strings.EqualFold(strings.TrimSpace(s.st.SQL)[:6], "DELETE") {
			return s.written([]schema.Name{p.Name})
		}
		return s.changed(p.Name, nil)
	case *parse.Other:
		if p.Kind == "dml" {
			return s.written(p.Tables)
		}
	}
	return nil
}

// changed is the effect of a statement that changes one table: the session's own, unless
// the mark may come of something else that the statement says.
func (s *session) changed(stated schema.Name, actions []parse.Action) *ddl.Effect {
	name := s.name(stated)
	if !s.has(name) && s.asksItsID() {
		return s.refill("the binary log does not tell whether a temporary table was changed or this one; it needs a copy: sync_tables", name)
	}
	s.add(name) // it may be older than the stream
	for _, a := range actions {
		if r, is := a.(*parse.Rename); is {
			s.remove(name)
			s.add(s.name(r.To))
		}
	}
	return s.none()
}

// asksItsID says whether the statement names what makes the server mark it as well.
func (s *session) asksItsID() bool {
	text := strings.ToLower(s.st.SQL)
	return strings.Contains(text, "connection_id") || strings.Contains(text, "pseudo_thread_id")
}

// written is the effect of a change of rows that the log has as a statement. Tables that are
// not known as temporary ones may be real.
func (s *session) written(tables []schema.Name) *ddl.Effect {
	var others []schema.Name
	for _, n := range tables {
		if name := s.name(n); !s.has(name) {
			others = append(others, name)
		}
	}
	return s.refill(byStatement, others...)
}

const byStatement = "its rows were changed by a statement, not by row events (binlog_format was not ROW); it needs a copy: sync_tables"

// refill parks those of the tables that are replicated, or would be.
func (s *session) refill(reason string, tables ...schema.Name) *ddl.Effect {
	effect := s.none()
	for _, name := range tables {
		if t := s.x.set.Get(name); t != nil {
			name = t.Name
		} else if _, mapped := s.x.rules.Target(name.Schema); !mapped {
			continue
		}
		if s.x.rules.Wants(name) {
			effect.Ignored = false
			effect.Excluded = append(effect.Excluded, ddl.Exclusion{Name: name, Reason: reason, Refill: true})
		}
	}
	return effect
}

// rename takes the session's own tables out of a RENAME.
func (s *session) rename(p *parse.RenameTable) (*ddl.Effect, *event.Statement) {
	var others []string
	for _, pair := range p.Pairs {
		from, to := s.name(pair[0]), s.name(pair[1])
		if s.doubtful(from) {
			s.remove(from)
			return s.refill("the server may have been started anew, so that it is not known whether a temporary table was renamed or this one; it needs a copy: sync_tables", from, to), s.st
		}
		if s.has(from) {
			s.remove(from)
			s.add(to)
			continue
		}
		others = append(others, quoted(from)+" TO "+quoted(to))
	}
	switch len(others) {
	case len(p.Pairs):
		return nil, s.st
	case 0:
		return s.none(), s.st
	}
	rest := *s.st
	rest.SQL = "RENAME TABLE " + strings.Join(others, ", ")
	return nil, &rest
}

func quoted(n schema.Name) string {
	quote := func(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }
	return quote(n.Schema) + "." + quote(n.Table)
}
