package status

// Maintained is a table that was vacuumed.
type Maintained struct {
	Table  string // schema.table in PostgreSQL
	Before int64  // bytes, with its indexes
	After  int64
	Err    error // why it was not
}
