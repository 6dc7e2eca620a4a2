package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/binlog"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/target/legacy"
)

// resumption is where a replica of pg_chameleon's goes on.
type resumption struct {
	from   legacy.Place   // all before it was replayed
	newest legacy.Place   // nothing after it was
	lost   []legacy.Place // where batches begin that were read and never replayed, before from
}

const hintReplay = "let pg_chameleon replay them: its own chameleon start_replica --source %[1]s, until chameleon show_status --source %[1]s shows no replay lag, then chameleon stop_replica --source %[1]s; then run this again"

// resumes finds where a source goes on. has says whether the server still has a binary log file.
func resumes(s *legacy.Source, has func(file string) bool) (*resumption, error) {
	r := &resumption{}
	var open []legacy.Place
	for _, b := range s.Batches {
		r.newest = b.Place
		switch {
		case b.Replayed, b.Processed && b.Left == 0: // in the latter only the mark is missing
		case b.Processed && b.Left > 0:
			return nil, fault.New(fault.State, fmt.Sprintf(hintReplay, s.Name), "%d changes of source %s that pg_chameleon has read are not replayed yet (batch %d)", b.Left, s.Name, b.ID)
		default: // it was being read, or was read and never got its list of changes
			open = append(open, b.Place)
		}
	}
	if len(open) == 0 {
		return nil, fault.New(fault.State, fmt.Sprintf("run pg_chameleon's own chameleon start_replica --source %[1]s and chameleon stop_replica --source %[1]s once", s.Name),
			"the catalogue of pg_chameleon does not say where source %s goes on", s.Name)
	}
	at := slices.IndexFunc(open, func(p legacy.Place) bool { return has(p.File) })
	if at < 0 {
		return nil, fault.New(fault.State, "copy the tables anew: chameleon drop_replica_schema, create_replica_schema, add_source, init_replica",
			"the source no longer has the binary log file %s, in which pg_chameleon's replica %s goes on", open[len(open)-1].File, s.Name)
	}
	r.from, r.lost = open[at], open[:at]
	return r, nil
}

// bounds are the two ends of the transaction that a place is in; they are one where it is between two.
type bounds struct{ before, after event.Position }

// window is what the binary log says between the place where the replica goes on and now.
type window struct {
	bounds  map[legacy.Place]bounds
	altered map[schema.Name]touch // tables that statements are about, with the last one
	born    map[schema.Name]bool  // names that come to stand for a table
}

// touch is a statement about a table.
type touch struct {
	where string
	in    *event.Transaction
}

// alteredSince says whether a statement after a position was about a table, and where it is.
func (w *window) alteredSince(name schema.Name, mark event.Position) (where string, is bool, err error) {
	last, found := w.altered[name]
	if !found {
		return "", false, nil
	}
	order, err := binlog.NewTracker(event.Position{})
	if err != nil {
		return "", false, err
	}
	covered, err := order.Covers(mark, last.in)
	return last.where, !covered, err
}

