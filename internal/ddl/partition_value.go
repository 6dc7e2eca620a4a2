package ddl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pgchameleon/internal/ddl/expr"
	"pgchameleon/internal/mapping"
	"pgchameleon/internal/schema"
)

// keyColumn is a column of COLUMNS as it is compared in PostgreSQL.
type keyColumn struct {
	sql     string
	literal func(text string) string
}

func (j *judge) keys(names []string, ordered bool) ([]keyColumn, error) {
	var keys []keyColumn
	for _, name := range names {
		c, err := j.column(name)
		if err != nil {
			return nil, err
		}
		key, err := comparable(source(j.t, *c), *c, ordered)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", name, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// comparable gives a column in a form in which PostgreSQL compares its values as the source
// does.
func comparable(s *schema.Column, c mapping.Column, ordered bool) (keyColumn, error) {
	name := mapping.Quote(c.Name)
	plain := func(text string) string { return strings.TrimSpace(mapping.Literal(text)) }
	t := &s.Type
	switch class := classOf(c.Map.SQL()); {
	case isInteger(t.Name) && (class == "int" || class == "numeric"):
		return keyColumn{name, numeral}, nil
	case t.Name == "date" && class == "date", t.Name == "datetime" && class == "timestamp", t.Name == "time" && class == "time":
		return keyColumn{name, func(text string) string { return plain(text) + "::" + c.Map.SQL() }}, nil
	case isText(t.Name) && (class == "text" || class == "bpchar") && exact(t.Collation):
		nopad := strings.Contains(t.Collation, "nopad") || strings.HasPrefix(t.Collation, "utf8mb4_0900")
		switch {
		case ordered && (!nopad || t.Charset == "latin1"):
			return keyColumn{}, errors.New("the order of its texts is the source's")
		case !nopad:
			return keyColumn{`rtrim(` + name + `::text, ' ') COLLATE "C"`, func(text string) string { return plain(strings.TrimRight(text, " ")) }}, nil
		}
		return keyColumn{name + `::text COLLATE "C"`, plain}, nil
	case isText(t.Name):
		return keyColumn{}, fmt.Errorf("which texts are equal is told by the source's collation %s", t.Collation)
	}
	return keyColumn{}, fmt.Errorf("values of its type (%s) are not compared in PostgreSQL as on the source", t.Text)
}

// numeral writes a number of a bound.
func numeral(text string) string {
	if _, ok := number(text); ok {
		return text
	}
	return strings.TrimSpace(mapping.Literal(text)) + "::numeric"
}

// exact says whether a collation tells all texts apart, but for blanks at their ends, and
// orders them by the numbers of their characters.
func exact(collation string) bool {
	charset := charsetOf(collation)
	return strings.HasSuffix(collation, "_bin") && slices.Contains([]string{"utf8mb4", "utf8mb3", "latin1", "ascii"}, charset)
}

// column finds a column on the source whose values PostgreSQL has.
func (j *judge) column(name string) (*mapping.Column, error) {
	at := j.t.Column(name)
	if at < 0 {
		return nil, fmt.Errorf("column %s is not in the replica", name)
	}
	c := &j.t.Columns[at]
	if c.Map.Altered() {
		return nil, fmt.Errorf("column %s has an override or a mask", name)
	}
	if !contains(j.columns, name) {
		j.columns = append(j.columns, source(j.t, *c).Name)
	}
	return c, nil
}

// value gives a function of the partitioning as SQL.
func (j *judge) value(text string) (string, error) {
	r, err := expr.Translate(j.t, text, j.d)
	if err != nil {
		return "", fmt.Errorf("the function %s is worked out by the source: %w", text, err)
	}
	if r.Type != "bigint" && r.Type != "numeric" {
		return "", fmt.Errorf("the function %s gives no number", text)
	}
	for _, at := range r.Columns {
		if _, err := j.column(source(j.t, j.t.Columns[at]).Name); err != nil {
			return "", err
		}
	}
	return r.SQL, nil
}
