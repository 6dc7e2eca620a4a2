package typemap_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/testserver"
	"pgchameleon/internal/typemap"
)

// TestOldFormatsOfAServer: MariaDB still makes tables in the formats of before MySQL 5.6 where
// it is told to. Both roads read them alike; fractions of a second are refused.
func TestOldFormatsOfAServer(t *testing.T) {
	s, conn := sourceOn(t, testserver.Private(t, "mariadb-10.11", "--mysql56-temporal-format=OFF")), target(t)
	cases := []one{
		{
			def: "time", values: literals("00:00:00", "23:59:59", "-00:00:01", "-838:59:59", "838:59:59", "24:00:00"),
			want: []string{"00:00:00", "23:59:59", "NULL", "NULL", "NULL", "24:00:00"},
		},
		{
			def: "datetime", values: literals("0000-00-00 00:00:00", "0001-01-01 00:00:00", "1999-12-31 23:59:59", "9999-12-31 23:59:59", "2020-00-01 10:00:00"),
			want: []string{"NULL", "0001-01-01 00:00:00", "1999-12-31 23:59:59", "9999-12-31 23:59:59", "NULL"},
		},
		{
			def: "timestamp NULL", values: literals("0000-00-00 00:00:00", "1970-01-01 00:00:01", "2038-01-19 03:14:07"),
			want: []string{"NULL", "1970-01-01 00:00:01+00", "2038-01-19 03:14:07+00"},
		},
		{def: "time(3)"}, {def: "datetime(6)"}, {def: "timestamp(1) NULL"},
	}
	from := s.position(t)
	for i, c := range cases {
		s.exec(t, fmt.Sprintf("CREATE TABLE t%d (id int PRIMARY KEY, v %s)", i, c.def))
		for n, value := range append(c.values, "NULL") {
			s.exec(t, fmt.Sprintf("INSERT INTO t%d VALUES (%d, %s)", i, n, value))
		}
	}
	s.exec(t, "CREATE TABLE last_one (id int)", "INSERT INTO last_one VALUES (1)")
	images := s.images(t, from)
	for i, c := range cases {
		table := fmt.Sprintf("t%d", i)
		var columns []*typemap.Column
		for _, column := range s.columns(t, table) {
			columns = append(columns, mapped(t, column))
		}
		if c.values == nil {
			at := images[len(images)-len(cases)+i-1] // each of these has one row
			if _, err := columns[1].Image(at.types[1], at.meta[1]); err == nil || !strings.Contains(err.Error(), "mysql56_temporal_format") {
				t.Errorf("%s: %v", c.def, err)
			}
			continue
		}
		copied, streamed := s.copied(t, table, columns), streamed(t, images, table, columns)
		if diff := cmp.Diff(copied, streamed); diff != "" {
			t.Errorf("%s: the copy (-) and the stream (+) differ:\n%s", c.def, diff)
		}
		if diff := cmp.Diff(append(c.want, "NULL"), held(t, conn, table, columns, copied)); diff != "" {
			t.Errorf("%s: PostgreSQL holds (+), want (-):\n%s", c.def, diff)
		}
	}
}
