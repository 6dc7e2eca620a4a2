package copier_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/change"
	"pgchameleon/internal/copier"
	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/source/snapshot"
	target "pgchameleon/internal/target/dial"
	"pgchameleon/internal/target/write"
)

// origin is the MySQL end.
type origin struct {
	config dial.Config
	server *inspect.Server
}

func (o *origin) Connect(ctx context.Context) (copier.Session, error) {
	s, err := snapshot.Open(ctx, o.config, nil)
	if err != nil {
		return nil, err
	}
	return &session{Session: s, origin: o}, nil
}

func (o *origin) Plan(t *mapping.Table, rows, bytes, chunkBytes int64, done []copier.Chunk) copier.Planner {
	table := &snapshot.Table{Source: t.Source, Rows: rows, Bytes: bytes}
	for _, c := range t.Columns {
		table.Columns = append(table.Columns, c.Map.Select(dial.Quote(t.Source.Columns[c.Ordinal].Name)))
	}
	chunks := make([]snapshot.Chunk, len(done))
	for i, c := range done {
		chunks[i] = there(c)
	}
	return plan{snapshot.NewPlanner(table, chunkBytes, chunks)}
}

func there(c copier.Chunk) snapshot.Chunk {
	return snapshot.Chunk{Number: c.Number, Lower: c.Lower, Upper: c.Upper, Limit: c.Limit}
}

type plan struct{ *snapshot.Planner }

func (p plan) Next(ctx context.Context, s copier.Session) (copier.Chunk, bool, error) {
	c, more, err := p.Planner.Next(ctx, s.(*session).Session)
	return copier.Chunk{Number: c.Number, Lower: c.Lower, Upper: c.Upper, Limit: c.Limit}, more, err
}

func (p plan) Done(c copier.Chunk, cut []string) bool {
	return p.Planner.Done(there(c), cut, c.Rows, c.Bytes)
}

type session struct {
	*snapshot.Session
	origin *origin
}

func (s *session) Read(ctx context.Context, p copier.Planner, c copier.Chunk) (copier.Rows, error) {
	return s.Session.Read(ctx, p.(plan).Planner, there(c))
}

func (s *session) LowMark(ctx context.Context, name schema.Name) (event.Position, error) {
	return inspect.LowMark(ctx, s.Conn(), s.origin.server, name)
}

func (s *session) HighMark(ctx context.Context, name schema.Name) (event.Position, error) {
	return inspect.HighMark(ctx, s.Conn(), s.origin.server, name)
}

func (s *session) Snapshot(ctx context.Context, name schema.Name) (event.Position, error) {
	locker, err := dial.Connect(ctx, s.origin.config, "")
	if err != nil {
		return event.Position{}, err
	}
	defer func() { _ = locker.Close() }()
	return inspect.Snapshot(ctx, s.Conn(), locker, s.origin.server, name)
}

func (s *session) Release(ctx context.Context) error { return inspect.Release(ctx, s.Conn()) }

var (
	counter = regexp.MustCompile(` AUTO_INCREMENT=\d+`)
	charset = regexp.MustCompile(`CHARSET=(\w+)`)
)

// Definition reads as much of a definition as these tests need; the whole text is
// in its comment, so that any change is seen.
func (s *session) Definition(ctx context.Context, name schema.Name) (*schema.Table, error) {
	text, err := inspect.Definition(ctx, s.Conn(), name)
	if err != nil {
		return nil, err
	}
	t := &schema.Table{Name: name, Comment: counter.ReplaceAllString(text, "")}
	columns, err := dial.Text(ctx, s.Conn(), `SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, IFNULL(CHARACTER_SET_NAME, ''), IFNULL(CHARACTER_MAXIMUM_LENGTH, 0),
		IFNULL(NUMERIC_PRECISION, 0), IFNULL(NUMERIC_SCALE, 0), IFNULL(DATETIME_PRECISION, 0), COLUMN_KEY, EXTRA FROM information_schema.COLUMNS
		WHERE TABLE_SCHEMA = `+dial.Literal(name.Schema)+" AND TABLE_NAME = "+dial.Literal(name.Table)+" ORDER BY ORDINAL_POSITION")
	if err != nil {
		return nil, err
	}
	key := schema.Index{Name: "PRIMARY", Kind: schema.PrimaryKey}
	for _, c := range columns {
		column := schema.Column{Name: c[0], NotNull: c[3] == "NO", Type: schema.Type{Name: c[1], Text: c[2], Charset: c[4], Unsigned: strings.Contains(c[2], "unsigned")}}
		column.Type.Length, _ = strconv.Atoi(c[5])
		column.Type.Precision, _ = strconv.Atoi(c[6])
		column.Type.Scale, _ = strconv.Atoi(c[7])
		if c[8] != "0" {
			column.Type.Scale, _ = strconv.Atoi(c[8])
		}
		t.Columns = append(t.Columns, column)
		if c[9] == "PRI" {
			key.Parts = append(key.Parts, schema.IndexPart{Column: c[0]})
		}
	}
	if key.Parts != nil {
		t.Indexes = []schema.Index{key}
	}
	if m := charset.FindStringSubmatch(text); m != nil {
		t.Charset = m[1]
	}
	return t, nil
}

