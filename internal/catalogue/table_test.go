package catalogue

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgchameleon/internal/event"
	"pgchameleon/internal/fault"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/target/dial"
)

func named(table string) schema.Name { return schema.Name{Schema: "shop", Table: table} }

func one(t *testing.T, p place, sourceID int64) *Table {
	t.Helper()
	tables, err := Tables(t.Context(), p.conn, sourceID)
	must(t, err)
	if len(tables) != 1 {
		t.Fatalf("there are %d tables", len(tables))
	}
	return tables[0]
}

func TestTheLifeOfATable(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		ctx := t.Context()
		source := p.source(t)
		table := &Table{
			Source: named("orders"), Schema: "sch_shop", Name: "orders", Key: []string{"id", "b"}, State: Copying, Created: true,
			Definition: &schema.Table{Name: named("orders"), Columns: []schema.Column{{Name: "id"}}}, Low: at(5), EstimatedRows: 100, EstimatedBytes: 5000,
		}
		must(t, PutTables(ctx, p.conn, source.ID, table))
		if table.ID == 0 {
			t.Fatal("the table got no ID")
		}
		got := one(t, p, source.ID)
		if got.Source != table.Source || got.Low != at(5) || !got.High.IsZero() || got.State != Copying || len(got.Key) != 2 ||
			got.Definition.Columns[0].Name != "id" || got.EstimatedRows != 100 || !got.Created {
			t.Fatalf("the table came back as %+v", got)
		}

		chunksOf(t, p, source.ID, table)
		must(t, SaveCopy(ctx, p.conn, table, Loaded, at(9), []string{"u0"}))
		must(t, FoldChunks(ctx, p.conn, table.ID))
		must(t, SetPending(ctx, p.conn, table.ID, []string{"u1", `u"2`}))
		must(t, SetState(ctx, p.conn, source.ID, CatchingUp, table.Source))
		if got = one(t, p, source.ID); got.CopiedRows != 30 || got.High != at(9) || got.Pending[1] != `u"2` || got.State != CatchingUp {
			t.Errorf("after the copy the table is %+v", got)
		}
		if s, err := Summaries(ctx, p.conn); err != nil || s[0].Consistent || s[0].Tables[CatchingUp] != 1 {
			t.Errorf("the summary is %+v, %v", s, err)
		}

		if alone, err := TableOf(ctx, p.conn, source.ID, table.Source); err != nil || !reflect.DeepEqual(alone, got) {
			t.Errorf("by itself the table is %+v, %v", alone, err)
		}
		bare, err := TablesBare(ctx, p.conn, source.ID)
		must(t, err)
		if got.Definition == nil || len(bare) != 1 || bare[0].Definition != nil || bare[0].Source != got.Source || bare[0].CopiedRows != got.CopiedRows {
			t.Errorf("without definitions the tables are %+v", bare)
		}
		if none, err := TableOf(ctx, p.conn, source.ID, named("none")); err != nil || none != nil {
			t.Errorf("a table that is not there is %+v, %v", none, err)
		}

		must(t, Exclude(ctx, p.conn, source.ID, table.Source, Excluded, "row \xff refused", at(12)))
		if got = one(t, p, source.ID); got.State != Excluded || got.Reason != `row \xFF refused` || got.ExcludedAt != at(12) {
			t.Errorf("excluded, the table is %+v", got)
		}
		if rows := p.query(t, "SELECT b_replica_enabled FROM sch_chameleon.t_replica_tables"); rows[0][0] != "f" {
			t.Error("an excluded table is shown as enabled")
		}
		must(t, SetState(ctx, p.conn, source.ID, Replicating, table.Source))
		if got = one(t, p, source.ID); got.Reason != "" || !got.ExcludedAt.IsZero() {
			t.Errorf("brought back, the table is %+v", got)
		}
		must(t, RenameTable(ctx, p.conn, source.ID, table.Source, named("new"), "sch_shop", "new"))
		refuses(t, SetState(ctx, p.conn, source.ID, Replicating, table.Source), fault.State, "only 0 are registered")

		// Begun anew, it is still known that we made it.
		again := &Table{Source: named("new"), Schema: "sch_shop", Name: "new", State: Copying}
		must(t, PutTables(ctx, p.conn, source.ID, again))
		if got = one(t, p, source.ID); got.ID != table.ID || !got.Created || got.CopiedRows != 0 || got.Definition != nil || !got.Low.IsZero() {
			t.Errorf("begun anew, the table is %+v", got)
		}
		must(t, SetCreated(ctx, p.conn, false, table.ID))
		if got = one(t, p, source.ID); got.Created {
			t.Errorf("the table is %+v", got)
		}
		must(t, DropTables(ctx, p.conn, source.ID, named("new"), named("never")))
		if tables, err := Tables(ctx, p.conn, source.ID); err != nil || len(tables) != 0 {
			t.Errorf("after the drop there is %v, %v", tables, err)
		}
	})
}

