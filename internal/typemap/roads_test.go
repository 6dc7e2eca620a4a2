package typemap_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/typemap"
)

// one is a column type with values as SQL literals, and what PostgreSQL holds then.
type one struct {
	def      string
	override string
	sql      string
	values   []string
	want     []string // nil: only that both roads agree and PostgreSQL takes it
	only     string   // servers that have it, by the beginning of their names
	bits     int      // values are floats of this width, compared as such: there is more than one shortest form
	before   string   // a statement to run first
	asJSON   bool     // declared JSON on MariaDB
	packed   bool     // COMPRESSED
}

// TestRoads brings every type's values through the copy and through the binlog of real
// servers: the fields must be identical, and PostgreSQL must hold the values meant.
func TestRoads(t *testing.T) {
	for _, name := range []string{"mariadb-10.11", "mysql-9.7", "mariadb-11.8", "mysql-5.6"} {
		t.Run(name, func(t *testing.T) { roads(t, name) })
	}
}

func roads(t *testing.T, name string) {
	s, conn := newSource(t, name), target(t)
	from := s.position(t)
	cases := fits(everything(t), name)
	for i, c := range cases {
		if c.before != "" {
			s.exec(t, c.before)
		}
		s.exec(t, fmt.Sprintf("CREATE TABLE t%d (id int PRIMARY KEY, v %s) CHARACTER SET utf8mb4", i, c.def))
		for n, value := range c.values {
			s.exec(t, fmt.Sprintf("INSERT INTO t%d VALUES (%d, %s)", i, n, value))
		}
	}
	s.exec(t, "CREATE TABLE last_one (id int)", "INSERT INTO last_one VALUES (1)")
	images := s.images(t, from)
	for i, c := range cases {
		table := fmt.Sprintf("t%d", i)
		var columns []*typemap.Column
		for _, column := range s.columns(t, table) {
			override := ""
			if column.Name == "v" {
				override, column.Type.JSON, column.Type.Compressed = c.override, c.asJSON, c.packed
			}
			mapped, err := typemap.New(column, typemap.Settings{Override: override})
			if err != nil {
				t.Fatalf("%s: %v", c.def, err)
			}
			columns = append(columns, mapped)
		}
		if columns[1].SQL() != c.sql {
			t.Errorf("%s becomes %q, want %q", c.def, columns[1].SQL(), c.sql)
		}
		copied, streamed := s.copied(t, table, columns), streamed(t, images, table, columns)
		if diff := cmp.Diff(copied, streamed); diff != "" {
			t.Errorf("%s: the copy (-) and the stream (+) differ:\n%s", c.def, diff)
			continue
		}
		if len(copied) != len(c.values) {
			t.Errorf("%s: %d rows, want %d", c.def, len(copied), len(c.values))
		}
		got := held(t, conn, table, columns, copied)
		if c.want == nil {
			continue
		}
		for n := range got {
			if number, err := strconv.ParseFloat(got[n], 64); c.bits > 0 && err == nil {
				got[n] = strconv.FormatFloat(number, 'g', -1, c.bits)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: PostgreSQL holds (+), want (-):\n%s", c.def, diff)
		}
	}
}

// fits drops the types that the server does not have.
func fits(all []one, server string) (list []one) {
	for _, c := range all {
		match := c.only == ""
		for _, begin := range strings.Fields(c.only) {
			match = match || strings.HasPrefix(server, begin)
		}
		if match {
			list = append(list, c)
		}
	}
	return list
}
