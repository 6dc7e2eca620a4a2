package bench

import (
	"context"
	"errors"
	"fmt"

	"pgchameleon/internal/bench/alone"
	"pgchameleon/internal/bench/load"
)

// aloneShapes are those of the sets of backlogs that PostgreSQL takes alone, too.
var aloneShapes = []string{"inserts", "indexed-updates", "deletes", "ten-indexes"}

// measureAlone compares with PostgreSQL alone on the standard set.
func (b *bench) measureAlone(ctx context.Context, s *sheet) error {
	set, err := b.standard(ctx)
	if err != nil {
		return err
	}
	return b.against(ctx, s, set, b.Rounds, 300) // not the seeds of the other case
}

// aloneShape does so with a set that is made for that.
func (b *bench) aloneShape(ctx context.Context, s *sheet, set load.Set) error {
	if err := set.Create(ctx, b.source); err != nil {
		return err
	}
	return errors.Join(b.against(ctx, s, set, b.fewer(), 0), set.Drop(ctx, b.source))
}

// against lets the program catch up with a set's transactions, and then PostgreSQL alone apply
// the same changes to a copy of the same tables. Both begin right after a checkpoint.
func (b *bench) against(ctx context.Context, s *sheet, set load.Set, rounds, first int) (err error) {
	s.what = fmt.Sprintf("backlog of %d transactions, %s, against PostgreSQL alone: the same changes, read, folded by key and staged beforehand, set-wise in batches of %d on one connection",
		set.Transactions, set.What, alone.Batch)
	s.columns = []column{
		{head: "speed against PostgreSQL alone", show: times, aim: aim{atLeast: 1}},
		{head: "changes/s", show: whole, main: true},
		{head: "chameleon", show: seconds},
		{head: "PostgreSQL alone", show: seconds},
	}
	p, err := b.fresh(ctx, b.source, set, "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.drop(context.WithoutCancel(ctx), p)) }()
	if _, err := initialise(ctx, b.source, p); err != nil {
		return err
	}
	const database = "alone"
	for round := range rounds {
		from, err := alone.Position(ctx, b.source)
		if err != nil {
			return err
		}
		changes, mark, err := b.pile(ctx, set, first+round)
		if err != nil {
			return err
		}
		if err := b.admin(ctx, "CREATE DATABASE "+database+" TEMPLATE "+p.Settings.TargetDatabase+" STRATEGY file_copy", "CHECKPOINT"); err != nil {
			return err
		}
		result, err := b.replicated(ctx, p, set, mark)
		if err != nil {
			return err
		}
		staged, err := alone.Read(ctx, b.source, set, from, mark)
		if err != nil {
			return err
		}
		if err := errors.Join(b.admin(ctx, "CHECKPOINT"), b.calm(ctx, b.source)); err != nil {
			return err
		}
		took, err := staged.Apply(ctx, b.target, database)
		if err == nil {
			err = set.Compare(ctx, b.source, b.target, database)
		}
		if err := errors.Join(err, b.admin(ctx, "DROP DATABASE "+database+" WITH (FORCE)")); err != nil {
			return err
		}
		s.add(took.Seconds()/result.took.Seconds(), float64(changes)/result.took.Seconds(), result.took.Seconds(), took.Seconds())
		b.finish(s)
	}
	return set.Compare(ctx, b.source, b.target, p.Settings.TargetDatabase)
}
