package pipeline

import (
	"context"
	"errors"
	"sync"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
)

// errRest wakes the decoder: the replay is to rest.
var errRest = errors.New("the replay is paused")

// rest is the wish that nothing be replayed for a while: between the one who looks into the
// catalogue and the decoder, which stops between two transactions. The reading goes on until
// the relay is full. nil is no wish.
type rest struct {
	mu        sync.Mutex
	resumed   chan struct{} // nil: it is not wanted
	resting   bool
	interrupt context.CancelCauseFunc // of the decoder, while it waits for the relay
}

// want says whether a rest is wanted, and tells whether that is news.
func (r *rest) want(is bool) (news bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case is == (r.resumed != nil):
		return false
	case !is:
		close(r.resumed)
		r.resumed, r.resting = nil, false
	default:
		r.resumed = make(chan struct{})
		if r.interrupt != nil {
			r.interrupt(errRest)
		}
	}
	return true
}

// wanted gives what is closed when the rest is over; nil if none is wanted.
func (r *rest) wanted() <-chan struct{} {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.resumed
}

// reached says that what was in hand is applied.
func (r *rest) reached() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resting = r.resumed != nil
}

// is tells whether the replay rests.
func (r *rest) is() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.resting
}

// until gives a context that ends with errRest when a rest is wanted.
func (r *rest) until(ctx context.Context) (context.Context, func()) {
	if r == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.resumed != nil {
		cancel(errRest)
	}
	r.interrupt = cancel
	return ctx, func() {
		r.mu.Lock()
		r.interrupt = nil
		r.mu.Unlock()
		cancel(nil)
	}
}

// take takes what the relay has, when no rest is wanted.
func (d *decoder) take(ctx context.Context, out chan<- []unit) ([]*event.Transaction, error) {
	for {
		if resumed := d.rest.wanted(); resumed != nil && !d.amid {
			select {
			case out <- []unit{{steps: []step{{rest: d.rest}}}}:
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
			select {
			case <-resumed:
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
			continue
		}
		list, err := d.next(ctx)
		if errors.Is(err, errRest) && ctx.Err() == nil {
			continue
		}
		if errors.Is(err, errMeet) && ctx.Err() == nil {
			if err := d.meet(ctx, true, out); err != nil {
				return nil, err
			}
			continue
		}
		if err == nil {
			d.amid = !list[len(list)-1].Final
		}
		return list, err
	}
}

// next takes what the relay has. Between two transactions the wish for a rest, and tables that want to
// come in, end the waiting.
func (d *decoder) next(ctx context.Context) ([]*event.Transaction, error) {
	if !d.amid {
		for _, until := range []func(context.Context) (context.Context, func()){d.rest.until, d.joints.until} {
			within, release := until(ctx)
			defer release()
			ctx = within
		}
	}
	return d.relay.Next(ctx, decodeBytes)
}

// lookForPause tells the decoder whether the replay is to rest.
func (s *stream) lookForPause(ctx context.Context) error {
	paused, err := catalogue.Paused(ctx, s.pool, s.lease.Source.ID)
	if err != nil {
		return err
	}
	if !s.decoder.rest.want(paused) {
		return nil
	}
	if paused {
		s.replica.log.Info("replay is paused", "relay", string(s.form()))
	} else {
		s.replica.log.Info("replay goes on")
	}
	return nil
}

const (
	pauseWithin = 20 * time.Second // for the process to finish what it has in hand
	pauseLook   = 100 * time.Millisecond
)

// PauseReplay lets a source's replay rest until ResumeReplay, also over a restart; its binary
// log goes on being read as far as the relay has room. It waits a while for the process to
// come to rest.
func (e *Engine) PauseReplay(ctx context.Context, name string) (*status.Pause, error) {
	return e.setPause(ctx, name, true)
}

// ResumeReplay lets a source's replay go on.
func (e *Engine) ResumeReplay(ctx context.Context, name string) (*status.Pause, error) {
	return e.setPause(ctx, name, false)
}

func (e *Engine) setPause(ctx context.Context, name string, paused bool) (*status.Pause, error) {
	var done *status.Pause
	err := e.with(ctx, func(conn *dial.Conn) error {
		known, err := catalogue.Find(ctx, conn, name)
		if err != nil {
			return err
		}
		if known.Applied.IsZero() {
			return fault.New(fault.State, "run: chameleon init_replica --source "+name, "source %s has not been copied yet", name)
		}
		if err := catalogue.SetPaused(ctx, conn, known.ID, paused); err != nil {
			return err
		}
		done, err = settled(ctx, conn, name, paused)
		return err
	})
	return done, err
}

// settled waits until the process that follows the source, if there is one, has come to rest
// or goes on.
func settled(ctx context.Context, conn *dial.Conn, name string, paused bool) (*status.Pause, error) {
	tick := time.NewTicker(pauseLook)
	defer tick.Stop()
	for deadline := time.Now().Add(pauseWithin); ; {
		list, err := catalogue.Summaries(ctx, conn)
		if err != nil {
			return nil, err
		}
		for i := range list {
			if s := &list[i]; s.Name == name {
				seen := summarised(s)
				done := &status.Pause{Running: seen.Alive && s.Status == catalogue.Running, Resting: s.Resting, Position: shown(s.Applied), Relay: seen.Relay}
				if !done.Running || s.Resting == paused || time.Now().After(deadline) {
					return done, nil
				}
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
