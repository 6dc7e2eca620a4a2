package copier

import (
	"context"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"pgchameleon/internal/fault"
)

// worker does one thing after the other, over a connection of its own.
type worker struct {
	connect  func(context.Context) (Session, error)
	patience time.Duration
	log      *slog.Logger
	session  Session
	at       *table // whose chunk it copied last
}

// drop closes the worker's connection.
func (w *worker) drop() {
	if w.session != nil {
		w.session.Close()
		w.session = nil
	}
}

// with does something over the worker's connection, again on a new one where
// the error may go away by itself. After any error the connection is closed: a result
// may still be open on it.
func (w *worker) with(ctx context.Context, do func(s Session) error) error {
	return retry(ctx, w.patience, w.log, func() error {
		if w.session == nil {
			session, err := w.connect(ctx)
			if err != nil {
				return err
			}
			w.session = session
		}
		err := do(w.session)
		if err != nil {
			w.drop()
		}
		return err
	})
}

const (
	firstPause = 100 * time.Millisecond
	longPause  = 5 * time.Second
)

// retry does something again, with growing pauses, as long as its error may go
// away by itself.
func retry(ctx context.Context, patience time.Duration, log *slog.Logger, do func() error) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval = firstPause, longPause
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := do()
		if err != nil && fault.KindOf(err) != fault.Retry {
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pauses), backoff.WithMaxElapsedTime(patience), backoff.WithNotify(func(err error, pause time.Duration) {
		log.Warn("trying again", "error", err.Error(), "pause", pause)
	}))
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
