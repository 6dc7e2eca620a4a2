package load

import (
	"fmt"
	"strings"
)

// Copies are the shapes of table whose copy is measured besides the standard set's.
func Copies(scale float64) []Set {
	columns, text, blobs, huge := scaled(200000, scale), scaled(60000, scale), scaled(1500, scale), scaled(2000000, scale)
	many := max(10, int(1000*scale))
	set := Set{Name: "many-tables", Unlogged: true, What: fmt.Sprintf("%d tables of 200 rows", many)}
	for n := range many {
		set.Tables = append(set.Tables, sysbenchTable(fmt.Sprintf("t%04d", n+1), 200))
	}
	return []Set{
		{Name: "columns", Unlogged: true, What: fmt.Sprintf("2 tables of %d rows of 60 small columns", columns),
			Tables: []Table{manyColumns("narrow1", columns, 59), manyColumns("narrow2", columns, 59)}},
		{Name: "text", Unlogged: true, What: fmt.Sprintf("2 tables of %d rows with 3 KB of text", text), Tables: []Table{wideText("text1", text), wideText("text2", text)}},
		{Name: "blobs", Unlogged: true, What: fmt.Sprintf("2 tables of %d rows with 64 KB of random bytes", blobs), Tables: []Table{blob("blob1", blobs), blob("blob2", blobs)}},
		{Name: "huge", Unlogged: true, What: fmt.Sprintf("1 table of %d rows", huge), Tables: []Table{sysbenchTable("huge", huge)}},
		set,
	}
}

// id is an ordinary key.
var id = Column{Name: "id", MySQL: "int NOT NULL AUTO_INCREMENT", Postgres: "int", Value: "seq"}

// kinds are small columns of several types.
var kinds = []Column{
	{MySQL: "int NOT NULL", Postgres: "int", Value: "FLOOR(RAND() * 1000000)"},
	{MySQL: "varchar(12) NOT NULL", Postgres: "varchar(12)", Value: "CONCAT('item ', seq % 9973)"},
	{MySQL: "tinyint NOT NULL", Postgres: "smallint", Value: "seq % 100"},
	{MySQL: "decimal(10,2) NOT NULL", Postgres: "numeric(10,2)", Value: "RAND() * 10000"},
	{MySQL: "date NOT NULL", Postgres: "date", Value: "'2020-01-01' + INTERVAL seq % 1500 DAY"},
	{MySQL: "smallint NOT NULL", Postgres: "smallint", Value: "seq % 30000"},
	{MySQL: "datetime NOT NULL", Postgres: "timestamp(0)", Value: "'2020-01-01' + INTERVAL seq SECOND"},
	{MySQL: "char(2) NOT NULL", Postgres: "char(2)", Value: "ELT(1 + seq % 4, 'DE', 'CH', 'FR', 'PL')"},
}

// manyColumns has a key and small columns c1 … of all kinds in turn.
func manyColumns(name string, rows, columns int) Table {
	t := Table{Name: name, Rows: rows, Key: "id", Columns: []Column{id}, Sums: "SUM(id), SUM(c1), SUM(CHAR_LENGTH(c2)), SUM(c4)"}
	for n := range columns {
		c := kinds[n%len(kinds)]
		c.Name = fmt.Sprintf("c%d", n+1)
		t.Columns = append(t.Columns, c)
	}
	return t
}

// wideText has text with letters of two bytes, and the characters that COPY escapes.
func wideText(name string, rows int) Table {
	text := `CONCAT(` + strings.TrimSuffix(strings.Repeat(`MD5(RAND()), '\tZürich\n', `, 24), ", ") + `)`
	return Table{Name: name, Rows: rows, Key: "id", Sums: "SUM(id), SUM(CHAR_LENGTH(a)), SUM(CHAR_LENGTH(b)), SUM(CHAR_LENGTH(d))", Columns: []Column{id,
		{Name: "a", MySQL: "text NOT NULL", Postgres: "text", Value: text},
		{Name: "b", MySQL: "text NOT NULL", Postgres: "text", Value: text},
		{Name: "d", MySQL: "text NOT NULL", Postgres: "text", Value: text},
	}}
}

func blob(name string, rows int) Table {
	bytes := "CONCAT(" + strings.TrimSuffix(strings.Repeat("RANDOM_BYTES(1024), ", 64), ", ") + ")"
	return Table{Name: name, Rows: rows, Key: "id", Sums: "SUM(id), SUM(OCTET_LENGTH(b))", Columns: []Column{id,
		{Name: "b", MySQL: "mediumblob NOT NULL", Postgres: "bytea", Value: bytes, Pipe: `CONCAT('\\x', HEX(b))`},
	}}
}

// Tiny is a set of so many small tables, most of which nobody writes to.
func Tiny(tables int) Set {
	set := Set{Name: "tiny", What: fmt.Sprintf("%d tables", tables), Transactions: 1}
	for n := range tables {
		set.Tables = append(set.Tables, Table{Name: fmt.Sprintf("t%05d", n+1), Rows: 1, Key: "id", Sums: "SUM(id)", Columns: []Column{id,
			{Name: "note", MySQL: "varchar(20) NOT NULL", Postgres: "varchar(20)", Value: "'a note'"}}})
	}
	return set
}
