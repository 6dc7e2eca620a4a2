package pipeline

import (
	"context"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/notify"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/inspect"
	target "pgchameleon/internal/target/dial"
)

// areSequences says whether what is to be filled are sequences on the source: these have no
// rows to copy.
func (f *refilling) areSequences(ctx context.Context, from *origin) (bool, error) {
	for _, t := range f.r.Tables {
		info, err := inspect.Table(ctx, from.conn, t.Source)
		if err != nil || !info.Sequence() {
			return false, err
		}
	}
	return true, nil
}

// takeSequences reads sequences while the main stream waits, which follows them from there on.
func (f *refilling) takeSequences(ctx context.Context, from *origin) error {
	f.joints.watchers.Add(1)
	defer f.joints.watchers.Add(-1)
	for {
		done, err := f.meetWithSequences(ctx, from)
		if err != nil {
			return err
		}
		if done {
			f.log.Info("sequences are followed with the others", notify.Key, notify.RefillComplete, "tables", f.names())
			return nil
		}
	}
}

// meetWithSequences tries to do so once.
func (f *refilling) meetWithSequences(ctx context.Context, from *origin) (done bool, err error) {
	asked, sent := newRequest(nil), false
	defer func() {
		if !sent {
			close(asked.arrival)
		}
	}()
	select {
	case f.joints.requests <- asked:
		f.joints.ring()
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	select {
	case <-asked.place:
	case <-asked.left:
		return false, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	a := &arrival{result: asked.result}
	if a.at, err = inspect.Position(ctx, from.conn, from.server); err != nil {
		return false, err
	}
	for _, name := range f.names() {
		t, err := readSequence(ctx, from, name, a.at)
		if err != nil {
			return false, err
		}
		a.tables = append(a.tables, t)
	}
	a.land = f.landSequences(a.tables)
	asked.arrival <- a
	sent = true
	select {
	case err := <-asked.result:
		if err != nil {
			return false, errHandOver{err}
		}
		return true, nil
	case <-asked.left:
		return false, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// landSequences gives the transaction by which sequences come into the main stream. They leave
// the catalogue's list of tables, where only those stand that are not followed.
func (f *refilling) landSequences(tables []*schema.Table) func(context.Context, event.Position, []*schema.Table) error {
	id := f.lease.Source.ID
	return func(ctx context.Context, main event.Position, _ []*schema.Table) error {
		return target.InTx(ctx, f.pool, func(tx target.Tx) error {
			if err := catalogue.EndRefill(ctx, tx, f.r); err != nil {
				return err
			}
			followed, err := trackedSequences(ctx, tx, id)
			if err != nil {
				return err
			}
			for i, t := range tables {
				ours := f.r.Tables[i].Created || f.replica.spec.KeepExisting || followed[t.Name] != nil
				if err := makeSequence(ctx, tx, f.rules, t, ours); err != nil {
					return err
				}
			}
			if err := catalogue.DropTables(ctx, tx, id, f.names()...); err != nil {
				return err
			}
			if err := catalogue.PutDefinitions(ctx, tx, id, tracked(f.rules, tables...)...); err != nil {
				return err
			}
			if err := catalogue.NoteVersions(ctx, tx, id, "read from the source"); err != nil {
				return err
			}
			if err := catalogue.SealVersions(ctx, tx, id, main, time.Time{}, catalogue.EndedVersions); err != nil {
				return err
			}
			return catalogue.SaveApplied(ctx, tx, id, f.lease.Epoch, main, time.Time{}, catalogue.Counters{})
		})
	}
}
