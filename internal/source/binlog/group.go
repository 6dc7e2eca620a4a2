package binlog

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
)

// group is the transaction that is being read. Its events are handed on in
// pieces when they become many.
type group struct {
	tx      *event.Transaction // the present piece
	opening opening
	framed  bool // it ends with an event of its own; otherwise its first statement is all
	pieces  int  // how many have been handed on
	saves   []save
}

// save is a savepoint: how much of which piece was there when it was set.
type save struct {
	name  string
	piece int
	count int
	size  int
}

// errWhole says that a transaction which was handed on in pieces turned out to
// need its beginning again.
var errWhole = errors.New("a large transaction goes back to a savepoint")

// open begins a group with the event that has just been read.
func (r *reader) open(o opening, framed bool) {
	if len(r.tables) > maxTables {
		clear(r.tables)
	}
	r.group = &group{opening: o, framed: framed, tx: r.piece(o, true)}
	r.group.tx.Sessions, r.sessions = r.sessions, event.SessionsStay
}

// maxTables bounds the memory of table maps; they are sent again for each statement.
const maxTables = 10000

func (r *reader) piece(o opening, first bool) *event.Transaction {
	t := &event.Transaction{GTID: o.gtid, Server: r.server, File: r.file, Start: r.start, First: first, Time: o.time, XA: o.xa}
	if !first {
		t.Start = r.group.tx.Start
	}
	return t
}

// ensure opens a group for events that come without one.
func (r *reader) ensure() *group {
	if r.group == nil {
		r.open(opening{}, true)
	}
	return r.group
}

// addRows puts a rows event into the group, and hands on a piece if it is full.
func (r *reader) addRows(ctx context.Context, rows *event.Rows) error {
	g := r.ensure()
	g.tx.Events = append(g.tx.Events, rows)
	g.tx.Size += len(rows.Data) + eventOverhead
	if g.tx.Size < r.pieceBytes || r.stream.whole == r.key() {
		return nil
	}
	t := g.tx
	t.End, t.Time = r.pos, r.commitTime(g)
	if err := r.emit(ctx, t); err != nil {
		return err
	}
	g.pieces++
	g.tx = r.piece(g.opening, false)
	return nil
}

// eventOverhead is what an event takes in memory besides its bytes, about.
const eventOverhead = 200

// key names a group for a second try.
func (r *reader) key() event.Position {
	return event.Position{Server: r.server, File: r.file, Offset: r.group.tx.Start}
}

// statement handles a QUERY event.
func (r *reader) statement(ctx context.Context, s *event.Statement) error {
	is, rest := frameOf(s.SQL)
	switch is {
	case begin:
		r.ensure().framed = true
		return nil
	case commit:
		return r.finish(ctx, false)
	case rollback:
		return r.finish(ctx, true)
	case savepoint:
		r.ensure().save(rest)
		return nil
	case rollbackTo:
		return r.goBack(rest)
	case xaStart:
		g := r.ensure()
		g.framed, g.opening.xa = true, &event.XA{Phase: "prepare", XID: rest}
		g.tx.XA = g.opening.xa
		if r.stream.onePhase == r.key() {
			g.opening.xa, g.tx.XA = nil, nil
		}
		return nil
	case xaEnd:
		return nil
	case xaCommit:
		r.ensure().tx.XA = &event.XA{Phase: "commit", XID: rest}
		return r.finish(ctx, false)
	case xaRollback:
		r.ensure().tx.XA = &event.XA{Phase: "rollback", XID: rest}
		return r.finish(ctx, false)
	}
	if r.group == nil {
		r.open(opening{}, false)
	}
	g := r.group
	if !g.opening.skip {
		g.tx.Events = append(g.tx.Events, s)
		g.tx.Size += len(s.SQL) + eventOverhead
	}
	if !g.framed {
		return r.finish(ctx, false)
	}
	return nil
}

func (g *group) save(name string) {
	name = strings.ToLower(name)
	for i := range g.saves {
		if g.saves[i].name == name { // the new one hides it
			g.saves = append(g.saves[:i], g.saves[i+1:]...)
			break
		}
	}
	g.saves = append(g.saves, save{name, g.pieces, len(g.tx.Events), g.tx.Size})
}

// goBack forgets what came after a savepoint. If some of that has been handed
// on, the transaction is read again and held back until its end.
func (r *reader) goBack(name string) error {
	g := r.ensure()
	to := save{} // one that was set before anything was logged
	name = strings.ToLower(name)
	for i := len(g.saves) - 1; i >= 0; i-- {
		if g.saves[i].name == name {
			to = g.saves[i]
			g.saves = g.saves[:i+1]
			break
		}
	}
	if to.piece != g.pieces {
		r.stream.whole = r.key()
		return fault.New(fault.Retry, "it is read again in one go", "reading the transaction at %s:%d: %w", r.file, g.tx.Start, errWhole)
	}
	clear(g.tx.Events[to.count:])
	g.tx.Events, g.tx.Size = g.tx.Events[:to.count], to.size
	return nil
}

// prepared handles the event that ends the first phase of an XA transaction,
// or both phases at once.
func (r *reader) prepared(ctx context.Context, onePhase bool, xid string) error {
	g := r.ensure()
	g.tx.XA = &event.XA{Phase: "prepare", XID: xid}
	if onePhase {
		if g.pieces > 0 && g.opening.xa != nil { // its pieces said something else
			r.stream.onePhase = r.key()
			return fault.New(fault.Retry, "it is read again", "reading the transaction at %s:%d: %w", r.file, g.tx.Start, errOnePhase)
		}
		g.tx.XA = nil
	}
	return r.finish(ctx, false)
}

var errOnePhase = errors.New("a large XA transaction was committed in one phase")

// finish hands on the last piece of the group.
func (r *reader) finish(ctx context.Context, undone bool) error {
	g := r.ensure()
	t := g.tx
	t.Final, t.Undone, t.End, t.Time = true, undone, r.pos, r.commitTime(g)
	if undone { // nothing counts but what sessions did to their temporary tables
		t.Events = slices.DeleteFunc(t.Events, func(e event.Event) bool {
			st, is := e.(*event.Statement)
			return !is || !st.Session
		})
	}
	if err := r.emit(ctx, t); err != nil {
		return err
	}
	r.group = nil
	return r.tracker.Add(t)
}

// abandon ends a group of which the log has no end: the server crashed while it
// wrote it.
func (r *reader) abandon(ctx context.Context) error {
	if r.group == nil {
		return nil
	}
	return r.finish(ctx, true)
}

// commitTime is when the source committed: by the first event of the group if
// it tells, by the last otherwise.
func (r *reader) commitTime(g *group) time.Time {
	if g.opening.time.IsZero() {
		return time.Unix(int64(r.header.time), 0)
	}
	return g.opening.time
}
