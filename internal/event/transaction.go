package event

import "time"

// Transaction is one transaction of the source, or a piece of one that is too
// large to hold: all pieces but the last have Final false, all but the first
// have First false. Pieces of one transaction follow one another directly.
type Transaction struct {
	GTID     string    // "" where the server has no GTIDs; MySQL "uuid:[tag:]n", MariaDB "domain-server-seq"
	Server   string    // whose binlog File, Start and End are of, as in Position
	File     string    // binlog file that it ends in
	Start    uint64    // offset of its first event in the file where it begins
	End      uint64    // offset after its last event (of this piece, if not Final)
	Time     time.Time // when the source committed it, by the source's clock; microseconds where the server sends them
	First    bool
	Final    bool
	Sessions Sessions  // what has become of the server's sessions since the transaction before
	Undone   bool      // it ended in ROLLBACK: nothing of it counts but the position, and statements about temporary tables, which are all that it has
	XA       *XA       // set when it is one phase of an XA transaction
	Idle     *Position // set when it is no transaction but the word that the source has nothing more up to here
	Size     int       // bytes of binlog that the events take, for bounding memory
	Events   []Event
}

// XA is one phase of a distributed transaction: its rows come with "prepare",
// they count only when "commit" for the same XID comes, perhaps much later.
type XA struct {
	Phase string // "prepare", "commit" or "rollback"
	XID   string // as the server writes it: X'…',X'…',n
}

// Sessions says whether the sessions of a server, with their temporary tables, are still
// there.
type Sessions uint8

// What may have become of sessions, the worst last.
const (
	SessionsStay    Sessions = iota
	SessionsUnknown          // the log was not read without a gap
	SessionsEnded            // the server was started anew
)

// Event is either *Rows or *Statement.
type Event interface{ event() }

// Action is what a Rows event did to its rows.
type Action uint8

// The three actions of a row event.
const (
	Insert Action = iota + 1
	Update
	Delete
)

// String names the action as the catalogue spells it.
func (a Action) String() string { return [...]string{"", "insert", "update", "delete"}[a] }

// Rows is one row event: images of rows of one table, as the binlog wrote them.
type Rows struct {
	Action   Action
	Map      *TableMap
	Before   []byte // bitmap of the columns in each first image (before image, or the inserted row)
	After    []byte // bitmap of the columns in each second image; only for Update
	Data     []byte // the images back to back; the event owns these bytes
	NoChecks bool   // foreign_key_checks was off: InnoDB ran no cascades
	Partial  bool   // a PARTIAL_UPDATE_ROWS event, whose JSON values after may be changes of those before
	Offset   uint64 // offset of the event, for messages
}

// TableMap describes the columns of row images, as the server sent it. Slices
// of optional metadata are nil where the server sent none
// (binlog_row_metadata=MINIMAL or an old server).
type TableMap struct {
	ID       uint64
	Schema   string
	Table    string
	Types    []byte     // a MYSQL_TYPE_* for each column
	Meta     []uint16   // the type's metadata, as go-mysql's TableMapEvent.ColumnMeta has it
	Nullable []byte     // bitmap
	Names    []string   // column names, with FULL metadata
	Unsigned []bool     // by column; false for columns that are not numeric
	Charsets []string   // by column, "" where it has none or it is not known; "binary" too
	Key      []int      // ordinals of the primary key's columns, with FULL metadata; nil if there is none, or it is not known
	Members  [][]string // by column, of enums and sets in the column's own character set, with FULL metadata; nil for others
}

// Statement is a QUERY event that is not a transaction's frame (BEGIN, COMMIT …).
type Statement struct {
	Schema   string    // the session's database, "" if none
	SQL      string    // UTF-8
	SQLMode  uint64    // sql_mode bits, from the event's status variables
	Derived  bool      // the server wrote the text, of the columns that CREATE TABLE … SELECT made: characters beyond U+FFFF are `?` in it
	Error    uint16    // error code that the statement ended with on the source
	TimeZone string    // the session's time_zone as the server wrote it: "+02:00", "SYSTEM"; "" if the statement did not use it
	Thread   uint32    // the session's id on its server
	Session  bool      // it used what only its session has: a temporary table, or its own id
	Time     time.Time // when it began, by the source's clock: what now() is in it; zero if not known
	Offset   uint64    // offset of the event, for messages
}

func (*Rows) event()      {}
func (*Statement) event() {}
