package typemap_test

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/typemap"
)

func sortedDraw(t *rapid.T, names []string) string {
	sort.Strings(names)
	return rapid.SampledFrom(names).Draw(t, "family")
}

// escaped is COPY's text form of a string.
func escaped(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(s)
}

// withLength puts a little-endian length of some bytes in front.
func withLength(bytes int, value []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(value)))[:bytes:bytes], value...)
}

// encoders turn text into the bytes of a MySQL character set; each has only some characters.
var encoders = map[string]struct {
	most   rune
	encode func(dst []byte, r rune) []byte
}{
	"utf8mb4": {utf8.MaxRune, utf8.AppendRune},
	"utf8mb3": {0xffff, utf8.AppendRune},
	"ascii":   {0x7f, utf8.AppendRune},
	"latin1":  {0xff, func(dst []byte, r rune) []byte { return append(dst, byte(r)) }},
	"ucs2":    {0xffff, func(dst []byte, r rune) []byte { return binary.BigEndian.AppendUint16(dst, uint16(r)) }},
	"utf32":   {utf8.MaxRune, func(dst []byte, r rune) []byte { return binary.BigEndian.AppendUint32(dst, uint32(r)) }},
	"utf16": {utf8.MaxRune, func(dst []byte, r rune) []byte {
		for _, unit := range utf16.Encode([]rune{r}) {
			dst = binary.BigEndian.AppendUint16(dst, unit)
		}
		return dst
	}},
	"utf16le": {utf8.MaxRune, func(dst []byte, r rune) []byte {
		for _, unit := range utf16.Encode([]rune{r}) {
			dst = binary.LittleEndian.AppendUint16(dst, unit)
		}
		return dst
	}},
}

// drawText gives text without NUL and its bytes in a character set.
func drawText(t *rapid.T, charset string) (text string, encoded []byte) {
	e := encoders[charset]
	special := rapid.SampledFrom([]rune("\\\t\n\r\b\f\v\x01\x1a N.,'\"é€😀"))
	for _, r := range rapid.SliceOfN(rapid.OneOf(rapid.Rune(), special), 0, 40).Draw(t, "text") {
		if r == 0 || r > e.most || !utf8.ValidRune(r) || charset == "latin1" && r >= 0x80 && r < 0xa0 { // Windows-1252 there
			r = '.'
		}
		text, encoded = text+string(r), e.encode(encoded, r)
	}
	return text, encoded
}

func drawCharset(t *rapid.T) string {
	var names []string
	for name := range encoders {
		names = append(names, name)
	}
	return sortedDraw(t, names)
}

// characters are columns of text. Few values are longer than these; the lengths' widths
// are what is tested.
func characters(t *rapid.T) sample {
	typ := schema.Type{Charset: drawCharset(t), Length: rapid.IntRange(200, 255).Draw(t, "length")}
	s := sample{}
	width := rapid.IntRange(1, 4).Draw(t, "width")
	switch kind := rapid.SampledFrom([]string{"char", "varchar", "text"}).Draw(t, "kind"); kind {
	case "char":
		typ.Name, s.typ = "char", 254
		most := typ.Length * 4
		if s.meta = uint16((254^(most&0x300)>>4)<<8 | most&0xff); most < 256 {
			width = 1
		} else {
			width = 2
		}
	case "varchar":
		typ.Name, s.typ, s.meta = "varchar", 15, uint16(rapid.IntRange(160, 1020).Draw(t, "bytes"))
		if width = 2; s.meta < 256 {
			width = 1
		}
	default:
		typ.Name, s.typ, s.meta = []string{"tinytext", "text", "mediumtext", "longtext"}[width-1], 252, uint16(width)
	}
	s.column.Type = typ
	s.value = func(t *rapid.T) value {
		text, encoded := drawText(t, typ.Charset)
		if typ.Name == "char" {
			for strings.HasSuffix(text, " ") {
				text = text[:len(text)-1]
				encoded = encoded[:len(encoded)-len(encoders[typ.Charset].encode(nil, ' '))]
			}
		}
		return value{image: withLength(width, encoded), text: encoded, field: escaped(text)}
	}
	return s
}

