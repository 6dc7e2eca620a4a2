package status

import "time"

// Held is a statement of the source that a policy holds.
type Held struct {
	ID          int64     `json:"held_id"`
	Class       string    `json:"class"`
	Statement   string    `json:"statement"` // without its literals where columns are masked
	Tables      []string  `json:"tables"`    // that wait, by their names on the source
	Position    string    `json:"position"`  // up to which they have all
	Transaction string    `json:"transaction"`
	Began       time.Time `json:"began,omitzero"` // on the source
	Since       time.Time `json:"since"`
}

// Skip is a transaction of the source that somebody wants passed over.
type Skip struct {
	ID          int64     `json:"skip_id"`
	Transaction string    `json:"transaction"` // its GTID, or a place in the binary log
	Reason      string    `json:"reason,omitempty"`
	AskedBy     string    `json:"asked_by"`
	Asked       time.Time `json:"asked"`
}

// Actor is who gives a command.
type Actor struct {
	User string // of the operating system
	Host string
}

// Choice says which held statements are meant: one by its ID, or those that tables wait for.
type Choice struct {
	ID    int64
	Table func(source, target string) bool // by its names on both sides
}

// Wish says which transaction is to be passed over: by its GTID, or by a place in the
// binary log.
type Wish struct {
	GTID   string
	File   string
	Offset uint64
	Reason string
}
