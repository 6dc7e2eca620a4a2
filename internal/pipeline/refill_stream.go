package pipeline

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/apply"
	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/notify"
	"pgchameleon/internal/relay"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/binlog"
	target "pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
	"pgchameleon/internal/transform"
)

// sideShare is how much smaller the relay of a refill's own stream is than the main one's.
const sideShare = 4

// follow brings the refill's tables up with the main stream by a stream of their own, and
// hands them over.
func (f *refilling) follow(ctx context.Context, from *origin) error {
	conn, err := target.Connect(ctx, f.replica.spec.Postgres)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	d, w, err := f.sides(ctx, conn, from)
	if err != nil {
		return err
	}
	spec := &f.replica.spec
	tracked := w.set // a name that comes later lets the refill begin anew
	reader := binlog.New(binlog.Options{
		Dial: spec.MySQL, PieceBytes: spec.RelayBytes / 4 / sideShare, Log: f.log,
		Keep: func(name schema.Name) bool { return tracked.Get(name) != nil },
	})
	f.joints.watchers.Add(1)
	defer f.joints.watchers.Add(-1)
	group, within := errgroup.WithContext(ctx)
	units := make(chan []unit, 2)
	group.Go(func() error {
		err := f.read(within, reader, d.relay)
		d.relay.Close(err)
		return err
	})
	group.Go(func() error { return d.run(within, units) })
	group.Go(func() error { return w.run(within, units) })
	err = group.Wait()
	_ = w.applier.Rollback(context.WithoutCancel(ctx)) // the connection is given up anyway
	if errors.Is(err, errHeldAgain) {
		return nil
	}
	if errors.Is(err, errLanded) {
		f.log.Info("tables that were filled from the source are followed with the others", notify.Key, notify.RefillComplete, "tables", f.names(), "position", f.r.Position.String())
		return nil
	}
	return err
}

// read reads the binary log once more, for the refill's tables only.
func (f *refilling) read(ctx context.Context, reader *binlog.Stream, to queue) error {
	skip := f.r.Skip
	return reader.Run(ctx, f.r.Position,
		func(ctx context.Context, t *event.Transaction) error {
			if skip {
				t.Events = slices.DeleteFunc(t.Events, func(e event.Event) bool { _, is := e.(*event.Statement); return is })
				skip = !t.Final
			}
			return to.Append(ctx, t)
		},
		func(p event.Position, _ time.Time) {
			_ = to.Append(ctx, &event.Transaction{First: true, Final: true, Idle: &p}) // it can wait if the relay is closed
		})
}

// sides makes the stages of the refill's own stream.
func (f *refilling) sides(ctx context.Context, conn *target.Conn, from *origin) (*decoder, *sideWriter, error) {
	loader := f.loader()
	rules := f.apart(loader)
	set := schema.NewSet(f.rules.Fold, f.r.Tracked...)
	databases, err := catalogue.Databases(ctx, f.pool, f.lease.Source.ID)
	if err != nil {
		return nil, nil, err
	}
	for name, collation := range databases {
		set = set.WithDatabase(name, collation)
	}
	reading, err := binlog.NewTracker(f.r.Position)
	if err != nil {
		return nil, nil, err
	}
	written, err := binlog.NewTracker(f.r.Position)
	if err != nil {
		return nil, nil, err
	}
	changes, err := write.NewChanges(ctx, conn)
	if err != nil {
		return nil, nil, err
	}
	seal, err := newSeal(rules.MaskKey)
	if err != nil {
		return nil, nil, err
	}
	wishes, err := skippedOf(ctx, f.pool, f.lease.Source.ID)
	if err != nil {
		return nil, nil, err
	}
	transformer := transform.New(set, rules, !from.server.LogsCascades())
	d := &decoder{
		relay: relay.NewMemory(f.replica.spec.RelayBytes / sideShare), transform: transformer, dialect: from.dialect, tracker: reading,
		gate: &gate{order: reading, catching: f.catching(transformer)}, prepared: map[string][]event.Event{}, excluded: &nameSet{}, born: map[schema.Name]uint64{}, log: f.log,
		skip: skipping(f.replica.spec.SkipEvents, rules), wishes: wishes, bare: seal == nil && len(rules.Masks) > 0,
	}
	w := &sideWriter{
		refilling: f, loader: loader, set: set, rules: rules, dialect: from.dialect, waiting: len(d.gate.catching) > 0, open: map[string]bool{},
		batching: batching{
			changes: changes, applier: apply.New(changes, apply.Options{Log: f.log}), sourceID: f.lease.Source.ID, tracker: written,
			values: newValueLog(rules.KeepOriginals), changed: streamed{notes: map[transform.Noted]uint64{}},
		},
	}
	return d, w, w.applier.Begin(ctx)
}

// catching lists the marks of the tables that have not come to their high mark.
func (f *refilling) catching(x *transform.Transformer) map[schema.Name]marks {
	list := map[schema.Name]marks{}
	for _, t := range f.r.Tables {
		if t.Step == swapped {
			list[x.Key(t.Source)] = marks{low: t.Low, high: t.High}
		}
	}
	return list
}

// land gives the transaction by which the tables come into the main stream, with all rows as
// of at.
func (f *refilling) land(tables []*schema.Table, at event.Position) func(context.Context, event.Position, []*schema.Table) error {
	return func(ctx context.Context, main event.Position, others []*schema.Table) error {
		loader := f.loader()
		mapped := make([]*mapping.Table, len(tables))
		for i, t := range tables {
			var err error
			if mapped[i], err = f.rules.Table(t); err != nil {
				return err
			}
		}
		return loader.SwapTogether(ctx, mapped, func(tx target.Tx) error {
			if err := catalogue.EndRefill(ctx, tx, f.r); err != nil {
				return err
			}
			for _, t := range mapped {
				record := tableRecord(t, catalogue.CatchingUp)
				record.Created = !loader.Keep
				for _, known := range f.r.Tables {
					if known.Source == t.Source.Name {
						record.ID = known.ID
					}
				}
				if err := catalogue.LandTable(ctx, tx, record, at); err != nil {
					return err
				}
			}
			if err := catalogue.PutDefinitions(ctx, tx, f.lease.Source.ID, tracked(f.rules, slices.Concat(tables, others)...)...); err != nil {
				return err
			}
			if err := catalogue.NoteVersions(ctx, tx, f.lease.Source.ID, "filled from the source"); err != nil {
				return err
			}
			if err := catalogue.SealVersions(ctx, tx, f.lease.Source.ID, main, time.Time{}, catalogue.EndedVersions); err != nil {
				return err
			}
			return catalogue.SaveApplied(ctx, tx, f.lease.Source.ID, f.lease.Epoch, main, time.Time{}, catalogue.Counters{})
		})
	}
}
