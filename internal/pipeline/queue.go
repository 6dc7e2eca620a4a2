package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/relay"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/binlog"
)

// queue is the relay between the reading and the applying.
type queue interface {
	Append(ctx context.Context, t *event.Transaction) error
	Next(ctx context.Context, maxBytes int) ([]*event.Transaction, error)
	Acknowledge(at event.Position)
	Close(cause error)
	Waiting() relay.Waiting
}

// form tells which relay the stream has.
func (s *stream) form() relay.Form {
	if s.stored != nil {
		return relay.InPostgres
	}
	return relay.InMemory
}

// openRelay makes the relay that the configuration asks for.
func (s *stream) openRelay(ctx context.Context) error {
	spec, id := &s.replica.spec, s.lease.Source.ID
	if spec.Relay != relay.InPostgres {
		s.relay = relay.NewMemory(spec.RelayBytes)
		var err error
		s.left, err = relay.Exists(ctx, s.pool, id)
		return err
	}
	seal, err := newSeal(s.rules.MaskKey)
	if err != nil {
		return err
	}
	if seal == nil && len(s.rules.Masks) > 0 {
		return fault.New(fault.Config, "give a mask_key, or set relay: memory",
			"with relay: postgres what was read is kept in PostgreSQL, and rows of masked columns may be so only encrypted")
	}
	keeps := keptScope(s.rules, s.origin.server.LogsCascades())
	text, err := json.Marshal(keeps)
	if err != nil {
		return fmt.Errorf("writing down what the relay keeps: %w", err)
	}
	about, err := json.Marshal(s.origin.server)
	if err != nil {
		return fmt.Errorf("writing down what the source is: %w", err)
	}
	s.stored, err = relay.Open(ctx, relay.Options{
		Target: spec.Postgres, Source: id, Epoch: s.lease.Epoch, Applied: s.lease.Applied, Keeps: string(text), About: about, Widened: keeps.wider,
		Disk: spec.RelayDisk, Retention: spec.RelayRetention, Memory: spec.RelayBytes, Seal: seal.close, Unseal: seal.open,
		Track:  func(from event.Position) (relay.Tracker, error) { return binlog.NewTracker(from) },
		Stored: s.lag.stored, Fenced: catalogue.ErrFenced, Log: s.replica.log,
	})
	if err != nil {
		return err
	}
	s.relay = &sifted{queue: s.stored, by: s}
	return nil
}

// sifted leaves out what was read of tables that are not wanted.
type sifted struct {
	queue
	by *stream
}

// Next takes what has come in.
func (q *sifted) Next(ctx context.Context, maxBytes int) ([]*event.Transaction, error) {
	list, err := q.queue.Next(ctx, maxBytes)
	wanted := &filter{rules: q.by.rules, parents: q.by.parents}
	for _, t := range list {
		t.Events = slices.DeleteFunc(t.Events, func(e event.Event) bool {
			rows, is := e.(*event.Rows)
			return is && !wanted.keep(schema.Name{Schema: rows.Map.Schema, Table: rows.Map.Table})
		})
	}
	return list, err
}

// scope says of which tables the relay in PostgreSQL has the rows. What comes in later, and
// is wanted then, must not be missing.
type scope struct {
	Schemas []string `json:"schemas"`
	All     bool     `json:"all,omitempty"` // the tables of those that are not wanted too: they may become parents of others
	Limit   []string `json:"limit,omitempty"`
	Skip    []string `json:"skip,omitempty"`
	Fold    bool     `json:"fold,omitempty"`
}

func keptScope(rules *mapping.Rules, logsCascades bool) *scope {
	k := &scope{All: !logsCascades, Fold: rules.Fold}
	for name := range rules.Schemas {
		k.Schemas = append(k.Schemas, name)
	}
	slices.Sort(k.Schemas)
	if !k.All {
		k.Limit, k.Skip = slices.Sorted(slices.Values(rules.Limit)), slices.Sorted(slices.Values(rules.Skip))
	}
	return k
}

// wider says whether there may be tables in the scope that are not in another one.
func (k *scope) wider(before string) bool {
	var was scope
	if json.Unmarshal([]byte(before), &was) != nil || k.Fold != was.Fold || k.All && !was.All {
		return true
	}
	lacks := func(all []string, one string) bool { return !slices.Contains(all, one) }
	for _, name := range k.Schemas {
		if lacks(was.Schemas, name) {
			return true
		}
	}
	if was.All {
		return false
	}
	return !slices.Equal(k.Limit, was.Limit) || slices.ContainsFunc(was.Skip, func(one string) bool { return lacks(k.Skip, one) })
}