// lookFrom reads the binary log from the beginning of the first place's file up to end.
func (s *adopting) lookFrom(ctx context.Context, places []legacy.Place, first legacy.Place, end event.Position) (*window, error) {
	server := s.origin.server
	from := event.Position{Flavor: server.Flavor, Server: server.ID, File: first.File, Offset: 4}
	l := &looking{s: s, window: &window{bounds: map[legacy.Place]bounds{}, altered: map[schema.Name]touch{}, born: map[schema.Name]bool{}}, first: s.position(first), end: end, places: places, prepared: map[string]bool{}}
	l.end.GTIDs = ""
	var err error
	if l.tracker, err = s.trackerAt(ctx, from); err != nil {
		return nil, err
	}
	reading, stop := context.WithCancel(ctx)
	defer stop()
	reader := binlog.New(binlog.Options{Dial: s.replica.spec.MySQL, Keep: func(schema.Name) bool { return false }, Log: s.replica.log})
	err = reader.Run(reading, from, l.emit, func(p event.Position, _ time.Time) {
		l.tracker.Idle(p)
		if over, err := l.tracker.Reached(l.end); err != nil || over {
			stop()
		}
	})
	if err != nil && !errors.Is(err, errLooked) {
		return nil, fmt.Errorf("reading the binary log from pg_chameleon's position on: %w", err)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for _, p := range places {
		if _, found := l.bounds[p]; !found {
			last := l.tracker.Position()
			l.bounds[p] = bounds{last, last}
		}
	}
	return l.window, s.complete(ctx, l.window)
}

// trackerAt follows the log from the beginning of a file on, with the GTIDs where MySQL has them.
func (s *adopting) trackerAt(ctx context.Context, from event.Position) (*binlog.Tracker, error) {
	if s.origin.server.Flavor != event.MySQL || !s.origin.server.GTID {
		return binlog.NewTracker(from)
	}
	former, err := inspect.FormerGTIDs(ctx, s.origin.conn, from.File)
	if err != nil {
		return nil, err
	}
	if former == "" {
		return binlog.NewFirstTracker(from)
	}
	from.GTIDs = former
	return binlog.NewTracker(from)
}

// complete adds MariaDB's GTIDs, which the server knows of every place.
func (s *adopting) complete(ctx context.Context, w *window) error {
	if s.origin.server.Flavor != event.MariaDB {
		return nil
	}
	for place, b := range w.bounds {
		before, err := inspect.CompleteGTIDs(ctx, s.origin.conn, b.before)
		if err != nil {
			return err
		}
		after, err := inspect.CompleteGTIDs(ctx, s.origin.conn, b.after)
		if err != nil {
			return err
		}
		w.bounds[place] = bounds{before, after}
	}
	return nil
}

func (s *adopting) position(p legacy.Place) event.Position {
	return event.Position{Flavor: s.origin.server.Flavor, Server: s.origin.server.ID, File: p.File, Offset: p.Offset}
}

// errLooked ends the reading: there is no more to look at.
var errLooked = errors.New("the binary log was read up to its end")

// looking is the reading of the binary log.
type looking struct {
	*window
	s       *adopting
	tracker *binlog.Tracker
	first   event.Position
	end     event.Position
	places  []legacy.Place
	began   *event.Position // of a transaction that comes in pieces

	prepared map[string]bool // XA transactions whose rows come after the position
}

func (l *looking) emit(_ context.Context, t *event.Transaction) error {
	if l.began == nil {
		before := l.tracker.Position()
		before.Server, before.File, before.Offset = t.Server, t.File, t.Start
		l.began = &before
	}
	late, err := l.tracker.Covers(l.first, t)
	if err != nil {
		return err
	}
	if !late {
		l.distributed(t)
		for _, e := range t.Events {
			if st, is := e.(*event.Statement); is {
				if err := l.statement(t, st); err != nil {
					return err
				}
			}
		}
	}
	if !t.Final {
		return nil
	}
	before := *l.began
	l.began = nil
	if err := l.tracker.Add(t); err != nil {
		return err
	}
	for _, p := range l.places {
		covered, err := l.tracker.Covers(l.s.position(p), t)
		if _, found := l.bounds[p]; err != nil || found || covered {
			if err != nil {
				return err
			}
			continue
		}
		inside, err := l.tracker.Covers(l.s.position(p), &event.Transaction{Server: t.Server, File: t.File, End: t.Start + 1})
		if err != nil {
			return err
		}
		b := bounds{before, before}
		if inside {
			b.after = l.tracker.Position()
		}
		l.bounds[p] = b
	}
	over, err := l.tracker.Reached(l.end)
	if err == nil && over {
		return errLooked
	}
	return err
}

// distributed looks at the phases of XA transactions: pg_chameleon takes their rows when they are prepared.
func (l *looking) distributed(t *event.Transaction) {
	switch {
	case t.XA == nil:
	case t.XA.Phase == "prepare":
		l.prepared[t.XA.XID] = true
	case t.XA.Phase == "rollback" && !l.prepared[t.XA.XID]:
		l.s.notes = append(l.s.notes, fmt.Sprintf("an XA transaction that was prepared before its position was rolled back at %s:%d, after pg_chameleon had taken its rows: the tables that it was about have them still", t.File, t.Start))
	}
}

// statement notes the tables whose definitions a statement may have changed since.
func (l *looking) statement(t *event.Transaction, st *event.Statement) error {
	d := l.s.origin.dialect
	d.SQLMode = st.SQLMode
	where := fmt.Sprintf("%s:%d", t.File, st.Offset)
	touched := touch{where, &event.Transaction{Server: t.Server, File: t.File, End: t.End}}
	touch := func(names ...schema.Name) {
		for _, n := range names {
			if n.Schema == "" {
				n.Schema = st.Schema
			}
			l.altered[l.s.key(n)] = touched
		}
	}
	bear := func(n schema.Name) {
		touch(n)
		if n.Schema == "" {
			n.Schema = st.Schema
		}
		l.born[l.s.key(n)] = true
	}
	statement, err := parse.Parse(st.SQL, d)
	if err != nil {
		touch(parse.Mentions(st.SQL, d)...)
		return nil
	}
	switch x := statement.(type) {
	case *parse.CreateTable:
		bear(x.Name)
	case *parse.DropTable:
		touch(x.Names...)
	case *parse.RenameTable:
		for _, pair := range x.Pairs {
			touch(pair[0])
			bear(pair[1])
		}
	case *parse.AlterTable:
		touch(x.Name)
		for _, a := range x.Actions {
			switch a := a.(type) {
			case *parse.Rename:
				bear(a.To)
			case *parse.Partition:
				if a.Table.Table != "" {
					bear(a.Table)
				}
			}
		}
	case *parse.CreateIndex:
		touch(x.Table)
	case *parse.DropIndex:
		touch(x.Table)
	case *parse.Sequence:
		for _, n := range x.Names {
			bear(n)
		}
	case *parse.Database:
		return l.database(x, st, where)
	}
	return nil
}

// database: the collations as of the position would not be known, nor would tables that went with it.
func (l *looking) database(x *parse.Database, st *event.Statement, where string) error {
	name := x.Name
	if name == "" {
		name = st.Schema
	}
	if _, mapped := l.s.rules.Target(name); !mapped {
		return nil
	}
	return fault.New(fault.State, "copy the tables anew: chameleon drop_replica_schema, create_replica_schema, add_source, init_replica",
		"the database %s was made, altered or dropped on the source at %s, after pg_chameleon's position", name, where)
}
