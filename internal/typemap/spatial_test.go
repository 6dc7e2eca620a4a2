package typemap_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/testserver"
	"pgchameleon/internal/typemap"
)

// shapes are geometries by the type of column that takes them, within 180 and 90 degrees.
var shapes = map[string][]string{
	"point":              {"POINT(1 2)", "POINT(-179.5 89.25)", "POINT(0.1 -0.3)"},
	"linestring":         {"LINESTRING(1 2,3 4)", "LINESTRING(0 0,0 0)", "LINESTRING(-1.5 2,3 4,5 6,1e-7 0)"},
	"polygon":            {"POLYGON((0 0,10 0,10 10,0 10,0 0),(2 2,2 4,4 4,4 2,2 2),(5 5,5 6,6 6,6 5,5 5))", "POLYGON((0 0,1 1,1 0,0 1,0 0))", "POLYGON((0 0,1 0,2 0,0 0))"},
	"multipoint":         {"MULTIPOINT(1 2,3 4,1 2)", "MULTIPOINT(0 0)"},
	"multilinestring":    {"MULTILINESTRING((1 2,3 4),(5 6,7 8,9 10))"},
	"multipolygon":       {"MULTIPOLYGON(((0 0,9 0,9 9,0 9,0 0),(2 2,2 4,4 4,4 2,2 2)),((20 20,30 20,30 30,20 20)))"},
	"geometrycollection": {"GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(1 2,3 4),POLYGON((0 0,1 0,1 1,0 0)),MULTIPOINT(1 2,3 4))"},
}

// A collection of a point and of a collection that holds a multipoint and an empty collection; MariaDB does not read its text.
const inCollections = "010700000002000000" + onePoint + "010700000002000000" + "010400000001000000" + onePoint + "010700000000000000"

// TestSpatialRoads brings every spatial type through the copy and the binlog of real servers
// into PostGIS, which must tell the same text, bytes and SRID as the server.
func TestSpatialRoads(t *testing.T) {
	for _, name := range []string{"mariadb-10.11", "mysql-9.7", "mariadb-11.8", "mysql-5.6"} {
		t.Run(name, func(t *testing.T) {
			s, conn := newSource(t, name), extended(t, "postgis")
			from := s.position(t)
			var tables []string
			for _, def := range []string{"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection"} {
				s.exec(t, fmt.Sprintf("CREATE TABLE of_%s (id int PRIMARY KEY, v %s)", def, def), fmt.Sprintf("INSERT INTO of_%s VALUES (0, NULL)", def))
				tables = append(tables, "of_"+def)
				for n, value := range expressions(name, def) {
					s.exec(t, fmt.Sprintf("INSERT INTO of_%s VALUES (%d, %s)", def, n+1, value))
				}
			}
			s.exec(t, "CREATE TABLE last_one (id int)", "INSERT INTO last_one VALUES (1)")
			images := s.images(t, from)
			for _, table := range tables {
				columns := s.mapped(t, table, "", typemap.Options{PostGIS: true})
				if columns[1].SQL() != "geometry" {
					t.Errorf("%s becomes %q", table, columns[1].SQL())
				}
				lines := s.copied(t, table, columns)
				if diff := cmp.Diff(lines, streamed(t, images, table, columns)); diff != "" {
					t.Errorf("%s: the copy (-) and the stream (+) differ:\n%s", table, diff)
				}
				held(t, conn, table, columns, lines)
				if strings.Contains(strings.Join(lines[1:], "\n"), `\N`) {
					t.Errorf("%s: a value is NULL:\n%s", table, strings.Join(lines, "\n"))
				}
				if diff := cmp.Diff(s.geometries(t, table), inPostGIS(t, conn, table)); diff != "" {
					t.Errorf("%s: the server (-) and PostGIS (+) differ:\n%s", table, diff)
				}
			}
		})
	}
}

