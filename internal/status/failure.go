package status

import "time"

// Failure is a line of the error log, as show_errors prints it.
type Failure struct {
	ID       int64     `json:"log_id"`
	Source   string    `json:"source_name"`
	Time     time.Time `json:"time"`
	Table    string    `json:"table,omitempty"`  // its name in PostgreSQL; "" where no table is concerned
	Schema   string    `json:"schema,omitempty"` // in PostgreSQL
	Position string    `json:"position,omitempty"`
	SQL      string    `json:"sql,omitempty"` // the statement at fault, without values
	Message  string    `json:"message"`
}
