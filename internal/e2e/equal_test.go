package e2e

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/mapping"
)

// same holds both sides against each other, row by row: every table of every
// mapped database, all columns in a canonical text of each type that both servers make themselves.
func (r *replica) same() {
	r.t.Helper()
	if problem := r.compare(); problem != "" {
		r.t.Error(problem)
	}
}

// compare tells how the sides differ; "" if they do not.
func (r *replica) compare() string {
	r.t.Helper()
	var problems []string
	for db, schema := range r.schemas {
		tables := r.src.Query(r.t, "", fmt.Sprintf(
			"SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE' ORDER BY 1", quoteString(db)))
		for _, table := range tables {
			if problem := r.compareTable(db, schema, table[0]); problem != "" {
				problems = append(problems, problem)
			}
		}
	}
	return strings.Join(problems, "\n")
}

func (r *replica) sameTable(db, schema, table string) {
	r.t.Helper()
	if problem := r.compareTable(db, schema, table); problem != "" {
		r.t.Error(problem)
	}
}

func (r *replica) compareTable(db, schema, table string) string {
	r.t.Helper()
	columns := r.src.Query(r.t, "", fmt.Sprintf(
		"SELECT column_name, data_type, column_type, is_nullable FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "+
			"AND column_name NOT IN ('row_start', 'row_end') ORDER BY ordinal_position", // the period of a table with a history is not replicated
		quoteString(db), quoteString(table)))
	var left, right []string
	for _, c := range columns {
		mine, theirs := canonical(c[0], c[1], c[2], c[3] == "YES")
		left, right = append(left, mine), append(right, theirs)
	}
	source := lines(r.src.Query(r.t, db, "SELECT "+strings.Join(left, ", ")+" FROM "+backtick(db)+"."+backtick(table)))
	target := lines(r.target("SELECT " + strings.Join(right, ", ") + " FROM " + quoteIdent(schema) + "." + quoteIdent(pgName(table))))
	if slices.Equal(source, target) {
		return ""
	}
	missing, extra := difference(source, target)
	return fmt.Sprintf("table %s.%s differs: %d rows on the source, %d in PostgreSQL\nonly on the source: %s\nonly in PostgreSQL: %s",
		db, table, len(source), len(target), sample(missing), sample(extra))
}

// zero says, as SQL, that a date is zero or partly zero.
func zero(m string) string { return "CAST(" + m + " AS CHAR) LIKE '%-00%'" }

// canonical gives expressions for a column on both sides whose texts agree
// exactly when the values do.
func canonical(name, dataType, columnType string, nullable bool) (source, target string) {
	m, p := backtick(name), quoteIdent(pgName(name))
	const mTime, pTime = "'%Y-%m-%d %H:%i:%s.%f'", "'YYYY-MM-DD HH24:MI:SS.US'"
	switch {
	case strings.Contains(columnType, "zerofill") || dataType == "year":
		return m + " + 0", p + "::text"
	case dataType == "longtext": // MariaDB's JSON is one, and may hold the empty text, which is no JSON
		return "IF(" + m + " = '', '\"\"', REPLACE(" + m + ", '\\0', ''))", "CASE " + p + "::text WHEN '' THEN '\"\"' ELSE " + p + "::text END"
	case dataType == "date":
		return "IF(" + zero(m) + ", NULL, " + m + ")", "NULLIF(" + p + ", '-infinity')::text" // a zero date is NULL or -infinity
	case dataType == "binary" || strings.HasSuffix(dataType, "blob") || dataType == "varbinary":
		return "HEX(" + m + ")", "upper(encode(" + p + ", 'hex'))"
	case dataType == "bit" && columnType == "bit(1)":
		return "CAST(" + m + " AS UNSIGNED)", p + "::int"
	case dataType == "bit":
		return "BIN(CAST(" + m + " AS UNSIGNED))", "regexp_replace(" + p + "::text, '^0+(?=.)', '')"
	case dataType == "datetime":
		return "DATE_FORMAT(IF(" + zero(m) + ", NULL, " + m + "), " + mTime + ")", "to_char(NULLIF(" + p + ", '-infinity'), " + pTime + ")"
	case dataType == "timestamp":
		return "DATE_FORMAT(CONVERT_TZ(IF(" + m + " = 0, NULL, " + m + "), @@session.time_zone, '+00:00'), " + mTime + ")", "to_char(NULLIF(" + p + ", '-infinity') AT TIME ZONE 'UTC', " + pTime + ")"
	case dataType == "time":
		beyond := "IF(" + m + " < '00:00:00', '00:00:00', '24:00:00')" // what PostgreSQL has of a time that is none of a day
		if nullable {
			beyond = "NULL"
		}
		return "TIME_FORMAT(IF(" + m + " BETWEEN '00:00:00' AND '24:00:00', " + m + ", " + beyond + "), '%H:%i:%s.%f')", "to_char(" + p + "::interval, 'HH24:MI:SS.US')"
	case dataType == "varchar" || dataType == "text" || dataType == "mediumtext" || dataType == "tinytext": // NULs are discarded
		return "REPLACE(" + m + ", '\\0', '')", p + "::text"
	case dataType == "char":
		return "REPLACE(" + m + ", '\\0', '')", "rtrim(" + p + "::text)"
	case dataType == "float" || dataType == "double":
		return "CAST(" + m + " * 1000 AS DECIMAL(40,0))", "round((" + p + " * 1000)::text::numeric)" // not by the cast of PostgreSQL, which rounds to 15 digits
	case dataType == "vector":
		return "HEX(" + m + ")", "CASE WHEN " + p + " IS NOT NULL THEN coalesce((SELECT string_agg(upper(encode(substr(b, 4, 1) || substr(b, 3, 1) || substr(b, 2, 1) || substr(b, 1, 1), 'hex')), '' ORDER BY n) " +
			"FROM unnest(" + p + "::real[]) WITH ORDINALITY AS u (x, n), float4send(x) AS b), '') END"
	case slices.Contains(spatial, dataType): // EWKB; all types are below 256
		return fmt.Sprintf("IF(HEX(%[1]s) = '' OR ST_SRID(%[1]s) = 0, SUBSTR(HEX(%[1]s), 9), CONCAT(SUBSTR(HEX(%[1]s), 9, 8), '20', SUBSTR(HEX(%[1]s), 1, 8), SUBSTR(HEX(%[1]s), 19)))", m),
			"upper(encode(" + p + "::bytea, 'hex'))"
	default:
		return m, p + "::text"
	}
}

var spatial = []string{"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection"}

func lines(rows [][]string) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		out[i] = strings.Join(row, "\x1f")
	}
	slices.Sort(out)
	return out
}

// difference compares two sorted lists as multisets.
func difference(a, b []string) (onlyA, onlyB []string) {
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			onlyA, a = append(onlyA, a[0]), a[1:]
		case len(a) == 0 || b[0] < a[0]:
			onlyB, b = append(onlyB, b[0]), b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return onlyA, onlyB
}

func sample(rows []string) string {
	n := len(rows)
	if n > 5 {
		rows = rows[:5]
	}
	short := make([]string, len(rows))
	for i, row := range rows {
		short[i] = fmt.Sprintf("%.200q", row)
	}
	return fmt.Sprintf("%d %s", n, strings.Join(short, ", "))
}

func backtick(s string) string   { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }
func quoteIdent(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
func quoteString(s string) string {
	return "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(s) + "'"
}

// pgName is the name that a table or column has in PostgreSQL.
func pgName(name string) string { return mapping.Identifier(name) }
