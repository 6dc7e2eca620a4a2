package inspect

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"

	"pgchameleon/internal/event"
	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
)

// Hidden finds out what SHOW CREATE TABLE hides: it is written in utf8mb3, so that
// a character beyond U+FFFF in a member of an ENUM or SET, or in a default, is a `?`
// there, as one that really is a `?`. It is for one server and many goroutines, and
// remembers what it has read rows for, which only MySQL before 8 and MariaDB before 10.3 need.
type Hidden struct {
	server *Server
	mu     sync.Mutex
	read   map[string]map[int]string // by table, column and shown members
	told   map[string]bool
}

// NewHidden gives the Hidden of a server.
func NewHidden(server *Server) *Hidden {
	return &Hidden{server: server, read: map[string]map[int]string{}, told: map[string]bool{}}
}

// Unknown is a `?` of a definition that may be another character. Defaults that
// could not be found out are taken out of the definition, members stay.
type Unknown struct {
	Column string
	Member int // its number, from 1 on; 0: the column's default
}

// Restore puts the members and defaults as they are into a definition that was
// made of SHOW CREATE TABLE. No row is read but on MySQL before 8, and a
// definition without a `?` asks nothing. What stays unknown is told once.
func (h *Hidden) Restore(ctx context.Context, conn *client.Conn, t *schema.Table) ([]Unknown, error) {
	var unknown []Unknown
	lost, err := restoreDefaults(ctx, conn, t)
	if err != nil {
		return nil, fmt.Errorf("reading the defaults of table %s: %w", t.Name, err)
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		if !slices.Contains(beyond, c.Type.Charset) {
			continue
		}
		numbers, err := h.members(ctx, conn, t.Name, c)
		if err != nil {
			return nil, fmt.Errorf("reading the members of column %s of table %s: %w", c.Name, t.Name, err)
		}
		if slices.Contains(lost, c.Name) {
			numbers = append(numbers, 0)
		}
		for _, n := range numbers {
			if h.first(t.Name, c, n) {
				unknown = append(unknown, Unknown{Column: c.Name, Member: n})
			}
		}
	}
	return unknown, nil
}

// beyond are the character sets that have characters beyond U+FFFF.
var beyond = []string{"utf8mb4", "utf16", "utf16le", "utf32", "gb18030"}

// shown gives a text as SHOW CREATE TABLE has it.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xFFFF {
			return '?'
		}
		return r
	}, text)
}

// first says whether something is unknown for the first time.
func (h *Hidden) first(table schema.Name, c *schema.Column, number int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := fmt.Sprintf("%q %q %d %q", table, c.Name, number, c.Type.Values)
	defer func() { h.told[key] = true }()
	return !h.told[key]
}

// members restores a column's members and gives the numbers of those that stay
// unknown.
func (h *Hidden) members(ctx context.Context, conn *client.Conn, table schema.Name, c *schema.Column) ([]int, error) {
	var numbers []int
	for i, value := range c.Type.Values {
		if hides(value) {
			numbers = append(numbers, i+1)
		}
	}
	if len(numbers) == 0 {
		return nil, nil
	}
	found, err := h.find(ctx, conn, table, c, numbers)
	if err != nil {
		return nil, err
	}
	values := slices.Clone(c.Type.Values)
	numbers = slices.DeleteFunc(numbers, func(n int) bool {
		text, ok := found[n]
		if ok = ok && shown(text) == values[n-1]; ok { // or else the table is another by now
			values[n-1] = text
		}
		return ok
	})
	c.Type.Values = values
	return numbers, nil
}

// find gives members by their numbers, as many as can be had.
func (h *Hidden) find(ctx context.Context, conn *client.Conn, table schema.Name, c *schema.Column, numbers []int) (map[int]string, error) {
	since := map[event.Flavor]int{event.MySQL: 80000, event.MariaDB: 100300}[h.server.Flavor]
	if h.server.Version < since {
		return h.readMembers(ctx, conn, table, c, numbers)
	}
	found := map[int]string{}
	for batch := range slices.Chunk(numbers, 200) {
		texts, err := ask(ctx, conn, h.server.Flavor, table, c, batch)
		if err != nil {
			return nil, err
		}
		for i, text := range texts {
			if i < len(batch) && text != "" {
				found[batch[i]] = text
			}
		}
	}
	return found, nil
}

// value is the value that has just the member of that number.
func value(t *schema.Type, number int) string {
	if t.Name == "set" {
		return strconv.FormatUint(1<<(number-1), 10)
	}
	return strconv.Itoa(number)
}

