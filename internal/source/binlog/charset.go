package binlog

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-mysql-org/go-mysql/client"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"pgchameleon/internal/event"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
)

// charsets knows the character set of each collation id of the server.
type charsets map[uint16]string

// MariaDB 10.10 has collations that are several character sets', each with an id, in another view.
const idsOfPairs = 101001

// readCharsets asks the server.
func readCharsets(ctx context.Context, conn *client.Conn, server *inspect.Server) (charsets, error) {
	query := "SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS WHERE ID IS NOT NULL AND CHARACTER_SET_NAME IS NOT NULL"
	if server.Flavor == event.MariaDB && server.Version >= idsOfPairs {
		query = "SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"
	}
	rows, err := dial.Text(ctx, conn, query)
	if err != nil {
		return nil, fmt.Errorf("reading the server's collations: %w", err)
	}
	known := charsets{}
	for _, row := range rows {
		if id, err := strconv.ParseUint(row[0], 10, 16); err == nil {
			known[uint16(id)] = row[1]
		}
	}
	return known, nil
}

// decode turns the text of a client with that collation into UTF-8.
func (c charsets) decode(collation uint16, text []byte) string {
	name := c[collation]
	if from := encodingOf(name); from != nil && !ascii(text) {
		if decoded, err := from.NewDecoder().Bytes(text); err == nil {
			text = decoded
		}
	}
	return strings.ToValidUTF8(string(text), "\uFFFD")
}

func ascii(text []byte) bool {
	for _, b := range text {
		if b >= 0x80 {
			return false
		}
	}
	return true
}

// encodingOf gives the encoding of a character set of MySQL; nil for UTF-8,
// ascii, binary and those that no client may use.
func encodingOf(charset string) encoding.Encoding {
	switch charset {
	case "latin1":
		return charmap.Windows1252
	case "latin2":
		return charmap.ISO8859_2
	case "latin5":
		return charmap.ISO8859_9
	case "latin7":
		return charmap.ISO8859_13
	case "greek":
		return charmap.ISO8859_7
	case "hebrew":
		return charmap.ISO8859_8
	case "cp1250":
		return charmap.Windows1250
	case "cp1251":
		return charmap.Windows1251
	case "cp1256":
		return charmap.Windows1256
	case "cp1257":
		return charmap.Windows1257
	case "cp850":
		return charmap.CodePage850
	case "cp852":
		return charmap.CodePage852
	case "cp866":
		return charmap.CodePage866
	case "koi8r":
		return charmap.KOI8R
	case "koi8u":
		return charmap.KOI8U
	case "macroman":
		return charmap.Macintosh
	case "tis620":
		return charmap.Windows874
	case "gbk", "gb2312":
		return simplifiedchinese.GBK
	case "gb18030":
		return simplifiedchinese.GB18030
	case "big5":
		return traditionalchinese.Big5
	case "sjis", "cp932":
		return japanese.ShiftJIS
	case "ujis", "eucjpms":
		return japanese.EUCJP
	case "euckr":
		return korean.EUCKR
	}
	return nil
}
