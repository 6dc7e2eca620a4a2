package typemap_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// TestPartialJSON: what PARTIAL_UPDATE_ROWS events of a real server decode to is what the
// server holds after each statement, byte for byte.
func TestPartialJSON(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	s := newSource(t, "mysql-9.7")
	s.exec(t, "SET SESSION binlog_row_value_options = PARTIAL_JSON",
		"CREATE TABLE q (id int PRIMARY KEY, a json)", `INSERT INTO q VALUES (1, '{"k": 1}'), (2, '{"k": 2, "pad": "`+strings.Repeat("p", 100)+`"}'), (3, '[]')`,
		"CREATE TABLE p (b json, id int PRIMARY KEY, a json, n varchar(300) CHARACTER SET latin1, c json NOT NULL, x decimal(20,5), d json, g json AS (JSON_EXTRACT(a, '$.num')) VIRTUAL, "+
			"e json, f json, h json, i json, j json, INDEX ((CAST(e->'$.l' AS UNSIGNED ARRAY))))") // more than eight documents
	from := s.position(t)
	columns := map[string][]*typemap.Column{"p": asText(t, s.columns(t, "p")), "q": asText(t, s.columns(t, "q"))}
	var want []string
	run := func(table, sets string) { // sets must change every row
		t.Helper()
		result, err := s.conn.Execute("UPDATE " + table + " SET " + sets)
		if err != nil {
			t.Fatalf("%.1000s: %v", sets, err)
		}
		if result.AffectedRows > 0 {
			want = append(want, s.copied(t, table, columns[table])...)
		}
	}
	run("q", "a = JSON_SET(JSON_OBJECT('k', 1), '$.k', id + 10)") // no changes of what was there
	run("q", "a = JSON_SET(a, '$.k', 'some', '$.l', id)")         // such of one row only
	for n, c := range changedDocuments(r) {
		s.exec(t, fmt.Sprintf("INSERT INTO p (id, a, b, n, c, x, j) VALUES (1, %s, NULL, 'é', %s, 1.5, '{}')", c.document, c.document))
		for _, change := range c.changes {
			run("p", change)
		}
		for range 40 {
			run("p", s.randomChange(t, r, n))
		}
		s.exec(t, "DELETE FROM p")
	}
	s.exec(t, "CREATE TABLE last_one (id int)", "INSERT INTO last_one VALUES (1)")
	got, small, plain := partialUpdates(t, s, from, columns)
	if len(got) != len(want) {
		t.Fatalf("%d rows were updated, %d are in the log", len(want), len(got))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("update %d of %d:\n the stream has %.3000s\n the server has %.3000s", i+1, len(want), got[i], want[i])
		}
	}
	t.Logf("%d updates, %d by an image of less than half the size, %d without changes", len(want), small, plain)
	if small < 20 || plain < 1 {
		t.Error("the server logged whole documents: nothing was tried")
	}
}

// asText maps the columns, documents to text, so that nothing but their own form is seen.
func asText(t testing.TB, source []schema.Column) []*typemap.Column {
	t.Helper()
	return mapAll(t, source, func(c schema.Column) string {
		if c.Type.Name == "json" {
			return "text"
		}
		return ""
	})
}

// mapAll maps columns with an override for each, "" for none.
func mapAll(t testing.TB, source []schema.Column, override func(schema.Column) string) (columns []*typemap.Column) {
	t.Helper()
	for _, c := range source {
		column, err := typemap.New(c, typemap.Settings{Override: override(c)})
		if err != nil {
			t.Fatal(err)
		}
		columns = append(columns, column)
	}
	return columns
}

type documentChanges struct {
	document string
	changes  []string
}

