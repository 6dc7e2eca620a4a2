package ddl_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgchameleon/internal/ddl/expr"
	"pgchameleon/internal/event"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/testserver"
)

// valued is a table with a column of every sort that expressions are worked out of, and rows
// with the ends of what they hold.
var valued = []string{
	`CREATE TABLE x (id INT PRIMARY KEY, i INT, s SMALLINT, b BIGINT, u INT UNSIGNED, ub BIGINT UNSIGNED, n DECIMAL(10,2), m DECIMAL(30,10), f DOUBLE, r FLOAT, y YEAR, bo BIT(1), bi BIT(12), z INT(6) ZEROFILL,
		d DATE, dt DATETIME, d6 DATETIME(6), ts TIMESTAMP NULL, t6 TIMESTAMP(6) NULL, tm TIME, dn DATE NOT NULL, l VARCHAR(20) CHARACTER SET latin1,
		v VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, w VARCHAR(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, c CHAR(6) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
		o VARBINARY(10), e ENUM('p','q','R') CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci)`,
	`INSERT INTO x VALUES (1, 7, 3, 10, 8, 9, 12.34, 1.0000000001, 1.5, 0.1, 2020, b'1', b'101', 42, '2020-02-29', '2020-02-29 13:14:15', '2020-02-29 13:14:15.678901', '2021-03-04 05:06:07', '2021-03-04 05:06:07.123456', '10:11:12', '2001-12-31', 'ab', 'Abc', 'Abc', 'abc', 'ab', 'p')`,
	`INSERT INTO x VALUES (2, -2147483648, -32768, -9223372036854775807, 0, 0, -12.35, -99999999999999999999.9999999999, -2.5, -1e30, 1901, b'0', b'0', 0, '0001-01-01', '9999-12-31 23:59:59', '1969-12-31 23:59:59.999999', '1970-01-01 00:00:01', '2038-01-19 03:14:07.999999', '00:00:00', '1000-01-01', 'é', 'Zoë ', ' x ', '', '', 'q')`,
	`INSERT INTO x VALUES (3, 2147483647, 32767, 9223372036854775807, 4294967295, 18446744073709551615, 99999999.99, 0, 3.5, 3e38, 2155, b'1', b'111111111111', 999999, '2024-12-30', '2024-01-01 00:00:00', '2000-01-01 00:00:00.000001', NULL, NULL, '23:59:59', '2024-06-15', '', '', '', '', x'00ff', 'R')`,
	`INSERT INTO x VALUES (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2024-06-16', NULL, NULL, NULL, NULL, NULL, NULL)`,
	`INSERT INTO x VALUES (5, 0, 0, 0, 1, 1, 0, 0.5, 0, -0.0, 1999, b'0', b'1', 1, '1999-12-31', '1999-12-31 00:00:01', '1999-12-31 23:59:59.5', '2000-02-29 23:59:59', '2000-02-29 23:59:59.5', '12:00:00', '2023-01-01', 'É', 'Abc ', '😀é%_', 'é ', 'abcdefghij', NULL)`,
	`INSERT INTO x VALUES (6, -7, -3, -10, 3, 3, -0.5, 2.5, 2.5, 2.5, 1970, b'1', b'10', 7, '2023-01-01', '2023-07-08 09:10:11', '2023-07-08 09:10:11.5', '2023-07-08 09:10:11', '2023-07-08 09:10:11.5', '00:00:01', '2022-02-28', 'abc', 'a%b', 'tEST', 'ABC', 'AB', 'p')`,
}

