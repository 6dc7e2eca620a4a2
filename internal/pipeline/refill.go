package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/copier"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/notify"
	"pgchameleon/internal/schema"
	target "pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
)

const (
	refillEvery     = time.Second // how often it is looked for refills to begin
	refillsAtOnce   = 8           // streams of their own beside the main one
	copiesAtOnce    = 2           // of them that copy; they share the threads for copying
	refillTries     = 10          // after which a refill is given up
	shortestPause   = time.Second
	longestPause    = 5 * time.Minute
	swapLockTimeout = 2 * time.Second // the main stream waits meanwhile
)

// errAnew says that a refill has to begin anew, and why.
type errAnew struct{ reason string }

func (e errAnew) Error() string { return "it has to begin anew: " + e.reason }

// refills runs a source's refills beside its stream.
type refills struct {
	*stream
	pool   *target.Pooled
	copies chan struct{} // a token for each copy at once

	group   sync.WaitGroup
	mu      sync.Mutex
	running map[int64]*refilling
	used    bool  // the loading schemas may be there
	fatal   error // after which nothing may be done for the source any more
	wake    chan struct{}
}

// refill fills tables apart, as the catalogue asks for it, until ctx ends.
func (s *stream) refill(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	pool, err := target.Pool(ctx, s.replica.spec.Postgres, 2*s.replica.spec.Threads+refillsAtOnce)
	if err != nil {
		cancel()
		return err
	}
	m := &refills{stream: s, pool: pool, copies: make(chan struct{}, copiesAtOnce), running: map[int64]*refilling{}, used: true, wake: make(chan struct{}, 1)}
	defer pool.Close()
	defer m.group.Wait()
	defer cancel()
	tick := time.NewTicker(refillEvery)
	defer tick.Stop()
	for {
		if err := m.look(ctx); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-m.wake:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// look begins refills whose time has come, and ends those that were overtaken.
func (m *refills) look(ctx context.Context) error {
	if err := catalogue.TidyRefills(ctx, m.pool, m.lease.Source.ID); err != nil {
		return err
	}
	list, err := catalogue.Refills(ctx, m.pool, m.lease.Source.ID)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fatal != nil {
		return m.fatal
	}
	there := map[int64]*catalogue.Refill{}
	for _, r := range list {
		there[r.ID] = r
	}
	for id, f := range m.running {
		if now := there[id]; now == nil || now.Round != f.r.Round {
			f.cancel(catalogue.ErrRefillOver)
		}
	}
	if m.used && len(list)+len(m.running) == 0 {
		m.used = false
		m.tidy(ctx)
	}
	for _, r := range list {
		if m.running[r.ID] == nil && len(m.running) < refillsAtOnce && !time.Now().Before(r.Next) && !m.settling() {
			m.begin(ctx, r)
		}
	}
	return nil
}

// tidy drops the loading schemas: nothing is being filled.
func (m *refills) tidy(ctx context.Context) {
	var places []*mapping.Table
	for _, schemaName := range m.rules.Schemas {
		places = append(places, &mapping.Table{Schema: schemaName})
	}
	loader := &write.Loader{Pool: m.pool, Keep: m.replica.spec.KeepExisting, Log: m.replica.log}
	err := m.replica.shared(ctx, m.pool, loader)
	if err == nil {
		err = loader.Abandon(ctx, places)
	}
	if err != nil && ctx.Err() == nil {
		m.replica.log.Warn("what was left of tables that were filled could not be dropped", "error", err)
	}
}

// settling says whether it is open which tables some refill takes.
func (m *refills) settling() bool {
	for _, f := range m.running {
		if !f.settled {
			return true
		}
	}
	return false
}

// rouse lets it be looked at once.
func (m *refills) rouse() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *refills) begin(ctx context.Context, r *catalogue.Refill) {
	ctx, cancel := context.WithCancelCause(ctx)
	f := &refilling{refills: m, r: r, cancel: cancel, log: m.replica.log.With("refill", r.ID)}
	m.running[r.ID], m.used = f, true
	m.group.Go(func() {
		defer cancel(nil)
		err := f.run(ctx)
		var failed errHandOver
		if ctx.Err() == nil || errors.As(err, &failed) {
			err = f.settle(ctx, err)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.running, r.ID)
		if errors.Is(err, catalogue.ErrFenced) {
			m.fatal = err
		}
		m.rouse()
	})
}

// refilling is one refill at work.
type refilling struct {
	*refills
	r      *catalogue.Refill
	cancel context.CancelCauseFunc
	log    *slog.Logger

	settled bool // which tables it has; of the lock of refills, as is the list in r
}

// hold lets others begin: it is known which tables this one has.
func (f *refilling) hold() {
	f.mu.Lock()
	f.settled = true
	f.mu.Unlock()
	f.rouse()
}

func (f *refilling) names() []schema.Name {
	names := make([]schema.Name, len(f.r.Tables))
	for i, t := range f.r.Tables {
		names[i] = t.Source
	}
	return names
}

// run brings a refill to its end, from wherever it is.
func (f *refilling) run(ctx context.Context) error {
	if err := catalogue.TakeRefill(ctx, f.pool, f.r, f.lease.Epoch); err != nil {
		return err
	}
	from, err := f.replica.reach(ctx)
	if err != nil {
		return err
	}
	defer from.close()
	if f.r.OpenXA {
		return errAnew{"an XA transaction was prepared when it was interrupted"}
	}
	if sequences, err := f.areSequences(ctx, from); err != nil || sequences {
		if err != nil {
			return err
		}
		return f.takeSequences(ctx, from) // tables whose defaults take their values are behind it, and wait
	}
	if f.r.Step == catalogue.RefillWaiting && !from.server.LogsCascades() {
		if err := f.family(ctx, from); err != nil {
			return err
		}
	}
	f.hold()
	if f.r.Step != catalogue.RefillFollowing {
		select {
		case f.copies <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		err := f.copy(ctx, from)
		<-f.copies
		if err != nil || len(f.r.Tables) == 0 {
			return err
		}
	}
	return f.follow(ctx, from)
}

// settle decides what becomes of a refill that has ended. The catalogue may be what is gone,
// so its error is only of interest where it says that the lease is lost.
func (f *refilling) settle(ctx context.Context, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), parkWithin)
	defer cancel()
	var anew errAnew
	switch kind := fault.KindOf(cause); {
	case cause == nil:
		return nil
	case errors.Is(cause, catalogue.ErrFenced), errors.Is(cause, catalogue.ErrRefillOver):
		return cause
	case errors.As(cause, &anew):
		return f.again(ctx, cause, true)
	case kind == fault.Retry:
		f.log.Warn("a refill was interrupted and goes on", "tables", f.names(), "error", cause)
		return catalogue.PostponeRefill(ctx, f.pool, f.r, f.r.Tries, time.Now().Add(2*shortestPause), cause.Error())
	default:
		return f.again(ctx, cause, kind != fault.State || f.r.Step != catalogue.RefillFollowing)
	}
}

