package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/relay"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/binlog"
	target "pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
	"pgchameleon/internal/transform"
)

// Follow applies the source's binary log until ctx ends, which is no error.
// Lost connections are tried again with growing pauses. ready is called once
// the stream runs for the first time.
func (r *Replica) Follow(ctx context.Context, ready func()) error {
	pool, err := target.Pool(ctx, r.spec.Postgres, r.spec.Threads+2)
	if err != nil {
		return err
	}
	defer pool.Close()
	known, err := catalogue.Find(ctx, pool, r.spec.Name)
	if err != nil {
		return err
	}
	r.mappings(known)
	if err := r.checkOrWait(ctx, pool, known, ready); err != nil {
		return err
	}
	if err := mayFollow(known); err != nil {
		return err
	}
	r.reader = binlog.New(binlog.Options{
		Dial: r.spec.MySQL, ServerID: r.spec.ServerID, PieceBytes: r.spec.RelayBytes / 4, Log: r.log,
		Keep: func(name schema.Name) bool { return r.wanted.Load().keep(name) },
	})
	begun := false
	err = r.persist(ctx, pool, known.ID, func() { begun = true; ready() })
	if ctx.Err() != nil {
		return r.status(ctx, pool, known.ID, catalogue.Stopped)
	}
	refused := fault.KindOf(err) == fault.Config && !begun // nothing was done, and another configuration may do
	if !errors.Is(err, catalogue.ErrFenced) && fault.KindOf(err) != fault.State && !refused && !r.endsReading(err) {
		r.remember(ctx, pool, known.ID, err)
	}
	return err
}

// mayFollow says whether a source's status lets it be followed.
func mayFollow(s *catalogue.Source) error {
	switch {
	case s.Applied.IsZero() || s.Status == catalogue.Ready || s.Status == catalogue.Initialising:
		return fault.New(fault.State, "run: chameleon init_replica --source "+s.Name, "source %s has not been copied yet", s.Name)
	case s.Status == catalogue.Detaching:
		return detachBegun(s.Name)
	case s.Status == catalogue.Error:
		return fault.New(fault.State, "see chameleon show_errors, mend the cause, then run: chameleon enable_replica --source "+s.Name,
			"source %s stopped with an error", s.Name)
	default:
		return nil
	}
}

// remember writes down why the replica stopped.
func (r *Replica) remember(ctx context.Context, pool *target.Pooled, id int64, cause error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), parkWithin)
	defer cancel()
	_, logged := catalogue.LogError(ctx, pool, catalogue.LoggedError{SourceID: id, Message: cause.Error()})
	if err := errors.Join(logged, r.status(ctx, pool, id, catalogue.Error)); err != nil {
		r.log.Error("the cause of the stop could not be recorded", "error", err)
	}
}

