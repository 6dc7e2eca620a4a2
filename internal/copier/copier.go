// Package copier owns the copy of tables: which worker takes which chunk of
// which table, what is done before and after a table's chunks, what happens
// when a connection is lost, a row is refused or a table changes under it. It
// does not own how rows are read, how they are written, or where is noted what
// has been done: those are interfaces of its own.
package copier

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"pgchameleon/internal/change"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/status"
)

// Step is how far a table's copy has come.
type Step string

// The steps of a table's copy, in their order.
const (
	Begun   Step = "begun"   // its table is made, chunks are copied, indexes built
	Loaded  Step = "loaded"  // rows and indexes are there
	Swapped Step = "swapped" // it stands in its place
	Failed  Step = "failed"  // it could not be copied; the next run begins it anew
)

// State is what is kept of a table's copy, for a run that goes on with it.
type State struct {
	Step       Step          // "": nothing yet
	Definition *schema.Table // as of the low mark
	Low, High  event.Position
	Pending    []change.Index // what is to be built, or was taken off and is to be built again
	Reason     string         // why it failed
}

// Placed is a table that stands in its place, with its state.
type Placed struct {
	Table *mapping.Table
	State State
}

// Chunk is a part of a table's rows. Bounds are the source's matter, nil for
// the table's end.
type Chunk struct {
	Number       int64
	Lower, Upper []string
	Limit        int64 // of rows, after which it ends early; 0: none

	Rows, Bytes, Discarded int64 // once it is done
}

// Note counts how often a rule changed values of a column.
type Note struct {
	Column string // on the source
	Rule   string
	Count  int64
}

// Original is a value as the source has it, which a rule has changed.
type Original struct {
	Column string // on the source
	Rule   string
	Key    string // of its row, as COPY text
	Value  []byte
}

// Changes are what rules did to the values of a chunk.
type Changes struct {
	Low       event.Position // of the table's copy
	Notes     []Note
	Originals []Original
}

// ErrStop is wrapped by an error of the ledger after which nothing may be
// copied any more, such as the loss of the lease.
var ErrStop = errors.New("the copy must stop")

// ErrTaken is wrapped by the ledger's error for a chunk that is recorded already.
var ErrTaken = errors.New("the chunk has been copied already")

// Source is the MySQL end.
type Source interface {
	// Connect opens a session that reads.
	Connect(ctx context.Context) (Session, error)
	// Plan cuts a table, of about so many rows and bytes, into chunks, except
	// for those that are done.
	Plan(t *mapping.Table, rows, bytes, chunkBytes int64, done []Chunk) Planner
}

// Session is a connection to the source, for one goroutine. After an error it
// is closed, and nothing else.
type Session interface {
	Marks
	// Definition reads a table's definition as of now.
	Definition(ctx context.Context, name schema.Name) (*schema.Table, error)
	// Read begins to read a chunk of the planner's table.
	Read(ctx context.Context, p Planner, c Chunk) (Rows, error)
	Close()
}

// Marks are positions of the binary log around a copy.
type Marks interface {
	// LowMark: every transaction at or before it is seen by each later read.
	LowMark(ctx context.Context, name schema.Name) (event.Position, error)
	// HighMark: no read that has ended saw a transaction after it.
	HighMark(ctx context.Context, name schema.Name) (event.Position, error)
	// Snapshot begins a transaction whose reads of the table see exactly what is
	// at or before the position. Release ends it.
	Snapshot(ctx context.Context, name schema.Name) (event.Position, error)
	Release(ctx context.Context) error
}

// Planner cuts one table into chunks, for many goroutines.
type Planner interface {
	// Next gives a chunk; false says that there are none at present.
	Next(ctx context.Context, s Session) (Chunk, bool, error)
	// Done reports a chunk that was copied; cut is where it ended early, or nil. It
	// is true if that has made new chunks.
	Done(c Chunk, cut []string) bool
}

// Rows are the rows of a chunk.
type Rows interface {
	// Next gives a row's values as the text protocol has them, valid until the
	// next call, and io.EOF after the last one.
	Next() ([][]byte, error)
	// Cut is the upper bound of a chunk that ended early, nil for others.
	Cut() []string
}

