package status

// Sync is what became of a request to fill tables from the source.
type Sync struct {
	Tables  []string // schema.table on the source: those that will be filled
	Missing []string // those that the source does not have
	Running bool     // a process follows the source and does it
}
