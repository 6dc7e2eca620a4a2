package pipeline

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/ddl/parse"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/source/binlog"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
)

// skips are the transactions that somebody wants passed over, between the one who looks
// into the catalogue and the decoder. Each is passed over once.
type skips struct {
	mu    sync.Mutex
	list  []catalogue.Skip
	taken map[int64]bool // by a transaction that may not be committed yet
}

// refresh takes over what the catalogue has.
func (s *skips) refresh(list []catalogue.Skip) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = slices.DeleteFunc(list, func(k catalogue.Skip) bool { return s.taken[k.ID] })
}

// take gives the wish that is for a transaction, or nil.
func (s *skips) take(t *event.Transaction) *catalogue.Skip {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, k := range s.list {
		place := k.File != "" && k.File == t.File && (k.Server == "" || k.Server == t.Server) && k.Offset < t.End
		if !k.Skipped.IsZero() { // it is known where that began
			place = place && k.Offset == t.Start
		}
		if place || k.GTID != "" && k.GTID == t.GTID {
			if s.taken == nil {
				s.taken = map[int64]bool{}
			}
			s.taken[k.ID] = true
			s.list = slices.Delete(slices.Clone(s.list), i, i+1)
			return &k
		}
	}
	return nil
}

// skipped is a transaction that is being passed over, piece by piece.
type skipped struct {
	catalogue.Skip
	statements []*event.Statement
}

// passOver says whether the transaction is to be passed over, and gives the unit of this
// piece then. What it holds is not decoded, so that the tracked schema stays as it is.
func (d *decoder) passOver(t *event.Transaction, u *unit) bool {
	if t.First {
		d.passing = nil
		if k := d.wishes.take(t); k != nil {
			d.passing = &skipped{Skip: *k}
		}
	}
	k := d.passing
	if k == nil {
		return false
	}
	if t.XA != nil && t.XA.Phase != "prepare" {
		delete(d.prepared, t.XA.XID)
		u.steps = append(u.steps, step{xa: &prepared{xid: t.XA.XID, ended: true}})
	}
	if t.First {
		k.Transaction = fmt.Sprintf("%s at %s:%d", t.GTID, t.File, t.Start)
		if k.File != "" {
			k.Offset = t.Start
		}
	}
	k.Events += int64(len(t.Events))
	for _, e := range t.Events {
		switch e := e.(type) {
		case *event.Rows:
			if name := e.Map.Schema + "." + e.Map.Table; !slices.Contains(k.Tables, name) {
				k.Tables = append(k.Tables, name)
			}
		case *event.Statement:
			if len(k.statements) == 0 {
				k.statements = append(k.statements, e)
			}
			k.mention(e, d.dialect)
		}
	}
	if t.Final {
		u.skipped, d.passing = k, nil
	}
	return true
}

// mention adds the tables that a statement names.
func (k *skipped) mention(e *event.Statement, dialect parse.Dialect) {
	dialect.SQLMode = e.SQLMode
	for _, n := range parse.Mentions(e.SQL, dialect) {
		if n.Schema == "" {
			n.Schema = e.Schema
		}
		if !slices.Contains(k.Tables, n.String()) {
			k.Tables = append(k.Tables, n.String())
		}
	}
}

// passedOver records that a transaction was passed over, together with the position after it.
func (w *writer) passedOver(ctx context.Context, k *skipped) error {
	if err := w.applier.Flush(ctx); err != nil {
		return err
	}
	tx, err := w.changes.Tx(ctx)
	if err != nil {
		return err
	}
	for _, e := range k.statements {
		k.Statement = w.shown(e)
	}
	if err := catalogue.SaveSkipped(ctx, tx, &k.Skip); err != nil {
		return err
	}
	message := fmt.Sprintf("transaction %s was passed over, as was asked for by %s; it has %d events", k.Transaction, k.AskedBy, k.Events)
	if len(k.Tables) > 0 {
		message += fmt.Sprintf(" about %v", k.Tables)
	}
	if k.Reason != "" {
		message += ": " + k.Reason
	}
	entry := catalogue.LoggedError{SourceID: w.sourceID, Position: w.tracker.Position(), SQL: k.Statement, Message: message}
	if _, err := catalogue.LogError(ctx, tx, entry); err != nil {
		return err
	}
	w.batch.Skipped++
	w.forced = true
	w.log.Warn("transaction passed over", "transaction", k.Transaction, "asked_by", k.AskedBy, "events", k.Events, "tables", k.Tables)
	return nil
}

// SkipTransaction asks for a transaction to be passed over when the stream comes to it. One
// that it has passed is a fault.State.
func (e *Engine) SkipTransaction(ctx context.Context, name string, s status.Wish, by status.Actor) error {
	return e.with(ctx, func(conn *dial.Conn) error {
		known, err := catalogue.Find(ctx, conn, name)
		if err != nil {
			return err
		}
		if known.Applied.IsZero() {
			return fault.New(fault.State, "run: chameleon init_replica --source "+name, "source %s has not been copied yet", name)
		}
		if s.GTID != "" {
			if s.GTID, err = binlog.OneGTID(known.Applied.Flavor, s.GTID); err != nil {
				return err
			}
		}
		past, err := binlog.Past(known.Applied, s.GTID, s.File, s.Offset)
		if err != nil {
			return err
		}
		if past {
			return fault.New(fault.State, "the tables that it has changed can be copied again", "the transaction is in PostgreSQL already: the stream stands at %s", known.Applied)
		}
		wish := &catalogue.Skip{GTID: s.GTID, File: s.File, Offset: s.Offset, Reason: s.Reason}
		if s.File != "" {
			wish.Server = known.Applied.Server
		}
		return catalogue.AskSkip(ctx, conn, known.ID, wish, catalogue.Actor(by))
	})
}

// WithdrawSkip takes the wish to pass over a transaction back.
func (e *Engine) WithdrawSkip(ctx context.Context, name string, id int64) error {
	return e.with(ctx, func(conn *dial.Conn) error {
		known, err := catalogue.Find(ctx, conn, name)
		if err != nil {
			return err
		}
		return catalogue.WithdrawSkip(ctx, conn, known.ID, id)
	})
}

// skippedOf gives what was or is to be passed over, for a stream that comes by once more.
func skippedOf(ctx context.Context, db catalogue.DB, id int64) (*skips, error) {
	list, err := catalogue.Skips(ctx, db, id, true)
	return &skips{list: list}, err
}

// lookForSkips tells the decoder what is to be passed over.
func (s *stream) lookForSkips(ctx context.Context) error {
	list, err := catalogue.Skips(ctx, s.pool, s.lease.Source.ID, false)
	if err != nil {
		return fmt.Errorf("looking for transactions to be passed over: %w", err)
	}
	s.decoder.wishes.refresh(list)
	return nil
}
