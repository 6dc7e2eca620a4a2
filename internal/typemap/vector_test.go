package typemap_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/typemap"
)

// vectorCase is a type of vector column with values as expressions; what PostgreSQL holds is
// compared with the server's bytes, unless want says otherwise.
type vectorCase struct {
	def      string
	override string
	plain    bool // pgvector is not there
	sql      string
	values   []string
	want     []string // "": the bytes of the server
	noted    uint64
}

// dimensions makes a vector of so many dimensions.
func dimensions(n int) string { return "x'" + strings.Repeat("cdcccc3d", n-1) + "01000000'" }

func vectorColumns(name string) []vectorCase {
	edges := []string{"x'0000803f00000080ffff7f7f01000080'", "x'cdcccc3d0000804b0000800001000000'", "NULL"} // the largest, the smallest, -0
	const null, zeros = "NULL", "00000000"
	if name == "mariadb-11.8" {
		edges[0] = "x'0000803f000000806b0b5e5d01000080'" // it takes no number whose square is infinite
		return []vectorCase{
			{def: "vector(4)", sql: "vector(4)", values: edges},
			{def: "vector(4) NOT NULL", sql: "vector(4)", values: edges[:2]},
			{def: "vector(4)", plain: true, sql: "real[]", values: edges},
			{def: "vector(4)", override: "real[]", sql: "real[]", values: edges},
			{def: "vector(16000)", sql: "vector(16000)", values: []string{dimensions(16000)}},
			{def: "vector(16001)", sql: "real[]", values: []string{dimensions(16001)}},
			{def: "vector(16381)", sql: "real[]", values: []string{dimensions(16381)}}, // with the key, a row has no room for more
		}
	}
	short := []string{"to_vector('[1,2]')", "to_vector('[1,2,3]')", "to_vector('[5]')"}
	return []vectorCase{
		{def: "vector(4)", sql: "vector", values: append(short, edges...)},
		{def: "vector", sql: "vector", values: append(short, dimensions(2048))},
		{def: "vector(4)", plain: true, sql: "real[]", values: append(short, edges...)},
		{def: "vector(3)", override: "vector(3)", sql: "vector(3)", values: short, want: []string{null, "", null}, noted: 2},
		{def: "vector(3) NOT NULL", override: "vector(2)", sql: "vector(2)", values: short, want: []string{"", "3f80000040000000", "40a00000" + zeros}, noted: 2},
		{def: "vector(16000)", sql: "vector", values: append(short, dimensions(16000))},
		{def: "vector(16001)", sql: "real[]", values: append(short, dimensions(16001))},
		{def: "vector(16383)", sql: "real[]", values: []string{dimensions(16383)}},
	}
}

// TestVectorRoads brings vectors through the copy and the binlog of real servers into pgvector.
func TestVectorRoads(t *testing.T) {
	for _, name := range []string{"mysql-9.7", "mariadb-11.8"} {
		t.Run(name, func(t *testing.T) {
			s, conn := newSource(t, name), extended(t, "vector")
			s.exec(t, "SET sql_mode = 'STRICT_ALL_TABLES'") // or else MariaDB stores zeros for what it refuses
			from := s.position(t)
			cases := vectorColumns(name)
			for i, c := range cases {
				s.exec(t, fmt.Sprintf("CREATE TABLE v%d (id int PRIMARY KEY, v %s)", i, c.def))
				for n, value := range c.values {
					s.exec(t, fmt.Sprintf("INSERT INTO v%d VALUES (%d, %s)", i, n, value))
				}
			}
			s.exec(t, "CREATE TABLE last_one (id int)", "INSERT INTO last_one VALUES (1)")
			images := s.images(t, from)
			for i, c := range cases {
				table := fmt.Sprintf("v%d", i)
				columns := s.mapped(t, table, c.override, typemap.Options{PGVector: !c.plain})
				if columns[1].SQL() != c.sql {
					t.Errorf("%s becomes %q, want %q", c.def, columns[1].SQL(), c.sql)
				}
				lines := s.copied(t, table, columns)
				if diff := cmp.Diff(lines, streamed(t, images, table, columns)); diff != "" {
					t.Errorf("%s: the copy (-) and the stream (+) differ:\n%s", c.def, diff)
				}
				held(t, conn, table, columns, lines)
				stored := s.floats(t, table)
				var noted typemap.Notes
				for n, row := range s.rows(t, "SELECT v FROM "+table+" ORDER BY id") {
					if c.want != nil && c.want[n] != "" {
						stored[n] = c.want[n]
					}
					if row[0] == nil {
						continue
					}
					if _, err := columns[1].Text(nil, row[0], &noted); err != nil {
						t.Error(err)
					}
				}
				if diff := cmp.Diff(stored, floatsHeld(t, conn, table)); diff != "" {
					t.Errorf("%s: the server (-) and PostgreSQL (+) differ:\n%s", c.def, diff)
				}
				if noted.Counts[typemap.OutOfRange] != c.noted {
					t.Errorf("%s %s: noted %v", c.def, c.override, noted.Counts)
				}
			}
		})
	}
}

