package status

import (
	"strconv"
	"time"
)

// Source is what is known of a source at one moment: its line in show_status.
type Source struct {
	ID         int64     `json:"source_id"`
	Name       string    `json:"source_name"`
	Type       string    `json:"type"`
	Status     string    `json:"status"` // ready, initialising, initialised, running, stopped, error…
	Consistent bool      `json:"consistent"`
	ReadLag    *Lag      `json:"read_lag_seconds"` // nil: nothing has been read
	LastRead   time.Time `json:"last_read,omitzero"`
	ReplayLag  *Lag      `json:"replay_lag_seconds"` // nil: nothing has been applied
	LastReplay time.Time `json:"last_replay,omitzero"`
	Waiting    string    `json:"waiting,omitempty"` // what the process waits for, such as a server that is away
	Tables     Tally     `json:"tables"`
	Errors     int64     `json:"errors"`         // lines of the error log
	Discarded  int64     `json:"discarded_rows"` // rows that PostgreSQL refused
	Detail     *Detail   `json:"detail,omitempty"`
}

// Detail is what show_status --source adds.
type Detail struct {
	Schemas         []Schema  `json:"schema_mappings"`
	ReadPosition    string    `json:"read_position,omitempty"`
	AppliedPosition string    `json:"applied_position,omitempty"`
	Process         string    `json:"process,omitempty"` // host and number of the process that follows it
	Since           time.Time `json:"since,omitzero"`    // when that process began
	Counters        Counters  `json:"counters"`
	Tables          []State   `json:"table_states"`
	Rules           []Applied `json:"rules_applied"`
	LastError       *Failure  `json:"last_error,omitempty"`
}

// Schema is one mapping of a source schema to a PostgreSQL schema.
type Schema struct {
	Origin      string `json:"origin"`
	Destination string `json:"destination"`
}

// Tally counts tables by where they stand.
type Tally struct {
	All         int64 `json:"all"`
	Replicating int64 `json:"replicating"`
	Copying     int64 `json:"copying"` // and those that catch up
	Disabled    int64 `json:"disabled"`
}

// Counters are sums over the life of the replica.
type Counters struct {
	Transactions int64 `json:"transactions"`
	Inserted     int64 `json:"inserted"`
	Updated      int64 `json:"updated"`
	Deleted      int64 `json:"deleted"`
	Missing      int64 `json:"missing"` // rows that an update or a delete did not find
	DDL          int64 `json:"ddl"`
	Skipped      int64 `json:"skipped"`
}

// Rows is the sum of the row changes.
func (c Counters) Rows() int64 { return c.Inserted + c.Updated + c.Deleted }

// State is where one table stands.
type State struct {
	Table         string    `json:"table"`  // schema.table on the source
	Target        string    `json:"target"` // schema.table in PostgreSQL
	State         string    `json:"state"`  // waiting, copying, loaded, catching_up, replicating, excluded, failed
	Since         time.Time `json:"since,omitzero"`
	Disabled      bool      `json:"disabled"` // it is not replicated, for this reason:
	Reason        string    `json:"reason,omitempty"`
	Rows          int64     `json:"rows_copied"`
	EstimatedRows int64     `json:"rows_estimated"`
	Bytes         int64     `json:"bytes_copied"`
	Discarded     int64     `json:"discarded_rows"`
}

// Copying says that the table's rows are still coming in or waiting to.
func (s State) Copying() bool { return !s.Disabled && (s.State == "waiting" || s.State == "copying") }

// Applied counts how often a rule for values that PostgreSQL cannot hold was
// applied to a column.
type Applied struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	Rule   string `json:"rule"`
	Count  int64  `json:"count"`
}

// Lag is a span of time that is written as seconds in JSON.
type Lag time.Duration

// MarshalJSON writes seconds with their fraction.
func (l Lag) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, time.Duration(l).Seconds(), 'f', -1, 64), nil
}
