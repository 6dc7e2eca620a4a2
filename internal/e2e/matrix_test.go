package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// Every column type of every server, with its edges and its awkward values, goes by every
// road: by the copy and by the stream, inserted, updated and deleted, as a plain column,
// as one that may not be NULL, under an index, as the key and in a table without a key,
// under each form that the binlog has. PostgreSQL must hold what the server itself
// says, or what the documented rule for the value says.
func TestEveryTypeByEveryRoad(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"mariadb-10.11", "postgres-15"},
		{"mariadb-11.8", "postgres-18"},
		{"mysql-5.6", "postgres-15"},
		{"mysql-9.7", "postgres-18"},
	} {
		t.Run(pair[0], func(t *testing.T) {
			t.Parallel()
			m := newMatrix(t, pair[0], pair[1])
			m.create()
			m.insert(0)
			m.moveKeys(0)
			m.r.init()
			m.counted(1)
			m.r.start()
			variants := m.variants()
			for i, v := range variants {
				m.write(v.set...)
				m.insert(i + 1)
				if i == 0 {
					m.r.caughtUp()
					m.counted(2)
				}
				m.change(i + 1)
				if i == 0 || i == len(variants)-1 {
					m.moveKeys(i + 1)
				}
				m.logged(v)
			}
			m.r.caughtUp()
			m.nothingExcluded()
			for _, g := range m.groups {
				m.compareColumns(g)
			}
			for _, k := range m.keys {
				m.compareKeys(k)
			}
		})
	}
}

// matrix is one source with a set of tables for each type.
type matrix struct {
	t      *testing.T
	r      *replica
	writer *session // an application, with whatever settings make it store odd values
	reader *session // what the server says, in UTC and utf8mb4
	target *postgres
	schema string
	groups []group
	keys   []key
}

func newMatrix(t *testing.T, source, target string) *matrix {
	m := &matrix{t: t}
	m.r = newReplica(t, testserver.Private(t, source), testserver.Shared(t, target), options{})
	m.schema = m.r.schemas[m.r.marker]
	m.writer, m.reader = newSession(t, m.r.src, m.r.marker), newSession(t, m.r.src, m.r.marker)
	if strings.HasPrefix(source, "mariadb") {
		m.write("SET check_constraint_checks = 0") // lets text into JSON that is none
	}
	if source == "mysql-5.6" {
		m.write("SET GLOBAL innodb_file_format = Barracuda") // for wide rows
	}
	m.target = newPostgres(t, m.r.dst, m.r.database)
	kinds := slices.DeleteFunc(everyKind(), func(k kind) bool { return !k.on(source) })
	m.groups, m.keys = groups(kinds), keys(kinds)
	t.Logf("%d types, %d of them as keys", len(kinds), len(m.keys))
	return m
}

// variant is a form of the binlog that the server can write.
type variant struct {
	name  string
	set   []string // what makes it
	event string   // the type of an event that shows it; "" where none does
}

func (m *matrix) variants() []variant {
	switch name := m.r.src.Name; {
	case strings.HasPrefix(name, "mariadb"):
		return []variant{
			{"as it comes", []string{"SET GLOBAL binlog_row_metadata = NO_LOG"}, ""},
			{"binlog_row_metadata=MINIMAL", []string{"SET GLOBAL binlog_row_metadata = MINIMAL", "SET column_compression_zlib_wrap = ON"}, ""},
			{"binlog_row_metadata=FULL", []string{"SET GLOBAL binlog_row_metadata = FULL"}, ""},
			{"log_bin_compress", []string{"SET GLOBAL log_bin_compress = ON", "SET GLOBAL log_bin_compress_min_len = 10"}, "Write_rows_compressed_v1"},
		}
	case name == "mysql-5.6":
		return []variant{
			{"as it comes", []string{"SET GLOBAL binlog_row_image = FULL"}, ""},
			{"binlog_rows_query_log_events", []string{"SET binlog_rows_query_log_events = ON"}, "Rows_query"},
		}
	}
	return []variant{
		{"binlog_row_metadata=MINIMAL", []string{"SET GLOBAL binlog_row_metadata = MINIMAL"}, ""},
		{"binlog_row_metadata=FULL", []string{"SET GLOBAL binlog_row_metadata = FULL"}, ""},
		{"binlog_transaction_compression", []string{"SET binlog_transaction_compression = ON"}, "Transaction_payload"},
	}
}