// exact are expressions that have an exact translation; the second string says who knows them.
var exact = [][2]string{
	{"i"}, {"i + 1"}, {"s + s"}, {"b - 1"}, {"i * i"}, {"i * s - b DIV 3"}, {"u + 1"}, {"u * u"}, {"-i"}, {"-s"}, {"-(-u)"}, {"n + 1"}, {"n * 2"}, {"n * n"}, {"m + n"}, {"m - 1.5"}, {"i DIV 2"}, {"i DIV s"}, {"n DIV 3"}, {"u DIV 3"},
	{"i % 4"}, {"MOD(id, 4)"}, {"MOD(i, s)"}, {"n % 3"}, {"i MOD 3"}, {"ub % 7"}, {"b % 10"}, {"f + 1"}, {"f - r"}, {"r + i"}, {"bi + 1"}, {"bo + 1"}, {"y + 1"}, {"z * 2"}, {"i + NULL"},
	{"i = 7"}, {"i > s"}, {"i <=> NULL"}, {"NULL <=> s"}, {"i <> 7 OR s IS NULL"}, {"i BETWEEN 0 AND 10"}, {"i NOT BETWEEN 0 AND 10"}, {"i IN (7, -7)"}, {"i NOT IN (1, 7)"}, {"i IN (1, NULL)"}, {"ub > b"}, {"n >= i"}, {"f > n"}, {"r = 0.1"}, {"f = 2.5"}, {"i = f"},
	{"NOT i"}, {"!i"}, {"i AND s"}, {"i OR s"}, {"i XOR s"}, {"(i > 0) XOR (s > 0)"}, {"i IS TRUE"}, {"i IS NOT TRUE"}, {"i IS FALSE"}, {"(i > 0) IS UNKNOWN"}, {"i IS NOT NULL"}, {"ISNULL(i)"}, {"bo"}, {"bo = 1"}, {"bo AND i"},
	{"(i > 3) + (s > 2)"}, {"1 + 2 * 3 - 4 DIV 3"}, {"2 - 1 - 1"}, {"i - -1"}, {"i > 0 = 1"}, {"NOT i = 7 AND s"}, {"i & 5"}, {"u & 12 | 1"}, {"u ^ 3"}, {"u >> 2"}, {"bi & 3"}, {"i = 1 << 0 IS NULL", "never"},
	{"CASE WHEN i > 0 THEN 'pos' WHEN i < 0 THEN 'neg' ELSE 'none' END"}, {"CASE i WHEN 7 THEN 1 WHEN 0 THEN 2 END"}, {"IF(i > 0, n, 1)"}, {"IF(i, v, 'x')"}, {"IFNULL(i, 0)"}, {"IFNULL(v, 'none')"}, {"COALESCE(i, s, b, 1)"}, {"COALESCE(n, i)"}, {"NULLIF(i, 7)"}, {"NULLIF(v, 'Abc')"}, {"COALESCE(i, f)"},
	{"GREATEST(i, s)"}, {"LEAST(i, s, b)"}, {"GREATEST(n, i)"}, {"GREATEST(d, dn)"},
	{"ABS(i)"}, {"ABS(s)"}, {"ABS(n)"}, {"ABS(f)"}, {"SIGN(n)"}, {"SIGN(i)"}, {"FLOOR(n)"}, {"CEIL(n)"}, {"CEILING(m)"}, {"FLOOR(f)"}, {"ROUND(n)"}, {"ROUND(n, 1)"}, {"ROUND(m, 3)"}, {"ROUND(f)"}, {"ROUND(i)"}, {"TRUNCATE(n, 1)"}, {"TRUNCATE(m, 0)"}, {"ROUND(n, 5)"},
	{"v = 'Abc'"}, {"v = 'Abc '"}, {"v <> 'x'"}, {"v <=> c"}, {"v IN ('Abc', 'a%b')"}, {"v LIKE 'A%'"}, {"v LIKE 'a\\\\%b'"}, {"v LIKE 'Ab_'"}, {"v NOT LIKE 'A%'"}, {"c = 'abc'"}, {"c = 'abc  '"}, {"w COLLATE utf8mb4_bin = 'tEST'"}, {"e = 'p'"}, {"e <> 'p'"}, {"e IN ('p', 'R')"}, {"e IS NULL"},
	{"BINARY v = 'Abc '"}, {"BINARY v < 'b'"}, {"o = 'ab'"}, {"o > 'ab'"}, {"o = x'00ff'"},
	{"CONCAT(v, '-', w)"}, {"CONCAT(i, ':', n)"}, {"CONCAT(v, d)"}, {"CONCAT('at ', dt)"}, {"CONCAT(d6)"}, {"CONCAT(tm, '')"}, {"CONCAT(c, '|')"}, {"CONCAT_WS('-', v, i, NULL, w)"}, {"CONCAT(i > 0, v)"}, {"CONCAT(e, '')"}, {"CONCAT(ub)"}, {"CONCAT(m)"},
	{"LENGTH(w)"}, {"LENGTH(l)"}, {"CHAR_LENGTH(w)"}, {"OCTET_LENGTH(o)"}, {"CHAR_LENGTH(c)"}, {"LENGTH(i)"}, {"LEFT(w, 2)"}, {"RIGHT(w, 2)"}, {"SUBSTRING(w, 2)"}, {"SUBSTRING(w, 2, 2)"}, {"SUBSTR(w, -2)"}, {"SUBSTR(w, -3, 2)"}, {"SUBSTRING(w FROM 2 FOR 1)"}, {"MID(w, 0, 2)"}, {"LEFT(i, 1)"}, {"SUBSTRING(w, 1, 0)"},
	{"TRIM(w)"}, {"LTRIM(w)"}, {"RTRIM(w)"}, {"TRIM(BOTH 'A' FROM v)"}, {"TRIM(LEADING 'A' FROM v)"}, {"TRIM(TRAILING ' ' FROM v)"}, {"REPLACE(v, 'b', 'X')"}, {"REPLACE(w, 'B', 'X')"}, {"REVERSE(w)"}, {"LPAD(v, 6, '*')"}, {"RPAD(v, 2, '*')"}, {"LPAD(i, 12, '0')"}, {"REPEAT(v, 2)"}, {"LOWER(i)"},
	{"MD5(v)", "old"}, {"MD5(o)", "old"}, {"HEX(o)"}, {"HEX(i)"}, {"HEX(w)"}, {"SHA2(v, 256)"}, {"SHA2(o, 256)"},
	{"YEAR(d)"}, {"MONTH(d)"}, {"DAY(d)"}, {"DAYOFMONTH(dt)"}, {"QUARTER(d)"}, {"DAYOFWEEK(d)"}, {"DAYOFYEAR(d)"}, {"WEEKDAY(d)"}, {"TO_DAYS(d)"}, {"TO_DAYS(dt)"}, {"TO_SECONDS(d)"}, {"TO_SECONDS(d6)"}, {"UNIX_TIMESTAMP(ts)"}, {"UNIX_TIMESTAMP(t6)"}, {"YEAR(dn)"}, {"TO_DAYS(dn)"},
	{"HOUR(dt)"}, {"MINUTE(d6)"}, {"SECOND(d6)"}, {"MICROSECOND(d6)"}, {"HOUR(tm)"}, {"SECOND(tm)"}, {"HOUR(d)"}, {"DATE(dt)"}, {"DATE(d6)"}, {"TIME(dt)"}, {"CAST(d6 AS DATE)"}, {"EXTRACT(YEAR FROM d)"}, {"EXTRACT(HOUR FROM dt)"}, {"LAST_DAY(d)"}, {"DATEDIFF(d, dt)"}, {"YEAR(d) * 100 + MONTH(d)"},
	{"d > '2000-01-01'"}, {"d = '2020-02-29'"}, {"d < '2020-02-29 10:00:00'"}, {"dt >= '2020-01-01'"}, {"d6 = '2020-02-29 13:14:15.678901'"}, {"d = DATE(dt)"}, {"d < dt"}, {"tm > '11:00:00'"}, {"d > DATE'2000-01-01'"}, {"dt < TIMESTAMP'2020-01-01 00:00:00'"}, {"ts < t6"}, {"d BETWEEN '2000-01-01' AND '2021-01-01'"},
	{"CAST(i AS SIGNED)"}, {"CAST(i AS UNSIGNED)"}, {"CAST(n AS SIGNED)"}, {"CAST(u AS UNSIGNED)"}, {"CAST(i AS CHAR)"}, {"CAST(w AS CHAR(3))"}, {"CAST(dt AS DATE)"}, {"CAST(d AS DATETIME)"}, {"CAST(n AS DECIMAL(12,1))"}, {"CAST(i AS DECIMAL(20,3))"}, {"CAST(i AS DOUBLE)", "new"}, {"CAST(dt AS TIME)"}, {"CONVERT(i, SIGNED)"}, {"CONVERT(l USING utf8mb4)"}, {"CAST(d AS CHAR)"},
	{"0x41 = o"}, {"b'11' + u"}, {"0x10 + u"}, {"i + 0.5"}, {"i + 1e1"}, {"'it''s'"}, {"'a\\\\b\\n'"}, {"TRUE"}, {"-5"}, {"1.50"},
}