// floats gives each row's numbers as the server has them, in hexadecimal digits, the highest first.
func (s *source) floats(t *testing.T, table string) (list []string) {
	t.Helper()
	for _, row := range s.rows(t, "SELECT HEX(v) FROM "+table+" ORDER BY id") {
		if row[0] == nil {
			list = append(list, "NULL")
			continue
		}
		value, err := hex.DecodeString(string(row[0]))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+4 <= len(value); i += 4 {
			value[i], value[i+1], value[i+2], value[i+3] = value[i+3], value[i+2], value[i+1], value[i]
		}
		list = append(list, hex.EncodeToString(value))
	}
	return list
}

// floatsHeld gives the same of what PostgreSQL has.
func floatsHeld(t *testing.T, conn *pgx.Conn, table string) []string {
	t.Helper()
	return answers(t, conn, `SELECT CASE WHEN v IS NULL THEN 'NULL' ELSE
		coalesce((SELECT string_agg(encode(float4send(x), 'hex'), '' ORDER BY n) FROM unnest(v::real[]) WITH ORDINALITY AS u (x, n)), '') END
		FROM `+table+" ORDER BY id")
}

// Servers let no vector in that pgvector refuses, but for the empty one that MySQL puts into a
// column that is added NOT NULL.
func TestVectorsThatPgvectorRefuses(t *testing.T) {
	const nan, infinity = "x'0000c07f0000803f'", "x'0000803f0000807f'"
	for _, name := range []string{"mysql-9.7", "mariadb-11.8"} {
		t.Run(name, func(t *testing.T) {
			s, conn := newSource(t, name), extended(t, "vector")
			s.exec(t, "CREATE TABLE grown (id int PRIMARY KEY, w vector(2))", "INSERT INTO grown VALUES (1, NULL)")
			for _, value := range []string{nan, infinity, "''", "x'00'"} {
				if _, err := s.conn.Execute("INSERT INTO grown VALUES (2, " + value + ")"); err == nil && string(s.rows(t, "SELECT HEX(w) FROM grown WHERE id = 2")[0][0]) != "0000000000000000" {
					t.Errorf("%s takes %s", name, value)
				}
				s.exec(t, "DELETE FROM grown WHERE id = 2")
			}
			s.exec(t, "ALTER TABLE grown ADD v vector(2) NOT NULL")
			want := map[string]string{"mysql-9.7": "00000000", "mariadb-11.8": "0000000000000000"}[name]
			columns := s.mapped(t, "grown", "", typemap.Options{PGVector: true})
			held(t, conn, "grown", columns, s.copied(t, "grown", columns))
			if got := floatsHeld(t, conn, "grown"); got[0] != want {
				t.Errorf("PostgreSQL holds %v, want %s", got, want)
			}
			columns = s.mapped(t, "grown", "", typemap.Options{})
			held(t, conn, "grown_plain", columns, s.copied(t, "grown", columns))
			if got := floatsHeld(t, conn, "grown_plain"); got[0] != s.floats(t, "grown")[0] {
				t.Errorf("PostgreSQL holds %v without pgvector", got)
			}
		})
	}
}

// What pgvector's type cannot be is said when it is asked for.
func TestVectorOverrides(t *testing.T) {
	s := newSource(t, "mysql-9.7")
	s.exec(t, "CREATE TABLE t (id int PRIMARY KEY, v vector(3))")
	column := s.columns(t, "t")[1]
	for override, possible := range map[string]bool{
		"vector(3)": true, "vector": true, "vector(16000)": true, "real[]": true, "text": true,
		"vector(16001)": false, "vector(0)": false, "vector(1,2)": false, "vector[]": false, "real": false, "bytea": false,
	} {
		if _, err := tryMapping(column, override, typemap.Options{}); (err == nil) != possible {
			t.Errorf("%s: %v", override, err)
		}
	}
}