// Target is the PostgreSQL end. Where a table stands while it is loaded is its matter.
type Target[Tx any] interface {
	Loader[Tx]
	// Begin runs work in a transaction.
	Begin(ctx context.Context, work func(tx Tx) error) error
	// Build builds an index, if it is not there. shared says that others are at work meanwhile.
	Build(ctx context.Context, t *mapping.Table, index change.Index, shared bool) error
	// BuildAll builds indexes that are not there in a given transaction.
	BuildAll(ctx context.Context, tx Tx, t *mapping.Table, indexes []change.Index) error
	// Adopt makes indexes that Build has built beside others what they stand for.
	Adopt(ctx context.Context, tx Tx, t *mapping.Table, indexes []change.Index) error
	// Swap moves a loaded table into its place, in one transaction with record.
	Swap(ctx context.Context, t *mapping.Table, record func(tx Tx) error) error
	// SwapFree moves those of several loaded tables into their places where nothing stands, in one
	// transaction with record, which is told which they are. It waits for nothing that is in use.
	SwapFree(ctx context.Context, tables []*mapping.Table, record func(tx Tx, moved []int) error) error
}

// Loader fills a table in a given transaction.
type Loader[Tx any] interface {
	// Create makes the table anew and empty, and gives what has to be built on
	// it besides the indexes that its definition has. earlier is what it gave, and was
	// not built, if the table has been made before.
	Create(ctx context.Context, tx Tx, t *mapping.Table, statements []string, earlier []change.Index) ([]change.Index, error)
	// Binary says whether tables have just the types that they are mapped to, so that
	// rows may be loaded in COPY's binary format.
	Binary() bool
	// Copy loads rows as COPY reads them. A fault.Data says that a row was refused.
	Copy(ctx context.Context, tx Tx, t *mapping.Table, rows io.Reader, binary bool) (int64, error)
	// CopyPieces loads what can be loaded, and calls refused for the other rows.
	CopyPieces(ctx context.Context, tx Tx, t *mapping.Table, rows io.Reader, refused func(row []byte, cause error) error) (int64, error)
	// Finish runs what is left to do when rows and indexes are there.
	Finish(ctx context.Context, tx Tx, t *mapping.Table, statements []string) error
}

// Ledger keeps what has been done, in the transactions that did it.
type Ledger[Tx any] interface {
	// State gives what is known of a table, with its finished chunks.
	State(ctx context.Context, name schema.Name) (State, []Chunk, error)
	// Begin stores the state of a table that begins (anew) and forgets its chunks.
	Begin(ctx context.Context, tx Tx, t *mapping.Table, s State) error
	// Save stores a table's state before it stands in its place.
	Save(ctx context.Context, tx Tx, t *mapping.Table, s State) error
	// Swapped stores that tables stand in their places.
	Swapped(ctx context.Context, tx Tx, tables []Placed) error
	// SaveChunk records a finished chunk.
	SaveChunk(ctx context.Context, tx Tx, t *mapping.Table, c Chunk, values Changes) error
	// Discard keeps a row (a line of COPY text) that could not be loaded.
	Discard(ctx context.Context, tx Tx, t *mapping.Table, low event.Position, row []byte, cause error) error
}

// Statements make a table.
type Statements struct {
	Create  []string       // types and the bare table, where it is loaded
	Indexes []change.Index // in the order in which they are to be begun; those to be delayed name the table where it will stand
	Finish  []string       // defaults, sequences, comments
}

// Task is a table to copy.
type Task struct {
	Table       *mapping.Table
	Rows, Bytes int64 // estimates; 0: not known
}

// Options say how to copy.
type Options struct {
	Threads    int           // chunks and indexes in hand at once; 0 means 2
	ChunkBytes int64         // what a chunk should have; 0: the source's default
	Originals  int           // kept of values that a rule has changed, for each column, rule and chunk; -1: all
	Patience   time.Duration // how long a lost server is waited for; 0 means 10 minutes
	OutDir     string        // where chunks are staged as files before they are loaded; "": they are not
	Board      *status.Board
	Log        *slog.Logger
	Now        func() time.Time

	// Map maps a table whose definition has changed since its task was made.
	Map func(*schema.Table) (*mapping.Table, error)
	// Render gives the statements that make a table.
	Render func(*mapping.Table) Statements
	// Report hears of each table and index that could not be copied; index is ""
	// for the table itself.
	Report func(name schema.Name, index string, err error)
}

// Copier copies tables from a source to a target.
type Copier[Tx any] struct {
	Source Source
	Target Target[Tx]
	Ledger Ledger[Tx]
	Options
}

// Result says what has become of the tables.
type Result struct {
	Swapped []schema.Name
	Failed  map[schema.Name]error
}