// refused are expressions that have none, each with part of the reason.
var refused = [][2]string{
	{"i / 2", "div_precision_increment"}, {"f * 2", "floating"}, {"w = 'x'", "collation"}, {"w LIKE 'x%'", "LIKE"}, {"w REGEXP 'x'", "REGEXP"}, {"LOWER(w)", "ASCII"}, {"UPPER(v)", "ASCII"}, {"NOW()", "NOW"}, {"RAND()", "RAND"},
	{"YEAR(ts)", "time zone"}, {"UNIX_TIMESTAMP(dt)", "time zone"}, {"ts > '2020-01-01'", "time zone"}, {"v < 'x'", "order"}, {"i = '7'", "converts"}, {"v + 1", "no number"}, {"e = 'P'", "members"}, {"e = 2", "converts"}, {"~i", "~"}, {"i | 1", "negative"}, {"i << 2", "negative"},
	{"CONCAT(f)", "another text"}, {"CONCAT(z)", "digits"}, {"CONCAT(y)", "digits"}, {"LEFT(v, i)", "literal"}, {"CAST(v AS SIGNED)", "no number"}, {"CAST(n AS UNSIGNED)", "integer"}, {"TIME(d6)", "TIME"}, {"i + x'ffffffffffffffff'", "bytes"}, {"WEEK(d)", "WEEK"}, {"d = 'yesterday'", "usual form"}, {"v > w", "collation"},
	{"SUBSTRING_INDEX(v, 'b', 1)", "SUBSTRING_INDEX"}, {"CRC32(v)", "CRC32"}, {"LENGTH(CONCAT(l, w))", "bytes"}, {"ROUND(f, 1)", "ROUND"}, {"INSTR(w, 'b')", "INSTR"}, {"d + 0", "no number"}, {"IF(v, 1, 2)", "condition"}, {"COALESCE(i, v)", "types"}, {"SOUNDEX(v)", "SOUNDEX"}, {"nothing + 1", "not replicated"},
}