// persist runs the stream again and again while what ends it may pass by.
func (r *Replica) persist(ctx context.Context, pool *target.Pooled, id int64, ready func()) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = 100*time.Millisecond, r.spec.MaxRetry
	var gone *absence
	for {
		began := time.Now()
		err := r.followOnce(ctx, ready, gone)
		before := gone
		gone = nil
		switch {
		case ctx.Err() != nil:
			return err
		case errors.Is(err, errAgain):
			continue
		case r.endsReading(err):
			return r.leaveOff(ctx, pool, id, err)
		case fault.KindOf(err) != fault.Retry:
			return err
		}
		if time.Since(began) > r.spec.MaxRetry {
			pauses.Reset()
		}
		if before == nil && isReading(err) && r.mayBeAlone() {
			gone = &absence{pauses: pauses, cause: err}
			continue
		}
		pause := pauses.NextBackOff()
		r.log.Warn("the stream was interrupted and begins again", "error", err, "pause", pause.String())
		r.note(ctx, pool, id, err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// note shows in the status what is being waited for. The target may be what is
// gone, so it may fail.
func (r *Replica) note(ctx context.Context, pool *target.Pooled, id int64, cause error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	known, err := catalogue.Find(ctx, pool, r.spec.Name)
	if err == nil {
		err = catalogue.Beat(ctx, pool, id, known.Epoch, catalogue.Heartbeat{Note: waitingFor(cause)})
	}
	if err != nil {
		r.log.Debug("the status could not be updated", "error", err)
	}
}

// stream is one run of the stages with all that they share.
type stream struct {
	replica  *Replica
	gone     *absence // nil: the source is there
	lease    *catalogue.Lease
	pool     *target.Pooled
	origin   *origin
	rules    *mapping.Rules
	relay    queue
	stored   *relay.Postgres      // the same, if it is one
	left     bool                 // the relay is in memory, and there is a log of one that was not
	parents  map[schema.Name]bool // not replicated, but their changes drive cascades
	lag      lag
	decoder  *decoder
	writer   *writer
	joints   *joints
	extra    []*target.Conn // of the writer's lanes
	caughtUp chan struct{}  // told when tables have come to their high mark
}

// followOnce takes the lease, connects to both sides, and runs the stages until
// one of them ends. With a source that is gone, what was read of it is replayed until it is back.
func (r *Replica) followOnce(ctx context.Context, ready func(), gone *absence) error {
	lease, err := catalogue.Lead(ctx, r.spec.Postgres, r.spec.Name)
	if err != nil {
		return err
	}
	defer lease.Release(ctx)
	pool, err := target.Pool(ctx, r.spec.Postgres, r.spec.Threads+2)
	if err != nil {
		return err
	}
	defer pool.Close()
	from, err := r.from(ctx, pool, lease, gone)
	if err != nil {
		return err
	}
	defer from.close()
	conn, err := target.Connect(ctx, r.spec.Postgres)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	s := &stream{replica: r, gone: gone, lease: lease, pool: pool, origin: from, joints: newJoints(), caughtUp: make(chan struct{}, 1)}
	defer s.close(ctx)
	tables, err := catalogue.TablesBare(ctx, pool, lease.Source.ID)
	if err != nil {
		return err
	}
	if err := s.prepare(ctx, conn, tables); err != nil {
		return err
	}
	if err := s.carryOptions(ctx, tables); err != nil {
		return err
	}
	if err := r.status(ctx, pool, lease.Source.ID, catalogue.Running); err != nil {
		return err
	}
	return s.run(ctx, ready)
}

// from gives the source, looked at and with what the configuration asks for carried over; one that is
// gone as it was.
func (r *Replica) from(ctx context.Context, pool *target.Pooled, lease *catalogue.Lease, gone *absence) (*origin, error) {
	if gone != nil {
		return r.alone(ctx, pool, lease, gone)
	}
	from, err := r.reach(ctx)
	if err != nil {
		return nil, readFailure(err)
	}
	if err = r.checkAtLast(ctx); err == nil {
		err = r.adjustOrRefuse(ctx, lease, pool, from)
	}
	if err != nil {
		from.close()
		return nil, err
	}
	return from, nil
}

// prepare makes the stages from what the catalogue has stored.
func (s *stream) prepare(ctx context.Context, conn *target.Conn, tables []*catalogue.Table) error {
	rules, err := s.replica.rules(ctx, s.pool, s.origin.server, s.lease.Source.Options)
	if err != nil {
		return err
	}
	s.rules = rules
	if err := s.openRelay(ctx); err != nil {
		return err
	}
	known := knownSequences(rules)
	id, applied := s.lease.Source.ID, s.lease.Applied
	definitions, err := catalogue.TrackedSchema(ctx, s.pool, id)
	if err != nil {
		return err
	}
	if err := unchanged(definitions, rules); err != nil {
		return err
	}
	set := trackedSet(definitions, rules.Fold)
	if set, err = withDatabases(ctx, s.pool, id, s.origin, rules, set); err != nil {
		return err
	}
	known.Store(set)
	pieces, err := catalogue.Prepared(ctx, s.pool, id)
	if err != nil {
		return err
	}
	seal, err := newSeal(rules.MaskKey)
	if err != nil {
		return err
	}
	waiting, err := preparedEvents(pieces, seal)
	if err != nil {
		return err
	}
	reading, err := binlog.NewTracker(applied)
	if err != nil {
		return err
	}
	written, err := binlog.NewTracker(applied)
	if err != nil {
		return err
	}
	changes, err := write.NewChanges(ctx, conn)
	if err != nil {
		return err
	}
	excluded := &nameSet{}
	transformer := transform.New(set, rules, !s.origin.server.LogsCascades())
	temporary, err := catalogue.Temporary(ctx, s.pool, id)
	if err != nil {
		return err
	}
	transformer.Restore(temporary)
	s.decoder = &decoder{
		relay: s.relay, transform: transformer, dialect: s.origin.dialect, tracker: reading,
		gate: &gate{order: reading, catching: catching(tables, transformer)}, prepared: waiting, excluded: excluded, born: map[schema.Name]uint64{}, log: s.replica.log,
		skip: skipping(s.replica.spec.SkipEvents, rules), wishes: &skips{}, bare: seal == nil && len(rules.Masks) > 0, joints: s.joints, rest: &rest{},
	}
	if err := errors.Join(s.decoder.gate.sequences(set, transformer.Key), s.shadowing(ctx)); err != nil {
		return err
	}
	s.writer = &writer{
		batching: batching{
			changes: changes, sourceID: id, tracker: written, values: newValueLog(rules.KeepOriginals), changed: streamed{notes: map[transform.Noted]uint64{}},
		},
		epoch: s.lease.Epoch, rules: rules, dialect: s.origin.dialect, excluded: excluded,
		exit: s.replica.spec.ExitOnError, manual: s.replica.spec.ManualRefill, lockTimeout: s.replica.spec.LockTimeout, keys: s.buildKeys, log: s.replica.log,
		seal: seal, unread: spared{}, names: map[string]schema.Name{}, filled: map[schema.Name]bool{},
		moved: map[schema.Name]*transform.Moved{}, known: known, applied: s.relay.Acknowledge,
	}
	if err := errors.Join(s.lookForSkips(ctx), s.lookForPause(ctx)); err != nil {
		return err
	}
	s.know(set)
	s.writer.applier = apply.New(changes, apply.Options{Isolate: s.writer.isolate, Log: s.replica.log})
	s.openLanes()
	return s.writer.applier.Begin(ctx)
}

// know takes notice of the tracked tables, and of those that are tracked for their children only.
func (s *stream) know(set *schema.Set) {
	s.parents = map[schema.Name]bool{}
	for _, t := range set.Tables() {
		s.writer.names[t.Name.String()] = t.Name
		if !s.rules.Wants(t.Name) {
			s.parents[t.Name] = true
		}
	}
}

// catching lists the marks of the tables that have not come to their high mark.
func catching(tables []*catalogue.Table, x *transform.Transformer) map[schema.Name]marks {
	list := map[schema.Name]marks{}
	for _, t := range tables {
		if t.State == catalogue.CatchingUp {
			list[x.Key(t.Source)] = marks{low: t.Low, high: t.High}
		}
	}
	return list
}

// run runs the stages side by side. The first to end ends them all.
func (s *stream) run(ctx context.Context, ready func()) error {
	group, ctx := errgroup.WithContext(ctx)
	units := make(chan []unit, 2)
	if s.gone != nil {
		group.Go(func() error { return s.awaitSource(ctx) })
	} else {
		group.Go(func() error {
			err := readFailure(s.read(ctx))
			s.relay.Close(err)
			return err
		})
		group.Go(func() error { return s.refill(ctx) })
	}
	if s.stored != nil {
		group.Go(func() error { return s.stored.Run(ctx) })
	}
	group.Go(func() error { return s.decoder.run(ctx, units) })
	group.Go(func() error { return s.writer.run(ctx, units) })
	group.Go(func() error { return s.beat(ctx) })
	group.Go(func() error { return s.maintain(ctx) })
	group.Go(func() error { return s.validate(ctx) })
	ready()
	err := group.Wait()
	_ = s.writer.applier.Rollback(context.WithoutCancel(ctx)) // the connection is given up anyway
	return err
}

// beat tells the catalogue once a second where the reading stands, and looks
// after the lease.
func (s *stream) beat(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if err := s.lease.Alive(ctx); err != nil {
			return err
		}
		if err := errors.Join(s.lookForSkips(ctx), s.lookForPause(ctx)); err != nil {
			return err
		}
		if s.gone == nil {
			if err := s.adjustable(ctx); err != nil {
				return err
			}
		}
		if err := catalogue.Beat(ctx, s.pool, s.lease.Source.ID, s.lease.Epoch, s.heartbeat()); err != nil {
			return fmt.Errorf("telling where the reading stands: %w", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