// changedDocuments are documents and what is done to them, by hand.
func changedDocuments(r *rand.Rand) []documentChanges {
	pad := strings.Repeat("p", 300)
	var wide []string
	for i := range 6000 {
		wide = append(wide, fmt.Sprintf(`"key %d": [%d, "%s"]`, i, i*i*i, strings.Repeat("v", i%40)))
	}
	long := make([]string, 5000)
	for i := range long {
		long[i] = fmt.Sprint(r.Int64() >> r.IntN(63))
	}
	return []documentChanges{
		{`'{"num": 1, "b": {"c": [1, 2, {"d": null}]}, "e": [[1, 2], [3]], "pad": "` + pad + `"}'`, []string{
			"a = JSON_SET(a, '$.num', 2, '$.b.c[2].d', 'deep', '$.new', true, '$.e[1][5]', 4), n = 'changed'",
			"a = JSON_REMOVE(a, '$.b.c[0]', '$.b.c[0]', '$.e[last]'), c = JSON_SET(c, '$.b', JSON_OBJECT('x', 1.50))",
			"a = JSON_REPLACE(a, '$.num', CAST('2020-02-03 04:05:06.789' AS DATETIME(3)), '$.no', 1, '$.e[last-0]', JSON_ARRAY())",
			"a = JSON_SET(a, '$.num[0]', 5, '$.num[3]', 6), x = -x",
			"a = JSON_SET(JSON_REMOVE(JSON_SET(a, '$.t', 1, '$.u', 2), '$.t'), '$.t', 'again'), b = '{\"whole\": 1}'",
			"a = JSON_SET(a, '$.num', 7), n = NULL, b = NULL",
			"a = NULL, c = JSON_SET(c, '$.e', 1)",
			"a = c, c = JSON_SET(c, '$.e', JSON_EXTRACT(a, '$.b'))",
			"n = 'no document'", "a = JSON_SET(a, '$.pad', '" + strings.Repeat("q", 299) + "')",
			"a = JSON_SET(a, '$', 'the whole')", "c = JSON_ARRAY_APPEND(c, '$.e', 1)", "c = JSON_ARRAY_INSERT(c, '$.b.c[0]', 1)", "c = JSON_MERGE_PATCH(c, '{\"e\": null}')",
			"j = JSON_SET(j, '$.a', 1), c = JSON_SET(c, '$.pad', 1)",
		}},
		{`JSON_OBJECT('a b', 1, 'q"t', 2, 'd.e', 3, 'back\\slash', 4, 'é😀', 5, '', 6, '[0]', 7, '$', 8, 'last', 9, 'tab\tline\nend\u0001', 10, 'ключ', 11, 'pad', '` + pad + `')`, []string{
			`a = JSON_SET(a, '$."a b"', 'x', '$."q\\"t"', 'x', '$."d.e"', 'x', '$."back\\\\slash"', 'x', '$."é😀"', 'x', '$.""', 'x', '$."[0]"', 'x', '$."$"', 'x', '$.last', 'x', '$."tab\\tline\\nend\\u0001"', 'x', '$."ключ"', 'x')`,
			`a = JSON_REMOVE(a, '$."a b"', '$."q\\"t"', '$."d.e"', '$.""', '$."ключ"')`,
			`a = JSON_SET(a, '$."new\\u0001\\u0022\\ud83d\\ude00"', 1, '$."ключ"', JSON_OBJECT('z', 1))`,
			`a = JSON_SET(a, '$."ключ".z', CAST(1 AS DECIMAL(30,10)), '$."ключ"."z z"', '` + strings.Repeat("s", 130) + `')`,
		}},
		{`JSON_OBJECT('dec', 1.50, 'date', CAST('2020-01-01' AS DATE), 'time', CAST('-12:13:14.5' AS TIME(1)), 'bin', x'00ff', 'geo', POINT(1,2), 'dbl', 1.5e300, 'int', 18446744073709551615, 'neg', -5000000000, 'year', CAST(2020 AS YEAR), 'pad', '` + pad + `')`, []string{
			"a = JSON_SET(a, '$.moved', JSON_EXTRACT(a, '$.dec'), '$.dec', JSON_EXTRACT(a, '$.time'), '$.in', JSON_OBJECT('g', JSON_EXTRACT(a, '$.geo')))",
			"a = JSON_SET(a, '$.in.deeper', JSON_EXTRACT(a, '$.date'), '$.bin', JSON_EXTRACT(c, '$.year'))",
			"a = JSON_REMOVE(a, '$.in.g')", "a = JSON_SET(a, '$.dbl', 1e0, '$.z', 0.1e0, '$.m', -0e0)",
		}},
		{`'{` + strings.Join(wide, ", ") + `}'`, []string{
			`a = JSON_SET(a, '$."key 77"[0]', 'x', '$."key 5999"', '` + strings.Repeat("y", 20000) + `', '$."key 6000"', 1)`,
			`a = JSON_REMOVE(a, '$."key 0"', '$."key 5998"'), c = JSON_REPLACE(c, '$."key 3"[1]', '` + strings.Repeat("z", 70000) + `')`,
		}},
		{"'[" + strings.Join(long, ", ") + "]'", []string{
			"a = JSON_SET(a, '$[0]', 'x', '$[4999]', 70000, '$[5000]', 1, '$[9999]', 2, '$[last]', 3, '$[last-1]', JSON_ARRAY(1))",
			"a = JSON_REMOVE(a, '$[0]', '$[100]', '$[last]', '$[last-10]')",
		}},
	}
}

