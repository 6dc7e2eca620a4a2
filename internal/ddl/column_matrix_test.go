package ddl_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/ddl"
	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/testserver"
)

// kindOfColumn is a type with values at its edges, as SQL literals.
type kindOfColumn struct {
	on, typ string // on as in story
	values  string // separated by |
}

const (
	texts   = `''|' '|'a'|'A'|'a '|' a'|'abcdefghij'|'1'|'-1'|'+7'|' 12 '|'3.5'|'2.5'|'-2.5'|'1e2'|'12abc'|'0'|'00'|'300'|'-129'|'99999999999999999999'|'2020-02-29'|'2021-02-29'|'2020-02-29 10:11:12.987'|'2020-02-29T10:11:12'|'0000-00-00'|'20200229'|'10:11:12'|'-10:11:12'|'100:00:00'|'24:00:00'|'10:11'|'b'|'10'|'a,b'|'b,a'|'a,z'|'true'|'null'|'{"a": 1}'|'[1, 2]'|'x''y'|'tab	and\\back'|'1.2.3.4'|'::1'|'6ccd780c-baba-1026-9564-5b8c656024db'|'1999'|'99'`
	accents = `|'é'|'É'|'€'|'ä,b'`
	days    = `'2020-02-29'|'1000-01-01'|'9999-12-31'|'1970-01-01'|'0000-00-00'|'2020-00-00'|'2020-05-00'|'1969-12-31'|'2038-02-01'|'0001-01-01'|'2155-01-01'|'1899-01-01'`
	moments = `'2020-02-29 10:11:12'|'2020-02-29 00:00:00'|'1000-01-01 00:00:00'|'9999-12-31 23:59:59'|'0000-00-00 00:00:00'|'2020-00-00 10:00:00'|'1999-12-31 23:59:59'|'0001-01-01 00:00:00'`
	stamps  = `'2020-02-29 10:11:12'|'1970-01-01 00:00:01'|'2038-01-19 03:14:07'|'0000-00-00 00:00:00'|'2020-03-29 02:30:00'`
	clocks  = `'10:11:12'|'00:00:00'|'23:59:59'|'-10:11:12'|'-00:00:01'|'24:00:00'|'24:00:01'|'838:59:59'|'-838:59:59'|'100:00:00'`
	binary  = `''|'a'|'abc'|'1'|'12'|'3.5'|' '|'é'|X'00'|X'6100'|X'FF'|'2020-02-29'|'10:11:12'|'a,b'|X'00000031'`
)

var kindsOfColumn = []kindOfColumn{
	{"", "TINYINT", "-128|-1|0|1|2|3|127"},
	{"", "TINYINT(1)", "-128|0|1|2|127"},
	{"", "TINYINT UNSIGNED", "0|1|2|200|255"},
	{"", "SMALLINT", "-32768|-1|0|1|3|99|1999|32767"},
	{"", "INT", "-2147483648|-101|-1|0|1|2|3|69|70|101|1901|2155|2156|10112|20200229|2147483647"},
	{"", "INT UNSIGNED", "0|1|99|4294967295"},
	{"", "INT(6) ZEROFILL", "0|1|42|1234567"},
	{"", "BIGINT", "-9223372036854775808|-1|0|1|20200229101112|9223372036854775807|9007199254740993"},
	{"", "BIGINT UNSIGNED", "0|1|18446744073709551615|9223372036854775808"},
	{"", "DECIMAL(6,2)", "-9999.99|-2.5|-1.49|-0.5|-0.01|0|0.5|1.5|2.5|3.49|9999.99"},
	{"", "DECIMAL(10,0)", "-9999999999|-1|0|1|3|9999999999"},
	{"", "DECIMAL(24,5)", "-1234567890123456789.12345|-0.00001|0|0.5|1.23456|9999999999999999999.99999"},
	{"", "FLOAT", "-2.5|-0|0|0.5|1.5|2.5|3.4e38|1e-20|0.1|16777216|123456.7|1e10"},
	{"", "DOUBLE", "-2.5|0|0.5|1.5|2.5|0.1|1e15|1e16|1e300|123456789.123456789|-1e-7"},
	{"", "DOUBLE(10,2)", "-2.5|0|0.5|1.25|99999999.99"},
	{"", "BIT(1)", "b'0'|b'1'"},
	{"", "BIT(8)", "b'0'|b'1'|b'1100001'|b'11111111'"},
	{"", "BIT(64)", "b'0'|b'1'|b'1111111111111111111111111111111111111111111111111111111111111111'"},
	{"", "YEAR", "0|1901|1999|2000|2155"},
	{"", "DATE", days},
	{"", "DATE NOT NULL", days},
	{"", "DATETIME", moments},
	{"", "DATETIME NOT NULL", moments},
	{"", "DATETIME(3)", moments + "|'2020-02-29 10:11:12.499'|'2020-02-29 23:59:59.500'|'9999-12-31 23:59:59.999'"},
	{"", "DATETIME(6)", "'2020-02-29 10:11:12.123456'|'2020-02-29 23:59:59.999500'|'2020-12-31 23:59:59.999999'"},
	{"", "TIMESTAMP NULL", stamps},
	{"", "TIMESTAMP NOT NULL DEFAULT '2000-01-01'", stamps},
	{"", "TIMESTAMP(3) NULL", stamps + "|'2020-02-29 10:11:12.500'"},
	{"", "TIME", clocks},
	{"", "TIME NOT NULL", clocks},
	{"", "TIME(3)", clocks + "|'10:11:12.500'|'-00:00:00.400'|'23:59:59.999'"},
	{"", "CHAR(20)", texts + accents},
	{"", "VARCHAR(60)", texts + accents + "|'😀'"},
	{"", "VARCHAR(5)", "''|'a'|'b'|'a '|'12'|'12345'|'é'|'a,b'|'b    '"},
	{"", "VARCHAR(60) CHARACTER SET latin1", texts + accents},
	{"", "VARCHAR(60) CHARACTER SET utf8", texts + accents},
	{"", "VARCHAR(60) COLLATE utf8mb4_bin", texts + accents},
	{"", "TEXT", texts + accents + "|'😀'"},
	{"", "TINYTEXT CHARACTER SET latin1", texts + accents},
	{"", "VARCHAR(40) CHARACTER SET ucs2", "''|'a'|'é'|'€'|'12'|'a,b'"},
	{"", "VARBINARY(30)", binary},
	{"", "BINARY(4)", "''|'a'|'1234'|X'00000031'|X'FF'|'é'"},
	{"", "BLOB", binary},
	{"", "ENUM('a','b','10','x y')", "0|1|2|3|4"},
	{"", "ENUM('b','A','z','é')", "0|1|2|3|4"},
	{"", "ENUM('','a','b')", "0|1|2|3"},
	{"", "SET('a','b','c')", "0|1|2|3|4|7"},
	{"", "SET('c','A','10')", "0|1|2|3|4|7"},
	{"my", "JSON", `'{"b": 1, "a": [1.0, "é", null]}'|'1'|'"text"'|'null'|'[]'`},
	{"maria", "JSON", `'{"b": 1, "a": [1.0, "é", null]}'|'1'|'"text"'|'null'|'[]'|' [ 1 ] '`},
	{"maria", "UUID", "'6ccd780c-baba-1026-9564-5b8c656024db'|'00000000-0000-0000-0000-000000000000'"},
	{"maria", "INET6", "'::1'|'2001:db8::ff00:42:8329'|'::ffff:1.2.3.4'|'::'"},
	{"maria", "INET4", "'1.2.3.4'|'0.0.0.0'|'255.255.255.255'"},
}

