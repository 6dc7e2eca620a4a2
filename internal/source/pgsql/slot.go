package pgsql

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/target/dial"
)

// slot is a logical replication slot that was just made, with the snapshot at which it begins.
type slot struct {
	name     string
	snapshot string
	keep     bool
	conn     *dial.Conn // whose next command would end the snapshot
	config   dial.Config
}

// newSlot makes a slot for a subscription. Its session keeps the snapshot until it is closed.
func newSlot(ctx context.Context, config dial.Config, name string) (*slot, error) {
	walking := config
	walking.Replication = true
	conn, err := dial.Connect(ctx, walking)
	if err != nil {
		return nil, err
	}
	results, err := conn.PgConn().Exec(ctx, "CREATE_REPLICATION_SLOT "+pgx.Identifier{name}.Sanitize()+" LOGICAL pgoutput EXPORT_SNAPSHOT").ReadAll()
	if err == nil && (len(results) != 1 || len(results[0].Rows) != 1 || len(results[0].Rows[0]) < 3) {
		err = fmt.Errorf("the server's answer has another form")
	}
	if err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, slotRefused(name, err)
	}
	return &slot{name: name, snapshot: string(results[0].Rows[0][2]), conn: conn, config: config}, nil
}

func slotRefused(name string, err error) error {
	hint := ""
	switch dial.Code(err) {
	case "42710": // duplicate_object
		hint = "a former copy has left it: once no subscription uses it, drop it on the source with SELECT pg_drop_replication_slot('" + name + "')"
	case "55000": // object_not_in_prerequisite_state
		hint = "on the source: ALTER SYSTEM SET wal_level = logical, then restart it"
	case "42501":
		hint = "give the source's user the attribute REPLICATION, or leave replication_slot out"
	case "53400": // configuration_limit_exceeded
		hint = "raise max_replication_slots on the source, or drop slots that nobody uses"
	default:
		return fmt.Errorf("making the replication slot %s: %w", name, classify(err))
	}
	return fault.New(fault.Environment, hint, "making the replication slot %s: %w", name, err)
}

// close ends the slot's session, and drops the slot if it is not kept.
func (s *slot) close(ctx context.Context) {
	if s == nil {
		return
	}
	_ = s.conn.Close(ctx)
	if s.keep {
		return
	}
	conn, err := dial.Connect(ctx, s.config)
	if err != nil {
		return
	}
	_, _ = conn.Exec(ctx, "SELECT pg_drop_replication_slot($1)", s.name)
	_ = conn.Close(ctx)
}
