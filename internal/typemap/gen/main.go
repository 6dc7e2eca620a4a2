// Command gen asks a MySQL 8 or 9 server what each byte sequence of each of its
// character sets means in Unicode, and writes the answers as charsets.bin.gz,
// from which typemap decodes row images.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"slices"

	"github.com/go-mysql-org/go-mysql/client"
)

// single are the sets of one byte for each character; double those of one or
// two; triple add three-byte characters that begin with 8F.
var (
	single = []string{
		"armscii8", "ascii", "cp1250", "cp1251", "cp1256", "cp1257", "cp850", "cp852", "cp866", "dec8", "geostd8", "greek", "hebrew", "hp8",
		"keybcs2", "koi8r", "koi8u", "latin1", "latin2", "latin5", "latin7", "macce", "macroman", "swe7", "tis620",
	}
	double = []string{"big5", "cp932", "euckr", "gb2312", "gbk", "sjis"}
	triple = []string{"eucjpms", "ujis"}
)

func main() {
	address := flag.String("address", "127.0.0.1:3306", "of a MySQL 8 or 9 server")
	user := flag.String("user", "root", "account, without a password")
	out := flag.String("out", "charsets.bin.gz", "file to write")
	flag.Parse()
	if err := run(*address, *user, *out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// part is one run of questions: n below count, in length bytes after prefix.
type part struct {
	charset string
	length  int
	prefix  []byte
	count   int
}

func parts() []part {
	var list []part
	for _, name := range slices.Concat(single, double, triple, []string{"gb18030"}) {
		list = append(list, part{name, 1, nil, 256})
	}
	for _, name := range slices.Concat(double, triple, []string{"gb18030"}) {
		list = append(list, part{name, 2, nil, 1 << 16})
	}
	for _, name := range triple {
		list = append(list, part{name, 2, []byte{0x8f}, 1 << 16})
	}
	return append(list, part{"gb18030", 4, nil, 39420})
}

func run(address, user, out string) error {
	conn, err := client.Connect(address, user, "", "")
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", address, err)
	}
	defer conn.Close()
	var plain bytes.Buffer
	for _, p := range parts() {
		table, err := p.ask(conn)
		if err != nil {
			return fmt.Errorf("asking for %s: %w", p.charset, err)
		}
		fmt.Fprintf(&plain, "%s %d %d\n", p.charset, len(p.prefix)+p.length, len(table))
		if err := binary.Write(&plain, binary.LittleEndian, table); err != nil {
			return err
		}
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(plain.Bytes()); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, packed.Bytes(), 0o644)
}

// ask gives the code points of the part's byte sequences, 0 where there is none.
func (p part) ask(conn *client.Conn) ([]uint16, error) {
	table := make([]uint16, p.count)
	const step = 256 // sequences in a query
	for first := 0; first < p.count; first += step {
		var query bytes.Buffer
		for n := first; n < min(first+step, p.count); n++ {
			if n > first {
				query.WriteString(" UNION ALL ")
			}
			fmt.Fprintf(&query, "SELECT %d AS n, x'%x%x' AS b", n, p.prefix, sequence(p.length, n))
		}
		sql := fmt.Sprintf(`SELECT n, HEX(b), HEX(CONVERT(CONVERT(b USING %[1]s) USING utf16)), HEX(CONVERT(CONVERT(b USING %[1]s) USING binary)) FROM (%[2]s) AS codes`,
			p.charset, query.String())
		result, err := conn.Execute(sql)
		if err != nil {
			return nil, err
		}
		for row := range result.Values {
			n, _ := result.GetInt(row, 0)
			source, _ := result.GetString(row, 1)
			code, _ := result.GetString(row, 2)
			back, _ := result.GetString(row, 3)
			if source != back || len(code) != 4 || code == "003F" && source != "3F" {
				continue // not a character, or more than one
			}
			unit, err := hex.DecodeString(code)
			if err != nil {
				return nil, err
			}
			table[n] = binary.BigEndian.Uint16(unit)
		}
		result.Close()
	}
	return table, nil
}

// sequence gives the n-th sequence; those of four bytes count as GB 18030 does.
func sequence(length, n int) []byte {
	switch length {
	case 1:
		return []byte{byte(n)}
	case 2:
		return []byte{byte(n >> 8), byte(n)}
	default:
		return []byte{byte(0x81 + n/12600), byte(0x30 + n/1260%10), byte(0x81 + n/10%126), byte(0x30 + n%10)}
	}
}