// expressions gives those of the values that a column of the type takes.
func expressions(server, def string) (list []string) {
	texts := slices.Clone(shapes[def])
	if def == "geometry" {
		for _, of := range shapes {
			texts = append(texts, of...)
		}
	}
	if server != "mysql-5.6" && strings.HasPrefix(def, "geom") { // it has no empty ones
		texts = append(texts, "GEOMETRYCOLLECTION EMPTY")
	}
	order := ""
	if server == "mysql-9.7" {
		order = ", 'axis-order=long-lat'"
	}
	for _, text := range texts {
		list = append(list, fmt.Sprintf("ST_GeomFromText('%s')", text), fmt.Sprintf("ST_GeomFromText('%s', 3857)", text), fmt.Sprintf("ST_GeomFromText('%s', 4326%s)", text, order))
	}
	if server != "mysql-5.6" && strings.HasPrefix(def, "geom") {
		list = append(list, "x'00000000"+inCollections+"'", "x'e6100000"+inCollections+"'")
	}
	if def == "point" || def == "geometry" { // as far as a plane goes
		list = append(list, "ST_GeomFromText('POINT(-1.7976931348623157e308 5e-324)')", "ST_GeomFromText('POINT(0.1234567890123456789 -0)')")
	}
	return list
}

// geometries gives what the server tells about each row: its text, WKB and SRID.
func (s *source) geometries(t *testing.T, table string) []string {
	t.Helper()
	order := ""
	if s.server.Name == "mysql-9.7" {
		order = ", 'axis-order=long-lat'"
	}
	var list []string
	for _, row := range s.rows(t, fmt.Sprintf("SELECT ST_AsText(v%[1]s), LOWER(HEX(ST_AsBinary(v%[1]s))), ST_SRID(v) FROM %[2]s ORDER BY id", order, table)) {
		if row[0] == nil {
			list = append(list, "NULL")
			continue
		}
		list = append(list, sameText(string(row[0]))+" "+string(row[1])+" "+string(row[2]))
	}
	return list
}

// inPostGIS gives what PostGIS tells about each row.
func inPostGIS(t *testing.T, conn *pgx.Conn, table string) []string {
	t.Helper()
	list := answers(t, conn, "SELECT coalesce(ST_AsText(v, 17) || '|' || encode(ST_AsBinary(v, 'NDR'), 'hex') || ' ' || ST_SRID(v), 'NULL') FROM "+table+" ORDER BY id")
	for i := range list {
		if text, rest, found := strings.Cut(list[i], "|"); found {
			list[i] = sameText(text) + " " + rest
		}
	}
	return list
}

var (
	pointsInParentheses = regexp.MustCompile(`\(([^(),A-Z]+)\)`)
	multipoint          = regexp.MustCompile(`MULTIPOINT\((\([^()]*\),?)+\)`)
	number              = regexp.MustCompile(`-?[0-9.]+(e[-+]?[0-9]+)?`)
)

// sameText takes away what differs between the texts of one geometry: parentheses around
// the points of a multipoint, and the way numbers are written.
func sameText(text string) string {
	text = multipoint.ReplaceAllStringFunc(text, func(list string) string { return pointsInParentheses.ReplaceAllString(list, "$1") })
	return number.ReplaceAllStringFunc(text, func(digits string) string {
		var value float64
		if _, err := fmt.Sscan(digits, &value); err != nil {
			return digits
		}
		return fmt.Sprint(value + 0) // no -0, which is in the bytes
	})
}

// TestLongitudeComesFirst: MySQL shows latitude first and stores it second, as PostGIS wants it.
func TestLongitudeComesFirst(t *testing.T) {
	s, conn := newSource(t, "mysql-9.7"), extended(t, "postgis")
	s.exec(t, "CREATE TABLE place (id int PRIMARY KEY, v point SRID 4326)", "INSERT INTO place VALUES (1, ST_GeomFromText('POINT(52.5 13.4)', 4326))")
	got := s.rows(t, "SELECT ST_AsText(v), ST_Latitude(v), ST_Longitude(v), ST_X(v) FROM place")[0]
	if text := fmt.Sprintf("%s", got); text != "[POINT(52.5 13.4) 52.5 13.4 52.5]" {
		t.Errorf("MySQL says %s", text)
	}
	columns := s.mapped(t, "place", "", typemap.Options{PostGIS: true})
	held(t, conn, "place", columns, s.copied(t, "place", columns))
	var text string
	if err := conn.QueryRow(context.Background(), "SELECT ST_AsEWKT(v) || ' ' || ST_X(v) || ' ' || ST_AsLatLonText(v, 'D.D') FROM place").Scan(&text); err != nil {
		t.Fatal(err)
	}
	if text != "SRID=4326;POINT(13.4 52.5) 13.4 52.5 13.4" {
		t.Errorf("PostGIS says %s", text)
	}
}

