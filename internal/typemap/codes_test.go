package typemap_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated files")

// Sets of one byte for each character, of one or two, and those of Japanese that have
// three-byte characters, which begin with 8F.
var (
	single = strings.Fields("armscii8 ascii cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 dec8 geostd8 greek hebrew hp8 keybcs2 koi8r koi8u latin1 latin2 latin5 latin7 macce macroman swe7 tis620")
	double = strings.Fields("big5 cp932 euckr gb2312 gbk sjis")
	triple = strings.Fields("eucjpms ujis")
)

// question asks for the characters of count codes, each of length bytes after a prefix.
type question struct {
	charset string
	length  int
	prefix  []byte
	count   int
}

// TestCodesAreTheServers asks a server what each code of each character set means; the
// answers are charsets.zip. With -update they are written.
func TestCodesAreTheServers(t *testing.T) {
	s := newSource(t, "mysql-9.7")
	var list []question
	for _, name := range slices.Concat(single, double, triple, []string{"gb18030"}) {
		list = append(list, question{name, 1, nil, 256})
	}
	for _, name := range slices.Concat(double, triple, []string{"gb18030"}) {
		list = append(list, question{name, 2, nil, 1 << 16})
	}
	for _, name := range triple {
		list = append(list, question{name, 2, []byte{0x8f}, 1 << 16})
	}
	list = append(list, question{"gb18030", 4, nil, 39420})
	plain := map[string][]byte{}
	for _, q := range list {
		table, err := binary.Append(nil, binary.LittleEndian, q.ask(t, s))
		if err != nil {
			t.Fatal(err)
		}
		plain[fmt.Sprintf("%s.%d", q.charset, len(q.prefix)+q.length)] = table
	}
	const file = "charsets.zip"
	if *update {
		pack(t, file, plain)
	}
	packed, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	if len(packed.File) != len(plain) {
		t.Errorf("%s has %d tables, not %d", file, len(packed.File), len(plain))
	}
	for name, table := range plain {
		written, err := fs.ReadFile(packed, name)
		if err != nil || !bytes.Equal(written, table) {
			t.Errorf("%s of %s is not what the server says (%v); run go generate in this folder", name, file, err)
		}
	}
}

// pack writes the tables, the same ones always to the same bytes.
func pack(t *testing.T, file string, tables map[string][]byte) {
	t.Helper()
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(tables[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ask gives the code points, 0 where there is no character.
func (q question) ask(t *testing.T, s *source) []uint16 {
	table := make([]uint16, q.count)
	const step = 512 // codes in a query
	for first := 0; first < q.count; first += step {
		var query bytes.Buffer
		for n := first; n < min(first+step, q.count); n++ {
			if n > first {
				query.WriteString(" UNION ALL ")
			}
			fmt.Fprintf(&query, "SELECT x'%x%x' AS b", q.prefix, code(q.length, n))
		}
		rows := s.rows(t, fmt.Sprintf(`SELECT b, CONVERT(CONVERT(CONVERT(b USING %[1]s) USING utf16) USING binary), CONVERT(CONVERT(b USING %[1]s) USING binary) FROM (%[2]s) AS codes`,
			q.charset, query.String()))
		for i, row := range rows {
			unit := row[1]
			if !bytes.Equal(row[0], row[2]) || len(unit) != 2 || string(unit) == "\x00?" && string(row[0]) != "?" {
				continue // not a character, or more than one
			}
			table[first+i] = binary.BigEndian.Uint16(unit)
		}
	}
	return table
}

// code gives the n-th code; those of four bytes count as GB 18030 does.
func code(length, n int) []byte {
	switch length {
	case 1:
		return []byte{byte(n)}
	case 2:
		return []byte{byte(n >> 8), byte(n)}
	default:
		return []byte{byte(0x81 + n/12600), byte(0x30 + n/1260%10), byte(0x81 + n/10%126), byte(0x30 + n%10)}
	}
}
