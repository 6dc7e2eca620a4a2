package status

// Translation is what statements of the source would do, one after the other.
type Translation struct {
	On         string                `json:"on"` // which tables it was worked out on, in words
	Statements []TranslatedStatement `json:"statements"`
}

// TranslatedStatement is what one statement would do. Tables are schema.table on the source.
type TranslatedStatement struct {
	SQL        string              `json:"sql"`
	Ignored    bool                `json:"ignored"` // it does nothing to what is replicated
	Created    []string            `json:"created,omitempty"`
	Dropped    []string            `json:"dropped,omitempty"`
	Changed    []string            `json:"changed,omitempty"`
	Renamed    [][2]string         `json:"renamed,omitempty"`
	Excluded   []TranslatedReason  `json:"excluded,omitempty"` // no longer followed
	Refilled   []TranslatedReason  `json:"refilled,omitempty"` // their rows are read again from the source
	Held       []string            `json:"held,omitempty"`     // the policy holds it, and these tables with it
	PostgreSQL []TranslatedForward `json:"postgresql"`
}

// TranslatedReason says what becomes of a table for which reason.
type TranslatedReason struct {
	Table  string `json:"table"`
	Reason string `json:"reason"`
}

// TranslatedForward is one statement for PostgreSQL.
type TranslatedForward struct {
	SQL      string `json:"sql"`
	Table    string `json:"table"`
	Lock     string `json:"lock"`     // on a table that is there: ACCESS EXCLUSIVE …; "" for none
	Rewrites bool   `json:"rewrites"` // the table's file is written anew
	Scans    bool   `json:"scans"`    // all its rows are read
}
