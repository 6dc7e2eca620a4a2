package status

// Adoption is what was found of a catalogue that is to be brought to this program's version,
// and what was done.
type Adoption struct {
	Found   string          `json:"found"`          // whose catalogue it is, with its version
	Own     bool            `json:"own"`            // it is one of this program's
	Version int             `json:"version"`        // of this program's own: that it has afterwards
	Kept    string          `json:"kept,omitempty"` // the name under which pg_chameleon's is kept
	Sources []AdoptedSource `json:"sources"`        // that are taken over
	Left    []string        `json:"left,omitempty"` // what is not taken over, and why

}

// AdoptedSource is a source that is taken over.
type AdoptedSource struct {
	Name     string         `json:"name"`
	Position string         `json:"position"` // where its replica goes on; "" where it has not been copied yet
	Notes    []string       `json:"notes,omitempty"`
	Tables   []AdoptedTable `json:"tables"`
}

// AdoptedTable is a table of a source that is taken over.
type AdoptedTable struct {
	Source     string   `json:"source"`
	Target     string   `json:"target"`
	Followed   bool     `json:"followed"`
	Kept       []string `json:"kept,omitempty"`       // columns that keep a type which a new copy would not give them
	Reasons    []string `json:"reasons,omitempty"`    // why it is not followed
	Gone       bool     `json:"gone,omitempty"`       // the source does not have it any more
	Statements []string `json:"statements,omitempty"` // that are run in PostgreSQL
}
