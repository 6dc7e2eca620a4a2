package e2e

import (
	"fmt"
	"strings"
	"testing"

	"pgchameleon/internal/testserver"
)

// Spatial and vector columns become PostGIS' and pgvector's types where these are installed, in
// whatever schema of the search path, and bytea and arrays where not.
func TestSpatialAndVectorColumns(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"mysql-9.7", "mariadb-11.8", "mysql-5.6"} {
		for _, target := range []string{testserver.Extended, testserver.Target} {
			t.Run(name+" to "+target, func(t *testing.T) {
				r := newReplica(t, testserver.Shared(t, name), testserver.Shared(t, target), options{})
				extended := target == testserver.Extended
				if extended {
					r.target("CREATE SCHEMA gis; CREATE EXTENSION postgis SCHEMA gis; CREATE EXTENSION vector SCHEMA gis")
					r.target(fmt.Sprintf(`ALTER DATABASE %s SET search_path = "$user", public, gis`, quoteIdent(r.database)))
				}
				vectors := name != "mysql-5.6"
				r.shapes(name, vectors)
				r.init()
				r.start()
				r.reshape(name, vectors)
				r.caughtUp()
				r.same()
				r.typesAre(extended, vectors, name)
				if name != "mysql-9.7" { // which refuses it
					r.emptyGeometries(extended)
				}
				if out := r.must("show_errors"); !strings.Contains(out, "no errors") {
					t.Errorf("errors: %s", out)
				}
				r.becomesBytes()
			})
		}
	}
}

// shapes makes the tables and their first rows.
func (r *replica) shapes(name string, vectors bool) {
	r.t.Helper()
	wgs, nested := "", "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')"
	if name == "mysql-9.7" {
		wgs, nested = " SRID 4326", "ST_GeomFromText('GEOMETRYCOLLECTION(GEOMETRYCOLLECTION EMPTY,POINT(3 4))')"
	}
	index := ", SPATIAL INDEX (p)"
	if name == "mysql-5.6" { // InnoDB has none there
		index = ""
	}
	r.source("CREATE TABLE places (id INT PRIMARY KEY, g GEOMETRY, p POINT NOT NULL"+wgs+", area POLYGON, areas MULTIPOLYGON, c GEOMETRYCOLLECTION, name VARCHAR(20)"+index+")",
		"CREATE TABLE tracks (g LINESTRING, n INT)",
		"INSERT INTO places VALUES (1, ST_GeomFromText('POINT(1 2)'), ST_GeomFromText('POINT(52.5 13.4)', 4326), "+
			"ST_GeomFromText('POLYGON((0 0,9 0,9 9,0 9,0 0),(2 2,2 4,4 4,4 2,2 2))'), ST_GeomFromText('MULTIPOLYGON(((0 0,9 0,9 9,0 9,0 0)),((20 20,30 20,30 30,20 20)))', 3857), "+nested+", 'a'), "+
			"(2, NULL, ST_GeomFromText('POINT(-1 -2)', 4326), NULL, NULL, NULL, 'b'), (3, ST_GeomFromText('MULTIPOINT(1 2,3 4)', 3857), ST_GeomFromText('POINT(0 0)', 4326), NULL, NULL, NULL, 'c')",
		"INSERT INTO tracks VALUES (ST_GeomFromText('LINESTRING(0 0,1 1)'), 1), (ST_GeomFromText('LINESTRING(0 0,1 1)'), 1), (ST_GeomFromText('LINESTRING(0 0,1 1)'), 2), (NULL, 3), (ST_GeomFromText('LINESTRING(1 1,0 0)'), 1)")
	if vectors {
		r.source("CREATE TABLE embeddings (id INT PRIMARY KEY, v VECTOR(3) NOT NULL, w VECTOR(3))", "CREATE TABLE keyless (w VECTOR(2), n INT)",
			"INSERT INTO embeddings VALUES (1, x'0000803f0000004000004040', NULL), (2, x'cdcccc3dcdcccc3dcdcccc3d', x'6b0b5e5d0100000000000080'), (3, x'000000000000000000000000', NULL)",
			"INSERT INTO keyless VALUES (x'0000803f00000040', 1), (x'0000803f00000040', 1), (NULL, 2)")
	}
	if name == "mysql-9.7" { // where it says how many there may be, not how many there are
		r.source("INSERT INTO embeddings VALUES (4, x'0000803f', x'0000803f00000040')")
	}
}

