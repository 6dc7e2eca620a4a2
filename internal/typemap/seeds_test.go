package typemap_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// TestSeedsAreTheServers: the inputs that fuzzing begins with are row images, documents and
// geometries of real servers, whose table maps are as wires says. With -update they
// are written.
func TestSeedsAreTheServers(t *testing.T) {
	for _, name := range []string{"mysql-9.7", "mariadb-11.8", "mysql-5.6"} {
		t.Run(name, func(t *testing.T) {
			s := newSource(t, name)
			seedRows(t, s)
			if name == "mysql-9.7" {
				seedDocuments(t, s)
				seedGeometries(t, s)
			}
		})
	}
}

// seedRows keeps the images of a row of values and one of NULLs.
func seedRows(t *testing.T, s *source) {
	var shape []byte
	var defs, values, nulls []string
	l := &layout{}
	for i, w := range wires {
		if w.def != "" && slices.ContainsFunc(strings.Fields(w.only), func(begin string) bool { return strings.HasPrefix(s.server.Name, begin) }) || w.def != "" && w.only == "" {
			shape = append(shape, byte(i))
			defs, values, nulls = append(defs, fmt.Sprintf("c%d %s", i, w.def)), append(values, w.value), append(nulls, "NULL")
			l.columns = append(l.columns, mapped(t, schema.Column{Name: fmt.Sprintf("c%d", i), Type: w.column}))
			l.types, l.meta = append(l.types, w.typ), append(l.meta, w.meta)
		}
	}
	from := s.position(t)
	s.exec(t, "CREATE TABLE seeds ("+strings.Join(defs, ", ")+") CHARACTER SET utf8mb4", "INSERT INTO seeds VALUES ("+strings.Join(values, ", ")+")",
		"INSERT INTO seeds VALUES ("+strings.Join(nulls, ", ")+")", "CREATE TABLE last_one (id int)", "INSERT INTO last_one VALUES (1)")
	for n, im := range s.images(t, from)[:2] {
		meta := wholeMeta(l.columns, im)
		if !slices.Equal(im.types, l.types) {
			t.Errorf("the table map has types %v, wires %v", im.types, l.types)
		}
		for i := range meta {
			if l.meta[i] != meta[i] && l.types[i] < 140 || l.types[i] > 141 && l.meta[i] != meta[i] {
				t.Errorf("%s: the table map has metadata %d, wires %d", defs[i], meta[i], l.meta[i])
			}
		}
		ordinals := make([]int, len(shape))
		for i := range ordinals {
			ordinals[i] = i
		}
		if line, used, err := l.decoder(t, ordinals...).Row(nil, im.present, im.data, make([]typemap.Notes, len(shape))); err != nil || used != len(im.data) {
			t.Errorf("used %d of %d, line %q: %v", used, len(im.data), line, err)
		}
		seed(t, "FuzzRowDecoder", fmt.Sprintf("%s-%d", s.server.Name, n), shape, ^uint64(0), im.present, []byte{}, im.data)
	}
}

// seedDocuments keeps documents with all the types that one can hold.
func seedDocuments(t *testing.T, s *source) {
	var wide []string
	for i := range 6000 {
		wide = append(wide, fmt.Sprintf(`"%d":[%d]`, i, i*70000))
	}
	documents := []string{
		`'{"b": 1, "a": [1, -2, 70000, -70000, 5000000000, 18446744073709551615, 1.5, true, false, null, "é😀\\"\\\\\\n\\t\\u0001"]}'`,
		"json_array(cast('2020-01-01' as date), cast('2020-01-01 01:02:03.000004' as datetime(6)), cast('-12:13:14.5' as time(1)), -1.50, x'00ff', cast(2020 as year))",
		"json_object('deep', json_array(json_array(json_array(json_object()))))", `'""'`, "'null'", "json_quote(repeat('x', 300))",
		"'{" + strings.Join(wide, ",") + "}'",
	}
	s.exec(t, "CREATE TABLE documents (v json)", "DROP TABLE last_one")
	from := s.position(t)
	for _, document := range documents {
		s.exec(t, "INSERT INTO documents VALUES ("+document+")")
	}
	s.exec(t, "CREATE TABLE last_one (id int)", "INSERT INTO last_one VALUES (1)")
	for n, im := range s.images(t, from)[:len(documents)-1] { // the wide one is long: its decoding is tested, not kept
		seed(t, "FuzzJSONBinary", fmt.Sprintf("%s-%d", s.server.Name, n), im.data[1+4:])
	}
}

func seedGeometries(t *testing.T, s *source) {
	for n, text := range []string{
		"'POINT(1 2)', 4326", "'LINESTRING(1 2,3 4)'", "'POLYGON((0 0,0 9,9 9,0 0),(1 2,1 3,2 3,1 2))'", "'MULTIPOINT(1 2,3 4)'",
		"'MULTILINESTRING((1 2,3 4),(5 6,7 8))', 4326", "'MULTIPOLYGON(((0 0,0 1,1 1,0 0)),((5 5,5 6,6 6,5 5)))'", "'GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(1 2,3 4))', 4326",
	} {
		s.exec(t, "CREATE TEMPORARY TABLE g (v geometry)", "INSERT INTO g VALUES (ST_GeomFromText("+text+"))")
		value := s.rows(t, "SELECT v FROM g")[0][0]
		s.exec(t, "DROP TEMPORARY TABLE g")
		seed(t, "FuzzGeometry", fmt.Sprintf("%s-%d", s.server.Name, n), value)
	}
}

// seed holds a kept input to what a server said.
func seed(t *testing.T, target, name string, values ...any) {
	t.Helper()
	text := "go test fuzz v1\n"
	for _, value := range values {
		switch value := value.(type) {
		case []byte:
			text += fmt.Sprintf("[]byte(%q)\n", value)
		default:
			text += fmt.Sprintf("%T(%d)\n", value, value)
		}
	}
	file := filepath.Join("testdata", "fuzz", target, name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(file); err != nil || string(kept) != text {
		t.Errorf("%s is not what %s says (%v); run go test -run TestSeedsAreTheServers -update in this folder", file, name, err)
	}
}
