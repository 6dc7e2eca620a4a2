package pipeline

import (
	"context"
	"fmt"
	"time"

	"pgchameleon/internal/catalogue"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/notify"
	"pgchameleon/internal/status"
	"pgchameleon/internal/target/dial"
)

const (
	vacuumLockTimeout = 2 * time.Second  // of each try: others queue up behind one that waits
	vacuumPatience    = time.Minute      // over all tries, where lock_timeout is none
	maintenanceLook   = 10 * time.Second // how often it is looked whether maintenance is due
	maintenanceAgain  = time.Hour        // after which maintenance that has failed is tried again
)

// RunMaintenance vacuums and analyses a source's tables in PostgreSQL and the catalogue's; full
// writes them anew. tell hears of each table.
func (e *Engine) RunMaintenance(ctx context.Context, name string, full bool, tell func(status.Maintained)) error {
	spec, err := e.spec(name)
	if err != nil {
		return err
	}
	return e.with(ctx, func(conn *dial.Conn) error { return spec.maintain(ctx, conn, full, tell) })
}

func (s *Spec) maintain(ctx context.Context, conn *dial.Conn, full bool, tell func(status.Maintained)) (err error) {
	name, patience := s.Name, s.LockTimeout
	if patience <= 0 {
		patience = vacuumPatience
	}
	known, err := catalogue.Find(ctx, conn, name)
	if err != nil {
		return err
	}
	begun, err := catalogue.BeginMaintenance(ctx, conn, known)
	if err != nil {
		return err
	}
	if !begun {
		return fault.New(fault.State, "wait until it is done", "the tables of source %s are being maintained already", name)
	}
	left := 0
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), parkWithin)
		defer cancel()
		if ended := catalogue.EndMaintenance(ctx, conn, known, err == nil && left == 0); err == nil {
			err = ended
		}
	}()
	tables, err := catalogue.MaintainableTables(ctx, conn, known.ID)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, fmt.Sprintf("SET lock_timeout = %d", vacuumLockTimeout.Milliseconds())); err != nil {
		return fmt.Errorf("setting the lock timeout: %w", dial.Classify(err))
	}
	for _, t := range tables {
		done := status.Maintained{Table: t.Name, Before: t.Bytes}
		if done.After, done.Err = vacuum(ctx, conn, t.Ident, full, patience); done.Err != nil {
			if ctx.Err() != nil || fault.KindOf(done.Err) == fault.Retry && dial.Code(done.Err) != lockNotAvailable {
				return done.Err
			}
			left++
		}
		tell(done)
	}
	if left > 0 {
		return fault.New(fault.State, "end the long transactions that use them (pg_stat_activity shows them), then run it again", "%d tables could not be maintained", left)
	}
	return nil
}

const lockNotAvailable = "55P03"

// vacuum vacuums one table and gives its size. A table that somebody else has locked is tried
// again and again until patience is over, never waiting for longer than vacuumLockTimeout at once.
func vacuum(ctx context.Context, conn *dial.Conn, ident string, full bool, patience time.Duration) (size int64, err error) {
	sql := "VACUUM (ANALYZE) " + ident
	if full {
		sql = "VACUUM (FULL, ANALYZE) " + ident
	}
	pause := time.NewTicker(vacuumLockTimeout)
	defer pause.Stop()
	for began := time.Now(); ; {
		_, err := conn.Exec(ctx, sql)
		if err == nil {
			break
		}
		if dial.Code(err) != lockNotAvailable || time.Since(began) >= patience {
			return 0, fmt.Errorf("maintaining the table %s: %w", ident, dial.Classify(err))
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
	err = conn.QueryRow(ctx, "SELECT coalesce(pg_total_relation_size(to_regclass($1)), 0)", ident).Scan(&size)
	if err != nil {
		return 0, fmt.Errorf("asking for the size of %s: %w", ident, dial.Classify(err))
	}
	return size, nil
}

// maintain does the maintenance that auto_maintenance asks for, until ctx ends.
func (s *stream) maintain(ctx context.Context) error {
	every := s.replica.spec.AutoMaintenance
	if every <= 0 {
		return nil
	}
	tick := time.NewTicker(min(every, maintenanceLook))
	defer tick.Stop()
	var tried time.Time
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if time.Since(tried) < min(every, maintenanceAgain) {
			continue
		}
		due, err := catalogue.MaintenanceDue(ctx, s.pool, s.lease.Source.ID, every)
		if err != nil {
			return err
		}
		if due {
			s.maintainNow(ctx)
			tried = time.Now()
		}
	}
}

// maintainNow maintains the tables once. What fails is told, and tried again when it is next due.
func (s *stream) maintainNow(ctx context.Context) {
	log, began := s.replica.log, time.Now()
	tables, before, after := 0, int64(0), int64(0)
	conn, err := dial.Connect(ctx, s.replica.spec.Postgres)
	if err == nil {
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		err = s.replica.spec.maintain(ctx, conn, false, func(m status.Maintained) {
			if m.Err != nil {
				log.Warn("a table could not be maintained", "table", m.Table, "error", m.Err)
				return
			}
			tables, before, after = tables+1, before+m.Before, after+m.After
		})
	}
	if err != nil {
		if ctx.Err() == nil {
			log.Warn("the maintenance of the tables has failed", "error", err)
		}
		return
	}
	log.Info("tables maintained", notify.Key, notify.MaintenanceComplete, "tables", tables, "bytes_before", before, "bytes_after", after, "took", time.Since(began).Round(time.Millisecond).String())
}