// TestTextIsClean: any bytes in any character set become one field, of valid UTF-8, whose
// text becomes the same field again.
func TestTextIsClean(t *testing.T) {
	again := mapped(t, schema.Column{Type: schema.Type{Name: "text", Charset: "utf8mb4"}})
	rapid.Check(t, func(t *rapid.T) {
		charset := rapid.SampledFrom([]string{"utf8mb4", "latin1", "ascii", "ucs2", "utf16", "utf16le", "utf32", "gbk", "gb18030", "sjis", "ujis", "eucjpms", "big5", "euckr", "cp1251", "binary"}).Draw(t, "charset")
		src := rapid.OneOf(rapid.SliceOf(rapid.Byte()), rapid.SliceOf(rapid.SampledFrom([]byte("\\\t\n\r\x00\xff\xc3\xa9 a\xed\xa0\x80")))).Draw(t, "bytes")
		field, err := mapped(t, schema.Column{Type: schema.Type{Name: "text", Charset: charset}}).Text(nil, src, new(typemap.Notes))
		if err != nil || bytes.ContainsAny(field, "\t\n\r\x00") || !utf8.Valid(field) {
			t.Fatalf("%s: %q becomes %q: %v", charset, src, field, err)
		}
		text := unescaped(t, field)
		if escaped(string(text)) != string(field) {
			t.Fatalf("%s: %q becomes %q, which is %q", charset, src, field, text)
		}
		twice, err := again.Text(nil, text, new(typemap.Notes))
		if err != nil || !bytes.Equal(twice, field) {
			t.Fatalf("%q becomes %q, and then %q: %v", src, field, twice, err)
		}
		if charset == "utf8mb4" && utf8.Valid(src) && bytes.IndexByte(src, 0) < 0 && !bytes.Equal(text, src) {
			t.Fatalf("%q becomes %q", src, text)
		}
	})
}

// drawMembers are the members of an enum or a set, none of them empty and no two the same.
func drawMembers(t *rapid.T, most int) []string {
	member := rapid.StringMatching(`[a-zé😀\\\t '"]{1,6}[a-z]`)
	return rapid.SliceOfNDistinct(member, 1, most, rapid.ID[string]).Draw(t, "members")
}

func enums(t *rapid.T) sample {
	members := drawMembers(t, 30)
	size := 1
	if rapid.Bool().Draw(t, "many") {
		size = 2
		for i := range 300 {
			members = append(members, fmt.Sprintf("member %d", i))
		}
	}
	return sample{column: schema.Column{Type: schema.Type{Name: "enum", Values: members}}, typ: 254, meta: uint16(247<<8 | size), value: func(t *rapid.T) value {
		n := rapid.IntRange(0, len(members)).Draw(t, "number")
		v := value{image: withLengthOnly(size, uint64(n)), text: fmt.Append(nil, n), loose: n == 0}
		if n > 0 {
			v.field = escaped(members[n-1])
		}
		return v
	}}
}

func withLengthOnly(size int, n uint64) []byte {
	return binary.LittleEndian.AppendUint64(nil, n)[:size]
}

func sets(t *rapid.T) sample {
	members := drawMembers(t, 64)
	size := (len(members) + 7) / 8
	if size > 4 {
		size = 8
	}
	return sample{column: schema.Column{Type: schema.Type{Name: "set", Values: members}}, typ: 254, meta: uint16(248<<8 | size), value: func(t *rapid.T) value {
		n := rapid.Uint64().Draw(t, "number") & (1<<len(members) - 1)
		if len(members) == 64 {
			n = rapid.Uint64().Draw(t, "number")
		}
		var chosen []string
		for i, member := range members {
			if n>>i&1 != 0 {
				chosen = append(chosen, member)
			}
		}
		return value{image: withLengthOnly(size, n), text: fmt.Append(nil, n), field: escaped(strings.Join(chosen, ","))}
	}}
}