// reshape changes rows and tables for the stream.
func (r *replica) reshape(name string, vectors bool) {
	r.t.Helper()
	r.source("INSERT INTO places SELECT id + 10, g, p, area, areas, c, name FROM places",
		"UPDATE places SET g = ST_GeomFromText('LINESTRING(1 2,3 4)', 3857), area = NULL WHERE id = 1", "UPDATE places SET c = ST_GeomFromText('GEOMETRYCOLLECTION(POINT(7 8))') WHERE id IN (2, 11)",
		"UPDATE places SET name = 'moved', p = ST_GeomFromText('POINT(10 20)', 4326) WHERE id = 3", "DELETE FROM places WHERE id = 12",
		"DELETE FROM tracks WHERE n = 1 LIMIT 1", "UPDATE tracks SET n = 7 WHERE n = 1 LIMIT 1", "UPDATE tracks SET g = NULL WHERE n = 2", "DELETE FROM tracks WHERE g IS NULL AND n = 3",
		"ALTER TABLE tracks ADD h POINT", "INSERT INTO tracks VALUES (NULL, 9, ST_GeomFromText('POINT(5 6)', 3857))",
		"CREATE TABLE born (id INT PRIMARY KEY, g GEOMETRY NOT NULL)", "INSERT INTO born VALUES (1, ST_GeomFromText('POINT(5 6)'))", "ALTER TABLE born ADD q POLYGON, MODIFY g GEOMETRY NULL",
		"UPDATE born SET q = ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))', 3857), g = NULL")
	if vectors {
		r.source("UPDATE embeddings SET w = v WHERE id < 3", "UPDATE embeddings SET v = x'0000c0400000c0400000c040' WHERE id = 3", "DELETE FROM embeddings WHERE id = 2",
			"INSERT INTO embeddings VALUES (7, x'0000803f0000004000004040', x'0000803f0000004000004040')",
			"DELETE FROM keyless WHERE n = 1 LIMIT 1", "UPDATE keyless SET w = x'0000404000004040' WHERE n = 1", "UPDATE keyless SET n = 5 WHERE w IS NULL",
			"ALTER TABLE keyless ADD u VECTOR(3)", "INSERT INTO keyless VALUES (NULL, 6, x'000000000000000000000000')",
			"ALTER TABLE embeddings ADD late VECTOR(2) NOT NULL", "UPDATE embeddings SET late = x'0000803f00000040' WHERE id = 7")
	}
	if name == "mariadb-11.8" {
		r.source("CREATE TABLE resized (id INT PRIMARY KEY, v VECTOR(2) NOT NULL, w VECTOR(2), u VECTOR(3))", "INSERT INTO resized VALUES (1, x'0000803f00000040', NULL, NULL), (2, x'0000803f00000080', x'0000803f00000080', x'0000803f0000008000000040')",
			"ALTER TABLE resized MODIFY v VECTOR(4) NOT NULL, MODIFY w VECTOR(3)", "SET sql_mode = ''", "ALTER TABLE resized MODIFY u VECTOR(1)", "INSERT INTO resized VALUES (3, x'0000803f000000400000803f00000040', NULL, x'0000803f')")
	}
	if name == "mysql-9.7" {
		r.source("ALTER TABLE keyless MODIFY u VECTOR(5), MODIFY w VECTOR(16383)", "INSERT INTO keyless VALUES (x'0000803f', 8, x'0000803f0000803f0000803f0000803f0000803f')")
		r.source("INSERT INTO embeddings VALUES (8, x'0000803f', x'0000803f00000040', x'0000803f')", "UPDATE embeddings SET late = x'0000803f'") // the empty ones are no vectors in PostgreSQL
	}
}