// randomChange makes up assignments that fit the one row that is there.
func (s *source) randomChange(t *testing.T, r *rand.Rand, n int) string {
	t.Helper()
	row := s.rows(t, "SELECT a, b, c FROM p")[0]
	var sets []string
	for i, column := range []string{"a", "b", "c"} {
		if r.IntN(3) == 0 && column != "a" {
			continue
		}
		if row[i] == nil || r.IntN(15) == 0 {
			sets = append(sets, column+" = "+randomValue(r, 3)+` -> '$'`)
			if column != "b" || r.IntN(2) == 0 {
				sets[len(sets)-1] = column + ` = JSON_OBJECT('num', ` + randomValue(r, 3) + `, 'l', JSON_ARRAY(1,2,3), 'pad', REPEAT('p', 400))`
			} else {
				sets[len(sets)-1] = column + " = NULL"
			}
			continue
		}
		var document any
		if err := json.Unmarshal(row[i], &document); err != nil {
			t.Fatal(err)
		}
		expr := column
		for range 1 + r.IntN(3) {
			function := []string{"JSON_SET", "JSON_SET", "JSON_REPLACE", "JSON_REMOVE"}[r.IntN(4)]
			expr = function + "(" + expr
			for range 1 + r.IntN(4) {
				path := randomPath(r, document)
				if function == "JSON_REMOVE" && path == "$" {
					path = "$.no"
				}
				expr += ", '" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(path) + "'"
				if function != "JSON_REMOVE" {
					expr += ", " + randomValue(r, 2)
				}
			}
			expr += ")"
		}
		sets = append(sets, column+" = "+expr)
	}
	if r.IntN(3) == 0 {
		sets = append(sets, fmt.Sprintf("n = '%d', x = %d.5", r.IntN(9), n))
	}
	return strings.Join(sets, ", ")
}

var oddKeys = []string{"a", "num", "l", "a b", `q"t`, "d.e", `back\slash`, "é😀", "", "[0]", "$", "last", "tab\t\n\x01", "ключ", "_x1", "$y", "ab", "*", "x-y", " ", "\u2028", "'"}

// randomPath goes some way into the document, and perhaps to something new.
func randomPath(r *rand.Rand, document any) string {
	path := "$"
	quoted := func(key string) string {
		if key == "a" || key == "num" || key == "ab" {
			return "." + key
		}
		text, _ := json.Marshal(key)
		return "." + string(text)
	}
	for range r.IntN(5) {
		switch value := document.(type) {
		case map[string]any:
			keys := slices.Sorted(maps.Keys(value))
			if len(keys) == 0 || r.IntN(5) == 0 {
				return path + quoted(oddKeys[r.IntN(len(oddKeys))])
			}
			key := keys[r.IntN(len(keys))]
			path, document = path+quoted(key), value[key]
		case []any:
			if len(value) == 0 || r.IntN(5) == 0 {
				return path + []string{"[0]", "[99]", "[last]", "[last-2]"}[r.IntN(4)]
			}
			at := r.IntN(len(value))
			path, document = path+fmt.Sprintf("[%d]", at), value[at]
		default:
			if r.IntN(4) == 0 {
				return path + []string{"[0]", "[2]", "[last]", ".a"}[r.IntN(4)]
			}
			return path
		}
	}
	return path
}

// randomValue is an SQL expression.
func randomValue(r *rand.Rand, depth int) string {
	if depth > 0 && r.IntN(4) == 0 {
		if r.IntN(2) == 0 {
			return "JSON_ARRAY(" + randomValue(r, depth-1) + ", " + randomValue(r, depth-1) + ")"
		}
		text := strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(oddKeys[r.IntN(len(oddKeys))])
		return "JSON_OBJECT('" + text + "', " + randomValue(r, depth-1) + ", 'k', " + randomValue(r, depth-1) + ")"
	}
	return []string{
		"NULL", "TRUE", "1", "-1", "300", "-40000", "70000", "5000000000", "18446744073709551615", "1.50", "-0.000001", "1e0", "1.5e300", "''", "'text'",
		fmt.Sprintf("REPEAT('é', %d)", r.IntN(300)), "CAST('2020-01-02' AS DATE)", "CAST('2020-01-02 03:04:05.678' AS DATETIME(3))", "CAST('-01:02:03' AS TIME)", "x'00ff10'",
		"JSON_EXTRACT(a, '$.num')", "JSON_EXTRACT(c, '$.l')", "JSON_EXTRACT(c, '$')", "CAST('{}' AS JSON)", "CAST('[]' AS JSON)", "POINT(1, 2)", `CAST('"s"' AS JSON)`,
	}[r.IntN(27)]
}

