package inspect

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-mysql-org/go-mysql/client"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
)

// readMembers looks for members in the default and in the rows, on servers that
// write no value that is not there. It looks for two seconds at a time, and only once for
// the same definition.
func (h *Hidden) readMembers(ctx context.Context, conn *client.Conn, table schema.Name, c *schema.Column, numbers []int) (map[int]string, error) {
	key := fmt.Sprintf("%q %q %s %s %q", table, c.Name, c.Type.Name, c.Type.Charset, c.Type.Values)
	h.mu.Lock()
	known := h.read[key]
	h.mu.Unlock()
	if known != nil {
		return known, nil
	}
	column := "t." + dial.Quote(c.Name)
	found := byDefault(c, numbers)
	for {
		missing := slices.DeleteFunc(slices.Clone(numbers), func(n int) bool { return found[n] != "" })
		if len(missing) == 0 {
			break
		}
		before := len(found)
		// NOW() is when the statement began, SYSDATE() is when it is at this row.
		rows, err := dial.Text(ctx, conn, fmt.Sprintf("SELECT CAST(%s AS UNSIGNED), HEX(CONVERT(%s USING utf8mb4)) FROM %s t WHERE %s OR SYSDATE() > NOW() + INTERVAL 2 SECOND LIMIT 1",
			column, column, quote(table), having(column, &c.Type, missing)))
		if err != nil {
			return nil, err
		}
		if learn(found, &c.Type, rows); len(found) == before {
			break
		}
	}
	h.mu.Lock()
	h.read[key] = maps.Clone(found)
	h.mu.Unlock()
	return found, nil
}

// byDefault gives the members that the default tells: those that it has and
// that are shown as no other is.
func byDefault(c *schema.Column, numbers []int) map[int]string {
	found := map[int]string{}
	if c.Default == nil || c.Default.Null || c.Default.Expr {
		return found
	}
	texts := []string{c.Default.Text}
	if c.Type.Name == "set" {
		texts = strings.Split(c.Default.Text, ",")
	}
	for _, text := range texts {
		alike := slices.DeleteFunc(slices.Clone(numbers), func(n int) bool { return c.Type.Values[n-1] != shown(text) })
		if len(alike) == 1 {
			found[alike[0]] = text
		}
	}
	return found
}

// having is the condition that a value has one of the members.
func having(column string, t *schema.Type, numbers []int) string {
	values, mask := make([]string, len(numbers)), uint64(0)
	for i, n := range numbers {
		values[i] = strconv.Itoa(n)
		mask |= 1 << ((n - 1) & 63)
	}
	if t.Name == "set" {
		return fmt.Sprintf("%s & %d", column, mask)
	}
	return column + " IN (" + strings.Join(values, ", ") + ")"
}

// learn takes the members out of a row's number and text.
func learn(found map[int]string, t *schema.Type, rows [][]string) {
	for _, row := range rows {
		number, err := strconv.ParseUint(row[0], 10, 64)
		text := unhex(row[1:])[0]
		if err != nil || number == 0 || text == "" {
			continue
		}
		if t.Name == "enum" {
			found[int(number)] = text
			continue
		}
		parts := strings.Split(text, ",")
		for bit := range 64 {
			if number>>bit&1 == 1 && len(parts) > 0 {
				if parts[0] != "" {
					found[bit+1] = parts[0]
				}
				parts = parts[1:]
			}
		}
	}
}
