package pipeline

import (
	"context"
	"fmt"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/target/dial"
)

// validateAgain is how long a foreign key waits whose table somebody else has locked.
const validateAgain = 10 * time.Second

// validate has PostgreSQL look at the rows for foreign keys that were made anew when tables were
// filled where they stand: at the start, and whenever tables have caught up, until ctx ends. Rows are
// read and written meanwhile.
func (s *stream) validate(ctx context.Context) error {
	again := time.NewTimer(0)
	defer again.Stop()
	for {
		select {
		case <-again.C:
		case <-s.caughtUp:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		left, err := s.validateNow(ctx)
		if err != nil {
			return err
		}
		if left {
			again.Reset(validateAgain)
		}
	}
}

// validateNow looks at all that can be. left says that some could not be locked.
func (s *stream) validateNow(ctx context.Context) (left bool, err error) {
	keys, err := catalogue.Unvalidated(ctx, s.pool, s.lease.Source.ID)
	if err != nil {
		return false, err
	}
	for _, k := range keys {
		if s.replica.unfit[k.OID] {
			continue
		}
		switch err := s.validateKey(ctx, k); {
		case err == nil:
			s.replica.log.Info("a foreign key holds for all rows", "table", k.Ident, "key", k.Name)
		case ctx.Err() != nil:
			return false, context.Cause(ctx)
		case dial.Code(err) == lockNotAvailable:
			left = true
		case fault.KindOf(err) == fault.Retry:
			return false, err
		default:
			s.replica.unfit[k.OID] = true
			if err := s.unfit(ctx, k, err); err != nil {
				return false, err
			}
		}
	}
	return left, nil
}

func (s *stream) validateKey(ctx context.Context, k catalogue.ForeignKey) error {
	return dial.InTx(ctx, s.pool, func(tx dial.Tx) error {
		for _, sql := range []string{
			fmt.Sprintf("SET LOCAL lock_timeout = %d", vacuumLockTimeout.Milliseconds()),
			"ALTER TABLE " + k.Ident + " VALIDATE CONSTRAINT " + mapping.Quote(k.Name),
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return dial.Classify(err)
			}
		}
		return nil
	})
}

// unfit tells of a foreign key that rows are against. It holds for new ones.
func (s *stream) unfit(ctx context.Context, k catalogue.ForeignKey, cause error) error {
	s.replica.log.Warn("a foreign key does not hold for all rows and stays not validated", "table", k.Ident, "key", k.Name, "error", cause)
	_, err := catalogue.LogError(ctx, s.pool, catalogue.LoggedError{
		SourceID: s.lease.Source.ID, Table: k.Source, Schema: k.Schema, Name: k.Table,
		Message: fmt.Sprintf("the foreign key %s does not hold for all rows and stays NOT VALID: %v", k.Name, cause),
	})
	return err
}