// logged holds that the binlog has the form that was asked for.
func (m *matrix) logged(v variant) {
	m.t.Helper()
	if v.event == "" {
		return
	}
	logs := m.r.src.Query(m.t, "", "SHOW BINARY LOGS")
	for _, event := range m.r.src.Query(m.t, "", "SHOW BINLOG EVENTS IN '"+logs[len(logs)-1][0]+"'") {
		if event[2] == v.event {
			return
		}
	}
	m.t.Errorf("%s: the binlog has no event %s", v.name, v.event)
}

func (m *matrix) write(statements ...string) {
	m.t.Helper()
	m.writer.exec(m.t, statements...)
}

// group is some types whose columns are in one table, c0, c1 and so on: of the type at
// place i, v<i> may be NULL, w<i> may not, and x<i> has an index. Row n holds the n-th
// value of each type, and begins anew where a type has fewer.
type group struct {
	table string
	kinds []kind
	rows  int
}

// groups puts up to eight types that follow each other in the table.
func groups(kinds []kind) (list []group) {
	for part := range slices.Chunk(kinds, 8) {
		g := group{table: fmt.Sprintf("c%d", len(list)), kinds: part}
		for _, k := range part {
			g.rows = max(g.rows, len(k.values))
		}
		list = append(list, g)
	}
	return list
}

// key is a type with a table in which it is the key, k0, k1 and so on, or that has no
// key where the server allows none.
type key struct {
	kind

	table string
}

func keys(kinds []kind) (list []key) {
	for _, k := range kinds {
		if k.keys != columnOnly {
			list = append(list, key{k, fmt.Sprintf("k%d", len(list))})
		}
	}
	return list
}

func (m *matrix) create() {
	for _, g := range m.groups {
		columns := []string{"id INT PRIMARY KEY", "n INT NOT NULL"}
		for i, k := range g.kinds {
			columns = append(columns, fmt.Sprintf("v%d %s NULL", i, k.def), fmt.Sprintf("w%d %s NOT NULL", i, k.def), fmt.Sprintf("x%d %s NULL", i, k.def))
			switch k.keys {
			case wholeKey:
				columns = append(columns, fmt.Sprintf("KEY (x%d)", i))
			case byPrefix:
				columns = append(columns, fmt.Sprintf("KEY (x%d(20))", i))
			}
		}
		m.write(fmt.Sprintf("CREATE TABLE %s (%s) ENGINE=InnoDB ROW_FORMAT=DYNAMIC", g.table, strings.Join(columns, ", ")))
	}
	for _, k := range m.keys {
		clause := map[keyRole]string{wholeKey: ", PRIMARY KEY (k)", byPrefix: ", PRIMARY KEY (k(20))"}[k.keys]
		m.write(fmt.Sprintf("CREATE TABLE %s (k %s NOT NULL, n INT NOT NULL%s) ENGINE=InnoDB", k.table, k.def, clause))
	}
}

// A row's number is phase*1000 + fate*200 + n: phase 0 is the copy, each later one a variant
// of the stream.
const (
	kept    = iota // rows that stay as they were inserted
	changed        // rows that every phase updates
	deleted        // rows that are deleted
	fates
)

func rowNumber(phase, fate, n int) int { return phase*1000 + fate*200 + n }

// insert adds all values three times, once for each fate.
func (m *matrix) insert(phase int) {
	for _, g := range m.groups {
		for fate := range fates {
			var rows []string
			for n := range g.rows {
				rows = append(rows, g.row(rowNumber(phase, fate, n), n))
			}
			m.write("INSERT INTO " + g.table + " VALUES " + strings.Join(rows, ", "))
		}
	}
}

