package typemap_test

import (
	"errors"
	"testing"

	"pgchameleon/internal/typemap"
)

// TestPartialImages: a session may log only what it needs. Columns that are there are read,
// one that is not is said to be absent.
func TestPartialImages(t *testing.T) {
	for _, name := range []string{"mysql-9.7", "mariadb-10.11", "mysql-5.6"} {
		s := newSource(t, name)
		s.exec(t, "CREATE TABLE p (a text, id int PRIMARY KEY, b blob, c int)", "INSERT INTO p VALUES ('x', 7, NULL, NULL), ('y', 8, 'z', 1)")
		from := s.position(t)
		s.exec(t, "SET binlog_row_image = MINIMAL", "DELETE FROM p WHERE id = 7", "SET binlog_row_image = NOBLOB", "DELETE FROM p WHERE id = 8",
			"SET binlog_row_image = FULL", "CREATE TABLE last_one (id int)", "INSERT INTO last_one VALUES (1)")
		var columns []*typemap.Column
		for _, column := range s.columns(t, "p") {
			columns = append(columns, mapped(t, column))
		}
		images := s.images(t, from)
		for n, want := range []struct {
			ordinals []int
			line     string // "" for absent
		}{{[]int{1}, "7"}, {[]int{1, 3}, "8\t1"}, {[]int{1, 3}, ""}, {[]int{0, 1}, ""}} {
			im := images[n%2]
			var wanted []*typemap.Column
			for _, at := range want.ordinals {
				wanted = append(wanted, columns[at])
			}
			decoder, err := typemap.NewRowDecoder(wanted, want.ordinals, im.types, im.meta)
			if err != nil {
				t.Fatal(err)
			}
			line, used, err := decoder.Row(nil, im.present, im.data, make([]typemap.Notes, len(wanted)))
			switch {
			case want.line == "" && !errors.Is(err, typemap.ErrAbsent):
				t.Errorf("%s: %q of columns %v: %v", name, line, want.ordinals, err)
			case want.line != "" && (err != nil || string(line) != want.line || used != len(im.data)):
				t.Errorf("%s: %q of columns %v, used %d of %d: %v", name, line, want.ordinals, used, len(im.data), err)
			}
		}
	}
}
