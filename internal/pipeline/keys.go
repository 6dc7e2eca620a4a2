package pipeline

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/change"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	target "pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
)

// buildKeys builds what had to wait for the high mark, several tables at once,
// and marks the tables as replicating. A key that cannot be built is logged
// and left out; its table is replicated all the same.
func (s *stream) buildKeys(ctx context.Context, tables []*mapping.Table) error {
	id := s.lease.Source.ID
	records, err := catalogue.Tables(ctx, s.pool, id)
	if err != nil {
		return err
	}
	waiting := map[schema.Name]*catalogue.Table{}
	for _, t := range records {
		if t.State == catalogue.CatchingUp {
			waiting[t.Source] = t
		}
	}
	threads := s.replica.spec.Threads
	loader := &write.Loader{Pool: s.pool, Builders: threads, Log: s.replica.log}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(threads)
	var done []schema.Name
	for _, t := range tables {
		record := waiting[t.Source.Name]
		if record == nil {
			continue // excluded meanwhile
		}
		pending, err := decodePending(record.Pending)
		if err != nil {
			return err
		}
		done = append(done, record.Source)
		for _, index := range pending {
			group.Go(func() error { return s.buildKey(within, loader, t, index) })
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	defer func() {
		select {
		case s.caughtUp <- struct{}{}:
		default:
		}
	}()
	return target.InTx(ctx, s.pool, func(tx target.Tx) error {
		for _, name := range done {
			if err := catalogue.SetPending(ctx, tx, waiting[name].ID, nil); err != nil {
				return err
			}
		}
		if len(done) == 0 {
			return nil
		}
		s.replica.log.Info("tables have caught up", "tables", len(done))
		return catalogue.SetState(ctx, tx, id, catalogue.Replicating, done...)
	})
}

func (s *stream) buildKey(ctx context.Context, loader *write.Loader, t *mapping.Table, index change.Index) error {
	err := loader.Begin(ctx, func(tx target.Tx) error { return loader.BuildIn(ctx, tx, t, index) })
	if err == nil {
		return nil
	}
	if fault.KindOf(err) != fault.Data {
		return fmt.Errorf("building %s of table %s: %w", index.Name, t.Source.Name, err)
	}
	s.replica.log.Error("a key could not be built and is left out", "table", t.Source.Name.String(), "key", index.Name, "error", err)
	_, logged := catalogue.LogError(ctx, s.pool, catalogue.LoggedError{
		SourceID: s.lease.Source.ID, Table: t.Source.Name, Schema: t.Schema, Name: t.Name, SQL: index.SQL,
		Message: fmt.Sprintf("the key %s could not be built and is left out: %v", index.Name, err),
	})
	return logged
}