// odd is a value as bytes that servers let into a geometry column.
type odd struct {
	name  string
	value string // hexadecimal, from the SRID on
	only  string // servers that take it
	null  string // what a column that may be NULL holds then, as EWKT
	other string // where a NOT NULL column holds something else: that
	rule  typemap.Rule
	noted bool
}

const (
	onePoint    = "0101000000000000000000f03f0000000000000040"
	damagedRule = "GEOMETRYCOLLECTION EMPTY"
)

func nested(depth int) string {
	return strings.Repeat("010700000001000000", depth) + onePoint
}

func oddities() []odd {
	const lax = "mariadb mysql-5"
	xy := onePoint[10:]
	return []odd{
		{name: "a line of one point", value: "00000000" + "010200000001000000" + xy, only: lax, null: "LINESTRING(1 2)"},
		{name: "an open ring", value: "00000000" + "01030000000100000003000000" + xy + xy + strings.Repeat("0", 32), null: "POLYGON((1 2,1 2,0 0))", only: lax},
		{name: "an open ring of four", value: "00000000" + "01030000000100000004000000" + xy + xy + xy + strings.Repeat("0", 32), null: "POLYGON((1 2,1 2,1 2,0 0))"},
		{name: "no points", value: "00000000" + "010400000000000000", only: "mariadb", null: "MULTIPOINT EMPTY"},
		{name: "byte order 2", value: "00000000" + "02" + onePoint[2:], only: lax, null: "POINT(1 2)"},
		{name: "byte order 0", value: "e6100000" + "00" + onePoint[2:], only: lax, null: "SRID=4326;POINT(1 2)"},
		{name: "byte order 0 inside", value: "00000000" + "010700000001000000" + "00" + onePoint[2:], only: lax, null: "GEOMETRYCOLLECTION(POINT(1 2))"},
		{name: "more after it", value: "00000000" + onePoint + "7878", only: lax, null: "POINT(1 2)"},
		{name: "not numbers", value: "00000000" + "0101000000" + "000000000000f87f" + "000000000000f07f", null: "POINT(NaN Infinity)"},
		{name: "a line among points", value: "00000000" + "010400000001000000" + "010200000001000000" + xy, only: lax, null: "NULL", other: damagedRule, rule: typemap.OutOfRange, noted: true},
		{name: "198 deep", value: "00000000" + nested(198), null: strings.Repeat("GEOMETRYCOLLECTION(", 198) + "POINT(1 2)" + strings.Repeat(")", 198)},
		{name: "199 deep", value: "00000000" + nested(199), null: "NULL", other: damagedRule, rule: typemap.OutOfRange, noted: true},
		{name: "the last SRID", value: "3f420f00" + onePoint, only: lax, null: "SRID=999999;POINT(1 2)"},
		{name: "an SRID too large", value: "40420f00" + onePoint, only: lax, null: "POINT(1 2)", rule: typemap.OutOfRange, noted: true},
		{name: "the largest SRID", value: "ffffffff" + onePoint, only: lax, null: "POINT(1 2)", rule: typemap.OutOfRange, noted: true},
	}
}

// TestOddGeometries: what a server lets in and PostGIS would refuse or change must not stop
// the table; it follows a rule that is counted. Without PostGIS the bytes stay.
func TestOddGeometries(t *testing.T) {
	for _, name := range []string{"mariadb-10.11", "mysql-9.7", "mariadb-11.8", "mysql-5.6"} {
		t.Run(name, func(t *testing.T) {
			s, conn := newSource(t, name), extended(t, "postgis")
			from := s.position(t)
			var cases []odd
			for _, c := range oddities() {
				if len(fits([]one{{only: c.only}}, name)) > 0 {
					cases = append(cases, c)
				}
			}
			s.exec(t, "CREATE TABLE nullable (id int PRIMARY KEY, v geometry)", "CREATE TABLE required (id int PRIMARY KEY, v geometry NOT NULL)")
			for n, c := range cases {
				s.exec(t, fmt.Sprintf("INSERT INTO nullable VALUES (%d, x'%s')", n, c.value), fmt.Sprintf("INSERT INTO required VALUES (%d, x'%s')", n, c.value))
			}
			s.exec(t, "CREATE TABLE last_one (id int)", "INSERT INTO last_one VALUES (1)")
			images := s.images(t, from)
			for _, table := range []string{"nullable", "required"} {
				columns := s.mapped(t, table, "", typemap.Options{PostGIS: true})
				lines := s.copied(t, table, columns)
				if diff := cmp.Diff(lines, streamed(t, images, table, columns)); diff != "" {
					t.Errorf("%s: the copy (-) and the stream (+) differ:\n%s", table, diff)
				}
				held(t, conn, table, columns, lines)
				got := answers(t, conn, "SELECT coalesce(ST_AsEWKT(v), 'NULL') FROM "+table+" ORDER BY id")
				for n, c := range cases {
					want := c.null
					if table == "required" && c.other != "" {
						want = c.other
					}
					if got[n] != want {
						t.Errorf("%s, %s: PostGIS holds %.200s, want %.200s", table, c.name, got[n], want)
					}
					noted(t, columns[1], c)
				}
				plain := s.mapped(t, table, "", typemap.Options{})
				held(t, conn, table+"_plain", plain, s.copied(t, table, plain))
			}
		})
	}
}

