package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/change"
	"pgchameleon/internal/copier"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
)

// copyLedger is the catalogue as the copier wants it.
type copyLedger struct {
	pool     *dial.Pooled
	sourceID int64
	epoch    int64
	made     bool // the copier makes the tables, it does not fill those that are there

	values  *valueLog
	seal    *seal
	rules   *mapping.Rules
	mu      sync.Mutex
	records map[schema.Name]*catalogue.Table
	asked   map[schema.Name]bool // State was asked for: the record may be behind the catalogue
}

// State gives what is known of a table, with its finished chunks.
func (l *copyLedger) State(ctx context.Context, name schema.Name) (copier.State, []copier.Chunk, error) {
	record, err := l.latest(ctx, name)
	if err != nil {
		return copier.State{}, nil, err
	}
	if record == nil || record.Definition == nil || record.State == catalogue.Failed || !l.fits(record) {
		return copier.State{}, nil, nil
	}
	state := copier.State{Step: copier.Begun, Definition: record.Definition, Low: record.Low, High: record.High}
	switch record.State {
	case catalogue.Loaded:
		state.Step = copier.Loaded
	case catalogue.CatchingUp, catalogue.Replicating:
		state.Step = copier.Swapped
	}
	pending, err := decodePending(record.Pending)
	if err != nil {
		return copier.State{}, nil, err
	}
	state.Pending = pending
	chunks, err := l.chunks(ctx, name, record.ID)
	return state, chunks, err
}

// chunks gives a table's finished chunks.
func (l *copyLedger) chunks(ctx context.Context, name schema.Name, tableID int64) ([]copier.Chunk, error) {
	stored, err := catalogue.Chunks(ctx, l.pool, tableID)
	if err != nil {
		return nil, err
	}
	chunks := make([]copier.Chunk, len(stored))
	for i, c := range stored {
		chunks[i] = copier.Chunk{Number: c.Number, Rows: c.Rows, Bytes: c.Bytes, Discarded: c.Discarded}
		if chunks[i].Lower, err = l.decodeBound(c.Lower); err == nil {
			chunks[i].Upper, err = l.decodeBound(c.Upper)
		}
		if err != nil {
			return nil, fmt.Errorf("reading chunk %d of table %s: %w", c.Number, name, err)
		}
	}
	return chunks, nil
}

// fits says whether a table that was begun would be mapped today as it was then. If the
// configuration gives its columns other types or masks, its copy begins anew.
func (l *copyLedger) fits(record *catalogue.Table) bool {
	return l.mappedAs(record.Definition, record.Mapping)
}

func (l *copyLedger) mappedAs(definition *schema.Table, before map[string]string) bool {
	if before == nil {
		return true
	}
	t, err := l.rules.Table(definition)
	return err == nil && maps.Equal(before, t.Identities())
}

// latest gives a table's record as the catalogue has it. The first time that is
// what was loaded with all the others.
func (l *copyLedger) latest(ctx context.Context, name schema.Name) (*catalogue.Table, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.asked[name] {
		l.asked[name] = true
		return l.records[name], nil
	}
	t, err := catalogue.TableOf(ctx, l.pool, l.sourceID, name)
	if err != nil || t == nil {
		return nil, err
	}
	l.records[name] = t
	return t, nil
}

func (l *copyLedger) record(name schema.Name) *catalogue.Table {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.records[name]
}

// Begin stores the state of a table that begins anew and forgets its chunks.
func (l *copyLedger) Begin(ctx context.Context, tx dial.Tx, t *mapping.Table, s copier.State) error {
	record := tableRecord(t, catalogue.Copying)
	record.Created, record.Low, record.High, record.Definition = false, s.Low, s.High, s.Definition
	record.Mapping = t.Identities()
	if old := l.record(t.Source.Name); old != nil {
		record.EstimatedRows, record.EstimatedBytes = old.EstimatedRows, old.EstimatedBytes
	}
	var err error
	if record.Pending, err = encodePending(s.Pending); err != nil {
		return err
	}
	if err := errors.Join(catalogue.PutTables(ctx, tx, l.sourceID, record), catalogue.ForgetValues(ctx, tx, l.sourceID, t.Source.Name)); err != nil {
		return stopped(err)
	}
	l.values.forget(t.Source.Name)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records[t.Source.Name] = record
	return nil
}

// Save stores a table's state.
func (l *copyLedger) Save(ctx context.Context, tx dial.Tx, t *mapping.Table, s copier.State) error {
	name := t.Source.Name
	record := l.record(name)
	if record == nil { // it has failed before it began
		record = tableRecord(t, catalogue.Failed)
		record.Created, record.Definition = false, nil
		if err := catalogue.PutTables(ctx, tx, l.sourceID, record); err != nil {
			return stopped(err)
		}
		l.mu.Lock()
		l.records[name] = record
		l.mu.Unlock()
	}
	if s.Step == copier.Failed {
		return stopped(catalogue.Exclude(ctx, tx, l.sourceID, name, catalogue.Failed, s.Reason, s.Low))
	}
	pending, err := encodePending(s.Pending)
	if err != nil {
		return err
	}
	state := map[copier.Step]catalogue.State{copier.Begun: catalogue.Copying, copier.Loaded: catalogue.Loaded}[s.Step]
	return stopped(catalogue.SaveCopy(ctx, tx, record, state, s.High, pending))
}

