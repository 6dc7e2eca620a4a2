package typemap

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pgchameleon/internal/testserver"
)

func TestDayNumbers(t *testing.T) {
	epoch := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for at := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 10_000; at = at.AddDate(0, 0, 13) {
		want := int((at.Unix() - epoch.Unix()) / 86400)
		got, rest, ok := dayNumber([]byte(at.Format("2006-01-02")))
		if !ok || len(rest) > 0 || got != want {
			t.Fatalf("%s is day %d (%v), want %d", at.Format("2006-01-02"), got, ok, want)
		}
	}
	for _, text := range []string{"0000-01-01", "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-04-31", "2024-4-1", "24-04-01", ""} {
		if n, _, ok := dayNumber([]byte(text)); ok {
			t.Errorf("%q is day %d", text, n)
		}
	}
}

// PostgreSQL writes values itself in both formats of COPY: what is made of the one must be
// the other, byte by byte.
func TestBinaryIsWhatPostgreSQLWrites(t *testing.T) {
	s := testserver.Shared(t, testserver.Target)
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, fmt.Sprintf("host=%s port=%d user=%s dbname=%s sslmode=disable timezone=UTC", s.Host, s.Port, s.User, s.Database(t, "binary")))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	const some = "from generate_series(1, 3000) i"
	for _, c := range []struct{ sql, values string }{
		{"smallint", "select ((random() - 0.5) * 65535)::int::smallint " + some + " union all values ((-32768)::smallint), (32767::smallint), (0::smallint)"},
		{"integer", "select ((random() - 0.5) * 4294967295)::bigint::integer " + some + " union all values (-2147483648), (2147483647), (0)"},
		{"bigint", "select ((random() - 0.5) * 1.8e19)::numeric::bigint " + some + " union all values ((-9223372036854775808)::bigint), (9223372036854775807), (0), (999999999999999999), (-1000000000000000000)"},
		{"numeric(65,30)", "select (round((random() - 0.5)::numeric * power(10::numeric, (random() * 60)::int - 25), (random() * 30)::int)) " + some +
			" union all values (0), (0.0), (0.000), (-0.5), (10000), (100000000), (0.0001), (0.00001), (1.00000000), (99999999999999999999999999999999999.999999999999999999999999999999), (-0.000000000000000000000000000001), (20000.00020000)"},
		{"real", "select ((random() - 0.5) * power(10, (random() * 70)::int - 35))::real " + some + " union all values (0), ('-0'), (3.4028235e38), (1e-45)"},
		{"double precision", "select (random() - 0.5) * power(10, (random() * 600)::int - 300) " + some + " union all values (0), ('-0'), (1.7976931348623157e308), (5e-324), (0.1), (100000000000000000000)"},
		{"boolean", "select random() < 0.5 " + some},
		{"text", `select string_agg(chr(1 + (random() * 300)::int), '') from generate_series(1, 20000) j group by j % 500 union all values (''), (E'\\'), (E'a\tb\nc\rd\be\ff\vg\\h\\\\N'), ('😀')`},
		{"character varying(50)", `select substr(md5(i::text), 1, i % 30) ` + some},
		{"jsonb", `select jsonb_build_object('a', i, 'b', E'x\ny\\z', 'c', array[1.5, random()]) ` + some},
		{"bytea", `select decode(string_agg(lpad(to_hex((random() * 255)::int), 2, '0'), ''), 'hex') from generate_series(1, 20000) j group by j % 500 union all values (''::bytea), ('\x00')`},
		{"uuid", "select gen_random_uuid() " + some},
		{"date", "select date '0001-01-01' + (random() * 3652058)::int " + some + " union all values (date '9999-12-31'), ('infinity'), ('-infinity'), ('2000-01-01'), ('1999-12-31')"},
		{"time(6) without time zone", "select time '00:00' + random() * interval '24 hours' " + some + " union all values (time '24:00:00'), ('00:00:00.000001'), ('23:59:59.999999')"},
		{"timestamp(6) without time zone", "select timestamp '0001-01-01' + random() * interval '3652058 days' " + some + " union all values (timestamp '9999-12-31 23:59:59.999999'), ('infinity'), ('-infinity'), ('1970-01-01 00:00:00.5')"},
		{"timestamp(6) with time zone", "select timestamptz '0001-01-01 00:00:00+00' + random() * interval '3652058 days' " + some + " union all values (timestamptz '2038-01-19 03:14:07+00'), ('infinity')"},
	} {
		t.Run(c.sql, func(t *testing.T) {
			if _, err := conn.Exec(ctx, "drop table if exists v; create table v as "+c.values); err != nil {
				t.Fatal(err)
			}
			var text, wire bytes.Buffer
			for format, to := range map[string]*bytes.Buffer{"text": &text, "binary": &wire} {
				if _, err := conn.PgConn().CopyTo(ctx, to, "copy v to stdout (format "+format+")"); err != nil {
					t.Fatal(err)
				}
			}
			receive := (&Column{family: family{sql: c.sql}}).receiver()
			want := wire.Bytes()[19:] // after the header
			for _, field := range bytes.Split(bytes.TrimSuffix(text.Bytes(), []byte("\n")), []byte("\n")) {
				size := int(binary.BigEndian.Uint32(want[2:]))
				value := want[6 : 6+size]
				want = want[6+size:]
				got, err := receive(append([]byte("before"), field...), 6)
				if err != nil || string(got[:6]) != "before" || !bytes.Equal(got[6:], value) {
					t.Fatalf("%q is\n%x (%v), not\n%x", field, got[6:], err, value)
				}
			}
			if len(want) != 2 {
				t.Errorf("%d bytes are left", len(want))
			}
		})
	}
}

