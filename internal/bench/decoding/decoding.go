// Package decoding owns one measurement: how fast row images of a real binlog
// become COPY text on one core. It does not own the decoder, which is
// typemap's, nor the report.
package decoding

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"
	"golang.org/x/sys/unix"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/testserver/launch"
	"pgchameleon/internal/typemap"
)

const database = "decoding"

// columns are twelve ordinary ones, with the expression that makes a value of the
// row's number seq.
var columns = []struct {
	def, value string
	typ        schema.Type
}{
	{"bigint", "seq * 1000003", schema.Type{Name: "bigint"}},
	{"int unsigned", "FLOOR(RAND() * 4294967295)", schema.Type{Name: "int", Unsigned: true}},
	{"varchar(60)", "CONCAT('customer-', seq, '@example.eu')", schema.Type{Name: "varchar", Length: 60, Charset: "utf8mb4"}},
	{"varchar(200) CHARACTER SET latin1", "CONCAT('Stra\u00dfe ', seq % 500, ', Z\u00fcrich')", schema.Type{Name: "varchar", Length: 200, Charset: "latin1"}},
	{"decimal(12,2)", "RAND() * 100000", schema.Type{Name: "decimal", Precision: 12, Scale: 2}},
	{"datetime(6)", "'2020-01-01' + INTERVAL seq * 123457 MICROSECOND", schema.Type{Name: "datetime", Scale: 6}},
	{"timestamp NULL", "FROM_UNIXTIME(1700000000 + seq)", schema.Type{Name: "timestamp"}},
	{"double", "RAND() * 1000", schema.Type{Name: "double"}},
	{"tinyint", "seq % 100", schema.Type{Name: "tinyint"}},
	{"enum('new','paid','sent')", "1 + seq % 3", schema.Type{Name: "enum", Values: []string{"new", "paid", "sent"}}},
	{"text", "IF(seq % 8 = 0, NULL, CONCAT('A comment of about forty characters, ', seq))", schema.Type{Name: "text", Charset: "utf8mb4"}},
	{"date", "'2020-01-01' + INTERVAL seq % 1500 DAY", schema.Type{Name: "date"}},
}

// Events are the rows events of one statement, as the binlog has them.
type Events struct {
	Rows    int
	Columns int

	types   []byte
	meta    []uint16
	present []byte
	images  [][]byte // of each event
}

// Record inserts so many rows on a MariaDB server and reads them back from its binlog.
func Record(ctx context.Context, source *launch.Server, rows int) (*Events, error) {
	conn, err := source.Connect(ctx, "")
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var defs, values []string
	for i, c := range columns {
		defs, values = append(defs, fmt.Sprintf("c%d %s", i, c.def)), append(values, c.value)
	}
	if err := conn.Exec(ctx, "CREATE DATABASE "+database+" CHARACTER SET utf8mb4", "USE "+database, "CREATE TABLE images ("+strings.Join(defs, ", ")+")"); err != nil {
		return nil, err
	}
	status, err := conn.Query(ctx, "SHOW MASTER STATUS")
	if err != nil {
		return nil, err
	}
	offset, err := strconv.ParseUint(status[0][1], 10, 32)
	if err != nil {
		return nil, fmt.Errorf("reading the position: %w", err)
	}
	if err := conn.Exec(ctx, fmt.Sprintf("INSERT INTO images SELECT %s FROM seq_1_to_%d", strings.Join(values, ", "), rows)); err != nil {
		return nil, err
	}
	e := &Events{Rows: rows, Columns: len(columns)}
	if err := e.read(ctx, source, mysql.Position{Name: status[0][0], Pos: uint32(offset)}); err != nil {
		return nil, fmt.Errorf("reading the binlog: %w", err)
	}
	return e, conn.Exec(ctx, "DROP DATABASE "+database)
}

// read takes the images of the events from a position to the end of the transaction.
func (e *Events) read(ctx context.Context, source *launch.Server, from mysql.Position) error {
	syncer := replication.NewBinlogSyncer(replication.BinlogSyncerConfig{
		ServerID: 1000 + rand.Uint32N(1e9), Flavor: mysql.MariaDBFlavor, Host: source.Host, Port: uint16(source.Port), User: source.User, // #nosec G115 -- a port
		Logger: slog.New(slog.DiscardHandler), DisableRetrySync: true,
		RowsEventDecodeFunc: func(event *replication.RowsEvent, data []byte) error {
			at, err := event.DecodeHeader(data)
			if err == nil && string(event.Table.Schema) == database { // others may use the server
				e.types, e.meta, e.present = event.Table.ColumnType, event.Table.ColumnMeta, event.ColumnBitmap1
				e.images = append(e.images, bytes.Clone(data[at:]))
			}
			return err
		},
	})
	defer syncer.Close()
	stream, err := syncer.StartSync(from)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		event, err := stream.GetEvent(limited)
		if err != nil {
			return err
		}
		if event.Header.EventType == replication.XID_EVENT && len(e.images) > 0 {
			return nil
		}
	}
}

// Result is one round.
type Result struct {
	Rate   float64 // rows a second of processor time
	Allocs float64 // of each row
	Bytes  int     // of COPY text
}

// Measure decodes all events on one core, each into a buffer of its own, as the
// replica does.
func (e *Events) Measure() (Result, error) {
	var wanted []*typemap.Column
	var ordinals []int
	for i, c := range columns {
		c.typ.Text = c.def
		column, err := typemap.New(schema.Column{Name: fmt.Sprintf("c%d", i), Type: c.typ}, typemap.Settings{})
		if err != nil {
			return Result{}, err
		}
		wanted, ordinals = append(wanted, column), append(ordinals, i)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began, err := processorTime()
	if err != nil {
		return Result{}, err
	}
	decoder, err := typemap.NewRowDecoder(wanted, ordinals, e.types, e.meta)
	if err != nil {
		return Result{}, err
	}
	var result Result
	rows := 0
	for _, images := range e.images {
		notes := make([]typemap.Notes, len(wanted))
		buffer := make([]byte, 0, 2*len(images))
		for len(images) > 0 {
			line, used, err := decoder.Row(buffer, e.present, images, notes)
			if err != nil {
				return Result{}, err
			}
			buffer, images, rows = append(line, '\n'), images[used:], rows+1
		}
		result.Bytes += len(buffer)
	}
	ended, err := processorTime()
	if err != nil {
		return Result{}, err
	}
	runtime.ReadMemStats(&after)
	if rows != e.Rows {
		return Result{}, fmt.Errorf("%d rows came of %d", rows, e.Rows)
	}
	result.Rate, result.Allocs = float64(rows)/(ended-began).Seconds(), float64(after.Mallocs-before.Mallocs)/float64(rows)
	return result, nil
}

// processorTime is what this process has used of all cores: other programs on the machine
// count less in it than in the time on the wall, and the collection of garbage is in it.
func processorTime() (time.Duration, error) {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("reading the processor time: %w", err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}
