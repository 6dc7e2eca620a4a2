package status

import "time"

// Failure is a line of the error log, as show_errors prints it.
type Failure struct {
	LogID     int64     `json:"log_id"`
	Source    string    `json:"source_name"`
	Table     string    `json:"table,omitempty"`  // schema.table on the source; "" where no table is concerned
	Target    string    `json:"target,omitempty"` // schema.table in PostgreSQL
	Position  string    `json:"position,omitempty"`
	Time      time.Time `json:"time"`
	Statement string    `json:"statement,omitempty"` // without values
	Message   string    `json:"message"`
}
