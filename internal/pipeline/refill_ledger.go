package pipeline

import (
	"context"
	"errors"
	"fmt"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/copier"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
)

// refillLedger is the catalogue of a refill as the copier wants it.
type refillLedger struct {
	*copyLedger
	refill *catalogue.Refill
}

// State gives what is known of a table, with its finished chunks.
func (l *refillLedger) State(ctx context.Context, name schema.Name) (copier.State, []copier.Chunk, error) {
	t, err := l.table(ctx, name)
	if err != nil || t.Step == "" || t.Definition == nil || !l.mappedAs(t.Definition, t.Mapping) {
		return copier.State{}, nil, err
	}
	state := copier.State{Step: copier.Step(t.Step), Definition: t.Definition, Low: t.Low, High: t.High}
	if t.Step == complete {
		state.Step = copier.Swapped
	}
	if state.Pending, err = decodePending(t.Pending); err != nil {
		return copier.State{}, nil, err
	}
	chunks, err := l.chunks(ctx, name, t.ID)
	return state, chunks, err
}

func (l *refillLedger) table(ctx context.Context, name schema.Name) (*catalogue.RefillTable, error) {
	list, err := catalogue.Refills(ctx, l.pool, l.sourceID)
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		if r.ID != l.refill.ID || r.Round != l.refill.Round {
			continue
		}
		for _, t := range r.Tables {
			if t.Source == name {
				return t, nil
			}
		}
	}
	return nil, overtaken(catalogue.ErrRefillOver)
}

// overtaken tells the copier which errors end the whole copy.
func overtaken(err error) error {
	if errors.Is(err, catalogue.ErrRefillOver) {
		return fmt.Errorf("%w: %w", copier.ErrStop, err)
	}
	return stopped(err)
}

// Begin stores the state of a table that begins anew and forgets its chunks.
func (l *refillLedger) Begin(ctx context.Context, tx dial.Tx, t *mapping.Table, s copier.State) error {
	if err := catalogue.LockRefill(ctx, tx, l.refill); err != nil {
		return overtaken(err)
	}
	record, err := l.entry(t, s)
	if err != nil {
		return err
	}
	record.Definition, record.Mapping = s.Definition, t.Identities()
	l.values.forget(t.Source.Name)
	return stopped(errors.Join(catalogue.BeginRefillTable(ctx, tx, record), catalogue.ForgetValues(ctx, tx, l.sourceID, t.Source.Name)))
}

// Save stores a table's state.
func (l *refillLedger) Save(ctx context.Context, tx dial.Tx, t *mapping.Table, s copier.State) error {
	if err := catalogue.LockRefill(ctx, tx, l.refill); err != nil {
		return overtaken(err)
	}
	if s.Step == copier.Failed { // the next try begins it anew
		s = copier.State{}
	}
	record, err := l.entry(t, s)
	if err != nil {
		return err
	}
	return stopped(catalogue.SaveRefillTable(ctx, tx, record))
}

// SaveChunk records a finished chunk. It locks the refill before anything else, as the main stream does
// that gives a name away: else each could wait for the other, and a table that is gone would look
// like a lease that is.
func (l *refillLedger) SaveChunk(ctx context.Context, tx dial.Tx, t *mapping.Table, c copier.Chunk, values copier.Changes) error {
	if err := catalogue.LockRefill(ctx, tx, l.refill); err != nil {
		return overtaken(err)
	}
	return l.copyLedger.SaveChunk(ctx, tx, t, c, values)
}

// Swapped stores that tables are ready where they are loaded.
func (l *refillLedger) Swapped(ctx context.Context, tx dial.Tx, tables []copier.Placed) error {
	for _, p := range tables {
		if err := l.Save(ctx, tx, p.Table, p.State); err != nil {
			return err
		}
	}
	return nil
}

func (l *refillLedger) entry(t *mapping.Table, s copier.State) (*catalogue.RefillTable, error) {
	pending, err := encodePending(s.Pending)
	return &catalogue.RefillTable{ID: l.record(t.Source.Name).ID, Step: string(s.Step), Low: s.Low, High: s.High, Pending: pending}, err
}