const strict = "STRICT_TRANS_TABLES"

// matrix converts every type to every other one.
type matrix struct {
	*bench
	from kindOfColumn
}

var atRow = regexp.MustCompile(`at row (\d+)`)

// convert runs one pair and gives its outcome.
func (m *matrix) convert(to, mode string) string {
	b := m.bench
	b.empty("evolved", "fresh")
	b.must(b.source, "SET sql_mode = ''", "CREATE TABLE t (id INT PRIMARY KEY, c "+m.from.typ+") CHARACTER SET utf8mb4")
	effect := m.effect(b.set(), to, mode)
	if len(effect.Excluded) > 0 {
		return "refilled"
	}
	values := strings.Split(m.from.values, "|")
	if !strings.Contains(m.from.typ, "NOT NULL") {
		values = append(values, "NULL")
	}
	var rows []string
	for i, v := range values {
		rows = append(rows, fmt.Sprintf("(%d, %s)", i+1, v))
	}
	b.must(b.source, "INSERT INTO t VALUES "+strings.Join(rows, ","))
	b.must(b.source, "CREATE TABLE s LIKE t", "INSERT INTO s SELECT * FROM t")
	if !m.alter(to, mode) {
		return "refused by the source"
	}
	b.must(b.source, "DROP TABLE t", "CREATE TABLE t LIKE s", "INSERT INTO t SELECT * FROM s")
	before := b.set()
	before = before.With([]schema.Name{{Schema: b.database, Table: "s"}})
	b.copy(before, "evolved")
	b.must(b.source, "SET sql_mode = '"+mode+"'", "ALTER TABLE t MODIFY c "+to, "DROP TABLE s", "SET sql_mode = ''")
	b.copy(b.set(), "fresh")
	effect = m.effect(before, to, mode)
	return m.compare(to, mode, effect)
}

// alter tries the statement on s, from which it takes the rows that the source refuses, and
// in strict mode those that it warns of otherwise.
func (m *matrix) alter(to, mode string) bool {
	b := m.bench
	for range 70 {
		b.must(b.source, "DROP TABLE IF EXISTS s2", "CREATE TABLE s2 LIKE s", "INSERT INTO s2 SELECT * FROM s ORDER BY id", "SET sql_mode = '"+mode+"'")
		err := b.source.Exec(b.t.Context(), "ALTER TABLE s2 MODIFY c "+to)
		b.must(b.source, "SET sql_mode = ''", "DROP TABLE s2")
		if err == nil {
			return true
		}
		row := atRow.FindStringSubmatch(err.Error())
		if row == nil {
			return false
		}
		at, _ := strconv.Atoi(row[1])
		ids := b.query(b.source, "SELECT id FROM s ORDER BY id")
		if at < 1 || at > len(ids) {
			return false
		}
		b.must(b.source, "DELETE FROM s WHERE id = "+ids[at-1][0])
	}
	return false
}

