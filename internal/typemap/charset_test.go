package typemap_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

// TestCharsets compares our decoding with the server's own conversion: all bytes of the
// single-byte sets, all pairs (and triples and quadruples) of the others.
func TestCharsets(t *testing.T) {
	for _, name := range []string{"mysql-9.7", "mariadb-10.11"} {
		t.Run(name, func(t *testing.T) {
			s := newSource(t, name)
			for _, row := range s.rows(t, "SELECT character_set_name, maxlen FROM information_schema.character_sets ORDER BY 1") {
				charset := string(row[0])
				if charset == "binary" || strings.HasPrefix(charset, "utf8") {
					continue
				}
				t.Run(charset, func(t *testing.T) { compare(t, s, charset, string(row[1])) })
			}
		})
	}
}

func compare(t *testing.T, s *source, charset, longest string) {
	column, err := typemap.New(schema.Column{Name: "v", Type: schema.Type{Name: "varchar", Length: 10, Charset: charset, Text: "varchar(10)"}}, typemap.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	decode, err := column.Image(15, 40)
	if err != nil {
		t.Fatal(err)
	}
	unicode, err := typemap.New(schema.Column{Name: "v", Type: schema.Type{Name: "varchar", Length: 10, Charset: "utf8mb4", Text: "varchar(10)"}}, typemap.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	s.exec(t, "DROP TABLE IF EXISTS codes", "CREATE TABLE codes (b varbinary(4))")
	fill(t, s, charset, longest)
	query := fmt.Sprintf("SELECT b, CONVERT(CONVERT(b USING %[1]s) USING utf8mb4), CONVERT(CONVERT(b USING %[1]s) USING binary) FROM codes", charset)
	checked, without := 0, 0
	for _, row := range s.rows(t, query) {
		code, text, back := row[0], row[1], row[2]
		if !bytes.Equal(code, back) {
			continue // the server does not take these bytes
		}
		if text == nil || !utf8.Valid(text) || len(text) == 0 {
			continue // half a surrogate pair, or half a character
		}
		if string(text) == "?" && string(code) != "?" { // it has no character for the whole code
			text = []byte("\uFFFD")
			without++
		}
		if strings.Contains(string(text), "?") && !bytes.Contains(code, []byte("?")) {
			continue // nor for a part of it
		}
		want, err := unicode.Text(nil, text, new(typemap.Notes))
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := decode(nil, append([]byte{byte(len(code))}, code...), new(typemap.Notes))
		if err != nil || !bytes.Equal(want, got) {
			t.Fatalf("%x is %q, want %q (%v)", code, got, want, err)
		}
		checked++
	}
	t.Logf("%d codes, %d of them without a character", checked, without)
	if checked < 120 {
		t.Errorf("only %d codes were compared", checked)
	}
}

// fill inserts a set's codes: for the wide ones a sample of all planes.
func fill(t *testing.T, s *source, charset, longest string) {
	var codes []string
	add := func(format string, args ...any) { codes = append(codes, fmt.Sprintf("(x'"+format+"')", args...)) }
	switch {
	case charset == "utf16" || charset == "utf16le" || charset == "utf32" || charset == "ucs2":
		for r := 1; r < 0x10000; r += 7 {
			switch charset {
			case "utf16le":
				add("%02x%02x", r&0xff, r>>8)
			case "utf32":
				add("%08x", r)
			default:
				add("%04x", r)
			}
		}
		for r := 0x10000; r < 0x110000; r += 997 {
			high, low := 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff
			switch charset {
			case "utf16":
				add("%04x%04x", high, low)
			case "utf16le":
				add("%02x%02x%02x%02x", high&0xff, high>>8, low&0xff, low>>8)
			case "utf32":
				add("%08x", r)
			}
		}
	default:
		for b := range 256 {
			add("%02x", b)
		}
	}
	if longest > "1" && len(codes) == 256 {
		for code := 0x8140; code < 0xffff; code++ {
			add("%04x", code)
		}
	}
	if longest == "3" {
		for code := 0xa1a1; code < 0xffff; code++ {
			if code&0xff >= 0xa1 {
				add("8f%04x", code)
			}
		}
	}
	if charset == "gb18030" {
		for n := 0; n < 126*12600; n += 61 {
			add("%02x%02x%02x%02x", 0x81+n/12600, 0x30+n/1260%10, 0x81+n/10%126, 0x30+n%10)
		}
	}
	for len(codes) > 0 {
		n := min(len(codes), 5000)
		s.exec(t, "INSERT INTO codes VALUES "+strings.Join(codes[:n], ","))
		codes = codes[n:]
	}
}
