package binlog

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/event"
	"pgchameleon/internal/source/dial"
	"pgchameleon/internal/source/inspect"
	"pgchameleon/internal/typemap"
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
	decoded := string(text)
	switch name := c[collation]; {
	case name == "swe7":
		decoded = decodeQuoted(name, decoded)
	case !ascii(text):
		if d, err := typemap.DecodeText(name, text); err == nil {
			decoded = d
		}
	}
	return strings.ToValidUTF8(decoded, "\uFFFD")
}

// decodeQuoted decodes what stands in quotes: in a character set that has letters
// where ASCII has punctuation, the server reads the rest by ASCII all the same.
func decodeQuoted(charset, text string) string {
	var out strings.Builder
	piece := func(bytes string) {
		d, err := typemap.DecodeText(charset, []byte(bytes))
		if err != nil {
			d = bytes
		}
		out.WriteString(d)
	}
	for {
		open := strings.IndexAny(text, "'\"`")
		if open < 0 {
			break
		}
		quote := text[open]
		out.WriteString(text[:open+1])
		text = text[open+1:]
		for text != "" {
			doubled := len(text) > 1 && text[0] == quote && text[1] == quote
			switch {
			case doubled && quote == '`': // one letter, which needs no doubling then
				piece("`")
				text = text[2:]
				continue
			case doubled, text[0] == '\\' && quote != '`' && len(text) > 1: // a backslash escapes, and is no letter
				out.WriteString(text[:2])
				text = text[2:]
				continue
			}
			if text[0] == quote {
				break
			}
			piece(text[:1])
			text = text[1:]
		}
		if text != "" {
			out.WriteByte(quote)
			text = text[1:]
		}
	}
	out.WriteString(text)
	return out.String()
}

func ascii(text []byte) bool {
	for _, b := range text {
		if b >= 0x80 {
			return false
		}
	}
	return true
}