// Swapped stores that tables stand in their places, where the stream is to catch up with them.
func (l *copyLedger) Swapped(ctx context.Context, tx dial.Tx, tables []copier.Placed) error {
	names, ids := make([]schema.Name, len(tables)), make([]int64, len(tables))
	definitions, lows := make([]catalogue.Definition, len(tables)), map[schema.Name]event.Position{}
	for i, p := range tables {
		names[i] = p.Table.Source.Name
		ids[i] = l.record(names[i]).ID
		definitions[i] = catalogue.Definition{Table: p.State.Definition, Mapping: p.Table.Identities()}
		lows[p.State.Definition.Name] = p.State.Low
	}
	for _, save := range []func() error{
		func() error { return catalogue.SetState(ctx, tx, l.sourceID, catalogue.CatchingUp, names...) },
		func() error { return catalogue.FoldChunks(ctx, tx, ids...) },
		func() error { return catalogue.SetCreated(ctx, tx, l.made, ids...) },
		func() error { return catalogue.PutDefinitions(ctx, tx, l.sourceID, definitions...) },
		func() error { return catalogue.SealEach(ctx, tx, l.sourceID, lows, catalogue.EndedVersions) },
	} {
		if err := save(); err != nil {
			return stopped(err)
		}
	}
	return nil
}

// SaveChunk records a finished chunk.
func (l *copyLedger) SaveChunk(ctx context.Context, tx dial.Tx, t *mapping.Table, c copier.Chunk, values copier.Changes) error {
	record := l.record(t.Source.Name)
	lower, err := l.encodeBound(t, c.Lower)
	if err != nil {
		return err
	}
	upper, err := l.encodeBound(t, c.Upper)
	if err != nil {
		return err
	}
	if err := l.values.save(ctx, tx, l.sourceID, t, values); err != nil {
		return err
	}
	return stopped(catalogue.SaveChunk(ctx, tx, l.epoch, record.ID, catalogue.Chunk{
		Number: c.Number, Lower: lower, Upper: upper, Rows: c.Rows, Bytes: c.Bytes, Discarded: c.Discarded,
	}))
}

// Discard keeps a row that could not be loaded.
func (l *copyLedger) Discard(ctx context.Context, tx dial.Tx, t *mapping.Table, low event.Position, row []byte, cause error) error {
	return catalogue.DiscardRow(ctx, tx, catalogue.Discarded{
		SourceID: l.sourceID, Table: t.Source.Name, Schema: t.Schema, Name: t.Name, Stage: catalogue.InCopy,
		Position: low, Reason: cause.Error(), Row: row,
	})
}

// stopped tells the copier which errors of the catalogue end the whole copy.
func stopped(err error) error {
	switch {
	case errors.Is(err, catalogue.ErrFenced):
		return fmt.Errorf("%w: %w", copier.ErrStop, err)
	case errors.Is(err, catalogue.ErrChunkTaken):
		return fmt.Errorf("%w: %w", copier.ErrTaken, err)
	}
	return err
}

// encodeBound writes a bound, which has values of the key as the source has them.
func (l *copyLedger) encodeBound(t *mapping.Table, bound []string) ([]byte, error) {
	if bound == nil {
		return nil, nil
	}
	text, err := json.Marshal(bound)
	if err != nil || !slices.ContainsFunc(t.Key, func(at int) bool { return t.Columns[at].Map.Masked() }) {
		return text, err
	}
	return l.seal.close(text), nil
}

func (l *copyLedger) decodeBound(text []byte) (bound []string, err error) {
	if text == nil {
		return nil, nil
	}
	if text, err = l.seal.open(text); err != nil {
		return nil, err
	}
	return bound, json.Unmarshal(text, &bound)
}

func encodePending(list []change.Index) ([]string, error) {
	out := make([]string, len(list))
	for i, index := range list {
		text, err := json.Marshal(index)
		if err != nil {
			return nil, fmt.Errorf("writing down the index %s: %w", index.Name, err)
		}
		out[i] = string(text)
	}
	return out, nil
}

func decodePending(list []string) ([]change.Index, error) {
	out := make([]change.Index, len(list))
	for i, text := range list {
		if err := json.Unmarshal([]byte(text), &out[i]); err != nil {
			return nil, fmt.Errorf("reading a pending index: %w", err)
		}
	}
	return out, nil
}