// partialUpdates gives the lines after each update in the log from a position on, how many
// of them have small images after them, and how many have no changes in them.
func partialUpdates(t *testing.T, s *source, from mysql.Position, columns map[string][]*typemap.Column) (lines []string, small, plain int) {
	t.Helper()
	var bodies sync.Map // of each event, by its pointer
	syncer := replication.NewBinlogSyncer(replication.BinlogSyncerConfig{
		ServerID: uint32(time.Now().UnixNano()%1e9) + 1000, Flavor: mysql.MySQLFlavor, Host: s.server.Host, Port: uint16(s.server.Port), User: s.server.User,
		Logger: slog.New(slog.DiscardHandler), DisableRetrySync: true,
		RowsEventDecodeFunc: func(e *replication.RowsEvent, data []byte) error {
			at, err := e.DecodeHeader(data)
			if err == nil {
				bodies.Store(e, bytes.Clone(data[at:]))
			}
			return err
		},
	})
	defer syncer.Close()
	stream, err := syncer.StartSync(from)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		ev, err := stream.GetEvent(ctx)
		if err != nil {
			t.Fatal(err)
		}
		e, ok := ev.Event.(*replication.RowsEvent)
		if !ok || string(e.Table.Schema) != s.database {
			continue
		}
		if string(e.Table.Table) == "last_one" {
			return lines, small, plain
		}
		body, _ := bodies.Load(e)
		switch ev.Header.EventType {
		case replication.UPDATE_ROWS_EVENTv2:
			t.Error("the server wrote an ordinary update")
		case replication.PARTIAL_UPDATE_ROWS_EVENT:
			read := readUpdates(t, e, body.([]byte), columns[string(e.Table.Table)])
			lines, small, plain = append(lines, read.lines...), small+read.small, plain+read.plain
		}
	}
}

type updates struct {
	lines        []string
	small, plain int
}

func readUpdates(t *testing.T, e *replication.RowsEvent, data []byte, columns []*typemap.Column) (read updates) {
	t.Helper()
	ordinals := make([]int, len(columns))
	for i := range ordinals {
		ordinals[i] = i
	}
	decoder, err := typemap.NewRowDecoder(columns, ordinals, e.Table.ColumnType, e.Table.ColumnMeta)
	if err != nil {
		t.Fatal(err)
	}
	few, err := typemap.NewRowDecoder(columns[1:2], ordinals[1:2], e.Table.ColumnType, e.Table.ColumnMeta)
	if err != nil {
		t.Fatal(err)
	}
	for len(data) > 0 {
		notes := make([]typemap.Notes, len(columns))
		_, size, err := decoder.Row(nil, e.ColumnBitmap1, data, notes)
		if err != nil {
			t.Fatal(err)
		}
		before, after := typemap.Image{Present: e.ColumnBitmap1, Data: data[:size]}, typemap.Image{Present: e.ColumnBitmap2, Data: data[size:]}
		line, used, err := decoder.Updated(nil, before, after, notes)
		if err != nil {
			t.Fatalf("%v\n%.2000q", err, after.Data)
		}
		read.lines = append(read.lines, string(line))
		if used < size/2 {
			read.small++
		}
		if after.Data[0] == 0 {
			read.plain++
		}
		part, usedPart, err := few.Updated(nil, before, after, notes)
		if fields := strings.Split(string(line), "\t"); err != nil || usedPart != used || string(part) != fields[1] {
			t.Errorf("one of the columns: used %d of %d (%v), %.500s", usedPart, used, err, part)
		}
		none := typemap.Image{Present: make([]byte, len(e.ColumnBitmap1))}
		if _, _, err := decoder.Updated(nil, none, after, notes); after.Data[0] != 0 && !errors.Is(err, typemap.ErrAbsent) {
			t.Errorf("without an image before: %v", err)
		}
		for cut := range min(used, 60) {
			short := typemap.Image{Present: after.Present, Data: after.Data[:cut]}
			if _, _, err := decoder.Updated(nil, before, short, notes); err == nil {
				t.Errorf("%d bytes of %d were enough", cut, used)
			}
		}
		data = data[size+used:]
	}
	return read
}