// render gives the statements for a table where it is loaded.
func render(t *mapping.Table) copier.Statements {
	place := t.In(write.LoadingSchema(t.Schema))
	var columns []string
	for _, c := range t.Columns {
		columns = append(columns, mapping.Quote(c.Name)+" "+c.Type(place.Schema))
	}
	s := copier.Statements{Create: []string{"create table " + place.Ident() + " (" + strings.Join(columns, ", ") + ")"}}
	if len(t.Key) > 0 {
		var key []string
		for _, at := range t.Key {
			key = append(key, mapping.Quote(t.Columns[at].Name))
		}
		s.Indexes = append(s.Indexes, change.Index{Name: mapping.PrimaryKeyName(t.Name), Key: true,
			SQL: "alter table " + place.Ident() + " add constraint " + mapping.Quote(mapping.PrimaryKeyName(t.Name)) + " primary key (" + strings.Join(key, ", ") + ")"})
	}
	// Not to be run twice.
	s.Finish = []string{"create sequence " + mapping.Quote(place.Schema) + "." + mapping.Quote(mapping.SequenceName(t.Name, "x")) + " owned by " + place.Ident() + "." + mapping.Quote(t.Columns[0].Name)}
	return s
}

// ledger keeps states in tables of the target database.
type ledger struct {
	pool  *target.Pooled
	after func(tx pgx.Tx, t *mapping.Table, c copier.Chunk) error // called when a chunk has been recorded

	mu    sync.Mutex
	saved int
	notes map[string]int64
}

const ledgerSQL = `create schema ledger; create table ledger.states (name text primary key, state jsonb);
	create table ledger.chunks (name text, number bigint, chunk jsonb, primary key (name, number)); create table ledger.discarded (name text, row_data text, cause text)`

func (l *ledger) State(ctx context.Context, name schema.Name) (s copier.State, chunks []copier.Chunk, err error) {
	var text []byte
	err = l.pool.QueryRow(ctx, "select state from ledger.states where name = $1", name.String()).Scan(&text)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, nil, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return s, nil, target.Classify(err)
	}
	rows, err := l.pool.Query(ctx, "select chunk from ledger.chunks where name = $1", name.String())
	if err == nil {
		chunks, err = pgx.CollectRows(rows, pgx.RowTo[copier.Chunk])
	}
	return s, chunks, target.Classify(err)
}

func (l *ledger) Begin(ctx context.Context, tx pgx.Tx, t *mapping.Table, s copier.State) error {
	if _, err := tx.Exec(ctx, "delete from ledger.chunks where name = $1", t.Source.Name.String()); err != nil {
		return target.Classify(err)
	}
	return l.Save(ctx, tx, t, s)
}

func (l *ledger) Save(ctx context.Context, tx pgx.Tx, t *mapping.Table, s copier.State) error {
	_, err := tx.Exec(ctx, "insert into ledger.states values ($1, $2) on conflict (name) do update set state = excluded.state", t.Source.Name.String(), s)
	return target.Classify(err)
}

func (l *ledger) Swapped(ctx context.Context, tx pgx.Tx, tables []copier.Placed) error {
	for _, p := range tables {
		if err := l.Save(ctx, tx, p.Table, p.State); err != nil {
			return err
		}
	}
	return nil
}

func (l *ledger) SaveChunk(ctx context.Context, tx pgx.Tx, t *mapping.Table, c copier.Chunk, values copier.Changes) error {
	tag, err := tx.Exec(ctx, "insert into ledger.chunks values ($1, $2, $3) on conflict do nothing", t.Source.Name.String(), c.Number, c)
	if err != nil {
		return target.Classify(err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("%w: number %d", copier.ErrTaken, c.Number)
	}
	l.mu.Lock()
	l.saved++
	for _, n := range values.Notes {
		if l.notes == nil {
			l.notes = map[string]int64{}
		}
		l.notes[n.Column+": "+n.Rule] += n.Count
	}
	l.mu.Unlock()
	if l.after != nil {
		return l.after(tx, t, c)
	}
	return nil
}

func (l *ledger) Discard(ctx context.Context, tx pgx.Tx, t *mapping.Table, _ event.Position, row []byte, cause error) error {
	_, err := tx.Exec(ctx, "insert into ledger.discarded values ($1, $2, $3)", t.Source.Name.String(), string(row), cause.Error())
	return target.Classify(err)
}

// unsure is a target of which some commits happen without being heard of.
type unsure struct {
	*write.Loader
	mu   sync.Mutex
	rand *rand.Rand
	odds int
	lost int
}

func (u *unsure) unheard() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.odds == 0 || u.rand.IntN(u.odds) > 0 {
		return false
	}
	u.lost++
	return true
}

var errUnheard = fault.New(fault.Retry, "", "the connection was lost while committing")

func (u *unsure) Begin(ctx context.Context, work func(tx pgx.Tx) error) error {
	err := u.Loader.Begin(ctx, work)
	if err == nil && u.unheard() {
		return errUnheard
	}
	return err
}

func (u *unsure) SwapFree(ctx context.Context, tables []*mapping.Table, record func(tx pgx.Tx, moved []int) error) error {
	err := u.Loader.SwapFree(ctx, tables, record)
	if err == nil && u.unheard() {
		return errUnheard
	}
	return err
}

func (u *unsure) Swap(ctx context.Context, t *mapping.Table, record func(tx pgx.Tx) error) error {
	err := u.Loader.Swap(ctx, t, record)
	if err == nil && u.unheard() {
		return errUnheard
	}
	return err
}
