package pipeline

import (
	"context"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/relay"
	"pgchameleon/internal/schema"
)

// read is the first stage: from the binary log into the relay.
func (s *stream) read(ctx context.Context) error {
	from, keep := s.lease.Applied, &filter{rules: s.rules, parents: s.parents}
	if s.stored != nil {
		from, keep.all = s.stored.Position(), !s.origin.server.LogsCascades()
	}
	s.replica.wanted.Store(keep)
	if err := s.lag.begin(from, s.stored == nil); err != nil {
		return err
	}
	s.replica.log.Info("reading the binary log", "position", from.String(), "relay", string(s.form()))
	put := func(ctx context.Context, t *event.Transaction) error {
		if s.left {
			if err := s.clear(ctx); err != nil {
				return err
			}
		}
		if s.stored == nil {
			if err := s.lag.got(t); err != nil {
				return err
			}
		}
		return s.relay.Append(ctx, t)
	}
	return s.replica.reader.Run(ctx, from, put, func(p event.Position, _ time.Time) {
		_ = put(ctx, &event.Transaction{First: true, Final: true, Idle: &p}) // it can wait if the relay is closed
	})
}

// clear drops the log of a relay in PostgreSQL that is not used any more: the source has proven
// that it has all from the applied position on.
func (s *stream) clear(ctx context.Context) error {
	s.left = false
	err := relay.Drop(ctx, s.pool, s.lease.Source.ID)
	if relay.InUse(err) {
		s.replica.log.Warn("the log of the relay in PostgreSQL is not needed any more, but in use: it is dropped at the next start")
		return nil
	}
	if err == nil {
		s.replica.log.Info("the log of the relay in PostgreSQL is dropped: relay: memory reads the source's own")
	}
	return err
}

// close gives back what the relay has.
func (s *stream) close(ctx context.Context) {
	if s.stored != nil {
		s.stored.Disconnect(ctx)
	}
	for _, conn := range s.extra {
		_ = conn.Close(context.WithoutCancel(ctx))
	}
}

// heartbeat tells where the reading stands, and what waits.
func (s *stream) heartbeat() catalogue.Heartbeat {
	h, w := s.lag.heartbeat(), s.relay.Waiting()
	h.Relay = catalogue.Relay{Form: string(s.form()), Transactions: w.Transactions, Bytes: w.Bytes, Limit: w.Limit, Full: w.Full}
	h.Resting = s.decoder.rest.is()
	if s.gone != nil {
		h.Read, h.Note = s.stored.Position(), s.gone.note()
	}
	return h
}

// filter says which tables' rows are wanted.
type filter struct {
	rules   *mapping.Rules
	parents map[schema.Name]bool // not replicated, but their changes drive cascades
	all     bool                 // of the databases that are mapped: it is decided later
}

// keep says of a table, by its name alone, whether its rows are wanted.
func (f *filter) keep(name schema.Name) bool {
	if _, mapped := f.rules.Target(name.Schema); !mapped {
		return false
	}
	return f.all || f.rules.Wants(name) || f.parents[name]
}
