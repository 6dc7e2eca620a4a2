package status

// Mappings is what an update of a source's schema mappings changes.
type Mappings struct {
	Added   []string          // databases of the source
	Removed []string          // databases of the source
	Renamed map[string]string // PostgreSQL schemas: from → to
	Running bool              // a process follows the source and has taken them up
}