// row writes a row of values in SQL.
func (g group) row(id, n int) string {
	list := []string{fmt.Sprint(id), fmt.Sprint(n)}
	for _, k := range g.kinds {
		at := n % len(k.values)
		list = append(list, k.values[at].literal, k.values[k.whole(at)].literal, k.values[at].literal)
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// change gives every row that is to be changed, of the copy and of this phase, the values of
// another one, in one event, and deletes others.
func (m *matrix) change(phase int) {
	for _, g := range m.groups {
		var rows []string
		for n := range g.rows {
			other := (n + phase) % g.rows
			rows = append(rows, g.row(rowNumber(0, changed, n), other), g.row(rowNumber(phase, changed, n), other))
		}
		sets := []string{"n = VALUES(n)"}
		for i := range g.kinds {
			for _, column := range []string{"v", "w", "x"} {
				sets = append(sets, fmt.Sprintf("%[1]s%[2]d = VALUES(%[1]s%[2]d)", column, i))
			}
		}
		from := phase
		if phase == 1 {
			from = 0
		}
		m.write("BEGIN",
			"INSERT INTO "+g.table+" VALUES "+strings.Join(rows, ", ")+" ON DUPLICATE KEY UPDATE "+strings.Join(sets, ", "),
			fmt.Sprintf("DELETE FROM %s WHERE id BETWEEN %d AND %d OR id BETWEEN %d AND %d", g.table,
				rowNumber(phase, deleted, 0), rowNumber(phase, deleted, 199), rowNumber(from, deleted, 0), rowNumber(from, deleted, 199)),
			"COMMIT")
	}
}

// moveKeys inserts half of the keys before the copy and the others after it. Then every key
// becomes that of the row before it; the first is deleted and the last inserted again.
// What the server takes for equal to another key it passes over.
func (m *matrix) moveKeys(phase int) {
	for _, k := range m.keys {
		list := k.keyValues()
		insert := func(n int) string {
			return fmt.Sprintf("INSERT IGNORE INTO %s (k, n) VALUES (%s, %d)", k.table, k.values[n].literal, n)
		}
		statements := []string{"BEGIN"}
		for at, n := range list {
			if phase <= 1 && at%2 == phase {
				statements = append(statements, insert(n))
			}
		}
		if phase > 0 {
			statements = append(statements, fmt.Sprintf("DELETE FROM %s WHERE n = %d", k.table, list[0]))
			for at, n := range list[1:] {
				statements = append(statements, fmt.Sprintf("UPDATE IGNORE %s SET k = %s, n = %d WHERE n = %d", k.table, k.values[list[at]].literal, list[at], n))
			}
			statements = append(statements, insert(list[len(list)-1]))
		}
		m.write(append(statements, "COMMIT")...)
	}
}

// counted holds that show_status counts each application of a rule once: times is how often
// all rows have been inserted.
func (m *matrix) counted(times int) {
	m.t.Helper()
	want := map[string]int{}
	for _, g := range m.groups {
		for i, k := range g.kinds {
			for n := range g.rows {
				for column, at := range map[string]int{"v": n % len(k.values), "w": k.whole(n % len(k.values)), "x": n % len(k.values)} {
					if rule := k.values[at].rule; rule != "" {
						want[fmt.Sprintf("%s of %s.%s%d (%s)", rule, g.table, column, i, k)] += fates * times
					}
				}
			}
		}
	}
	got := map[string]int{}
	applied, _ := m.r.status()["rules_applied"].([]any)
	for _, each := range applied {
		line, _ := each.(map[string]any)
		_, table, _ := strings.Cut(fmt.Sprint(line["table"]), ".")
		at := slices.IndexFunc(m.groups, func(g group) bool { return g.table == table })
		if at < 0 {
			continue // a key
		}
		count, _ := line["count"].(float64)
		column := fmt.Sprint(line["column"])
		got[fmt.Sprintf("%s of %s.%s (%s)", line["rule"], table, column, m.groups[at].kinds[number(&column, 1)])] = int(count)
	}
	for what, count := range want {
		if got[what] != count {
			m.t.Errorf("show_status counts %s %d times, want %d", what, got[what], count)
		}
		delete(got, what)
	}
	for what, count := range got {
		m.t.Errorf("show_status counts %s %d times, want none", what, count)
	}
}

// nothingExcluded holds that every table still follows.
func (m *matrix) nothingExcluded() {
	m.t.Helper()
	replicas, _ := m.r.status()["replicas"].([]any)
	if want := len(m.groups) + len(m.keys) + 1; len(replicas) != want {
		m.t.Errorf("show_status has %d tables, want %d", len(replicas), want)
	}
	for _, each := range replicas {
		line, _ := each.(map[string]any)
		if line["state"] != "replicating" {
			m.t.Errorf("%s is %s: %s", line["source"], line["state"], line["reason"])
		}
	}
}

// compareColumns holds a table on both sides against each other, each type's three columns by
// themselves, and the rows that came by the copy against those that came by the stream.
func (m *matrix) compareColumns(g group) {
	m.t.Helper()
	sources, targets := []string{"id", "n"}, []string{"id", "n"}
	for i, k := range g.kinds {
		source, target := k.form.expressions(m.r.src.Name, fmt.Sprintf("v%d", i), fmt.Sprintf("w%d", i), fmt.Sprintf("x%d", i))
		sources, targets = append(sources, source), append(targets, target)
	}
	source := m.reader.rows(m.t, "SELECT "+strings.Join(sources, ", ")+" FROM "+g.table+" ORDER BY id")
	target := m.target.rows(m.t, "SELECT "+strings.Join(targets, ", ")+" FROM "+m.schema+"."+g.table+" ORDER BY id")
	for i, k := range g.kinds {
		three := func(row []*string) []*string { return append(row[:2:2], row[2+3*i:5+3*i]...) }
		var said, held [][]*string
		stored := map[string]bool{}
		for _, row := range source {
			row, n := three(row), number(row[1], 0)%len(k.values)
			stored[show(row[2])] = true
			row[2], row[3], row[4] = k.expect(n, row[2], false), k.expect(k.whole(n), row[3], true), k.expect(n, row[4], false)
			said = append(said, row)
		}
		if len(stored) != len(k.values) {
			m.t.Errorf("%s: of %d values the server stored %d different ones: %.500v", k, len(k.values), len(stored), stored)
		}
		copied, differ := map[int]string{}, map[int]bool{}
		for _, row := range target {
			row = three(row)
			n, now := number(row[1], 0)%len(k.values), render(row[2:])
			if first, is := copied[n]; !is {
				copied[n] = now // row 0 and the next ones came by the copy
			} else if first != now && !differ[n] {
				m.t.Errorf("%s: the copy and the stream differ in value %d: %.200s and %.200s", k, n, first, now)
				differ[n] = true
			}
			held = append(held, row)
		}
		k.normalise(held, 2, 3, 4)
		m.equal(k.String(), said, held)
	}
}

// compareKeys does the same for a type as a key.
func (m *matrix) compareKeys(k key) {
	m.t.Helper()
	source, target := k.form.expressions(m.r.src.Name, "k")
	said := m.reader.rows(m.t, "SELECT n, "+source+" FROM "+k.table+" ORDER BY n")
	held := m.target.rows(m.t, "SELECT n, "+target+" FROM "+m.schema+"."+k.table+" ORDER BY n")
	for _, row := range said {
		row[1] = k.expect(number(row[0], 0), row[1], true)
	}
	if len(said) == 0 {
		m.t.Errorf("%s: no rows as a key", k)
	}
	k.normalise(held, 1)
	m.equal(k.String()+" as a key", said, held)
}

func (m *matrix) equal(what string, said, held [][]*string) {
	m.t.Helper()
	mine, theirs := make([]string, len(said)), make([]string, len(held))
	for i, row := range said {
		mine[i] = render(row)
	}
	for i, row := range held {
		theirs[i] = render(row)
	}
	slices.Sort(mine)
	slices.Sort(theirs)
	if missing, extra := difference(mine, theirs); len(missing)+len(extra) > 0 {
		m.t.Errorf("%s:\nthe server says %s\nPostgreSQL holds %s", what, sample(missing), sample(extra))
	}
}