// typesAre checks what the columns have become.
func (r *replica) typesAre(extended, vectors bool, name string) {
	r.t.Helper()
	want := map[bool]string{true: "geometry", false: "bytea"}[extended] + " "
	if vectors {
		want += map[bool]string{true: "vector(3)", false: "real[]"}[extended]
	}
	if name == "mysql-9.7" {
		want = strings.ReplaceAll(want, "(3)", "")
	}
	got := ""
	for _, column := range [][2]string{{"places", "g"}, {"embeddings", "v"}} {
		for _, row := range r.target(fmt.Sprintf("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass('%s.%s') AND attname = '%s'", r.schemas[r.marker], column[0], column[1])) {
			got += strings.TrimPrefix(row[0], "gis.") + map[bool]string{true: " "}[column[0] == "places"]
		}
	}
	if got != want {
		r.t.Errorf("the types are %q, want %q", got, want)
	}
	if !extended {
		return
	}
	rows := r.target(fmt.Sprintf("SELECT ST_AsEWKT(p) FROM %s.places WHERE id = 11", r.schemas[r.marker]))
	if want := map[bool]string{true: "SRID=4326;POINT(13.4 52.5)", false: "SRID=4326;POINT(52.5 13.4)"}[name == "mysql-9.7"]; rows[0][0] != want { // only MySQL has axes
		r.t.Errorf("PostGIS has %s, want %s", rows, want)
	}
}

// emptyGeometries adds a NOT NULL column to a table with rows, in which it is the empty string.
func (r *replica) emptyGeometries(extended bool) {
	r.t.Helper()
	r.source("ALTER TABLE born ADD e GEOMETRY NOT NULL", "INSERT INTO born VALUES (2, NULL, NULL, ST_GeomFromText('POINT(5 6)'))", "UPDATE born SET g = ST_GeomFromText('POINT(7 8)') WHERE id = 1")
	r.caughtUp()
	if !extended {
		r.same()
		return
	}
	rows := r.target(fmt.Sprintf("SELECT id, ST_AsText(g), ST_AsText(e) FROM %s.born ORDER BY id", r.schemas[r.marker]))
	if got := fmt.Sprint(rows); got != "[[1 POINT(7 8) GEOMETRYCOLLECTION EMPTY] [2 NULL POINT(5 6)]]" {
		r.t.Errorf("PostGIS has %s", got)
	}
}

// becomesBytes turns a spatial column into one of bytes, which are then MySQL's own form: that is
// not what PostgreSQL has, so the table is excluded rather than wrong.
func (r *replica) becomesBytes() {
	r.t.Helper()
	r.source("CREATE TABLE bytes (id INT PRIMARY KEY, g GEOMETRY)", "INSERT INTO bytes VALUES (1, ST_GeomFromText('POINT(5 6)'))", "ALTER TABLE bytes MODIFY g BLOB", "INSERT INTO bytes VALUES (2, x'00')")
	r.caughtUp()
	if out := r.must("show_errors", "--full"); !strings.Contains(out, "what the source makes of geometry as blob cannot be worked out here") {
		r.t.Errorf("the errors are %s", out)
	}
}

// Extensions that come after the copy change nothing until the next one: rows go on as those
// before them.
func TestExtensionsThatComeLater(t *testing.T) {
	t.Parallel()
	r := newReplica(t, testserver.Shared(t, "mysql-9.7"), testserver.Shared(t, testserver.Extended), options{})
	r.source("CREATE TABLE places (id INT PRIMARY KEY, g GEOMETRY, v VECTOR(2))", "INSERT INTO places VALUES (1, ST_GeomFromText('POINT(1 2)'), x'0000803f00000040')")
	r.init()
	r.target("CREATE EXTENSION postgis; CREATE EXTENSION vector")
	r.start()
	r.source("INSERT INTO places VALUES (2, ST_GeomFromText('POINT(3 4)', 4326), x'0000803f00000040')",
		"CREATE TABLE later (id INT PRIMARY KEY, g GEOMETRY)", "INSERT INTO later VALUES (1, ST_GeomFromText('POINT(5 6)'))")
	r.caughtUp()
	r.stop()
	r.start()
	r.source("UPDATE places SET g = ST_GeomFromText('POINT(7 8)') WHERE id = 1")
	r.caughtUp()
	types := "SELECT pg_typeof(g)::text, pg_typeof(v)::text FROM " + quoteIdent(r.schemas[r.marker]) + ".places LIMIT 1"
	if rows := r.target(types); fmt.Sprint(rows) != "[[bytea real[]]]" {
		t.Errorf("the columns are %v", rows)
	}
	r.same()
	r.stop()
	r.init()
	r.same()
	if rows := r.target(types); fmt.Sprint(rows) != "[[geometry vector]]" {
		t.Errorf("after a new copy the columns are %v", rows)
	}
}
