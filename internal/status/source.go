package status

import "time"

// Source is what is known of a source at one moment: its line in show_status.
type Source struct {
	ID         int64  `json:"source_id"`
	Name       string `json:"source_name"`
	Type       string `json:"type"`
	Status     string `json:"status"`         // ready, initialising, initialised, running, stopped, error…
	Note       string `json:"note,omitempty"` // what the process waits for, such as a server that is away
	Consistent bool   `json:"consistent"`     // copied, and no table is being copied or catching up
	Alive      bool   `json:"alive"`          // a process works on it and was heard of lately

	ReadPosition string        `json:"read_position"`
	LastRead     time.Time     `json:"last_read,omitzero"` // when the source committed it; zero: never
	ReadLag      time.Duration `json:"read_lag_ns"`

	ReplayPosition string        `json:"replay_position"`
	LastReplay     time.Time     `json:"last_replay,omitzero"`
	ReplayLag      time.Duration `json:"replay_lag_ns"`

	Paused  bool  `json:"paused"`  // replay is to rest
	Resting bool  `json:"resting"` // and does
	Relay   Relay `json:"relay"`   // as of when its process was last heard of

	Tables    map[string]int64 `json:"tables"`         // number of tables by state
	Errors    int64            `json:"errors"`         // lines of the error log
	Discarded int64            `json:"discarded_rows"` // rows that PostgreSQL refused
	Counters  Counters         `json:"counters"`
}

// Relay is what was read and is not applied.
type Relay struct {
	Form         string `json:"form"` // memory or postgres; "" if not known
	Transactions int64  `json:"transactions"`
	Bytes        int64  `json:"bytes"`
	Limit        int64  `json:"limit"`
	Full         bool   `json:"full"` // reading waits until there is room
}

// Pause is what came of the wish that a source's replay rest or go on.
type Pause struct {
	Running  bool   // a process follows the source
	Resting  bool   // its replay has come to rest
	Position string // up to which all is applied
	Relay    Relay
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

// Detail is what show_status tells of one source.
type Detail struct {
	Source
	Mappings map[string]string `json:"schema_mappings"` // source schema → PostgreSQL schema

	Wanted map[string]string `json:"wanted_mappings,omitempty"` // that are to take their place when no table is on its way

	LastMaintenance time.Time `json:"last_maintenance,omitzero"` // zero: never
	NextMaintenance time.Time `json:"next_maintenance,omitzero"` // zero: when somebody asks for it

	Replicas []Replica `json:"replicas"`
	Refills  []Refill  `json:"refills"`
	Rules    []Applied `json:"rules_applied"`
	Held     []Held    `json:"held"`
	Skips    []Skip    `json:"to_be_skipped"`
}

// Refill is a table that is filled from the source while the others are followed.
type Refill struct {
	Source        string        `json:"source"`          // schema.table
	Target        string        `json:"target"`          // schema.table in PostgreSQL
	AsOf          string        `json:"as_of,omitempty"` // position of which the table in PostgreSQL is meanwhile; "" if it is followed
	Step          string        `json:"step"`            // waiting, copying, catching_up
	EstimatedRows int64         `json:"estimated_rows"`
	CopiedRows    int64         `json:"copied_rows"`
	Position      string        `json:"position,omitempty"` // up to which its own stream has applied the source's changes
	Lag           time.Duration `json:"lag_ns"`             // of that stream
	Reason        string        `json:"reason"`             // why it is filled
	Tries         int           `json:"tries"`              // that have failed
	Note          string        `json:"note,omitempty"`     // why the last one did
}

// Replica is where one table stands.
type Replica struct {
	Source        string    `json:"source"` // schema.table
	Target        string    `json:"target"` // schema.table in PostgreSQL
	State         string    `json:"state"`  // waiting, copying, loaded, catching_up, replicating, excluded, failed
	Since         time.Time `json:"since,omitzero"`
	Reason        string    `json:"reason,omitempty"`      // why it is excluded or failed
	ExcludedAt    string    `json:"excluded_at,omitempty"` // the position from which on it lacks changes
	EstimatedRows int64     `json:"estimated_rows"`
	CopiedRows    int64     `json:"copied_rows"`
	CopiedBytes   int64     `json:"copied_bytes"`
	Discarded     int64     `json:"discarded_rows"`
}

// Applied counts the values of a column that a stated rule changed.
type Applied struct {
	Table     string `json:"table"`
	Column    string `json:"column"`
	Rule      string `json:"rule"`
	Count     int64  `json:"count"`
	Originals int64  `json:"originals"` // of so many the original is among the discarded rows
}
