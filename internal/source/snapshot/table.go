package snapshot

import (
	"slices"
	"strconv"
	"strings"

	"pgchameleon/internal/schema"
	"pgchameleon/internal/source/dial"
)

// Table is what is to be read of one table, and how large it is thought to be.
type Table struct {
	Source  *schema.Table
	Columns []string // the expressions that the copy selects, in its order
	Rows    int64    // estimates; 0: not known
	Bytes   int64
}

// Chunk is a range of a table's key: the rows above Lower up to and including
// Upper, bounds being MySQL constants for the first columns of the key. A nil
// bound is none.
type Chunk struct {
	Number int64 // chunks of one table that are not cut short are in the order of their numbers
	Lower  []string
	Upper  []string
	Limit  int64 // the chunk ends early after so many rows, at the last one's key; 0: never
}

// scan knows how a table is read in ranges.
type scan struct {
	table string // quoted
	force string // makes the server use the key's index
	key   []keyColumn
	list  string // the select list
	width int    // columns of the copy
	at    int    // which column of the result holds a single integer key
}

func newScan(t *Table) *scan {
	source := t.Source
	s := &scan{table: dial.Quote(source.Schema) + "." + dial.Quote(source.Name.Table), width: len(t.Columns), at: -1}
	key := source.Key()
	index := indexOf(source, key)
	if index != nil && !index.Invisible {
		s.key = rangeable(source, sameWay(index, key))
	}
	list := t.Columns
	if s.arithmetic(len(key)) {
		if s.at = slices.Index(list, s.key[0].read); s.at < 0 {
			s.at = len(list)
			list = append(slices.Clone(list), s.key[0].read)
		}
	}
	s.list = strings.Join(list, ", ")
	if len(list) == 0 { // nothing of the table is replicated but that its rows are there
		s.list = "1"
	}
	if len(s.key) > 0 {
		s.force = " FORCE INDEX (" + dial.Quote(index.Name) + ")"
	}
	return s
}

// arithmetic: a key of one integer can be divided without asking the server.
func (s *scan) arithmetic(columns int) bool {
	return columns == 1 && len(s.key) == 1 && s.key[0].integer
}

// sameWay gives the columns of the key that the index has in one direction: in
// another order it cannot be walked.
func sameWay(index *schema.Index, key []int) []int {
	for i, part := range index.Parts {
		if part.Desc != index.Parts[0].Desc {
			return key[:i]
		}
	}
	return key
}

// indexOf finds the index that the key is.
func indexOf(t *schema.Table, key []int) *schema.Index {
	for _, kind := range []schema.IndexKind{schema.PrimaryKey, schema.Unique} {
		for i := range t.Indexes {
			if t.Indexes[i].Kind == kind && slices.EqualFunc(t.Indexes[i].Parts, key, func(p schema.IndexPart, at int) bool {
				return p.Expr == "" && p.Prefix == 0 && t.Column(p.Column) == at
			}) {
				return &t.Indexes[i]
			}
		}
	}
	return nil
}

// query reads a chunk's rows.
func (s *scan) query(c Chunk) string {
	where := s.where(c.Lower, c.Upper)
	var b strings.Builder
	b.WriteString("SELECT " + s.list + " FROM " + s.table)
	if where != "" || c.Limit > 0 {
		b.WriteString(s.force + where)
	}
	if c.Limit > 0 {
		b.WriteString(" ORDER BY " + s.order() + " LIMIT " + strconv.FormatInt(c.Limit, 10))
	}
	return b.String()
}

// step gives the key that is n rows further on.
func (s *scan) step(lower, upper []string, n int64) string {
	return "SELECT " + s.reads() + " FROM " + s.table + s.force + s.where(lower, upper) +
		" ORDER BY " + s.order() + " LIMIT 1 OFFSET " + strconv.FormatInt(n-1, 10)
}

// ends gives the least and the greatest key.
func (s *scan) ends() string {
	return "SELECT MIN(" + s.key[0].read + "), MAX(" + s.key[0].read + ") FROM " + s.table
}

// least gives the first key above the bound.
func (s *scan) least(lower []string) string {
	return "SELECT MIN(" + s.key[0].read + ") FROM " + s.table + s.where(lower, nil)
}

func (s *scan) where(lower, upper []string) string {
	var conditions []string
	if lower != nil {
		conditions = append(conditions, above(s.key, lower))
	}
	if upper != nil {
		conditions = append(conditions, upTo(s.key, upper))
	}
	if conditions == nil {
		return ""
	}
	return " WHERE " + strings.Join(conditions, " AND ")
}

func (s *scan) order() string {
	return s.join(func(k keyColumn) string { return k.name })
}

func (s *scan) reads() string {
	return s.join(func(k keyColumn) string { return k.read })
}

func (s *scan) join(part func(keyColumn) string) string {
	parts := make([]string, len(s.key))
	for i, k := range s.key {
		parts[i] = part(k)
	}
	return strings.Join(parts, ", ")
}

// bound writes the values of a key as constants.
func (s *scan) bound(values []string) []string {
	constants := make([]string, len(values))
	for i, value := range values {
		constants[i] = s.key[i].literal(value)
	}
	return constants
}
