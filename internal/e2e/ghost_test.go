package e2e

import (
	"context"
	"fmt"
	"hash/crc32"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"

	"pgchameleon/internal/testserver"
)

// ghost does to a table what gh-ost does, statement by statement: it reads the
// binary log of the server as gh-ost does, and copies in chunks meanwhile.
type ghost struct {
	t          *testing.T
	src        *testserver.Server
	db, table  string
	alter      string
	renamed    map[string]string // columns that the alteration gives other names, which gh-ost is told to approve
	keep       bool              // without --ok-to-drop-table
	twoStep    bool              // --cut-over=two-step
	whileCopy  func()            // called once half of the rows are copied
	stamp      string            // with --timestamp-old-table
	writers    *traffic          // that goes on meanwhile
	columns    []string          // of the table, in its order
	shared     [][2]string       // columns of both tables: names in the table and in the ghost
	conn, lock *client.Conn
	events     *replication.BinlogStreamer
	hints      map[string]bool // seen in the binary log
}

func (g *ghost) name(suffix string) string {
	base := g.table
	if over := len(base) + len(suffix) + 2 - 64; over > 0 {
		base = base[:len(base)-over]
	}
	return "_" + base + "_" + suffix
}

func (g *ghost) connect() *client.Conn {
	g.t.Helper()
	conn, err := client.Connect(fmt.Sprintf("%s:%d", g.src.Host, g.src.Port), g.src.User, "", g.db)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (g *ghost) exec(conn *client.Conn, sql string, args ...any) *mysql.Result {
	g.t.Helper()
	result, err := conn.Execute(sql, args...)
	for err != nil && (strings.Contains(err.Error(), "Deadlock") || strings.Contains(err.Error(), "Lock wait")) { // gh-ost tries again
		result, err = conn.Execute(sql, args...)
	}
	if err != nil {
		g.t.Fatalf("%s: %v", sql, err)
	}
	return result
}

// begin opens the binary log and makes the changelog and the ghost table.
func (g *ghost) begin() {
	g.t.Helper()
	g.conn, g.lock = g.connect(), g.connect()
	g.exec(g.conn, "SET time_zone = '+00:00', sql_mode = CONCAT(@@session.sql_mode, ',NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES')")
	status := "SHOW MASTER STATUS"
	if strings.HasPrefix(g.src.Name, "mysql-9") {
		status = "SHOW BINARY LOG STATUS"
	}
	at := g.exec(g.conn, status)
	file, _ := at.GetString(0, 0)
	offset, _ := at.GetUint(0, 1)
	flavor := mysql.MariaDBFlavor
	if strings.HasPrefix(g.src.Name, "mysql") {
		flavor = mysql.MySQLFlavor
	}
	syncer := replication.NewBinlogSyncer(replication.BinlogSyncerConfig{
		ServerID: 70000 + crc32.ChecksumIEEE([]byte(g.db+g.table))%100000, Flavor: flavor, Host: g.src.Host, Port: uint16(g.src.Port), User: g.src.User, Charset: "utf8mb4", Logger: slog.New(slog.DiscardHandler), // #nosec G115 -- a port
	})
	g.t.Cleanup(syncer.Close)
	var err error
	if g.events, err = syncer.StartSync(mysql.Position{Name: file, Pos: uint32(offset)}); err != nil { // #nosec G115 -- offsets in a binlog have 32 bits
		g.t.Fatal(err)
	}
	g.hints = map[string]bool{}
	gho, ghc := backtick(g.name("gho")), backtick(g.name("ghc"))
	g.exec(g.conn, "drop /* gh-ost */ table if exists "+backtick(g.db)+"."+ghc)
	g.exec(g.conn, "create /* gh-ost */ table "+backtick(g.db)+"."+ghc+` (
			id bigint unsigned auto_increment,
			last_update timestamp not null DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
			hint varchar(64) charset ascii not null,
			value varchar(4096) charset ascii not null,
			primary key(id),
			unique key hint_uidx(hint)
		) auto_increment=256`)
	g.exec(g.conn, "create /* gh-ost */ table "+backtick(g.db)+"."+gho+" like "+backtick(g.db)+"."+backtick(g.table))
	g.exec(g.conn, "alter /* gh-ost */ table "+backtick(g.db)+"."+gho+" "+g.alter)
	g.changelog("state", "GhostTableMigrated")
	g.columns = g.names(g.table)
	after := g.names(g.name("gho"))
	for _, c := range g.columns {
		to := c
		if other, ok := g.renamed[c]; ok {
			to = other
		}
		if slices.Contains(after, to) {
			g.shared = append(g.shared, [2]string{c, to})
		}
	}
}

func (g *ghost) names(table string) []string {
	var list []string
	for _, row := range g.src.Query(g.t, g.db, fmt.Sprintf("SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
		quoteString(g.db), quoteString(table))) {
		list = append(list, row[0])
	}
	return list
}

func (g *ghost) changelog(hint, value string) {
	g.t.Helper()
	g.exec(g.conn, "insert /* gh-ost */ into "+backtick(g.db)+"."+backtick(g.name("ghc"))+
		" (id, hint, value) values (NULLIF(?, 0), ?, ?) on duplicate key update last_update=NOW(), value=VALUES(value)", 0, hint, value)
}

// side gives the names of the shared columns in one of the tables.
func (g *ghost) side(at int, suffix string) []string {
	list := make([]string, len(g.shared))
	for i, pair := range g.shared {
		list[i] = backtick(pair[at]) + suffix
	}
	return list
}

// copy copies all rows by ranges of the key, applying what has happened between the chunks.
func (g *ghost) copy(chunk int) {
	g.t.Helper()
	gho, table := backtick(g.db)+"."+backtick(g.name("gho")), backtick(g.db)+"."+backtick(g.table)
	result := g.exec(g.conn, "select min(id), max(id) from "+table)
	low, _ := result.GetInt(0, 0)
	high, _ := result.GetInt(0, 1)
	middle := low + (high-low)/2
	for at := low - 1; at < high; {
		next := g.exec(g.conn, fmt.Sprintf("select max(id) from (select id from %s where id > %d and id <= %d order by id limit %d) select_osc_chunk", table, at, high, chunk))
		end, _ := next.GetInt(0, 0)
		if end == 0 {
			break
		}
		g.exec(g.conn, fmt.Sprintf("insert /* gh-ost %s.%s */ ignore into %s (%s) (select %s from %s force index (PRIMARY) where (id > %d) and (id <= %d) lock in share mode)",
			g.db, g.table, gho, strings.Join(g.side(1, ""), ", "), strings.Join(g.side(0, ""), ", "), table, at, end))
		g.changelog("heartbeat", time.Now().Format(time.RFC3339Nano))
		if at < middle && end >= middle && g.whileCopy != nil {
			g.whileCopy()
		}
		at = end
		g.applyUntil(g.mark())
	}
}

// mark writes a hint that applyUntil can wait for.
func (g *ghost) mark() string {
	hint := fmt.Sprintf("mark %d", len(g.hints))
	g.changelog(hint, "1")
	return hint
}

// applyUntil applies the binary log's changes of the table up to a hint in the changelog.
func (g *ghost) applyUntil(hint string) {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for !g.hints[hint] {
		event, err := g.events.GetEvent(ctx)
		if err != nil {
			g.t.Fatalf("waiting for %s in the binary log: %v", hint, err)
		}
		rows, is := event.Event.(*replication.RowsEvent)
		if !is || string(rows.Table.Schema) != g.db {
			continue
		}
		switch string(rows.Table.Table) {
		case g.name("ghc"):
			for _, row := range rows.Rows {
				if text, is := row[2].(string); is {
					g.hints[text] = true
				}
			}
		case g.table:
			g.apply(event.Header.EventType, rows.Rows)
		}
	}
}

// apply does what a row event did to the table to the ghost.
func (g *ghost) apply(kind replication.EventType, rows [][]any) {
	g.t.Helper()
	gho := backtick(g.db) + "." + backtick(g.name("gho"))
	id := slices.Index(g.columns, "id")
	remove := func(row []any) { g.exec(g.conn, "delete /* gh-ost */ from "+gho+" where (id = ?)", row[id]) }
	put := func(row []any) {
		g.exec(g.conn, fmt.Sprintf("replace /* gh-ost */ into %s (%s) values (?%s)", gho, strings.Join(g.side(1, ""), ", "), strings.Repeat(", ?", len(g.shared)-1)), g.values(row)...)
	}
	switch kind {
	case replication.WRITE_ROWS_EVENTv1, replication.WRITE_ROWS_EVENTv2, replication.MARIADB_WRITE_ROWS_COMPRESSED_EVENT_V1:
		for _, row := range rows {
			put(row)
		}
	case replication.DELETE_ROWS_EVENTv1, replication.DELETE_ROWS_EVENTv2, replication.MARIADB_DELETE_ROWS_COMPRESSED_EVENT_V1:
		for _, row := range rows {
			remove(row)
		}
	default:
		for i := 0; i+1 < len(rows); i += 2 {
			if fmt.Sprint(rows[i][id]) != fmt.Sprint(rows[i+1][id]) { // as gh-ost does where the key changes
				remove(rows[i])
				put(rows[i+1])
				continue
			}
			g.exec(g.conn, fmt.Sprintf("update /* gh-ost */ %s set %s where (id = ?)", gho, strings.Join(g.side(1, "=?"), ", ")), append(g.values(rows[i+1]), rows[i][id])...)
		}
	}
}

func (g *ghost) values(row []any) []any {
	list := make([]any, len(g.shared))
	for i, pair := range g.shared {
		list[i] = row[slices.Index(g.columns, pair[0])]
	}
	return list
}

// cutOver lets the ghost take the table's place: a sentry table holds the RENAME back
// until all events up to the lock are applied.
func (g *ghost) cutOver() {
	g.t.Helper()
	old := g.name("del")
	if g.stamp != "" {
		old = g.name(g.stamp + "_del")
	}
	table, del, gho := backtick(g.db)+"."+backtick(g.table), backtick(g.db)+"."+backtick(old), backtick(g.db)+"."+backtick(g.name("gho"))
	if g.twoStep {
		g.exec(g.lock, "lock /* gh-ost */ tables "+table+" write")
		g.changelog("AllEventsUpToLockProcessed", g.table)
		g.applyUntil("AllEventsUpToLockProcessed")
		g.exec(g.lock, "alter /* gh-ost */ table "+table+" rename "+backtick(old))
		g.exec(g.lock, "unlock tables")
		g.exec(g.conn, "alter /* gh-ost */ table "+gho+" rename "+backtick(g.table))
		g.end(del)
		return
	}
	if g.writers != nil {
		// A writer that waits for the table may be let go before the RENAME has queued up for it: what it writes is
		// lost with the old table.
		g.writers.gate.Lock()
		defer g.writers.gate.Unlock()
	}
	g.exec(g.lock, "drop /* gh-ost */ table if exists "+del)
	g.exec(g.lock, "create /* gh-ost */ table "+del+" (id int auto_increment primary key) engine=InnoDB comment='ghost-cut-over-sentry'")
	g.exec(g.lock, "lock /* gh-ost */ tables "+table+" write, "+del+" write")
	g.changelog("AllEventsUpToLockProcessed", g.table)
	g.applyUntil("AllEventsUpToLockProcessed")
	g.complete(table, gho)
	renamer, renamed := g.connect(), make(chan error, 1)
	go func() {
		_, err := renamer.Execute("rename /* gh-ost */ table " + table + " to " + del + ", " + gho + " to " + table)
		renamed <- err
	}()
	deadline := time.Now().Add(limit)
	for waits := "0"; waits == "0"; { // gh-ost looks for it in the process list too
		waits = g.src.Query(g.t, "", "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'rename /* gh-ost */%"+g.table+"%' AND state LIKE '%metadata lock%'")[0][0]
		if time.Now().After(deadline) {
			g.t.Fatal("the RENAME does not wait for the lock")
		}
	}
	g.exec(g.lock, "drop /* gh-ost */ table if exists "+del)
	g.exec(g.lock, "unlock tables")
	if err := <-renamed; err != nil {
		g.t.Fatal(err)
	}
	g.end(del)
}

// complete makes sure that the ghost has the rows of the table, which is locked, by their keys.
func (g *ghost) complete(table, gho string) {
	g.t.Helper()
	const sum = "select count(*), coalesce(sum(crc32(concat_ws('|', id, name, amount, price, note))), 0) from "
	left, right := g.exec(g.lock, sum+table), g.exec(g.conn, sum+gho)
	if a, b := values(left), values(right); a != b && g.whileCopy == nil {
		g.t.Errorf("the test's own gh-ost has not copied %s right: %s, %s", g.table, a, b)
	}
}

// end drops what gh-ost has made.
func (g *ghost) end(old string) {
	g.t.Helper()
	g.exec(g.conn, "drop /* gh-ost */ table if exists "+backtick(g.db)+"."+backtick(g.name("ghc")))
	if !g.keep {
		g.exec(g.conn, "drop /* gh-ost */ table if exists "+old)
	}
}

// run is the whole of it.
func (g *ghost) run() {
	g.t.Helper()
	g.begin()
	g.copy(100)
	g.cutOver()
}

func values(r *mysql.Result) string {
	count, _ := r.GetInt(0, 0)
	sum, _ := r.GetFloat(0, 1)
	return fmt.Sprintf("%d rows, %.0f", count, sum)
}
