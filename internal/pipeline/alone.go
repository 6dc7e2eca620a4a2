package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/relay"
	"pgchameleon/internal/source/inspect"
)

// absence is a source that cannot be read, while what the relay in PostgreSQL has of it is replayed.
type absence struct {
	pauses *backoff.ExponentialBackOff
	mu     sync.Mutex
	cause  error
}

// note is what the status says of it.
func (a *absence) note() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return waitingFor(a.cause)
}

func waitingFor(cause error) string { return "trying again: " + cause.Error() }

// mayBeAlone says whether what was read of a source is replayed while the source is away.
func (r *Replica) mayBeAlone() bool {
	return r.spec.Relay == relay.InPostgres && r.spec.OnErrorRead != leaveSource
}

// remembered gives what the source was when it was last read; nil where there is no log of it.
func (r *Replica) remembered(ctx context.Context, db catalogue.DB, id int64) (*origin, error) {
	if !r.mayBeAlone() {
		return nil, nil
	}
	about, err := relay.About(ctx, db, id)
	if err != nil || about == nil {
		return nil, err
	}
	var server inspect.Server
	if err := json.Unmarshal(about, &server); err != nil {
		return nil, fmt.Errorf("reading what the source was: %w", err)
	}
	return &origin{server: &server, dialect: dialectOf(&server)}, nil
}

// alone gives the source as it is remembered, for a replay that goes on without it. Where it would have
// to be asked first, the cause of its absence is given back.
func (r *Replica) alone(ctx context.Context, db catalogue.DB, lease *catalogue.Lease, gone *absence) (*origin, error) {
	from, err := r.remembered(ctx, db, lease.Source.ID)
	if err != nil {
		return nil, err
	}
	settings, err := catalogue.SettingsOf(ctx, db, lease.Source.ID)
	if err != nil {
		return nil, err
	}
	databases, err := catalogue.Databases(ctx, db, lease.Source.ID)
	if err != nil {
		return nil, err
	}
	r.spec.Rules.Schemas = lease.Source.Schemas
	asks := from == nil || r.refiltered(settings.Filters)
	for name := range lease.Source.Schemas {
		_, known := databases[name]
		asks = asks || !known
	}
	if asks {
		return nil, gone.cause
	}
	return from, nil
}

// refiltered says whether the list of tables was made by other filters than there are now.
func (r *Replica) refiltered(before *catalogue.Filters) bool {
	return before == nil || !slices.Equal(before.Limit, r.spec.Rules.Limit) || !slices.Equal(before.Skip, r.spec.Rules.Skip)
}

// awaitSource ends the replay without a source when that can be reached again.
func (s *stream) awaitSource(ctx context.Context) error {
	s.replica.log.Warn("the source cannot be read: what was read of it is replayed meanwhile", "error", s.gone.cause)
	for {
		select {
		case <-time.After(s.gone.pauses.NextBackOff()):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		from, err := s.replica.reach(ctx)
		if err == nil {
			from.close()
			s.replica.log.Info("the source can be reached again")
			return errAgain
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if fault.KindOf(err) != fault.Retry {
			return err
		}
		s.replica.log.Debug("the source cannot be reached", "error", err)
		s.gone.mu.Lock()
		s.gone.cause = err
		s.gone.mu.Unlock()
	}
}
