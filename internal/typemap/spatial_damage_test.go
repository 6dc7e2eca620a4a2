package typemap_test

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// sound are values as the servers store them, of every type.
func sound(t testing.TB) (list [][]byte) {
	t.Helper()
	xy := onePoint[10:]
	line := "0102000000" + "02000000" + xy + xy
	polygon := "0103000000" + "02000000" + "04000000" + xy + xy + xy + xy + "04000000" + xy + xy + xy + xy
	for _, value := range []string{
		onePoint, line, polygon, "0104000000" + "02000000" + onePoint + onePoint, "0105000000" + "02000000" + line + line,
		"0106000000" + "02000000" + polygon + polygon, inCollections, "0107000000" + "03000000" + onePoint + line + polygon, nested(5),
	} {
		for _, srid := range []string{"00000000", "e6100000", "ffffff7f"} {
			bytes, err := hex.DecodeString(srid + value)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, bytes)
		}
	}
	return list
}

// TestDamagedGeometriesLoad: whatever bytes a geometry column holds, PostGIS takes what we make of them.
func TestDamagedGeometriesLoad(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	values := sound(t)
	for _, value := range sound(t) {
		for range 300 {
			values = append(values, damaged(r, value))
		}
	}
	conn := extended(t, "postgis")
	for _, notNull := range []bool{false, true} {
		column := mappedAs(t, schema.Column{Name: "v", NotNull: notNull, Type: schema.Type{Name: "geometry", Text: "geometry"}}, "", typemap.Options{PostGIS: true})
		var lines strings.Builder
		for i, value := range values {
			var notes typemap.Notes
			line, err := column.Text([]byte(strconv.Itoa(i)+"\t"), value, &notes)
			if lost := strings.HasSuffix(string(line), `\N`); err != nil || lost && notes.Counts[typemap.OutOfRange] != 1 {
				t.Fatalf("%x: %v, noted %v", value, err, notes.Counts)
			}
			lines.Write(append(line, '\n'))
		}
		suffix := map[bool]string{true: " NOT NULL"}[notNull]
		if _, err := conn.Exec(context.Background(), "CREATE TEMP TABLE damaged (id int, v geometry"+suffix+")"); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.PgConn().CopyFrom(context.Background(), strings.NewReader(lines.String()), "COPY damaged FROM STDIN"); err != nil {
			t.Fatalf("%v", err)
		}
		if got := answers(t, conn, "SELECT count(v)::text FROM damaged WHERE ST_SRID(v) NOT BETWEEN 0 AND 999999"); got[0] != "0" {
			t.Errorf("%s values have an SRID beyond PostGIS'", got[0])
		}
		if _, err := conn.Exec(context.Background(), "DROP TABLE damaged"); err != nil {
			t.Fatal(err)
		}
	}
}

// damaged changes, cuts or lengthens a copy of the value.
func damaged(r *rand.Rand, value []byte) []byte {
	value = append([]byte(nil), value...)
	switch r.IntN(4) {
	case 0:
		value = value[:r.IntN(len(value)+1)]
	case 1:
		value = append(value, byte(r.IntN(256)))
	}
	for range r.IntN(3) {
		if len(value) == 0 {
			break
		}
		at := r.IntN(len(value))
		if r.IntN(2) == 0 {
			value[at] = byte(r.IntN(9)) // a small number or type
		} else {
			value[at] ^= 1 << r.IntN(8)
		}
	}
	return value
}

// FuzzPostGIS: any bytes become hexadecimal digits or NULL, and those digits are read again as the same.
func FuzzPostGIS(f *testing.F) {
	for _, value := range sound(f) {
		f.Add(value)
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, value []byte) {
		column := mappedAs(t, schema.Column{Name: "v", Type: schema.Type{Name: "geometry", Text: "geometry"}}, "", typemap.Options{PostGIS: true})
		var notes typemap.Notes
		field, err := column.Text(nil, value, &notes)
		if err != nil {
			t.Fatal(err)
		}
		if string(field) == `\N` {
			if notes.Counts[typemap.OutOfRange] != 1 {
				t.Errorf("NULL without a note: %v", notes.Counts)
			}
			return
		}
		if decoded, err := hex.DecodeString(string(field)); err != nil || len(decoded) < 9 || decoded[0] != 1 {
			t.Errorf("%s: %v", field, err)
		}
	})
}