// What COPY's text format escapes, at any place among what it does not.
func TestEscapes(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	alphabet := []string{"a", "b", "~", " ", "é", "€", "😀", "\x7f", "\x01", "\x1f", "\b", "\f", "\v", "[", "]", "\\", "\t", "\n", "\r"}
	escapes := strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)
	for range 20_000 {
		var value strings.Builder
		for range random.IntN(60) {
			if n := random.IntN(len(alphabet)); random.IntN(4) > 0 {
				value.WriteString(alphabet[n%7])
			} else {
				value.WriteString(alphabet[n])
			}
		}
		field, err := (&policy{}).text([]byte("\\\t"+value.String()), 2, &Notes{})
		if want := "\\\t" + escapes.Replace(value.String()); err != nil || string(field) != want {
			t.Fatalf("%q became %q (%v), want %q", value.String(), field, err, want)
		}
		bare, null, err := (&policy{}).chars([]byte(value.String()), 0, &Notes{})
		if err != nil || null || string(bare) != value.String() {
			t.Fatalf("%q became %q (%v, %v)", value.String(), bare, null, err)
		}
	}
}

func TestWhatHasNoBinaryForm(t *testing.T) {
	for name, fields := range map[string][]string{
		"smallint": {"32768", "-32769", "", "-", "1.5", "1e3", "x"}, "integer": {"2147483648", "99999999999999999999"}, "bigint": {"9223372036854775808"},
		"numeric(10,2)": {"", "-", ".", "NaN", "1e5", "1,5"}, "double precision": {"", "x"}, "real": {"1e39"}, "boolean": {"yes", ""}, "bytea": {"abc", `\\x0`, `\\xgg`},
		"uuid": {"", "00000000-0000-0000-0000-00000000000", "00000000-0000-0000-0000-0000000000001", "g0000000-0000-0000-0000-000000000000"},
		"date": {"2024-02-30", "0000-00-00", "2024-01-01 BC", "10000-01-01"}, "time(0) without time zone": {"25:00:00", "24:00:01", "00:60:00", "-01:00:00", "00:00:00.1234567"},
		"timestamp(0) without time zone": {"2024-01-01", "2024-01-01 00:00", "2024-01-01T00:00:00", "2024-01-01 00:00:00+01", "2024-01-01 00:00:00 BC"},
	} {
		receive := (&Column{family: family{sql: name}}).receiver()
		for _, field := range fields {
			if got, err := receive([]byte(field), 0); err == nil {
				t.Errorf("%s %q became %x", name, field, got)
			}
		}
	}
	for _, name := range []string{"inet", "text[]", "bit(3)", "geometry", "vector(3)", "numeric(5)[]", "time(3) with time zone", "interval"} {
		if (&Column{family: family{sql: name}}).Binary() != nil {
			t.Errorf("%s has a binary form", name)
		}
	}
}
