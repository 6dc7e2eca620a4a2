package catalogue

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"unicode/utf8"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
)

//go:embed sql/discard_row.sql
var discardRowSQL string

// Stage says where a row was discarded.
type Stage string

// The stages that discard rows.
const (
	InCopy   Stage = "copy"
	InStream Stage = "stream"
)

// Discarded is a row that PostgreSQL refused.
type Discarded struct {
	SourceID int64
	Table    schema.Name // on the source
	Schema   string      // in PostgreSQL
	Name     string
	Stage    Stage
	Position event.Position // of its transaction, or the low mark of its copy
	Reason   string
	Row      []byte // as a line of COPY text
}

// DiscardRow keeps a row in the table of discarded rows.
func DiscardRow(ctx context.Context, db DB, d Discarded) error {
	_, err := db.Exec(ctx, discardRowSQL, d.SourceID, d.Table.Schema, d.Table.Table, d.Schema, d.Name, string(d.Stage),
		encode(d.Position), printable(d.Reason), printable(string(d.Row)))
	return reading("keeping a discarded row", err)
}

// printable makes text that PostgreSQL takes: a NUL and bytes that are not UTF-8
// become \xHH, which COPY reads back as the byte.
func printable(text string) string {
	if utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if text[i] == 0 || r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, `\x%02X`, text[i])
		} else {
			b.WriteString(text[i : i+size])
		}
		i += size
	}
	return b.String()
}