// noted checks what is counted for an odd value.
func noted(t *testing.T, column *typemap.Column, c odd) {
	t.Helper()
	value, err := hex.DecodeString(c.value)
	if err != nil {
		t.Fatal(err)
	}
	var notes, want typemap.Notes
	if c.noted {
		want.Counts[c.rule] = 1
	}
	if _, err := column.Text(nil, value, &notes); err != nil || notes.Counts != want.Counts {
		t.Errorf("%s: noted %v (%v), want %v", c.name, notes.Counts, err, want.Counts)
	}
}

// A column that is added NOT NULL holds the empty string in the rows that are there, which is
// no geometry; MySQL 9.7 refuses to add it.
func TestEmptyGeometries(t *testing.T) {
	for _, name := range []string{"mariadb-10.11", "mysql-9.7", "mariadb-11.8", "mysql-5.6"} {
		t.Run(name, func(t *testing.T) {
			s, conn := newSource(t, name), extended(t, "postgis")
			s.exec(t, "CREATE TABLE grown (id int PRIMARY KEY)", "INSERT INTO grown VALUES (1)")
			if _, err := s.conn.Execute("ALTER TABLE grown ADD v geometry NOT NULL"); err != nil {
				if name == "mysql-9.7" {
					return
				}
				t.Fatal(err)
			}
			columns := s.mapped(t, "grown", "", typemap.Options{PostGIS: true})
			held(t, conn, "grown", columns, s.copied(t, "grown", columns))
			if got := answers(t, conn, "SELECT ST_AsText(v) FROM grown"); got[0] != damagedRule {
				t.Errorf("PostGIS holds %v", got)
			}
			columns = s.mapped(t, "grown", "", typemap.Options{})
			if got := held(t, conn, "grown_plain", columns, s.copied(t, "grown", columns)); got[0] != `\x` {
				t.Errorf("PostgreSQL holds %v", got)
			}
		})
	}
}

// mapped gives a table's columns as they are mapped; the override is that of v.
func (s *source) mapped(t *testing.T, table, override string, options typemap.Options) (list []*typemap.Column) {
	t.Helper()
	for _, column := range s.columns(t, table) {
		column.Type.Fixed = column.Type.Name == "vector" && strings.HasPrefix(s.server.Name, "mariadb")
		list = append(list, mappedAs(t, column, override, options))
	}
	return list
}

func mappedAs(t *testing.T, column schema.Column, override string, options typemap.Options) *typemap.Column {
	t.Helper()
	if column.Name != "v" {
		override = ""
	}
	c, err := tryMapping(column, override, options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func tryMapping(column schema.Column, override string, options typemap.Options) (*typemap.Column, error) {
	return typemap.New(column, override, options)
}

// answers gives the one column of a query.
func answers(t *testing.T, conn *pgx.Conn, query string) []string {
	t.Helper()
	rows, err := conn.Query(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// extended is a session on a fresh database of the PostgreSQL that has extensions.
func extended(t *testing.T, extension string) *pgx.Conn {
	t.Helper()
	server := testserver.Shared(t, testserver.Extended)
	conn, err := pgx.Connect(context.Background(), fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=disable", server.Host, server.Port, server.User, server.Database(t, "types")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if _, err := conn.Exec(context.Background(), "CREATE EXTENSION "+extension); err != nil {
		t.Fatal(err)
	}
	return conn
}
