// Package pgsql owns the PostgreSQL end of a source: one snapshot that many sessions
// share, what its schemas hold as the statements that make it, and rows as COPY gives them.
// It does not own which schemas are wanted, nor where anything goes.
package pgsql

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/fault"
	"pgchameleon/internal/target/dial"
)

//go:embed sql/server.sql
var serverSQL string

// Oldest is the oldest version that can be read.
const Oldest = 120000

// tidRanges is the version from which on a range of blocks is read without the rest of its table.
const tidRanges = 140000

// lockWait is how long a table's definition may be in the hands of somebody else.
const lockWait = 10 * time.Second

const closeTime = 3 * time.Second

// Server is what the source is.
type Server struct {
	Version    int // as server_version_num: 150018
	Database   string
	WALLevel   string
	Started    string // when the server was
	OID        uint32 // of the database
	Extensions map[string]string
	Absent     []string // schemas that are not there
	Closed     []string // schemas that the user may not use
}

// Facts asks what the source is, and which of the schemas it has.
func Facts(ctx context.Context, db dial.DB, schemas []string) (*Server, error) {
	s := &Server{}
	err := db.QueryRow(ctx, serverSQL, schemas).Scan(&s.Version, &s.Database, &s.WALLevel, &s.Started, &s.OID, &s.Extensions, &s.Absent, &s.Closed)
	if err != nil {
		return nil, fmt.Errorf("asking the source what it is: %w", classify(err))
	}
	return s, nil
}

// Splits says whether a part of a table can be read without the rest.
func (s *Server) Splits() bool { return s.Version >= tidRanges }

// Snapshot is a moment of the source that several sessions see, with the tables locked
// against changes of their definition and TRUNCATE, which no snapshot hides.
type Snapshot struct {
	Name string

	config dial.Config
	holder *dial.Conn // locks, and keeps the snapshot unless a slot does
	slot   *slot
}

// Take locks the tables, given as SQL, and then takes the snapshot. With the name of a
// slot that is a new logical replication slot's, which begins exactly there.
func Take(ctx context.Context, config dial.Config, tables []string, slotName string) (*Snapshot, error) {
	s := &Snapshot{config: config}
	if err := s.take(ctx, tables, slotName); err != nil {
		s.Close(ctx)
		return nil, err
	}
	return s, nil
}

func (s *Snapshot) take(ctx context.Context, tables []string, slotName string) (err error) {
	if s.holder, err = Connect(ctx, s.config); err != nil {
		return err
	}
	statements := fmt.Sprintf("BEGIN READ ONLY; SET LOCAL lock_timeout = %d", lockWait.Milliseconds())
	const atOnce = 500
	for from := 0; from < len(tables); from += atOnce {
		statements += "; LOCK TABLE " + strings.Join(tables[from:min(from+atOnce, len(tables))], ", ") + " IN ACCESS SHARE MODE"
	}
	if _, err := s.holder.PgConn().Exec(ctx, statements).ReadAll(); err != nil {
		if dial.Code(err) == "55P03" {
			return fault.New(fault.Retry, "wait until what changes the table's definition has ended, then run this again", "locking the source's tables against changes of their definition: %w", err)
		}
		return fmt.Errorf("locking the source's tables against changes of their definition: %w", classify(err))
	}
	if slotName != "" {
		s.slot, err = newSlot(ctx, s.config, slotName)
		if err == nil {
			s.Name = s.slot.snapshot
		}
		return err
	}
	if err := s.holder.QueryRow(ctx, "SELECT pg_export_snapshot()").Scan(&s.Name); err != nil {
		return fmt.Errorf("exporting a snapshot: %w", classify(err))
	}
	return nil
}

// Close lets the snapshot and the locks go. A slot that is not kept is dropped.
func (s *Snapshot) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	s.slot.close(ctx)
	if s.holder != nil {
		_ = s.holder.Close(ctx)
	}
}