// byteStrings come without the zero bytes at the end where the length is fixed.
func byteStrings(t *rapid.T) sample {
	width := rapid.IntRange(1, 4).Draw(t, "width")
	s, length := sample{typ: 252, meta: uint16(width)}, 80
	typ := schema.Type{Name: []string{"tinyblob", "blob", "mediumblob", "longblob"}[width-1]}
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		length = rapid.IntRange(0, 255).Draw(t, "length")
		typ, s.typ, s.meta, width = schema.Type{Name: "binary", Length: length}, 254, uint16(254<<8|length), 1
	case 1:
		s.typ, s.meta = 15, uint16(rapid.IntRange(80, 1000).Draw(t, "bytes"))
		if width = 1; s.meta > 255 {
			width = 2
		}
		typ = schema.Type{Name: "varbinary", Length: int(s.meta)}
	}
	s.column.Type = typ
	s.value = func(t *rapid.T) value {
		b := drawBytes(t, length)
		stored := b
		if typ.Name == "binary" {
			b = append(b, make([]byte, length-len(b))...)
			stored = bytes.TrimRight(b, "\x00")
		}
		return value{image: withLength(width, stored), text: b, field: `\\x` + hex.EncodeToString(b)}
	}
	return s
}

func drawBytes(t *rapid.T, most int) []byte {
	return slices.Clip(rapid.SliceOfN(rapid.OneOf(rapid.Byte(), rapid.Just(byte(0))), 0, most).Draw(t, "bytes"))
}

// compressedColumns are MariaDB's, of text and of bytes.
func compressedColumns(t *rapid.T) sample {
	s, width, text := sample{}, rapid.IntRange(1, 4).Draw(t, "width"), rapid.Bool().Draw(t, "text")
	typ := schema.Type{Compressed: true, Charset: "utf8mb4"}
	if rapid.Bool().Draw(t, "var") {
		s.typ, s.meta = 141, uint16(rapid.IntRange(256, 65000).Draw(t, "bytes"))
		width, typ.Name, typ.Length = 2, "varchar", int(s.meta)
	} else {
		s.typ, s.meta, typ.Name = 140, uint16(width), []string{"tinytext", "text", "mediumtext", "longtext"}[width-1]
	}
	if !text {
		typ.Name = strings.NewReplacer("varchar", "varbinary", "text", "blob").Replace(typ.Name)
	}
	s.column.Type = typ
	s.value = func(t *rapid.T) value {
		plain, b := drawText(t, "utf8mb4")
		field := escaped(plain)
		if !text {
			b = drawBytes(t, 60)
			field = `\\x` + hex.EncodeToString(b)
		}
		return value{image: withLength(width, drawCompressed(t, b)), text: b, field: field}
	}
	return s
}

// drawCompressed packs bytes in one of MariaDB's ways.
func drawCompressed(t *rapid.T, b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	size := binary.BigEndian.AppendUint32(nil, uint32(len(b)))
	head := rapid.IntRange(1, 4).Draw(t, "length of the length")
	var packed bytes.Buffer
	write := func(w io.WriteCloser) []byte {
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return append(size[4-head:], packed.Bytes()...)
	}
	level := rapid.IntRange(0, 9).Draw(t, "level")
	switch rapid.SampledFrom([]string{"as it is", "deflate", "zlib"}).Draw(t, "method") {
	case "deflate":
		w, err := flate.NewWriter(&packed, level)
		if err != nil {
			t.Fatal(err)
		}
		return append([]byte{0x88 | byte(head)}, write(w)...)
	case "zlib":
		w, err := zlib.NewWriterLevel(&packed, level)
		if err != nil {
			t.Fatal(err)
		}
		return append([]byte{0x80 | byte(head)}, write(w)...)
	}
	return append([]byte{0}, b...)
}