func (m *matrix) effect(set *schema.Set, to, mode string) *ddl.Effect {
	effect, err := ddl.Apply(set, &event.Statement{Schema: m.database, SQL: "ALTER TABLE t MODIFY c " + to, SQLMode: modeBits(mode), TimeZone: "+00:00"}, m.dialect, m.rules("evolved"))
	if err != nil {
		m.t.Fatal(err)
	}
	return effect
}

// compare runs the translation and compares the rows; where PostgreSQL refuses a value,
// it does so for each row alone.
func (m *matrix) compare(to, mode string, effect *ddl.Effect) string {
	b := m.bench
	rows := func(s string) [][]string {
		return b.query(b.target, `SELECT id::text, c::text, pg_typeof(c)::text FROM %s.t ORDER BY id`, s)
	}
	hide := func(rows [][]string) [][]string {
		for _, r := range rows {
			r[2] = strings.NewReplacer("evolved.", "", "fresh.", "").Replace(r[2])
		}
		return rows
	}
	want := hide(rows("fresh"))
	var got [][]string
	outcome := "exact"
	b.must(b.target, "BEGIN")
	err := b.target.Exec(b.t.Context(), effect.SQL...)
	if err == nil {
		got = hide(rows("evolved"))
	}
	b.must(b.target, "ROLLBACK")
	if err != nil {
		outcome = "refused for some"
		var kept [][]string
		for _, row := range want {
			b.must(b.target, "BEGIN", "DELETE FROM evolved.t WHERE id <> "+row[0])
			if err := b.target.Exec(b.t.Context(), effect.SQL...); err == nil {
				got, kept = append(got, hide(rows("evolved"))...), append(kept, row)
			} else if !strings.Contains(err.Error(), "SQLSTATE 22") && !strings.Contains(err.Error(), "SQLSTATE 23") {
				m.t.Errorf("%s: %s to %s: %v\n%s", m.name, m.from.typ, to, err, strings.Join(effect.SQL, "\n"))
			}
			b.must(b.target, "ROLLBACK")
		}
		if len(kept) <= 1 {
			outcome = "refused for all"
		}
		want = kept
	}
	if diff := cmp.Diff(want, got); diff != "" {
		was := b.query(b.target, `SELECT id::text, c::text FROM evolved.t ORDER BY id`)
		var list []string
		for i := range want {
			if i >= len(got) || slices.Compare(want[i], got[i]) != 0 {
				at := slices.IndexFunc(was, func(r []string) bool { return r[0] == want[i][0] })
				list = append(list, fmt.Sprintf("%q: want %q, is %q", was[at][1], want[i], got[i]))
			}
		}
		m.t.Errorf("%s, sql_mode %q: %s to %s\n%s\n%s", m.name, mode, m.from.typ, to, strings.Join(list, "\n"), strings.Join(effect.SQL, "\n"))
		return "WRONG"
	}
	return outcome
}

func (b *bench) has(on string) bool {
	if on == "my" && b.dialect.Version < 50708 { // what only newer ones have
		return false
	}
	return on == "" || (on == "maria") == (b.dialect.Flavor == event.MariaDB)
}

// pairs is how many conversions a test run tries on each server; all of them are tried with
// CHAMELEON_TEST_MATRIX=all, or those from one type with its name.
const pairs = 60

// Whatever type a column gets, its values are those of the source, or they are read again.
func TestTypeMatrix(t *testing.T) {
	asked := os.Getenv("CHAMELEON_TEST_MATRIX")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for _, server := range []string{testserver.Source, "mysql-9.7", "mariadb-11.8", "mysql-5.6"} {
		t.Run(server, func(t *testing.T) {
			m := &matrix{bench: newBench(t, server)}
			list := m.pairs(asked)
			rand.New(rand.NewPCG(seed, 1)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			if asked == "" {
				list = list[:pairs]
			}
			counts := map[string]int{}
			for _, p := range list {
				m.from = p[0]
				for _, mode := range []string{"", strict} {
					outcome := m.convert(p[1].typ, mode)
					counts[outcome]++
					t.Logf("%s, sql_mode %q: %s to %s", outcome, mode, p[0].typ, p[1].typ)
				}
			}
			t.Logf("%v", counts)
			if counts["exact"] == 0 {
				t.Error("no conversion was worked out")
			}
		})
	}
}

// pairs lists the conversions, those from one type if asked names it.
func (m *matrix) pairs(asked string) (list [][2]kindOfColumn) {
	for _, from := range kindsOfColumn {
		for _, to := range kindsOfColumn {
			if m.has(from.on) && m.has(to.on) && (asked == "" || asked == "all" || asked == from.typ) {
				list = append(list, [2]kindOfColumn{from, to})
			}
		}
	}
	return list
}