// KeepSlot lets the slot stay when the snapshot goes.
func (s *Snapshot) KeepSlot() {
	if s.slot != nil {
		s.slot.keep = true
	}
}

// Alive tells whether the snapshot and the locks still hold.
func (s *Snapshot) Alive(ctx context.Context) error {
	_, err := s.holder.Exec(ctx, "SELECT 1")
	return classify(err)
}

// Connect opens a session in which PostgreSQL writes all names qualified.
func Connect(ctx context.Context, config dial.Config) (*dial.Conn, error) {
	conn, err := dial.Connect(ctx, config)
	if err != nil {
		return nil, err
	}
	if _, err := conn.PgConn().Exec(ctx, "SET search_path = ''; SET row_security = off").ReadAll(); err != nil { // rows that a policy hides are an error
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("setting up a session of the source: %w", classify(err))
	}
	return conn, nil
}

// Session opens a session that sees the snapshot. It is to be used by one goroutine.
func (s *Snapshot) Session(ctx context.Context) (*dial.Conn, error) {
	conn, err := Connect(ctx, s.config)
	if err != nil {
		return nil, err
	}
	_, err = conn.PgConn().Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '"+s.Name+"'").ReadAll()
	if err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("entering the snapshot: %w", classify(err))
	}
	return conn, nil
}

// Part is a part of a table: the blocks from First up to Next, without Next; Next 0 means to its end.
type Part struct{ First, Next int64 }

// Parts cuts a table into parts of about so many bytes, which counts what lies beside the table too.
func (t *Table) Parts(server *Server, bytes int64) []Part {
	blocks := t.Bytes / max(t.BlockBytes, 1)
	if !server.Splits() || t.Method != "heap" || t.AllBytes <= bytes || blocks < 2 {
		return []Part{{}}
	}
	step := max(1, int64(float64(blocks)*float64(bytes)/float64(t.AllBytes)))
	var parts []Part
	for at := int64(0); at < blocks; at += step {
		parts = append(parts, Part{at, at + step})
	}
	parts[len(parts)-1].Next = 0 // what has grown since is not in the snapshot, but what was moved is
	return parts
}

// Copy writes a part of a table as COPY does, and gives the number of rows. columns and table are SQL.
func Copy(ctx context.Context, conn *dial.Conn, to io.Writer, table, columns string, part Part, binary bool) (int64, error) {
	where := ""
	if part != (Part{}) {
		where = fmt.Sprintf(" WHERE ctid >= '(%d,0)'", part.First)
		if part.Next > 0 {
			where += fmt.Sprintf(" AND ctid < '(%d,0)'", part.Next)
		}
	}
	format := "text"
	if binary {
		format = "binary"
	}
	tag, err := conn.PgConn().CopyTo(ctx, to, fmt.Sprintf("COPY (SELECT %s FROM ONLY %s%s) TO STDOUT (FORMAT %s)", columns, table, where, format))
	if err != nil {
		return 0, fmt.Errorf("reading rows of %s: %w", table, classify(err))
	}
	return tag.RowsAffected(), nil
}

// Position is where a sequence stands.
type Position struct {
	Last   int64
	Called bool // the next value comes after Last, and is not Last itself
}

// Where reads where a sequence, given as SQL, stands now: a snapshot does not hold that.
func Where(ctx context.Context, conn *dial.Conn, sequence string) (Position, error) {
	var p Position
	if err := conn.QueryRow(ctx, "SELECT last_value, is_called FROM "+sequence).Scan(&p.Last, &p.Called); err != nil {
		return p, fmt.Errorf("reading where the sequence %s stands: %w", sequence, classify(err))
	}
	return p, nil
}

// Ident writes a qualified name.
func Ident(schema, name string) string { return pgx.Identifier{schema, name}.Sanitize() }

// classify gives an error its kind, with advice about the source's connection.
func classify(err error) error { return dial.About("db_conn of the source", dial.Classify(err)) }
