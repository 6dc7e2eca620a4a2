package adopt

import (
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// Doubt is a damage that a column may have. It is there if a row in PostgreSQL meets Target
// and, if there is one, a row of the source meets Source: conditions in the one's and the
// other's SQL, "" for any row. Of rows that meet Source where Pair is set, only one that meets Pair
// too, as s on the source and as t in PostgreSQL, is damaged.
type Doubt struct {
	Column string // on the source
	Reason string
	Target string
	Source string
	Pair   string
	Moment bool // it is about the time zone of moments: where the source's own is UTC, some rows tell of all
	Chosen bool // the rows that are looked at are those that meet Target, and some tell of all
}

// Doubts lists the damages that the columns of a table may have.
func Doubts(t *mapping.Table) []Doubt {
	var list []Doubt
	for i, c := range t.Columns {
		d := &doubting{c: c, s: &t.Source.Columns[c.Ordinal], key: slices.Contains(t.Key, i)}
		d.p, d.m = mapping.Quote(c.Name), "`"+strings.ReplaceAll(d.s.Name, "`", "``")+"`"
		d.look()
		list = append(list, d.list...)
	}
	return list
}

type doubting struct {
	c    mapping.Column
	s    *schema.Column
	key  bool
	p, m string // the column quoted, in PostgreSQL and on the source
	list []Doubt
}

func (d *doubting) add(x Doubt, format string, args ...any) {
	x.Column, x.Reason = d.s.Name, "column "+d.s.Name+" "+fmt.Sprintf(format, args...)
	d.list = append(d.list, x)
}

//nolint:cyclop // a table, written as a switch
func (d *doubting) look() {
	switch d.s.Type.Name {
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		d.add(Doubt{Target: "octet_length(" + d.p + "::text) > 2"}, "holds the hexadecimal digits of its bytes as text")
		d.add(Doubt{Target: d.p + " IS NULL", Source: "2 * OCTET_LENGTH(" + d.m + ") > @@max_allowed_packet"}, "has values so long that pg_chameleon copies them as NULL")
	case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection":
		d.add(Doubt{Target: d.p + " IS NOT NULL"}, "holds geometries without their SRID, or their hexadecimal digits")
	case "bit":
		if d.s.Type.Length > 1 {
			d.add(Doubt{Target: d.p + "::text ~ '^1[01]+$'"}, "may hold bits that were taken for decimal digits")
		}
	case "set":
		d.add(Doubt{Target: d.p + " LIKE '{%'"}, "holds members as Python writes sets")
		d.add(Doubt{Target: d.p + " IS NULL", Source: d.m + " = ''"}, "has empty sets, which may be NULL in PostgreSQL")
		d.forgotten()
	case "enum":
		d.forgotten()
		d.add(Doubt{Source: d.m + " + 0 = 0"}, "has the invalid member, whose rows pg_chameleon does not take")
	case "year":
		d.add(Doubt{Target: d.p + "::text = '1900'"}, "holds 1900 for the year 0000")
	case "float":
		d.add(Doubt{Target: d.p + "::double precision <> trunc(" + d.p + "::double precision) OR abs(" + d.p + "::double precision) >= 1000000"},
			"holds floats of six digits, or with the digits of a double")
	case "date", "datetime", "timestamp":
		d.temporal()
	case "time":
		d.add(Doubt{Source: "TIME_TO_SEC(" + d.m + ") < 0 OR TIME_TO_SEC(" + d.m + ") > 86400"}, "has times beyond a day, whose rows pg_chameleon does not take")
	case "json":
		d.add(Doubt{Source: "JSON_TYPE(" + d.m + ") IN ('NULL', 'STRING') OR INSTR(CAST(" + d.m + " AS CHAR), '\"NULL\"') > 0"}, "has scalars, or the text NULL, which pg_chameleon does not keep")
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext":
		d.text()
	case "tinyint", "smallint", "mediumint", "int", "bigint":
		if limit := limits[baseOf(d.s.As)]; limit != "" && d.s.Type.Unsigned {
			d.add(Doubt{Source: d.m + " > " + limit}, "has values beyond %s, whose rows pg_chameleon does not take", baseOf(d.s.As))
		}
	}
}

// forgotten: without names of members in the log, some versions of what pg_chameleon reads it with
// take all members for NULL.
func (d *doubting) forgotten() {
	d.add(Doubt{
		Target: d.p + " IS NULL", Source: d.m + " IS NOT NULL", Chosen: true, Pair: fmt.Sprintf("t.%[1]s IS NULL AND s.%[1]s IS NOT NULL", d.p),
	}, "is NULL in PostgreSQL in rows where the source has a member")
}

var limits = map[string]string{"smallint": "32767", "integer": "2147483647", "bigint": "9223372036854775807"}

func baseOf(as string) string {
	name, _, _ := parts(as)
	return name
}

// temporal: rows with dates that PostgreSQL does not know are not taken where the column
// takes no NULL, and where only a part of the date is zero.
func (d *doubting) temporal() {
	text := "CAST(" + d.m + " AS CHAR)"
	zero := text + " LIKE '%-00%'"
	const left = "has zero dates, whose rows pg_chameleon does not take"
	switch {
	case d.c.Map.NotNull():
		d.add(Doubt{Source: zero}, left)
	case strings.Contains(d.c.Map.KeyIdentity(), typemap.ZeroDate.Key()):
		d.add(Doubt{Source: zero}, "has zero dates, which are NULL in PostgreSQL, or are missing, and not what value_rules make of them")
	default:
		d.add(Doubt{Source: zero + " AND " + text + " NOT LIKE '0000-00-00%'"}, left)
	}
	d.moment()
}

// moment: pg_chameleon copies moments in the session's time zone, and follows them in its own.
func (d *doubting) moment() {
	if d.s.Type.Name == "timestamp" {
		d.add(Doubt{
			Target: d.p + " IS NOT NULL", Source: d.m + " IS NOT NULL", Moment: true,
			Pair: fmt.Sprintf("extract(epoch FROM s.%[1]s::timestamp - t.%[1]s::timestamp)::numeric %% 900 = 0 AND s.%[1]s::timestamp <> t.%[1]s::timestamp "+
				"AND abs(extract(epoch FROM s.%[1]s::timestamp - t.%[1]s::timestamp)) <= 50400", d.p),
		}, "holds moments in another time zone than UTC")
	}
}

// text: characters beyond U+FFFF, and the word NULL, are lost by the initial copy.
func (d *doubting) text() {
	wide := slices.Contains([]string{"utf8mb4", "utf16", "utf16le", "utf32", "gb18030"}, d.s.Type.Charset)
	if wide && d.key {
		d.add(Doubt{Target: "position('?' IN " + d.p + ") > 0"}, "is in the key, and a `?` in it may be another character")
		return
	}
	if wide {
		d.add(Doubt{
			Target: "position('?' IN " + d.p + ") > 0", Source: "CONVERT(CONVERT(" + d.m + " USING utf8) USING utf8mb4) <> CONVERT(" + d.m + " USING utf8mb4) COLLATE utf8mb4_bin",
			Pair: fmt.Sprintf(`t.%[1]s::text = regexp_replace(s.%[1]s::text, '[\U00010000-\U0010FFFF]', '?', 'g') AND t.%[1]s::text <> s.%[1]s::text`, d.p),
		}, "holds `?` in the place of characters beyond U+FFFF (db_conn had charset utf8)")
	}
	d.add(Doubt{
		Source: "INSTR(CAST(" + d.m + " AS BINARY), 'NULL') > 0",
		Pair: fmt.Sprintf(`(s.%[1]s::text = 'NULL' AND t.%[1]s IS NULL OR t.%[1]s::text IN (replace(s.%[1]s::text, '"NULL"', 'NULL'), replace(s.%[1]s::text, '"NULL"', '')) `+
			`AND position('"NULL"' IN s.%[1]s::text) > 0)`, d.p),
	}, "lacks the word NULL")
}