// normal gives a value in a form that both servers' texts come to.
func normal(s string) string {
	switch s {
	case "true", "t", "\x01":
		return "1"
	case "false", "f", "\x00":
		return "0"
	}
	if r, ok := new(big.Rat).SetString(s); ok && !strings.Contains(s, "/") && strings.Trim(s, "0123456789.+-eE") == "" {
		f, _ := r.Float64()
		if strings.ContainsAny(s, "eE") {
			return fmt.Sprint(f)
		}
		if trimmed := r.FloatString(12); len(trimmed) < 200 {
			return strings.TrimRight(strings.TrimRight(trimmed, "0"), ".")
		}
	}
	return s
}

// evaluate gives the values of an expression by the rows' ids.
func (b *bench) evaluate(source bool, sql string) []string {
	b.t.Helper()
	conn, from := b.target, `evolved."x"`
	if source {
		conn, from = b.source, "x"
	}
	rows, err := conn.Query(b.t.Context(), "SELECT "+sql+" FROM "+from+" ORDER BY id")
	if err != nil {
		b.t.Errorf("%s: %v\n%s", b.name, err, sql)
		return nil
	}
	var list []string
	for _, row := range rows {
		list = append(list, normal(row[0]))
	}
	return list
}

func (b *bench) shown(sql string) string {
	b.must(b.source, "DROP TABLE IF EXISTS shown", "CREATE TABLE shown LIKE x")
	if err := b.source.Exec(b.t.Context(), "ALTER TABLE shown ADD generated_column TEXT AS ("+sql+")"); err != nil {
		return sql // the server takes it in a query only
	}
	t := b.definition("shown")
	return t.Columns[t.Column("generated_column")].Generated.Expr
}