func chunksOf(t *testing.T, p place, sourceID int64, table *Table) {
	t.Helper()
	ctx := t.Context()
	must(t, SaveChunk(ctx, p.conn, 0, table.ID, Chunk{Number: 2, Lower: []byte{0, 255}, Rows: 10, Bytes: 100}))
	must(t, SaveChunk(ctx, p.conn, 0, table.ID, Chunk{Number: 1, Upper: []byte{0, 255}, Rows: 20, Bytes: 300, Discarded: 1}))
	if err := SaveChunk(ctx, p.conn, 0, table.ID, Chunk{Number: 1}); !errors.Is(err, ErrChunkTaken) {
		t.Errorf("a chunk saved twice gives %v", err)
	}
	if err := SaveChunk(ctx, p.conn, 9, table.ID, Chunk{Number: 3}); !errors.Is(err, ErrFenced) {
		t.Errorf("a chunk of a wrong epoch gives %v", err)
	}
	chunks, err := Chunks(ctx, p.conn, table.ID)
	must(t, err)
	if len(chunks) != 2 || chunks[0].Number != 1 || chunks[0].Lower != nil || !bytes.Equal(chunks[1].Lower, []byte{0, 255}) {
		t.Errorf("the chunks came back as %+v", chunks)
	}
	if got := one(t, p, sourceID); got.CopiedRows != 30 || got.CopiedBytes != 400 || got.DiscardedRows != 1 {
		t.Errorf("the sums are %+v", got)
	}
}

// A chunk's transaction that was overtaken leaves neither row nor record.
func TestAChunkOfAnOldLeaderIsNotRecorded(t *testing.T) {
	p := newPlace(t, targets[0])
	ctx := t.Context()
	source := p.source(t)
	table := &Table{Source: named("a"), Schema: "sch_shop", Name: "a", State: Copying}
	must(t, PutTables(ctx, p.conn, source.ID, table))
	old := p.lead(t)
	old.Release(ctx)
	p.lead(t)
	err := dial.InTx(ctx, p.conn, func(tx dial.Tx) error {
		return SaveChunk(ctx, tx, old.Epoch, table.ID, Chunk{Number: 1})
	})
	if !errors.Is(err, ErrFenced) {
		t.Errorf("the old leader's chunk gives %v", err)
	}
}

