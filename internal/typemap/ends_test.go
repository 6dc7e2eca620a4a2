package typemap_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"
	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/testserver"
	"pgchameleon/internal/typemap"
)

func TestMain(m *testing.M) { testserver.Main(m) }

// source is a session on a MySQL or MariaDB server as the copy has it.
type source struct {
	server   *testserver.Server
	conn     *client.Conn
	database string
}

func newSource(t *testing.T, name string) *source {
	t.Helper()
	return sourceOn(t, testserver.Shared(t, name))
}

func sourceOn(t *testing.T, server *testserver.Server) *source {
	t.Helper()
	s := &source{server: server, database: server.Database(t, "types")}
	conn, err := client.Connect(fmt.Sprintf("%s:%d", server.Host, server.Port), server.User, "", s.database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s.conn = conn
	s.exec(t, "SET NAMES utf8mb4", "SET time_zone = '+00:00'", "SET sql_mode = ''")
	return s
}

func (s *source) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := s.conn.Execute(statement); err != nil {
			t.Fatalf("%s: %.300s: %v", s.server.Name, statement, err)
		}
	}
}

// rows gives the values of a query as the text protocol has them; nil is NULL.
func (s *source) rows(t *testing.T, query string) [][][]byte {
	t.Helper()
	result, err := s.conn.Execute(query)
	if err != nil {
		t.Fatalf("%s: %.300s: %v", s.server.Name, query, err)
	}
	var rows [][][]byte
	for _, packet := range result.RowDatas {
		var row [][]byte
		for at := 0; at < len(packet); {
			value, null, n, err := mysql.LengthEncodedString(packet[at:])
			if err != nil {
				t.Fatal(err)
			}
			if null {
				value = nil
			} else if value == nil {
				value = []byte{}
			}
			row, at = append(row, bytes.Clone(value)), at+n
		}
		rows = append(rows, row)
	}
	return rows
}

// columns gives a table's columns as the server describes them.
func (s *source) columns(t *testing.T, table string) []schema.Column {
	t.Helper()
	var columns []schema.Column
	for _, row := range s.rows(t, `SELECT column_name, data_type, column_type, is_nullable, character_maximum_length, numeric_precision, numeric_scale,
		datetime_precision, character_set_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '`+table+`' ORDER BY ordinal_position`) {
		number := func(i int) int {
			n, err := strconv.Atoi(string(row[i]))
			if err != nil {
				return -1
			}
			return n
		}
		text := string(row[2])
		typ := schema.Type{
			Name: string(row[1]), Text: text, Length: number(4), Precision: number(5), Scale: number(6), Charset: string(row[8]),
			Unsigned: strings.Contains(text, "unsigned"), Zerofill: strings.Contains(text, "zerofill"),
		}
		switch typ.Name {
		case "enum", "set":
			inner := text[strings.Index(text, "(")+2 : len(text)-2]
			for _, label := range strings.Split(inner, "','") {
				typ.Values = append(typ.Values, strings.ReplaceAll(label, "''", "'"))
			}
		case "bit":
			typ.Length = typ.Precision
		case "datetime", "timestamp", "time":
			typ.Scale = number(7)
		case "vector":
			_, _ = fmt.Sscanf(text, "vector(%d)", &typ.Length)
		}
		columns = append(columns, schema.Column{Name: string(row[0]), Type: typ, NotNull: string(row[3]) == "NO"})
	}
	return columns
}

// image is a row event's rows as the binlog has them.
type image struct {
	table   string
	types   []byte
	meta    []uint16
	present []byte
	data    []byte
	event   *replication.RowsEvent // with its header only
}

// images gives the row events of the session's database from a position on, until
// one of the table "last_one".
func (s *source) images(t *testing.T, from mysql.Position) []image {
	t.Helper()
	flavor := mysql.MySQLFlavor
	if strings.HasPrefix(s.server.Name, "mariadb") {
		flavor = mysql.MariaDBFlavor
	}
	var found []image
	syncer := replication.NewBinlogSyncer(replication.BinlogSyncerConfig{
		ServerID: uint32(time.Now().UnixNano()%1e9) + 1000, Flavor: flavor, Host: s.server.Host, Port: uint16(s.server.Port), User: s.server.User,
		Logger: slog.New(slog.DiscardHandler), DisableRetrySync: true, TimestampStringLocation: time.UTC, RenderJSONAsMySQLText: true,
		RowsEventDecodeFunc: func(e *replication.RowsEvent, data []byte) error {
			at, err := e.DecodeHeader(data)
			if err != nil {
				return err
			}
			if string(e.Table.Schema) == s.database {
				found = append(found, image{string(e.Table.Table), e.Table.ColumnType, e.Table.ColumnMeta, bytes.Clone(e.ColumnBitmap1), bytes.Clone(data[at:]), e})
			}
			return nil
		},
	})
	defer syncer.Close()
	stream, err := syncer.StartSync(from)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for len(found) == 0 || found[len(found)-1].table != "last_one" {
		if _, err := stream.GetEvent(ctx); err != nil {
			t.Fatalf("%s: reading the binlog: %v", s.server.Name, err)
		}
	}
	return found
}