// again lets a refill that has failed have another try, later each time, until it is given up.
func (f *refilling) again(ctx context.Context, cause error, anew bool) error {
	tries := f.r.Tries + 1
	if tries >= refillTries {
		return f.giveUp(ctx, cause)
	}
	pause := min(shortestPause<<(tries-1), longestPause)
	next := time.Now().Add(pause)
	f.log.Warn("a refill has failed and is tried again", "tables", f.names(), "error", cause, "hint", fault.HintOf(cause), "pause", pause.String())
	if !anew {
		return catalogue.PostponeRefill(ctx, f.pool, f.r, tries, next, hinted(cause))
	}
	return target.InTx(ctx, f.pool, func(tx target.Tx) error {
		if err := catalogue.LockRefill(ctx, tx, f.r); err != nil {
			return err
		}
		return catalogue.RestartRefill(ctx, tx, f.r, hinted(cause), &tries, &next)
	})
}

// hinted gives an error with what to do about it.
func hinted(err error) string {
	if hint := fault.HintOf(err); hint != "" {
		return err.Error() + "; " + hint
	}
	return err.Error()
}

// giveUp ends a refill: its tables stay as they are.
func (f *refilling) giveUp(ctx context.Context, cause error) error {
	f.log.Error("a refill has failed and is given up", notify.Key, notify.RefillFailed, "tables", f.names(), "error", cause, "hint", fault.HintOf(cause))
	f.discard(ctx)
	return target.InTx(ctx, f.pool, func(tx target.Tx) error {
		if err := catalogue.EndRefill(ctx, tx, f.r); err != nil {
			return err
		}
		for _, t := range f.r.Tables {
			message := fmt.Sprintf("filling the table from the source has failed %d times: %s", refillTries, hinted(cause))
			if _, err := catalogue.LogError(ctx, tx, catalogue.LoggedError{
				SourceID: f.lease.Source.ID, Table: t.Source, Schema: t.Schema, Name: t.Name, Message: message,
			}); err != nil {
				return err
			}
			if t.State != catalogue.Excluded && t.State != catalogue.Failed {
				continue // what stands in its place is followed
			}
			if err := catalogue.Explain(ctx, tx, t.ID, t.Reason+"; "+message); err != nil {
				return err
			}
		}
		return nil
	})
}

// discard drops what was loaded.
func (f *refilling) discard(ctx context.Context) {
	loader := f.loader()
	for _, t := range f.r.Tables {
		if t.Definition == nil || f.r.InPlace {
			continue
		}
		mapped, err := f.rules.Table(t.Definition)
		if err == nil {
			err = loader.Discard(ctx, mapped)
		}
		if err != nil {
			f.log.Warn("what was loaded could not be dropped", "table", t.Source.String(), "error", err)
		}
	}
}

// loader writes the refill's tables.
func (f *refilling) loader() *write.Loader {
	ours := map[[2]string]bool{}
	for _, t := range f.r.Tables {
		ours[[2]string{t.Schema, t.Name}] = t.Created
	}
	spec := &f.replica.spec
	timeout := swapLockTimeout
	if spec.LockTimeout > 0 {
		timeout = min(timeout, spec.LockTimeout)
	}
	return &write.Loader{
		Pool: f.pool, Ours: func(schemaName, table string) bool { return ours[[2]string{schemaName, table}] }, GrantSelect: spec.Grants,
		LockTimeout: timeout, LockTries: 1, Builders: spec.Threads, Keep: spec.KeepExisting || f.r.InPlace, Log: f.replica.log,
	}
}

// apart gives the rules by which the refill's own stream writes.
func (f *refilling) apart(loader *write.Loader) *mapping.Rules {
	rules := *f.rules
	rules.Apart = &mapping.Apart{Tables: f.names(), Place: func(schemaName string) string {
		if loader.Keep {
			return schemaName
		}
		return write.LoadingSchema(schemaName)
	}}
	return &rules
}

// complete is the step of a table that has come to its high mark with all of its keys.
const complete = "complete"

// swapped is the copier's last step: here, that the table can be followed where it is loaded.
const swapped = string(copier.Swapped)
