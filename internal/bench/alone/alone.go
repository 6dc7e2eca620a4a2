// Package alone owns what PostgreSQL can do by itself: the changes of a stretch of the binlog,
// read beforehand, folded by key and staged in batches, and applied set-wise on one
// connection. It does not own the replication, of which it uses nothing, nor the sets of tables, whose
// values are numbers and plain texts, and whose key is the integer id, their first column.
package alone

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"
	"github.com/jackc/pgx/v5/pgconn"

	"pgchameleon/internal/bench/load"
	"pgchameleon/internal/testserver/launch"
)

//go:embed stage.sql
var stageText string

//go:embed apply.sql
var applyText string

// Batch is how many row changes are applied at once, as many as the program takes under load.
const Batch = 50000

// Position is where the source's binlog ends.
func Position(ctx context.Context, source *launch.Server) (mysql.Position, error) {
	conn, err := source.Connect(ctx, "")
	if err != nil {
		return mysql.Position{}, err
	}
	defer conn.Close()
	status, err := conn.Query(ctx, "SHOW MASTER STATUS")
	if err != nil {
		return mysql.Position{}, err
	}
	offset, err := strconv.ParseUint(status[0][1], 10, 32)
	if err != nil {
		return mysql.Position{}, fmt.Errorf("reading the position: %w", err)
	}
	return mysql.Position{Name: status[0][0], Pos: uint32(offset)}, nil
}

// Staged are changes, folded by key, batch by batch.
type Staged struct {
	Batches int
	set     load.Set
	text    map[string]*bytes.Buffer // for COPY, by table
}

// change is what becomes of one row in a batch.
type change struct {
	before, after bool // was it there, is it there
	row           []any
}

type key struct {
	table string
	id    int32
}

// Read reads the changes of a set's tables from a position up to the marker's value.
func Read(ctx context.Context, source *launch.Server, set load.Set, from mysql.Position, mark int64) (*Staged, error) {
	syncer := replication.NewBinlogSyncer(replication.BinlogSyncerConfig{
		ServerID: 1000 + rand.Uint32N(1e9), Flavor: mysql.MariaDBFlavor, Host: source.Host, Port: uint16(source.Port), User: source.User, // #nosec G115 -- a port
		Logger: slog.New(slog.DiscardHandler), DisableRetrySync: true,
	})
	defer syncer.Close()
	stream, err := syncer.StartSync(from)
	if err != nil {
		return nil, fmt.Errorf("reading the binlog: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	s, batch, changes := &Staged{set: set, text: map[string]*bytes.Buffer{}}, map[key]*change{}, 0
	for _, table := range set.Tables {
		s.text[table.Name] = &bytes.Buffer{}
	}
	for {
		event, err := stream.GetEvent(limited)
		if err != nil {
			return nil, fmt.Errorf("reading the binlog: %w", err)
		}
		switch e := event.Event.(type) {
		case *replication.XIDEvent:
			if changes >= Batch {
				s.stage(batch)
				batch, changes = map[key]*change{}, 0
			}
		case *replication.RowsEvent:
			if string(e.Table.Schema) != set.Database() {
				continue
			}
			table := string(e.Table.Table)
			if table == "marker" && e.Rows[len(e.Rows)-1][1] == mark {
				s.stage(batch)
				return s, nil
			}
			if s.text[table] != nil {
				changes += fold(batch, table, event.Header.EventType, e.Rows)
			}
		}
	}
}

// fold adds the rows of one event to a batch and gives their number.
func fold(batch map[key]*change, table string, kind replication.EventType, rows [][]any) int {
	inserts, deletes, step := false, false, 1
	switch kind {
	case replication.WRITE_ROWS_EVENTv1, replication.WRITE_ROWS_EVENTv2, replication.MARIADB_WRITE_ROWS_COMPRESSED_EVENT_V1:
		inserts = true
	case replication.DELETE_ROWS_EVENTv1, replication.DELETE_ROWS_EVENTv2, replication.MARIADB_DELETE_ROWS_COMPRESSED_EVENT_V1:
		deletes = true
	default: // before and after; the key stays
		step = 2
	}
	for i := step - 1; i < len(rows); i += step {
		k := key{table, rows[i][0].(int32)}
		if batch[k] == nil {
			batch[k] = &change{before: !inserts}
		}
		batch[k].after, batch[k].row = !deletes, rows[i]
	}
	return len(rows) / step
}

// stage writes a batch as COPY text, in the order of the keys.
func (s *Staged) stage(batch map[key]*change) {
	if len(batch) == 0 {
		return
	}
	keys := make([]key, 0, len(batch))
	for k := range batch {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.table != b.table {
			return strings.Compare(a.table, b.table)
		}
		return int(a.id) - int(b.id)
	})
	for _, k := range keys {
		c := batch[k]
		kind := map[[2]bool]string{{true, true}: "update", {false, true}: "insert", {true, false}: "delete"}[[2]bool{c.before, c.after}]
		if kind != "" { // a row that came and went is nothing
			text := s.text[k.table]
			fmt.Fprintf(text, "%d\t%s", s.Batches, kind)
			for _, value := range c.row {
				fmt.Fprintf(text, "\t%v", value)
			}
			text.WriteByte('\n')
		}
	}
	s.Batches++
}

// Apply stages the changes in a database of the target, whose schema holds the tables, and then applies them
// batch by batch. It gives the time of that alone.
func (s *Staged) Apply(ctx context.Context, target *launch.Server, database string) (time.Duration, error) {
	config, err := pgconn.ParseConfig(fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=disable", target.Host, target.Port, target.User, database))
	if err != nil {
		return 0, fmt.Errorf("making a PostgreSQL configuration: %w", err)
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return 0, fmt.Errorf("connecting to the target: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	run := func(text string) error {
		_, err := conn.Exec(ctx, text).ReadAll()
		return err
	}
	if err := run("SET search_path TO " + s.set.Database()); err != nil {
		return 0, fmt.Errorf("choosing the schema: %w", err)
	}
	for _, table := range s.set.Tables {
		if err := run(fmt.Sprintf("CREATE UNLOGGED TABLE staging_%s AS SELECT 0 AS batch, '' AS kind, t.* FROM %[1]s AS t LIMIT 0", table.Name)); err != nil {
			return 0, fmt.Errorf("making a staging table: %w", err)
		}
		if _, err := conn.CopyFrom(ctx, s.text[table.Name], "COPY staging_"+table.Name+" FROM STDIN"); err != nil {
			return 0, fmt.Errorf("filling a staging table: %w", err)
		}
		if err := run(strings.ReplaceAll(stageText, "{table}", table.Name)); err != nil {
			return 0, fmt.Errorf("indexing a staging table: %w", err)
		}
	}
	if err := run("CHECKPOINT"); err != nil {
		return 0, err
	}
	began := time.Now()
	for batch := range s.Batches {
		var text strings.Builder
		text.WriteString("BEGIN; SET LOCAL synchronous_commit = off;\n")
		for _, table := range s.set.Tables {
			var columns, set []string
			for _, c := range table.Columns {
				columns = append(columns, c.Name)
				if c.Name != table.Key {
					set = append(set, c.Name+" = s."+c.Name)
				}
			}
			text.WriteString(strings.NewReplacer("{table}", table.Name, "{batch}", strconv.Itoa(batch),
				"{columns}", strings.Join(columns, ", "), "{set}", strings.Join(set, ", ")).Replace(applyText))
		}
		text.WriteString("COMMIT")
		if err := run(text.String()); err != nil {
			return 0, fmt.Errorf("applying batch %d: %w", batch, err)
		}
	}
	return time.Since(began), nil
}