// ask lets the server make values of the column's type of the members' numbers and
// write them. MariaDB does so in a variable; MySQL has none of a column's type
// outside of stored programs, but a recursive expression's columns have the types
// of its first part, which is one row of NULL here.
func ask(ctx context.Context, conn *client.Conn, flavor event.Flavor, table schema.Name, c *schema.Column, numbers []int) ([]string, error) {
	query := "SELECT @pgchameleon_members"
	var do strings.Builder
	switch flavor {
	case event.MariaDB:
		fmt.Fprintf(&do, "BEGIN NOT ATOMIC DECLARE v TYPE OF %s.%s; DECLARE o LONGTEXT CHARACTER SET ascii DEFAULT ''; ", quote(table), dial.Quote(c.Name))
		for _, n := range numbers {
			fmt.Fprintf(&do, "SET v = %s; SET o = CONCAT(o, HEX(CONVERT(v USING utf8mb4)), ','); ", value(&c.Type, n))
		}
		do.WriteString("SET @pgchameleon_members = o; END")
		if err := dial.Exec(ctx, conn, do.String()); err != nil {
			return nil, err
		}
	default:
		for i, n := range numbers {
			if i > 0 {
				do.WriteString(" UNION ALL ")
			}
			fmt.Fprintf(&do, "SELECT %d AS n, CAST(%s AS UNSIGNED) AS v", n, value(&c.Type, n))
		}
		query = fmt.Sprintf(`WITH RECURSIVE r (n, c) AS (
			SELECT 0, t.c FROM (SELECT 1) one LEFT JOIN (SELECT %s AS c FROM %s LIMIT 0) t ON FALSE
			UNION ALL SELECT x.n, x.v FROM r JOIN (%s) x WHERE r.n = 0)
			SELECT HEX(CONVERT(c USING utf8mb4)) FROM r WHERE n > 0 ORDER BY n`, dial.Quote(c.Name), quote(table), &do)
	}
	rows, err := dial.Text(ctx, conn, query)
	if err != nil {
		return nil, err
	}
	var digits []string
	for _, row := range rows {
		digits = append(digits, strings.Split(row[0], ",")...)
	}
	return unhex(digits), nil
}

// unhex reads the texts of hexadecimal digits; "" for what is no UTF-8.
func unhex(digits []string) []string {
	texts := make([]string, len(digits))
	for i, d := range digits {
		if raw, err := hex.DecodeString(d); err == nil && utf8.Valid(raw) {
			texts[i] = string(raw)
		}
	}
	return texts
}

// restoreDefaults restores the defaults of a table's columns. It gives the columns
// whose default could not be had and was taken out. MySQL from 8 on shows such
// defaults by the column's own bytes.
func restoreDefaults(ctx context.Context, conn *client.Conn, t *schema.Table) ([]string, error) {
	if !slices.ContainsFunc(t.Columns, hidesDefault) {
		return nil, nil
	}
	texts, err := defaults(ctx, conn, t.Name)
	if err != nil {
		return nil, err
	}
	var unknown []string
	for i := range t.Columns {
		c := &t.Columns[i]
		if !hidesDefault(*c) {
			continue
		}
		text, found := texts[strings.ToLower(c.Name)]
		if len(c.Type.Values) == 0 { // of a set's default, only known members are there
			found = text != "" && (c.Default.Expr || c.Type.Charset != "utf8mb4" || shown(text) == shown(c.Default.Text))
		}
		switch {
		case !found || !utf8.ValidString(text) || strings.Contains(text, "\x00"): // JSON cannot hold a NUL
			c.Default = nil
			unknown = append(unknown, c.Name)
		default:
			c.Default = &schema.Default{Text: text}
		}
	}
	return unknown, nil
}

// hidesDefault says whether SHOW CREATE TABLE may have another default than the
// column has.
func hidesDefault(c schema.Column) bool {
	d := c.Default
	switch {
	case d == nil || d.Null || !slices.Contains(beyond, c.Type.Charset):
		return false
	case d.Expr:
		return strings.HasPrefix(d.Text, "x'")
	case slices.ContainsFunc(c.Type.Values, hides) || hides(d.Text):
		return true
	}
	return c.Type.Charset != "utf8mb4" && strings.ContainsFunc(d.Text, func(r rune) bool { return r > 0x7F })
}

func hides(text string) bool { return strings.Contains(text, "?") }

// defaults gives the columns' defaults by their names in lower case. They are in the
// answer to COM_FIELD_LIST alone as they are, and it reads no row.
func defaults(ctx context.Context, conn *client.Conn, table schema.Name) (map[string]string, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	release := dial.Guard(ctx, conn)
	err := conn.UseDB(table.Schema)
	texts := map[string]string{}
	if err == nil {
		var fields []*mysql.Field
		fields, err = conn.FieldList(table.Table, "")
		for _, f := range fields {
			texts[strings.ToLower(string(f.Name))] = string(f.DefaultValue)
		}
	}
	if !release() {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, dial.Classify(err)
	}
	return texts, nil
}