// Each expression gives in PostgreSQL what it gives in MySQL, for every row, as it was written
// and as the server shows it.
func TestExpressionsAreExact(t *testing.T) {
	for _, server := range []string{"mysql-9.7", testserver.Source, "mariadb-11.8", "mysql-5.6"} {
		t.Run(server, func(t *testing.T) {
			b := newBench(t, server)
			b.empty("evolved")
			b.must(b.source, "SET NAMES utf8mb4")
			b.must(b.source, valued...)
			b.copy(b.set(), "evolved")
			table, err := b.rules("evolved").Table(b.definition("x"))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range exact {
				if e[1] == "never" || e[1] == "new" && server == "mysql-5.6" || e[1] == "old" && server == "mysql-9.7" {
					continue
				}
				want := b.evaluate(true, e[0])
				for _, text := range []string{e[0], b.shown(e[0])} {
					r, err := expr.Translate(table, text, b.dialect)
					if err != nil {
						t.Errorf("%s: %s: %v", server, text, err)
						continue
					}
					got := b.evaluate(false, r.SQL)
					if strings.Join(got, "\n") != strings.Join(want, "\n") {
						t.Errorf("%s: %s\n%s\nsource %q\ntarget %q", server, text, r.SQL, want, got)
					}
					b.indexable(r)
				}
			}
			for _, e := range refused {
				_, err := expr.Translate(table, e[0], b.dialect)
				var inexact *expr.Inexact
				if !errors.As(err, &inexact) || !strings.Contains(inexact.Reason, e[1]) {
					t.Errorf("%s: %s: %v", server, e[0], err)
				}
			}
		})
	}
}

// indexable proves that what is said to be immutable can be in an index.
func (b *bench) indexable(r expr.Result) {
	b.t.Helper()
	if len(r.Columns) == 0 || r.Type == "" {
		return
	}
	err := b.target.Exec(b.t.Context(), `CREATE INDEX ix ON evolved."x" ((`+r.SQL+`))`)
	if (err == nil) != r.Immutable {
		b.t.Errorf("%s: immutable is %t: %v\n%s", b.name, r.Immutable, err, r.SQL)
	}
	if err == nil {
		b.must(b.target, "DROP INDEX evolved.ix")
	}
}

// fills are expressions with the type of the column that they are generated into.
var fills = [][2]string{
	{"i + 1", "BIGINT"}, {"n * 2", "DECIMAL(10,1)"}, {"n + 0.5", "INT"}, {"i * 2", "SMALLINT"}, {"CONCAT(v, w)", "VARCHAR(4) CHARACTER SET utf8mb4"}, {"CONCAT(v, '/', i)", "TEXT CHARACTER SET utf8mb4"}, {"i > 0", "TINYINT(1)"},
	{"YEAR(d)", "INT"}, {"DATE(dt)", "DATE"}, {"dt", "DATE"}, {"d", "DATETIME"}, {"f + 1", "DOUBLE"}, {"i", "DOUBLE"}, {"v", "CHAR(3) CHARACTER SET utf8mb4"}, {"m", "DECIMAL(5,2)"}, {"i", "INT UNSIGNED"}, {"n", "VARCHAR(3)"}, {"tm", "TIME"}, {"NULL", "INT"}, {"b", "TINYINT"},
}

