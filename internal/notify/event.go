// Package notify owns messages about a replica to people who are elsewhere: which events there are,
// how grave each is, and their way to Rollbar and to a webhook. It does not own when something
// happens, nor the log in which it is told too.
package notify

import (
	"fmt"
	"log/slog"
	"time"

	"pgchameleon/internal/fault"
)

// Key marks a line of the log as an event: log.Warn("table excluded", notify.Key, notify.TableExcluded, …).
// Its other attributes go along, so they hold no values of rows, as in any log.
const Key = "event"

// The events.
const (
	InitComplete        = "init_complete"
	InitFailed          = "init_failed"
	RefillComplete      = "refill_complete" // sync_tables, refresh_schema, and what fills tables by itself
	RefillFailed        = "refill_failed"
	TableExcluded       = "table_excluded"
	ReplicaCrashed      = "replica_crashed"
	MaintenanceComplete = "maintenance_complete"
)

// Level is how grave an event is.
type Level int

// The levels, as Rollbar has them.
const (
	Info Level = iota
	Warning
	Error
	Critical
)

var levels = [...]string{"info", "warning", "error", "critical"}

// String is the level's name.
func (l Level) String() string { return levels[l] }

// ParseLevel reads a level's name.
func ParseLevel(name string) (Level, error) {
	for i, known := range levels {
		if name == known {
			return Level(i), nil
		}
	}
	return 0, fault.New(fault.Config, "take one of critical, error, warning and info", "there is no level %q", name)
}

// level is how grave an event is, as pg_chameleon has it.
func level(event string) Level {
	switch event {
	case InitFailed, RefillFailed, ReplicaCrashed:
		return Critical
	case TableExcluded:
		return Error
	}
	return Info
}

// Event is something that has happened.
type Event struct {
	Name    string
	Message string
	Time    time.Time
	Details []slog.Attr
}

// details gives the details as text by their names.
func (e Event) details() map[string]string {
	all := make(map[string]string, len(e.Details))
	for _, a := range e.Details {
		if a.Key != Key {
			all[a.Key] = fmt.Sprint(a.Value.Resolve().Any())
		}
	}
	return all
}
