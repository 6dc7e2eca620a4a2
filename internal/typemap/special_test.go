package typemap_test

import (
	"slices"
	"strings"
	"testing"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// special are the types that only some servers have.
func special() []one {
	compressible := strings.Repeat("compress me ", 300)
	return []one{
		{def: "point", sql: "bytea", only: "mysql-9", values: []string{"ST_GeomFromText('POINT(1 2)', 4326)", "ST_GeomFromText('POINT(1 2)')"},
			want: []string{`\x0101000020e61000000000000000000040000000000000f03f`, `\x0101000000000000000000f03f0000000000000040`}},
		{def: "geometry", sql: "bytea", only: "mysql-5.6 mariadb", values: []string{"ST_GeomFromText('LINESTRING(1 2,3 4)', 4326)", "NULL"},
			want: []string{`\x0102000020e610000002000000000000000000f03f000000000000004000000000000008400000000000001040`, "NULL"}},
		{def: "vector(3)", sql: "real[]", only: "mysql-9", values: []string{"to_vector('[1,2.5,-0.1]')"}, want: []string{"{1,2.5,-0.1}"}},
		{def: "vector(3)", sql: "real[]", only: "mariadb-11", values: []string{"vec_fromtext('[1,2.5,-0.1]')"}, want: []string{"{1,2.5,-0.1}"}},
		{def: "uuid", sql: "uuid", only: "mariadb", values: literals("00112233-4455-6677-8899-aabbccddee00", "00000000-0000-0000-0000-000000000000", "6ccd780c-baba-1026-9564-5b8c656024db"),
			want: []string{"00112233-4455-6677-8899-aabbccddee00", "00000000-0000-0000-0000-000000000000", "6ccd780c-baba-1026-9564-5b8c656024db"}},
		{def: "inet4", sql: "inet", only: "mariadb", values: literals("10.0.0.0", "255.255.255.255", "0.0.0.0"), want: []string{"10.0.0.0/32", "255.255.255.255/32", "0.0.0.0/32"}},
		{def: "inet6", sql: "inet", only: "mariadb", values: literals("::", "2001:db8::1", "::ffff:1.2.3.4", "fe80::"), want: []string{"::/128", "2001:db8::1/128", "::ffff:1.2.3.4/128", "fe80::/128"}},
		{def: "varchar(1000) COMPRESSED", sql: "character varying(1000)", only: "mariadb", packed: true, values: literals("a", "", strings.Repeat("z", 900), "é"), want: []string{"a", "", strings.Repeat("z", 900), "é"}},
		{def: "longtext COMPRESSED", sql: "text", only: "mariadb", packed: true, values: literals(compressible, "x"), want: []string{compressible, "x"}},
		{def: "text COMPRESSED", sql: "text", only: "mariadb", packed: true, before: "SET column_compression_zlib_wrap = ON", values: literals(compressible), want: []string{compressible}},
		{def: "blob COMPRESSED", sql: "bytea", only: "mariadb", packed: true, values: []string{"repeat(x'00', 1000)", "x'80'"}, want: []string{`\x` + strings.Repeat("00", 1000), `\x80`}},
	}
}

// TestEmptyGeometry: a NOT NULL column without a value in a row is no bytes at all, on the
// servers that allow it.
func TestEmptyGeometry(t *testing.T) {
	for _, name := range []string{"mariadb-10.11", "mysql-5.6"} {
		s, conn := newSource(t, name), target(t)
		from := s.position(t)
		s.exec(t, "CREATE TABLE g (id int, v point NOT NULL)", "INSERT INTO g (id) VALUES (1)", "CREATE TABLE last_one (id int)", "INSERT INTO last_one VALUES (1)")
		var columns []*typemap.Column
		for _, column := range s.columns(t, "g") {
			columns = append(columns, mapped(t, column))
		}
		copied, streamed := s.copied(t, "g", columns), streamed(t, s.images(t, from), "g", columns)
		if want := []string{"1\t\\\\x"}; !slices.Equal(copied, want) || !slices.Equal(streamed, want) {
			t.Errorf("%s: copied %q, streamed %q, want %q", name, copied, streamed, want)
		}
		if got := held(t, conn, "g", columns, copied); !slices.Equal(got, []string{`\x`}) {
			t.Errorf("%s: PostgreSQL holds %q", name, got)
		}
	}
	for notNull, want := range map[bool]string{true: "010700000000000000", false: `\N`} {
		column := mappedFor(t, schema.Column{NotNull: notNull, Type: schema.Type{Name: "point"}}, typemap.Options{PostGIS: true})
		if field, err := column.Text(nil, nil, new(typemap.Notes)); err != nil || string(field) != want {
			t.Errorf("with PostGIS it becomes %q: %v", field, err)
		}
	}
}