// What Fill gives is what the source has put into a generated column.
func TestGeneratedValues(t *testing.T) {
	for _, server := range []string{"mysql-9.7", testserver.Source} {
		t.Run(server, func(t *testing.T) {
			b := newBench(t, server)
			b.empty("evolved")
			b.must(b.source, "SET NAMES utf8mb4", "SET sql_mode = ''")
			b.must(b.source, valued...)
			for i, f := range fills {
				b.must(b.source, fmt.Sprintf("ALTER TABLE x ADD g%d %s AS (%s) STORED", i, f[1], f[0]))
			}
			b.copy(b.set(), "evolved")
			table, err := b.rules("evolved").Table(b.definition("x"))
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range fills {
				c := table.Columns[table.Column(fmt.Sprintf("g%d", i))]
				r, err := expr.Fill(table, table.Source.Columns[c.Ordinal].Generated.Expr, b.dialect, c)
				if err != nil {
					t.Errorf("%s into %s: %v", f[0], f[1], err)
					continue
				}
				want, got := b.evaluate(false, mapping.Quote(c.Name)), b.evaluate(false, r.SQL)
				if strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Errorf("%s: %s into %s\n%s\nwant %q\ngot  %q", server, f[0], f[1], r.SQL, want, got)
				}
			}
		})
	}
}

// documents are expressions over JSON columns: loosely means that Index takes them, with a
// reservation.
var documents = []struct {
	expr    string
	loosely bool
}{
	{"JSON_EXTRACT(j, '$.a')", false}, {"JSON_UNQUOTE(JSON_EXTRACT(j, '$.a'))", true}, {"JSON_UNQUOTE(JSON_EXTRACT(j, '$.b.c'))", true}, {"JSON_VALUE(j, '$.a')", true}, {"CAST(JSON_UNQUOTE(JSON_EXTRACT(j, '$.a')) AS CHAR(3))", true},
	{`JSON_UNQUOTE(JSON_EXTRACT(j, '$."x y"'))`, true},
}

func TestExpressionsOverDocuments(t *testing.T) {
	for _, server := range []string{"mysql-9.7", testserver.Source} {
		t.Run(server, func(t *testing.T) {
			b := newBench(t, server)
			b.empty("evolved")
			b.must(b.source, "CREATE TABLE x (id INT PRIMARY KEY, j JSON)", `INSERT INTO x VALUES (1, '{"a": "text", "b": {"c": 5}}'), (2, '{"a": 1.5, "x y": "é"}'), (3, '{"a": null}'), (4, NULL), (5, '{"a": true, "b": 3}'), (6, '{"A": 1}'), (7, '[1]'), (8, '{"a": "qu\\"o"}')`)
			b.copy(b.set(), "evolved")
			table, err := b.rules("evolved").Table(b.definition("x"))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range documents {
				r, err := expr.Index(table, e.expr, b.dialect)
				if err != nil {
					t.Errorf("%s: %v", e.expr, err)
					continue
				}
				if maria := b.dialect.Flavor == event.MariaDB; (r.Loose != "") != (e.loosely || maria) || !r.Immutable {
					t.Errorf("%s: %s: %+v", server, e.expr, r)
				}
				if want, got := b.evaluate(true, e.expr), b.evaluate(false, r.SQL); strings.Join(got, "\n") != strings.Join(want, "\n") {
					t.Errorf("%s: %s\n%s\nsource %q\ntarget %q", server, e.expr, r.SQL, want, got)
				}
			}
			for _, text := range []string{"JSON_EXTRACT(j, '$[0]')", "JSON_EXTRACT(j, '$.*')", `JSON_EXTRACT(j, '$."1"')`, "JSON_LENGTH(j)", "CAST(JSON_EXTRACT(j, '$.a') AS SIGNED)"} {
				if r, err := expr.Index(table, text, b.dialect); err == nil {
					t.Errorf("%s became %s", text, r.SQL)
				}
			}
		})
	}
}
