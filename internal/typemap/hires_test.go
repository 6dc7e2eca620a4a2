package typemap_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/testserver"
	"pgchameleon/internal/typemap"
)

// TestOldTemporalFormat: times in the format of MariaDB 5.3 give by the binlog what they
// give by the copy, each alone and all in one row.
func TestOldTemporalFormat(t *testing.T) {
	for _, name := range []string{"mariadb-10.11", "mariadb-11.8"} {
		t.Run(name, func(t *testing.T) { oldTemporalFormat(t, name) })
	}
}

func oldTemporalFormat(t *testing.T, name string) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	s := sourceOn(t, testserver.Private(t, name, "--mysql56-temporal-format=OFF"))
	from := s.position(t)
	var defs, names []string
	for digits := range 7 {
		for _, typ := range []string{"datetime", "timestamp", "time"} {
			names = append(names, fmt.Sprintf("%s%d", typ, digits))
			defs = append(defs, fmt.Sprintf("%s%d %s(%d) NULL", typ, digits, typ, digits))
		}
	}
	s.exec(t, "SET sql_mode = 'ALLOW_INVALID_DATES'", "CREATE TABLE old (id int PRIMARY KEY, "+strings.Join(defs, ", ")+", v int)")
	for id := range 300 {
		moment, clock := oldTimes(r, id)
		var values []string
		for _, column := range names {
			switch {
			case r.IntN(20) == 0:
				values = append(values, "NULL")
			case strings.HasPrefix(column, "time") && !strings.HasPrefix(column, "timestamp"):
				values = append(values, clock)
			case strings.HasPrefix(column, "timestamp") && !inEpoch(moment, name):
				values = append(values, "'0000-00-00'")
			default:
				values = append(values, moment)
			}
		}
		s.exec(t, fmt.Sprintf("INSERT INTO old VALUES (%d, %s, %d)", id, strings.Join(values, ", "), id))
	}
	s.exec(t, "CREATE TABLE last_one (id int)", "INSERT INTO last_one VALUES (1)")
	table, images := s.columns(t, "old"), s.images(t, from)
	for i := range images {
		if images[i].table == "old" && slices.ContainsFunc(images[i].types, func(typ byte) bool { return typ >= 17 && typ <= 19 }) {
			t.Fatal("the server wrote the new format: nothing is tried")
		}
	}
	for _, override := range []string{"", "text"} {
		columns := mapAll(t, table, func(schema.Column) string { return override })
		if diff := cmp.Diff(s.copied(t, "old", columns), streamed(t, images, "old", columns)); diff != "" {
			t.Errorf("override %q: the copy (-) and the stream (+) differ:\n%s", override, diff)
		}
	}
	last := asText(t, table[len(table)-1:])
	for i, im := range images[:len(images)-1] {
		decoder, err := typemap.NewRowDecoder(last, []int{len(table) - 1}, im.types, typemap.WireMeta(table, im.types, im.meta))
		if err != nil {
			t.Fatal(err)
		}
		if line, used, err := decoder.Row(nil, im.present, im.data, make([]typemap.Notes, 1)); err != nil || used != len(im.data) || string(line) != fmt.Sprint(i) {
			t.Errorf("the column behind the times: %q, used %d of %d (%v), want %d", line, used, len(im.data), err, i)
		}
	}
}

// oldTimes are a date with a time, and a time, as SQL literals.
func oldTimes(r *rand.Rand, id int) (moment, clock string) {
	moments := []string{
		"0000-00-00 00:00:00", "1970-01-01 00:00:01", "1970-01-01 00:00:00.000001", "1970-01-01 00:00:00.999999", "2038-01-19 03:14:07.999999", "2106-02-07 06:28:15.999999", "9999-12-31 23:59:59.999999",
		"0001-01-01 00:00:00.1", "2020-00-00 00:00:00.5", "2020-02-31 12:00:00.123456", "0000-01-01 10:11:12.000009", "2000-02-29 23:59:59.9", "2020-01-02 00:00:00.000000",
	}
	clocks := []string{
		"00:00:00", "00:00:00.000001", "-00:00:00.000001", "-00:00:00.1", "-00:00:01", "838:59:59.999999", "-838:59:59.999999", "-838:59:59", "24:00:00", "23:59:59.999999", "-12:34:56.789012", "99:59:59.5", "-100:00:00.05",
	}
	if id < len(moments) {
		return "'" + moments[id] + "'", "'" + clocks[id] + "'"
	}
	at := time.UnixMicro(1 + r.Int64N(2147483647e6)).UTC()
	if r.IntN(3) == 0 {
		at = time.Date(r.IntN(10000), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1e9), time.UTC)
	}
	sign := []string{"", "-"}[r.IntN(2)]
	return at.Format("'2006-01-02 15:04:05.000000'"), fmt.Sprintf("'%s%02d:%02d:%02d.%06d'", sign, r.IntN(839), r.IntN(60), r.IntN(60), r.IntN(1e6))
}

// inEpoch says whether a TIMESTAMP of this server holds it.
func inEpoch(moment, server string) bool {
	end := "'2038-01-19 03:14:08"
	if server == "mariadb-11.8" {
		end = "'2106-02-07 06:28:16"
	}
	return moment >= "'1970-01-01 00:00:00" && moment < end
}

// TestOldTemporalFormatIsChecked: what the tracked definition does not say, or says
// otherwise, is an error.
func TestOldTemporalFormatIsChecked(t *testing.T) {
	column := asText(t, []schema.Column{{Name: "d", Type: schema.Type{Name: "datetime", Text: "datetime(3)", Scale: 3}}})[0]
	for _, meta := range []uint16{0, 2, 7} {
		if _, err := column.Image(12, meta); err == nil {
			t.Errorf("metadata %d was taken", meta)
		}
	}
	decode, err := column.Image(12, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range []string{"\xff\xff\xff\xff\xff\xff\xff", "\x00\x42\x09\x0a\x66\xc3"} {
		if got, _, err := decode(nil, []byte(damaged), new(typemap.Notes)); err == nil {
			t.Errorf("%x becomes %q", damaged, got)
		}
	}
	if got := typemap.WireMeta([]schema.Column{{}, column.Source, column.Source}, []byte{3, 18, 12}, []uint16{0, 3, 0}); fmt.Sprint(got) != "[0 3 3]" {
		t.Errorf("metadata %v", got)
	}
}