func TestTenThousandTables(t *testing.T) {
	p := newPlace(t, targets[0])
	ctx := t.Context()
	source := p.source(t)
	tables := make([]*Table, 10_000)
	definitions := make([]Definition, len(tables))
	names := make([]schema.Name, len(tables))
	for i := range tables {
		names[i] = named(fmt.Sprintf("t%05d", i))
		definitions[i].Table = &schema.Table{Name: names[i], Columns: make([]schema.Column, 20)}
		for c := range definitions[i].Table.Columns {
			definitions[i].Table.Columns[c] = schema.Column{Name: fmt.Sprintf("column_%d", c), Type: schema.Type{Name: "varchar", Length: 100, Text: "varchar(100)"}}
		}
		tables[i] = &Table{Source: names[i], Schema: "sch_shop", Name: names[i].Table, State: Copying, Definition: definitions[i].Table}
	}
	begin := time.Now()
	must(t, PutTables(ctx, p.conn, source.ID, tables...))
	must(t, PutDefinitions(ctx, p.conn, source.ID, definitions...))
	must(t, SetState(ctx, p.conn, source.ID, Replicating, names...))
	stored := time.Since(begin)
	begin = time.Now()
	back, err := Tables(ctx, p.conn, source.ID)
	must(t, err)
	list, err := TrackedSchema(ctx, p.conn, source.ID)
	must(t, err)
	set := tracked(list, false)
	t.Logf("stored in %s, loaded in %s", stored, time.Since(begin))
	if len(back) != len(tables) || set.Len() != len(tables) || back[9_999].ID != tables[9_999].ID {
		t.Errorf("%d tables and %d definitions came back", len(back), set.Len())
	}
	if took := stored + time.Since(begin); took > time.Minute {
		t.Errorf("it took %s", took)
	}
}

func TestErrorsAndDiscardedRows(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		ctx := t.Context()
		source := p.source(t)
		first, err := LogError(ctx, p.conn, LoggedError{
			SourceID: source.ID, Table: named("a"), Schema: "sch_shop", Name: "a", Position: at(3), SQL: "INSERT \x00", Message: "duplicate key",
		})
		must(t, err)
		_, err = LogError(ctx, p.conn, LoggedError{Message: "of no source"})
		must(t, err)
		if lines, err := Errors(ctx, p.conn, 0, 0); err != nil || len(lines) != 2 || lines[0].ID < lines[1].ID {
			t.Errorf("the log is %+v, %v", lines, err)
		}
		if lines, err := Errors(ctx, p.conn, source.ID, 5); err != nil || len(lines) != 1 {
			t.Errorf("the source's log is %+v, %v", lines, err)
		}
		line, err := ErrorByID(ctx, p.conn, first)
		must(t, err)
		if line.Source != "shop" || line.Table != named("a") || line.Position != at(3) || line.SQL != `INSERT \x00` || time.Since(line.Time) > time.Hour {
			t.Errorf("the line is %+v", line)
		}
		_, err = ErrorByID(ctx, p.conn, 12345)
		refuses(t, err, fault.State, "has no line 12345")

		must(t, DiscardRow(ctx, p.conn, Discarded{
			SourceID: source.ID, Table: named("a"), Schema: "sch_shop", Name: "a", Stage: InCopy, Position: at(3), Reason: "too long",
			Row: []byte("1\tä\x00\xff\t\\N"),
		}))
		if rows := p.query(t, "SELECT t_row_data FROM sch_chameleon.t_discarded_rows"); rows[0][0] != "1\tä\\x00\\xFF\t\\N" {
			t.Errorf("the row is kept as %q", rows[0][0])
		}
		if s, err := Summaries(ctx, p.conn); err != nil || s[0].Errors != 1 || s[0].Discarded != 1 {
			t.Errorf("the summary is %+v, %v", s, err)
		}
	})
}

func TestPreparedTransactions(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		ctx := t.Context()
		source := p.source(t)
		for i, piece := range []string{"one", "two", ""} {
			must(t, PutPrepared(ctx, p.conn, source.ID, "X'61',X'',1", []byte(piece), at(uint64(i))))
		}
		must(t, PutPrepared(ctx, p.conn, source.ID, "X'62',X'',1", nil, event.Position{}))
		pieces, err := Prepared(ctx, p.conn, source.ID)
		must(t, err)
		if got := string(bytes.Join(pieces["X'61',X'',1"], []byte("|"))); got != "one|two|" || len(pieces) != 2 {
			t.Errorf("the pieces are %q", pieces)
		}
		must(t, DropPrepared(ctx, p.conn, source.ID, "X'61',X'',1"))
		if pieces, err = Prepared(ctx, p.conn, source.ID); err != nil || len(pieces) != 1 {
			t.Errorf("the pieces are %q, %v", pieces, err)
		}
	})
}