func (s *source) position(t *testing.T) mysql.Position {
	t.Helper()
	statement := "SHOW MASTER STATUS"
	if s.server.Name == "mysql-9.7" {
		statement = "SHOW BINARY LOG STATUS"
	}
	row := s.rows(t, statement)[0]
	offset, err := strconv.ParseUint(string(row[1]), 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return mysql.Position{Name: string(row[0]), Pos: uint32(offset)}
}

// copied gives the COPY lines of a table by the copy's road.
func (s *source) copied(t *testing.T, table string, columns []*typemap.Column) []string {
	t.Helper()
	var list []string
	for _, c := range columns {
		list = append(list, c.Select("`"+c.Source.Name+"`"))
	}
	var lines []string
	for _, row := range s.rows(t, "SELECT "+strings.Join(list, ", ")+" FROM "+table+" ORDER BY id") {
		var line []byte
		for i, value := range row {
			if i > 0 {
				line = append(line, '\t')
			}
			if value == nil {
				line = append(line, `\N`...)
				continue
			}
			var err error
			if line, err = columns[i].Text(line, value, new(typemap.Notes)); err != nil {
				t.Errorf("%s: %s: %q: %v", s.server.Name, columns[i].Source.Type.Text, value, err)
			}
		}
		lines = append(lines, string(line))
	}
	return lines
}

// streamed gives the COPY lines of a table's row events.
func streamed(t *testing.T, images []image, table string, columns []*typemap.Column) []string {
	t.Helper()
	ordinals := make([]int, len(columns))
	for i := range ordinals {
		ordinals[i] = i
	}
	var lines []string
	for _, im := range images {
		if im.table != table {
			continue
		}
		decoder, err := typemap.NewRowDecoder(columns, ordinals, im.types, compressedMeta(columns, im))
		if err != nil {
			t.Fatalf("%s: %v", columns[1].Source.Type.Text, err)
		}
		for data := im.data; len(data) > 0; {
			line, used, err := decoder.Row(nil, im.present, data, make([]typemap.Notes, len(columns)))
			if err != nil {
				t.Errorf("%s: %x: %v", columns[1].Source.Type.Text, data, err)
				break
			}
			lines, data = append(lines, string(line)), data[used:]
		}
	}
	return lines
}

// compressedMeta puts in the metadata of COMPRESSED columns, which the library does not
// read; they are last in their tables here.
func compressedMeta(columns []*typemap.Column, im image) []uint16 {
	meta := append([]uint16(nil), im.meta...)
	for i, typ := range im.types {
		switch {
		case typ == 141:
			meta[i] = uint16(columns[i].Source.Type.Length*4 + 1)
		case typ == 140 && strings.HasPrefix(columns[i].Source.Type.Name, "long"):
			meta[i] = 4
		case typ == 140:
			meta[i] = 2
		}
	}
	return meta
}

// held copies lines into a real PostgreSQL table and gives each row's last column as text.
func held(t *testing.T, conn *pgx.Conn, table string, columns []*typemap.Column, lines []string) []string {
	t.Helper()
	ctx := context.Background()
	var list []string
	for i, c := range columns {
		sql := c.SQL()
		if labels := c.Enum(); labels != nil {
			sql = fmt.Sprintf("%s_%d", table, i)
			var quoted []string
			for _, label := range labels {
				quoted = append(quoted, "'"+strings.ReplaceAll(label, "'", "''")+"'")
			}
			if _, err := conn.Exec(ctx, "CREATE TYPE "+sql+" AS ENUM ("+strings.Join(quoted, ",")+")"); err != nil {
				t.Fatalf("%s: %v", c.Source.Type.Text, err)
			}
		}
		if c.Source.NotNull {
			sql += " NOT NULL"
		}
		list = append(list, fmt.Sprintf("%q %s", c.Source.Name, sql))
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE "+table+" ("+strings.Join(list, ", ")+")"); err != nil {
		t.Fatalf("%s: %v", columns[1].Source.Type.Text, err)
	}
	if _, err := conn.PgConn().CopyFrom(ctx, strings.NewReader(strings.Join(lines, "\n")+"\n"), "COPY "+table+" FROM STDIN"); err != nil {
		t.Fatalf("%s to %s: %v", columns[1].Source.Type.Text, columns[1].SQL(), err)
	}
	rows, err := conn.Query(ctx, "SELECT coalesce(v::text, 'NULL') FROM "+table+" ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// target is a session on a fresh PostgreSQL database.
func target(t *testing.T) *pgx.Conn {
	t.Helper()
	server := testserver.Shared(t, testserver.Target)
	conn, err := pgx.Connect(context.Background(), fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=disable TimeZone=UTC", server.Host, server.Port, server.User, server.Database(t, "types")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}
